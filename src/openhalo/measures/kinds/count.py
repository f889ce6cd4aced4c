"""How many records there are."""

from collections.abc import Sequence

import polars as pl

from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.language.translation import _
from openhalo.measures.estimating import columns
from openhalo.measures.measure_kind import CountingKind, DefinitionWords, Reading, Unknown
from openhalo.measures.planning import Question
from openhalo.records.reading import Records, Relation
from openhalo.statistics import rates


class Count(CountingKind):
    """A number of records, with Garwood's interval for how many there could have been."""

    def read(self, question: Question, records: Records, relation: Relation, places: Sequence[str] | None) -> Reading:
        """Read nothing but that there is a record."""
        return Reading({}, {})

    def counts(self, sums: pl.DataFrame, question: Question, *, total: bool) -> pl.DataFrame:
        """Return the records as numerator; there is no denominator, and none is missing."""
        return sums.with_columns(
            pl.col("n").cast(pl.Float64).alias("numerator"),
            (pl.col("n") - pl.col("n")).alias("missing"),
            denominator=pl.lit(None, pl.Float64),
        )

    def estimate(self, counted: pl.DataFrame, spec: MeasureSpec) -> tuple[pl.DataFrame, str]:
        """Return the count with its interval."""
        found = rates.rate(counted["numerator"].to_numpy())
        return counted.with_columns(columns(found)), found.method

    def bounds(self, spec: MeasureSpec, unknown: Unknown) -> tuple[pl.Expr, pl.Expr]:
        """Return the count without and with all records of unknown group."""
        k = pl.col("numerator")
        return k, k + unknown.numerator

    def status(self, figures: pl.DataFrame, spec: MeasureSpec) -> pl.Expr:
        """Return `ok`: a count of few records, or of none, is a count."""
        return pl.lit("ok")

    def how_counted(self, words: DefinitionWords) -> str:
        """Return how it is counted, as a sentence."""
        return _("We count {which}.").format(which=words.which)


KIND = Count()
