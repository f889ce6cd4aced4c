"""Records per so many of something else: of other records, or of a stock such as residents."""

from collections.abc import Sequence

import ibis
import polars as pl

from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.language.translation import _, mark_for_translation
from openhalo.measures.denominators import Exposure
from openhalo.measures.estimating import columns, fractions
from openhalo.measures.measure_kind import CountingKind, DefinitionWords, Reading, Sides, Unknown, recorded
from openhalo.measures.planning import PERIOD, Question
from openhalo.records.reading import Records, Relation
from openhalo.statistics import rates

_UNEVEN = mark_for_translation(
    "“{group}” is recorded for {with_share} of the {things} ({with_it}), but for {without_share} of the "
    "{others} that they are counted against ({without})."
)


class Rate(CountingKind):
    """A rate, with an interval that allows for the error of an estimated denominator."""

    left_out = mark_for_translation(
        "{missing} of {n} {things} ({share}) were in a place that has no rate, and are left out of the whole."
    )
    empty = "no_denominator"

    def read(self, question: Question, records: Records, relation: Relation, places: Sequence[str] | None) -> Reading:
        """Read whether a record lies in a place that has a denominator, where that matters."""
        if places is None:
            return Reading({}, {})
        assert question.spec.per is not None
        placed = relation.field(question.spec.per.place).isin(list(places))
        return Reading({"_placed": placed}, {"placed": ibis._.count(where=ibis._["_placed"])})

    def counts(self, sums: pl.DataFrame, question: Question, *, total: bool) -> pl.DataFrame:
        """Return the records as numerator, over all places those of places with a denominator; it comes later."""
        per = question.spec.per
        placed = "placed" in sums.columns and (total or per is None or per.place not in question.by)
        numerator = "placed" if placed else "n"
        return sums.with_columns(
            pl.col(numerator).cast(pl.Float64).alias("numerator"), (pl.col("n") - pl.col(numerator)).alias("missing")
        )

    def estimate(self, counted: pl.DataFrame, spec: MeasureSpec) -> tuple[pl.DataFrame, str]:
        """Return the rate with its interval."""
        assert spec.per is not None
        found = rates.rate(*fractions(counted), counted["cv"].fill_null(0.0).to_numpy())
        return counted.with_columns(columns(found, spec.per.times)), found.method

    def bounds(self, spec: MeasureSpec, unknown: Unknown) -> tuple[pl.Expr, pl.Expr]:
        """Return the rate without and with the records of unknown group; a stock knows its groups."""
        assert spec.per is not None
        k, n, times = pl.col("numerator"), pl.col("denominator"), spec.per.times
        most = n if not spec.per.matches_period else n + unknown.denominator
        return times * k / most, times * (k + unknown.numerator) / n

    def sides(self, spec: MeasureSpec, known: pl.Expr, margins: pl.DataFrame, against: Exposure | None) -> Sides | None:
        """Return the counted records, and those of the same periods that they are counted against."""
        if against is None or spec.per is None or not spec.per.matches_period:
            return None
        ours = margins.join(against.margins, on=PERIOD, how="semi")
        theirs = against.margins.join(margins, on=PERIOD, how="semi")
        return Sides(recorded(ours, known, pl.col("n")), recorded(theirs, known, pl.col("amount")), _UNEVEN)

    def how_counted(self, words: DefinitionWords) -> str:
        """Return how it is counted, as a sentence; what it is divided by is said of any denominator."""
        return _("We count {which}.").format(which=words.which)


KIND = Rate()
