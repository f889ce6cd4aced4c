"""Records counted by group and outcome, those of unknown group apart: what the bounds rest on."""

from dataclasses import dataclass, replace

import ibis
import polars as pl

from openhalo.catalogue.analysis_kinds import CENSUS, UnknownGroup
from openhalo.engines.connect import fetch
from openhalo.language.translation import filled, later
from openhalo.measures.analyses.asked import Asked
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
    cells: pl.DataFrame
    """The same as `group`, `hit`, `chances` (as `bisg.unpacked` reads them, or null) and `n`."""

    merged: dict[str, str]
    """Codes that stand under a broader one here, because chances are of that one."""

    def asked_of(self, asked: Asked[UnknownGroup]) -> Asked[UnknownGroup]:
        """Return the question with the codes that it names as they stand here."""
        if not self.merged:
            return asked
        compare = list(dict.fromkeys(self.merged.get(code, code) for code in asked.compare))
        reference = self.merged.get(asked.reference, asked.reference)
        return replace(asked, test=asked.test.model_copy(update={"reference": reference, "compare": compare}))

    @property
    def written(self) -> Counted:
        """Return the records whose group is known."""
        return Counted(sum(one.yes for one in self.known.values()), sum(one.of for one in self.known.values()))

    @property
    def total(self) -> Counted:
        """Return all records that say the outcome."""
        return Counted(self.written.yes + self.unknown.yes, self.written.of + self.unknown.of)


def tally_of(asked: Asked[UnknownGroup]) -> Tally:
    """Count the records by group, outcome and chances: one grouped query.

    Where records have chances, groups are those of the census that chances are of: East African people stand among
    black people.
    """
    relation = asked.relation()
    chances = relation.field(asked.spec.chances) if asked.spec.chances else ibis.null("int64")
    rows = relation.table.select(
        group=relation.field(asked.spec.group), hit=asked.condition(relation, asked.spec.outcome), chances=chances
    )
    counted = fetch(rows.group_by("group", "hit", "chances").agg(n=ibis._.count()))
    merged = {} if counted["chances"].is_null().all() else _census_groups(asked)
    counted = counted.with_columns(pl.col("group").replace(merged))
    said = counted.drop_nulls("hit")
    yes = pl.col("n").filter(pl.col("hit")).sum()
    sizes = {
        group: Counted(k, n) for group, k, n in said.group_by("group").agg(yes.alias("k"), pl.col("n").sum()).rows()
    }
    return Tally(
        {code: sizes[code] for code in asked.people if code in sizes},
        sizes.get(None, Counted(0, 0)),
        int(counted["n"].sum()) - int(said["n"].sum()),
        said,
        merged,
    )


def _census_groups(asked: Asked[UnknownGroup]) -> dict[str, str]:
    """Return code → the broader code of the same list that chances are of, for those that have one."""
    spec = asked.records.catalogue.schema.follow(asked.spec.record, asked.spec.group)
    assert spec is not None, "checked when the catalogue was read"
    vocabulary = asked.records.catalogue.vocabularies[spec[1].vocabulary]
    ours, found = set(vocabulary.crosswalks[CENSUS].values()), {}
    for code, one in vocabulary.codes.items():
        if code not in ours and one.broader in ours:
            found[code] = one.broader
    return found


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
