"""Records counted by group and outcome, those of unknown group apart: what the bounds rest on."""

from dataclasses import dataclass

import ibis

from openhalo.catalogue.analysis_kinds import UnknownGroup
from openhalo.engines.connect import fetch
from openhalo.measures.analyses.asked import Asked
from openhalo.presentation.words import filled, later
from openhalo.statistics.results import Refused
from openhalo.statistics.unknown_group import Counted

FEWEST = 30
"""Records of known group below which a group is not shown."""


@dataclass(frozen=True)
class Tally:
    """Records that say the outcome, by group; those of unknown group; and how many do not say the outcome."""

    known: dict[str, Counted]
    unknown: Counted
    silent: int

    @property
    def written(self) -> Counted:
        """Return the records whose group is known."""
        return Counted(sum(one.yes for one in self.known.values()), sum(one.of for one in self.known.values()))

    @property
    def total(self) -> Counted:
        """Return all records that say the outcome."""
        return Counted(self.written.yes + self.unknown.yes, self.written.of + self.unknown.of)


def tally_of(asked: Asked[UnknownGroup]) -> Tally:
    """Count the records by group and by outcome: one grouped query."""
    relation = asked.relation()
    rows = relation.table.select(
        group=relation.field(asked.spec.group), hit=asked.condition(relation, asked.spec.outcome)
    )
    hit = ibis._.hit
    counted = fetch(
        rows.group_by("group").agg(yes=ibis._.count(where=hit), of=hit.count(), silent=ibis._.count(where=hit.isnull()))
    )
    found = {group: Counted(yes, of) for group, yes, of, _ in counted.iter_rows()}
    return Tally(
        {code: found[code] for code in asked.people if code in found},
        found.get(None, Counted(0, 0)),
        int(counted["silent"].sum()),
    )


def groups_shown(asked: Asked[UnknownGroup], tally: Tally) -> list[str]:
    """Return the groups that are shown, in their order: those compared, and the one that they are compared with.

    Raises:
        Refused: too few records of the reference group or of every other, or no record with the outcome.
    """
    if not 0 < tally.total.yes < tally.total.of:
        raise Refused("the outcome is recorded for all or for none: there is nothing to compare")
    enough = [code for code, one in tally.known.items() if one.of >= FEWEST]
    if asked.reference not in enough:
        text = later("fewer than {n} records of {group}, the group compared with")
        raise Refused(filled(text, n=FEWEST, group=asked.name(asked.reference)))
    shown = [code for code in enough if code == asked.reference or not asked.compare or code in asked.compare]
    if len(shown) < 2:
        raise Refused(filled("no group has {n} records or more", n=FEWEST))
    return shown
