"""Records counted by group and outcome, those of unknown group apart: what the bounds rest on."""

from dataclasses import dataclass, replace

import ibis
import polars as pl

from openhalo.analyses.context import AnalysisContext
from openhalo.catalogue.analysis_kinds.unknown_group import UnknownGroup
from openhalo.catalogue.vocabularies import CENSUS
from openhalo.language.translation import mark_for_translation, message
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


@dataclass(frozen=True)
class Cells:
    """The records of a tally by their chances as well: of few people each, so that no result holds them."""

    tally: Tally
    rows: pl.DataFrame
    """`group`, `hit`, `chances` (as `bisg.unpacked` reads them, or null) and `n`."""
    merged: dict[str, str]
    """Codes that stand under a broader one here, because chances are of that one."""

    def asked_of(self, context: AnalysisContext[UnknownGroup]) -> AnalysisContext[UnknownGroup]:
        """Return the question with the codes that it names as they stand here."""
        if not self.merged:
            return context
        compare = list(dict.fromkeys(self.merged.get(code, code) for code in context.compare))
        reference = self.merged.get(context.reference, context.reference)
        return replace(context, test=context.test.model_copy(update={"reference": reference, "compare": compare}))


def cells_of(context: AnalysisContext[UnknownGroup]) -> Cells:
    """Count the records by group, outcome and chances: one grouped query.

    Where records have chances, groups are those of the census that chances are of: East African people stand among
    black people.
    """
    relation = context.relation()
    chances = relation.field(context.spec.chances) if context.spec.chances else ibis.null("int64")
    rows = relation.table.select(
        group=relation.field(context.spec.group), hit=context.condition(relation, context.spec.outcome), chances=chances
    )
    counted = context.records.fetch(rows.group_by("group", "hit", "chances").agg(n=ibis._.count()))
    merged = {} if counted["chances"].is_null().all() else _census_groups(context)
    counted = counted.with_columns(pl.col("group").replace(merged))
    said = counted.drop_nulls("hit")
    yes = pl.col("n").filter(pl.col("hit")).sum()
    sizes = {
        group: Counted(k, n) for group, k, n in said.group_by("group").agg(yes.alias("k"), pl.col("n").sum()).rows()
    }
    tally = Tally(
        {code: sizes[code] for code in context.subject.people if code in sizes},
        sizes.get(None, Counted(0, 0)),
        int(counted["n"].sum()) - int(said["n"].sum()),
    )
    return Cells(tally, said, merged)


def _census_groups(context: AnalysisContext[UnknownGroup]) -> dict[str, str]:
    """Return code → the broader code of the same list that chances are of, for those that have one."""
    spec = context.records.catalogue.schema.follow(context.spec.record, context.spec.group)
    assert spec is not None, "checked when the catalogue was read"
    vocabulary = context.records.catalogue.vocabularies[spec[1].vocabulary]
    ours, found = set(vocabulary.crosswalks[CENSUS].values()), {}
    for code, one in vocabulary.codes.items():
        if code not in ours and one.broader in ours:
            found[code] = one.broader
    return found


def groups_shown(context: AnalysisContext[UnknownGroup], tally: Tally) -> list[str]:
    """Return the groups that are shown, in their order: those compared, and the one that they are compared with.

    Raises:
        Refused: too few records of the reference group or of every other, or no record with the outcome.
    """
    if not 0 < tally.total.yes < tally.total.of:
        raise Refused("the outcome is recorded for all or for none: there is nothing to compare")
    enough = [code for code, one in tally.known.items() if one.of >= FEWEST]
    if context.reference not in enough:
        text = mark_for_translation("fewer than {n} records of {group}, the group compared with")
        raise context.refused_reference(text, n=FEWEST)
    shown = [code for code in enough if code == context.reference or not context.compare or code in context.compare]
    if len(shown) < 2:
        raise Refused(message("no group has {n} records or more", n=FEWEST))
    return shown
