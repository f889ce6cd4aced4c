"""After a signal, at a site: what reviewers said of its reasons, and what followed the support that was given."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from openhalo.base.errors import CatalogueError, MeasureError, Problem, did_you_mean, name_all
from openhalo.catalogue.indicators import IndicatorSpec
from openhalo.early_intervention.factor_verdicts import FactorPrecision, factor_precision
from openhalo.early_intervention.interventions import Outcome, outcomes
from openhalo.early_intervention.own_record import own_record
from openhalo.early_intervention.roster import read_roster
from openhalo.early_intervention.threshold_sheet import Sheet, threshold_sheet
from openhalo.language.formatting import period_start
from openhalo.records.reading import Records
from openhalo.sites.open_site import Site
from openhalo.sites.signalling import GOVERNANCE, read_governance, signal

INTERVENTIONS, VERDICTS = "officers/intervention", "officers/factor_verdict"


@dataclass(frozen=True)
class FollowUp:
    """What became of signals. Restricted: it names no officer, yet few officers stand behind each number."""

    outcome: IndicatorSpec
    interventions: list[Outcome]
    factors: list[FactorPrecision]
    provenance: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return plain facts for JSON."""
        return {
            "privacy": "restricted",
            "outcome": self.outcome.id,
            "interventions": [one.to_dict() for one in self.interventions],
            "factors": [one.to_dict() for one in self.factors],
            "provenance": self.provenance,
        }


def follow_up(site: Site, outcome: str, version: int | None = None) -> FollowUp:
    """Return what followed interventions, and how useful each factor of a signal was.

    Args:
        site: the site.
        outcome: the count of which there should be fewer after support.
        version: store version; the newest without it.

    Raises:
        CatalogueError: there is no such count over one and two years.
        MeasureError: the site holds no interventions and no verdicts, or not the records that are counted.
    """
    records = open_records(site, version)
    spec = _counted(site, outcome)
    held = [record for record in (INTERVENTIONS, VERDICTS) if record in records.manifest.tables]
    if not held:
        found = "no interventions and no verdicts have been imported"
        todo = f"fill in a spreadsheet: openhalo template {INTERVENTIONS} --xlsx"
        raise MeasureError(Problem(INTERVENTIONS, found, todo=todo))
    found_ = []
    if INTERVENTIONS in held:
        must_hold(records, spec.record, "officers/officer", "officers/assignment")
        found_ = outcomes(records, read_roster(records), spec)
    factors = factor_precision(records) if VERDICTS in held else []
    facts = {"store_version": records.manifest.version, "catalogue": records.catalogue.hash}
    return FollowUp(spec, found_, factors, facts)


def see_own_record(site: Site, officer: str, known_by: date, version: int | None = None) -> dict[str, Any]:
    """Return what is held about one officer, whether a signal names them and why, and how to have it corrected.

    Args:
        site: the site.
        officer: record key or pseudonym.
        known_by: only what had been recorded by this day.
        version: store version; the newest without it.

    Raises:
        MeasureError: nobody, or more than one, is called so.
        SiteError: the site has a governance record that is incomplete.
    """
    records = open_records(site, version)
    must_hold(records, "officers/officer", "officers/assignment")
    found = own_record(records, officer, known_by)
    told = found.to_dict()
    if not (site.path / GOVERNANCE).is_file():
        return told | {"signal": None, "corrections": {"asked_of": "the department: no signals are in use here"}}
    governance = read_governance(site.path)
    name = found.officer.get("pseudonym", found.officer["record_key"])
    chosen = signal(site, known_by, version).to_dict()
    mine = [one for one in chosen["signals"] if one["officer"] == name]
    corrections = {
        "contest_decided_by": governance.contest_decided_by,
        "answer_within_days": governance.contest_days,
        "how": "name the record by its record_key, and what is wrong with it",
        "what": {record: [row["record_key"] for row in rows] for record, rows in found.records.items() if rows},
    }
    signalled = {"reasons": mine[0], "lapses": str(chosen["lapses"])} if mine else None
    return told | {"signal": signalled, "corrections": corrections}


def quarterly_sheet(site: Site, quarter: str, rules: Sequence[str] = (), version: int | None = None) -> Sheet:
    """Return who reached a threshold by the end of a quarter.

    Args:
        site: the site; it needs a complete governance record.
        quarter: such as 2013-Q4.
        rules: ids of the rules whose thresholds count; all of the catalogue without any.
        version: store version; the newest without it.

    Raises:
        SiteError: the governance record is missing or incomplete.
        CatalogueError: there is no such rule.
        MeasureError: this is no quarter, or the site does not hold the records.
    """
    governance = read_governance(site.path)
    if "Q" not in quarter or period_start(quarter) is None:
        raise MeasureError(Problem("--quarter", f"'{quarter}' names no quarter", "a year and a quarter: 2013-Q4"))
    known = site.catalogue.rules
    wrong = [name for name in rules if name not in known]
    if wrong:
        hints = [
            Problem("--rule", f"there is no rule '{name}'", name_all(known), did_you_mean(name, known))
            for name in wrong
        ]
        raise CatalogueError(hints)
    records = open_records(site, version)
    must_hold(records, "officers/officer", "officers/assignment")
    chosen = [known[name] for name in rules] or list(known.values())
    return threshold_sheet(records, read_roster(records), chosen, quarter, governance)


def open_records(site: Site, version: int | None) -> Records:
    """Return the records of a store version, as they are."""
    return Records(site.store, site.store.manifest(version), site.catalogue, None, dict(site.settings.authoritative))


def must_hold(records: Records, *needed: str) -> None:
    """Refuse where records of some type are not there.

    Raises:
        MeasureError: with every type that is missing.
    """
    missing = [record for record in needed if record not in records.manifest.tables]
    if missing:
        found = "no records of this type have been imported"
        raise MeasureError([Problem(record, found, todo="import them first") for record in missing])


def _counted(site: Site, name: str) -> IndicatorSpec:
    counts = {
        one.id: one
        for one in site.catalogue.indicators.values()
        if one.record and {12, 24} <= set(one.months) and one.kind != "time_since"
    }
    if name not in counts:
        found = f"there is no count over one and two years '{name}'"
        raise CatalogueError(Problem("indicators", found, name_all(counts, 60), did_you_mean(name, counts)))
    return counts[name]
