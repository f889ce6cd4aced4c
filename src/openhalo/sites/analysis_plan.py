"""A site's analysis plan: `analysis_plan.yaml`, written before the results are known."""

from datetime import date
from pathlib import Path

from openhalo.base.errors import Problem, ReleaseError
from openhalo.base.settings_files import PLAN
from openhalo.catalogue.analysis_plans import AnalysisPlan, cross_check
from openhalo.catalogue.index import Catalogue
from openhalo.releases.editions import Facts, read_facts
from openhalo.releases.package import DESCRIPTOR
from openhalo.sites.layout import SiteLayout
from openhalo.sites.site_files import read_site_file


class _Planned(Facts):
    written: date
    sha256: str


class _Descriptor(Facts):
    analysis_plan: _Planned | None = None


def read_plan(site: Path) -> AnalysisPlan | None:
    """Return a site's plan; None where it has none.

    Raises:
        SiteError: the plan is wrong, with every problem.
    """
    found = read_site_file(SiteLayout(site).plan, AnalysisPlan)
    return found.stated() if found is not None else None


def check_plan(site: Path, catalogue: Catalogue) -> list[Problem]:
    """Return every problem of a site's plan: of its own, and analyses and codes that the catalogue does not have."""
    found = read_site_file(SiteLayout(site).plan, AnalysisPlan)
    if found is None:
        return []
    if found.spec is not None:
        cross_check(found.spec, found.document, catalogue)
    return found.problems


def must_stand(plan: AnalysisPlan | None, releases: Path) -> None:
    """Refuse a plan that was changed, or dropped, after a release showed results under its date.

    Raises:
        ReleaseError: with what to do.
    """
    published = [folder for folder in sorted(releases.glob("[0-9]*")) if (folder / DESCRIPTOR).is_file()]
    if not published:
        return
    earlier = read_facts(published[-1], DESCRIPTOR, _Descriptor).analysis_plan
    if earlier is None:
        return
    where = f"{PLAN}: written"
    if plan is None or plan.written < earlier.written:
        found = f"release {published[-1].name} was built under the plan of {earlier.written}, which is gone"
        raise ReleaseError(Problem(where, found, todo="put the plan back; what it planned is published"))
    if plan.written == earlier.written and plan.fingerprint != earlier.sha256:
        found = f"the plan of {plan.written} was changed after release {published[-1].name} showed its results"
        todo = "put it back; tests added since then stand under 'exploratory', or in a new plan with a new date"
        raise ReleaseError(Problem(where, found, todo=todo))
