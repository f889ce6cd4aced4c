"""A site's analysis plan: `analysis_plan.yaml`, written before the results are known."""

from pathlib import Path

from openhalo.base.errors import Problem, SiteError
from openhalo.catalogue import cross_checks, reader
from openhalo.catalogue.analysis_specs import AnalysisPlan
from openhalo.catalogue.index import Catalogue
from openhalo.catalogue.reader import Document

PLAN = "analysis_plan.yaml"


def read_plan(site: Path) -> AnalysisPlan | None:
    """Return a site's plan; None where it has none.

    Raises:
        SiteError: the plan is wrong, with every problem.
    """
    document, plan = _read(site)
    if document is not None and document.problems:
        raise SiteError(document.problems)
    return plan


def check_plan(site: Path, catalogue: Catalogue) -> list[Problem]:
    """Return every problem of a site's plan: of its own, and analyses and codes that the catalogue does not have."""
    document, plan = _read(site)
    if document is None:
        return []
    if plan is not None:
        cross_checks.plan(plan, document, catalogue.schema, catalogue.analyses)
    return document.problems


def _read(site: Path) -> tuple[Document | None, AnalysisPlan | None]:
    path = site / PLAN
    if not path.is_file():
        return None, None
    document = reader.read(path)
    return document, reader.check(document, AnalysisPlan)
