"""Early intervention at a site: its governance record, its backtest and its review set."""

from dataclasses import replace
from datetime import date
from pathlib import Path

from openhalo.base.errors import CatalogueError, MeasureError, Problem, SiteError, did_you_mean, name_all
from openhalo.base.progress import Report, silent
from openhalo.catalogue import reader
from openhalo.catalogue.index import Catalogue
from openhalo.catalogue.indicators import IndicatorSpec
from openhalo.catalogue.reader import Document
from openhalo.early_intervention.backtest import Backtest, backtest
from openhalo.early_intervention.governance import Governance
from openhalo.early_intervention.look_back import months_before
from openhalo.early_intervention.roster import read_roster
from openhalo.early_intervention.signals import ReviewSet, review_set, switched_on
from openhalo.records.reading import Records
from openhalo.sites import review_set_files
from openhalo.sites.open_site import Site
from openhalo.sites.risk_gate import check_risk, keep

GOVERNANCE = "governance.yaml"
_NEEDED = ("officers/officer", "officers/assignment")


def read_governance(site: Path) -> Governance:
    """Return a site's governance record.

    Raises:
        SiteError: there is none, or it is incomplete, with everything that is missing.
    """
    document, found = _read(site)
    if document is None:
        keys = ", ".join(Governance.model_fields)
        found_ = "signals come after governance, and this site has no governance record"
        raise SiteError(Problem(str(site / GOVERNANCE), found_, todo=f"write one with: {keys}"))
    if found is None:
        raise SiteError(document.problems)
    return found


def check_governance(site: Path, catalogue: Catalogue | None = None) -> list[Problem]:
    """Return every problem of a site's governance record; none where the site has no record, and so no signals.

    With the catalogue also whether the signals exist that it switches on, and whether a risk model may be.
    """
    document, found = _read(site)
    if document is None or found is None:
        return document.problems if document is not None else []
    return _not_allowed(site, catalogue, found) if catalogue is not None else []


def _not_allowed(site: Path, catalogue: Catalogue, governance: Governance) -> list[Problem]:
    try:
        switched_on(catalogue, governance)
        _count(catalogue, governance.outcome)
    except CatalogueError as error:
        return [replace(problem, where=str(site / GOVERNANCE)) for problem in error.problems]
    return check_risk(site, catalogue, governance)


def try_out(
    site: Site, outcome: str, counted: str, first: int, last: int, capacity: int, report: Report = silent
) -> Backtest:
    """Return how good each way to choose would have been at the ends of some years, and keep it in the site.

    Args:
        site: the site.
        outcome: the count that is to be foreseen; empty: as the governance record says, or allegations.
        counted: the count whose history foresees it; empty: the outcome itself.
        first, last: years on whose last days we look; the records must reach a year further.
        capacity: officers that can be reviewed on a day; 0: as the governance record says, or 2 % of all serving.

    Raises:
        CatalogueError: there is no such indicator.
        MeasureError: the site does not hold the records, or something was known too early.
    """
    records = _records(site, None)
    governance = read_governance(site.path) if (site.path / GOVERNANCE).is_file() else None
    outcome = outcome or (governance.outcome if governance else "allegations")
    foreseen, history = (_count(site.catalogue, name) for name in (outcome, counted or outcome))
    held = _events(site.catalogue, records, foreseen)
    _events(site.catalogue, records, history)
    roster = read_roster(records)
    origins = [date(year, 12, 31) for year in range(first, last + 1)]
    reach = min(max((cover.last for cover in records.coverage(one)), default=date.min) for one in held)
    if not origins or months_before(origins[-1], -12) > reach:
        found = f"the records of {name_all(held)} end on {reach}"
        raise MeasureError(Problem("--last", found, f"years before {reach.year}"))
    if not capacity and governance is not None:
        capacity = governance.capacity
    capacity = capacity or max(1, round(0.02 * roster.serving(origins[-1]).sum()))
    rules = list(site.catalogue.rules.values())
    tried = backtest(records, roster, foreseen, history, rules, origins, capacity, report)
    keep(site.path, tried)
    return tried


def signal(site: Site, known_by: date, version: int | None = None) -> ReviewSet:
    """Return the review set of a day, from what was known by then; restricted, and never part of a release.

    Args:
        site: the site, which keeps the set.
        known_by: the day.
        version: store version; without it the one on which this day was first asked, else the newest. A set of a
            version that is named is not kept.

    Raises:
        SiteError: the governance record is missing or incomplete, or switches on what it may not.
        MeasureError: the site does not hold the records.
    """
    governance = read_governance(site.path)
    problems = _not_allowed(site.path, site.catalogue, governance)
    if problems:
        raise SiteError(problems)
    first = review_set_files.version_of(site.path, known_by) if version is None else version
    records = _records(site, first)
    found = review_set(records, read_roster(records), known_by, governance)
    if version is None:
        review_set_files.keep(site.path, found)
    return found


def _records(site: Site, version: int | None) -> Records:
    records = Records(site.store, site.store.manifest(version), site.catalogue, None, dict(site.settings.authoritative))
    for record in _NEEDED:
        _must_hold(records, record)
    return records


def _events(catalogue: Catalogue, records: Records, spec: IndicatorSpec) -> list[str]:
    """Return the record types held that a count, or any part of a sum, counts.

    Raises:
        MeasureError: none of them is held.
    """
    counted = sorted({catalogue.indicators[name].record for name in spec.any_of or [spec.id]})
    held = [record for record in counted if record in records.manifest.tables]
    if not held:
        _must_hold(records, counted[0])
    return held


def _must_hold(records: Records, record: str) -> None:
    if record not in records.manifest.tables:
        raise MeasureError(Problem(record, "no records of this type have been imported", todo="import them first"))


def _count(catalogue: Catalogue, name: str) -> IndicatorSpec:
    counts = {one.id: one for one in catalogue.indicators.values() if one.is_count and 12 in one.months}
    if name not in counts:
        found = f"there is no count over twelve months '{name}'"
        raise CatalogueError(Problem("indicators", found, name_all(counts, 60), did_you_mean(name, counts)))
    return counts[name]


def _read(site: Path) -> tuple[Document | None, Governance | None]:
    path = site / GOVERNANCE
    if not path.is_file():
        return None, None
    document = reader.read(path)
    return document, reader.check(document, Governance)
