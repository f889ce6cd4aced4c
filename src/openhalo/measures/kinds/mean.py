"""The average of a number that records carry."""

from collections.abc import Sequence

import ibis
import polars as pl

from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.language.translation import _, mark_for_translation
from openhalo.measures.counting import DECIMAL
from openhalo.measures.estimating import columns, fractions, moments
from openhalo.measures.measure_kind import CountingKind, DefinitionWords, Reading, n_without
from openhalo.measures.planning import Question
from openhalo.records.reading import Records, Relation
from openhalo.statistics import means


class Mean(CountingKind):
    """A mean of exact sums, with the t interval."""

    unknown_group = mark_for_translation("How far they would move the average of each group is not known.")

    def read(self, question: Question, records: Records, relation: Relation, places: Sequence[str] | None) -> Reading:
        """Read the number and its square, both exact."""
        number = relation.field(question.spec.value).cast(DECIMAL)
        rows = {"_value": number, "_square": (number * number).cast("decimal(38, 12)")}
        sums = {"total": ibis._["_value"].sum(), "squares": ibis._["_square"].sum(), "missing": n_without("_value")}
        return Reading(rows, sums)

    def counts(self, sums: pl.DataFrame, question: Question, *, total: bool) -> pl.DataFrame:
        """Return the sum as numerator, the records that say the number as denominator."""
        summed = super().counts(sums, question, total=total)
        return summed.with_columns(pl.col("total").cast(pl.Float64).alias("numerator"))

    def estimate(self, counted: pl.DataFrame, spec: MeasureSpec) -> tuple[pl.DataFrame, str]:
        """Return the average with its interval."""
        average, variance = moments(counted)
        found = means.mean(average, variance, fractions(counted)[1])
        return counted.with_columns(columns(found)), found.method

    def how_counted(self, words: DefinitionWords) -> str:
        """Return how it is counted, as a sentence."""
        text = _("We take the average of {value} over {which} that record it.")
        return text.format(value=words.phrase, which=words.which)


KIND = Mean()
