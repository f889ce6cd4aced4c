"""A site's analysis plan: `analysis_plan.yaml`, written before the results are known."""

from pathlib import Path

from openhalo.base.errors import Problem, ReleaseError, SiteError
from openhalo.catalogue import reader
from openhalo.catalogue.analysis_plans import AnalysisPlan, cross_check
from openhalo.catalogue.index import Catalogue
from openhalo.catalogue.reader import Document
from openhalo.releases.package import DESCRIPTOR, read_descriptor

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
        cross_check(plan, document, catalogue)
    return document.problems


def must_stand(plan: AnalysisPlan | None, releases: Path) -> None:
    """Refuse a plan that was changed, or dropped, after a release showed results under its date.

    Raises:
        ReleaseError: with what to do.
    """
    published = [folder for folder in sorted(releases.glob("[0-9]*")) if (folder / DESCRIPTOR).is_file()]
    if not published:
        return
    earlier = read_descriptor(published[-1]).get("analysis_plan")
    if not earlier:
        return
    where = f"{PLAN}: written"
    if plan is None or str(plan.written) < earlier["written"]:
        found = f"release {published[-1].name} was built under the plan of {earlier['written']}, which is gone"
        raise ReleaseError(Problem(where, found, todo="put the plan back; what it planned is published"))
    if str(plan.written) == earlier["written"] and plan.fingerprint != earlier["sha256"]:
        found = f"the plan of {plan.written} was changed after release {published[-1].name} showed its results"
        todo = "put it back; tests added since then stand under 'exploratory', or in a new plan with a new date"
        raise ReleaseError(Problem(where, found, todo=todo))


def _read(site: Path) -> tuple[Document | None, AnalysisPlan | None]:
    path = site / PLAN
    if not path.is_file():
        return None, None
    document = reader.read(path)
    return document, reader.check(document, AnalysisPlan)
