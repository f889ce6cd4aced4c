"""After a signal, at a site: what reviewers said of its reasons, and what followed the support that was given."""

from dataclasses import dataclass
from typing import Any

from openhalo.base.errors import MeasureError, Problem
from openhalo.catalogue.indicators import IndicatorSpec
from openhalo.early_intervention.counts import ROSTER, count_over_two_years, must_hold
from openhalo.early_intervention.factor_verdicts import FactorPrecision, factor_precision
from openhalo.early_intervention.interventions import Outcome, outcomes
from openhalo.early_intervention.roster import read_roster
from openhalo.sites.opened_site import OpenedSite, open_records

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


def follow_up(opened: OpenedSite, outcome: str, version: int | None) -> FollowUp:
    """Return what followed interventions, and how useful each factor was; the arguments are of `Site.outcomes`."""
    records = open_records(opened, version)
    spec = count_over_two_years(opened.catalogue, outcome)
    held = [record for record in (INTERVENTIONS, VERDICTS) if record in records.manifest.tables]
    if not held:
        found = "no interventions and no verdicts have been imported"
        todo = f"fill in a spreadsheet: openhalo template {INTERVENTIONS} --xlsx"
        raise MeasureError(Problem(INTERVENTIONS, found, todo=todo))
    followed = []
    if INTERVENTIONS in held:
        must_hold(records, spec.record, *ROSTER)
        followed = outcomes(records, read_roster(records), spec)
    factors = factor_precision(records) if VERDICTS in held else []
    facts = {"store_version": records.manifest.version, "catalogue": records.catalogue.hash}
    return FollowUp(spec, followed, factors, facts)
