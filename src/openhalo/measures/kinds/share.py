"""The part of the records for which a condition is true, of those that say so."""

from collections.abc import Sequence

import ibis
import polars as pl

from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.engines.ibis_expressions import to_ibis
from openhalo.language.translation import _, mark_for_translation
from openhalo.measures.denominators import Exposure
from openhalo.measures.estimating import columns, fractions
from openhalo.measures.measure_kind import (
    CountingKind,
    DefinitionWords,
    Reading,
    Sides,
    Unknown,
    n_without,
    recorded,
)
from openhalo.measures.planning import Question
from openhalo.records.reading import Records, Relation
from openhalo.statistics import proportions, unknown_group

_UNEVEN = mark_for_translation(
    "“{group}” is recorded for {with_share} of the {things} that count toward the figure ({with_it}), but "
    "for {without_share} of the others ({without})."
)


class Share(CountingKind):
    """A proportion, with Wilson's interval."""

    def read(self, question: Question, records: Records, relation: Relation, places: Sequence[str] | None) -> Reading:
        """Read whether the condition is true, false or not known."""
        node = records.catalogue.condition(question.spec.record, question.spec.numerator)
        assert node is not None
        sums = {"numerator": ibis._.count(where=ibis._["_outcome"]), "missing": n_without("_outcome")}
        return Reading({"_outcome": to_ibis(node, relation)}, sums)

    def counts(self, sums: pl.DataFrame, question: Question, *, total: bool) -> pl.DataFrame:
        """Return the records with the outcome as numerator, those that say it as denominator."""
        return super().counts(sums, question, total=total).with_columns(pl.col("numerator").cast(pl.Float64))

    def estimate(self, counted: pl.DataFrame, spec: MeasureSpec) -> tuple[pl.DataFrame, str]:
        """Return the share with its interval."""
        found = proportions.wilson(*fractions(counted))
        return counted.with_columns(columns(found)), found.method

    def bounds(self, spec: MeasureSpec, unknown: Unknown) -> tuple[pl.Expr, pl.Expr]:
        """Return the least and the greatest share.

        It is lowest when every record of unknown group without the outcome belongs to the group and none with it, and
        highest the other way round; both ends can be reached, so nothing narrower holds for certain.
        """
        without = unknown.denominator - unknown.numerator
        return unknown_group.ends(pl.col("numerator"), pl.col("denominator"), unknown.numerator, without)

    def sides(self, spec: MeasureSpec, known: pl.Expr, margins: pl.DataFrame, against: Exposure | None) -> Sides | None:
        """Return the records with the outcome, and those without it."""
        outcome, rest = pl.col("numerator"), pl.col("n") - pl.col("missing") - pl.col("numerator")
        return Sides(recorded(margins, known, outcome), recorded(margins, known, rest), _UNEVEN)

    def how_counted(self, words: DefinitionWords) -> str:
        """Return how it is counted, as a sentence."""
        text = _("We count the {units} where this is true: {what}. We divide by {which} that record it.")
        return text.format(units=words.units, what=words.outcome, which=words.which)


KIND = Share()
