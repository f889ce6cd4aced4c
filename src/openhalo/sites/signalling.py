"""Signals at a site: the review set of a day, what one officer may see of it, and the quarterly sheet."""

from collections.abc import Sequence
from datetime import MAXYEAR, date
from typing import Any

from openhalo.base.errors import CatalogueError, MeasureError, Problem, SiteError, did_you_mean, name_all
from openhalo.base.periods import must_be_day
from openhalo.early_intervention.counts import ROSTER, must_hold
from openhalo.early_intervention.own_record import own_record
from openhalo.early_intervention.roster import read_roster
from openhalo.early_intervention.signals import ReviewSet, review_set
from openhalo.early_intervention.threshold_sheet import Sheet, threshold_sheet
from openhalo.language.formatting import period_start
from openhalo.sites import review_set_files
from openhalo.sites.governance import need_governance, not_allowed
from openhalo.sites.opened_site import OpenedSite, open_records


def signal(opened: OpenedSite, known_by: date, version: int | None) -> ReviewSet:
    """Return the review set of a day, and keep it where no version is named; the arguments are of `Site.signal`."""
    must_be_day(known_by)
    governance = need_governance(opened.path)
    problems = not_allowed(opened.layout, opened.store, opened.catalogue, governance)
    if problems:
        raise SiteError(problems)
    folder = opened.layout.review_sets
    first = review_set_files.version_of(folder, known_by) if version is None else version
    records = open_records(opened, first)
    must_hold(records, *ROSTER)
    found = review_set(records, read_roster(records), known_by, governance)
    if version is None:
        review_set_files.keep(folder, found)
    return found


def see_own_record(opened: OpenedSite, officer: str, known_by: date, version: int | None) -> dict[str, Any]:
    """Return what is held about one officer and whether a signal names them; the arguments of `Site.own_record`."""
    must_be_day(known_by)
    records = open_records(opened, version)
    must_hold(records, *ROSTER)
    found = own_record(records, officer, known_by)
    told = found.to_dict()
    governance = opened.governance
    if governance is None:
        return told | {"signal": None, "corrections": {"asked_of": "the department: no signals are in use here"}}
    name = found.officer.get("pseudonym", found.officer["record_key"])
    chosen = signal(opened, known_by, version).to_dict()
    mine = [one for one in chosen["signals"] if one["officer"] == name]
    corrections = {
        "contest_decided_by": governance.contest_decided_by,
        "answer_within_days": governance.contest_days,
        "how": "name the record by its record_key, and what is wrong with it",
        "what": {record: [row["record_key"] for row in rows] for record, rows in found.records.items() if rows},
    }
    signalled = {"reasons": mine[0], "lapses": str(chosen["lapses"])} if mine else None
    return told | {"signal": signalled, "corrections": corrections}


def quarterly_sheet(opened: OpenedSite, quarter: str, rules: Sequence[str], version: int | None) -> Sheet:
    """Return who reached a threshold by the end of a quarter; the arguments of `Site.sheet`."""
    governance = need_governance(opened.path)
    begins = period_start(quarter)
    if "Q" not in quarter or begins is None or begins.year == MAXYEAR:
        raise MeasureError(Problem("--quarter", f"'{quarter}' names no quarter", "a year and a quarter: 2013-Q4"))
    known = opened.catalogue.rules
    wrong = [name for name in rules if name not in known]
    if wrong:
        hints = [
            Problem("--rule", f"there is no rule '{name}'", name_all(known), did_you_mean(name, known))
            for name in wrong
        ]
        raise CatalogueError(hints)
    records = open_records(opened, version)
    must_hold(records, *ROSTER)
    chosen = [known[name] for name in rules] or list(known.values())
    return threshold_sheet(records, read_roster(records), chosen, quarter, governance)
