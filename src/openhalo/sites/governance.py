"""A site's governance record: `governance.yaml`, which comes before any signal."""

from dataclasses import replace
from pathlib import Path

from openhalo.base.errors import CatalogueError, Problem, SiteError
from openhalo.catalogue.index import Catalogue
from openhalo.early_intervention.counts import count_over_a_year
from openhalo.early_intervention.governance import Governance
from openhalo.early_intervention.signals import switched_on
from openhalo.records.store import Store
from openhalo.sites.layout import SiteLayout
from openhalo.sites.risk_gate import check_risk
from openhalo.sites.site_files import read_site_file


def read_governance(site: Path) -> Governance | None:
    """Return a site's governance record; None where it has none, and so no signals.

    Raises:
        SiteError: it is incomplete, with everything that is missing.
    """
    found = read_site_file(SiteLayout(site).governance, Governance)
    return found.stated() if found is not None else None


def need_governance(site: Path) -> Governance:
    """Return a site's governance record.

    Raises:
        SiteError: there is none, or it is incomplete, with everything that is missing.
    """
    record = read_governance(site)
    if record is None:
        keys = ", ".join(Governance.model_fields)
        found = "signals come after governance, and this site has no governance record"
        raise SiteError(Problem(str(SiteLayout(site).governance), found, todo=f"write one with: {keys}"))
    return record


def check_governance(site: Path, catalogue: Catalogue | None = None) -> list[Problem]:
    """Return every problem of a site's governance record; none where the site has no record, and so no signals.

    With the catalogue also whether the signals exist that it switches on, and whether a risk model may be.
    """
    layout = SiteLayout(site)
    found = read_site_file(layout.governance, Governance)
    if found is None or found.spec is None:
        return found.problems if found is not None else []
    return not_allowed(layout, Store(layout.store), catalogue, found.spec) if catalogue is not None else []


def not_allowed(layout: SiteLayout, store: Store, catalogue: Catalogue, governance: Governance) -> list[Problem]:
    """Return what a governance record may not switch on, or foresee, and why."""
    try:
        switched_on(catalogue, governance)
        count_over_a_year(catalogue, governance.outcome)
    except CatalogueError as error:
        return [replace(problem, where=str(layout.governance)) for problem in error.problems]
    return check_risk(layout, store, catalogue, governance)
