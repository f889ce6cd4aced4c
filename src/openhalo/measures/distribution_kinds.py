"""Kinds that rest on how values are spread over the records: the middle one, and what the few hold who have most."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import polars as pl

from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.measures.counting import Group, spread
from openhalo.measures.measure_kind import CountingKind, Reading, n_without
from openhalo.measures.planning import PERIOD, Question, population
from openhalo.records.reading import Records, Relation
from openhalo.statistics.estimates import Intervals, Numbers

_MEASURED = {"value": pl.Float64, "low": pl.Float64, "high": pl.Float64, "holders": pl.Int64}


class DistributionKind(CountingKind):
    """A kind whose figures need every value, not a sum of them."""

    method: ClassVar[str]
    """How the interval is made."""
    counts_holders: ClassVar[bool] = False
    """Whether the value of a record is who holds it, and each holder's number of records is what is spread."""

    @abstractmethod
    def measure(self, values: Numbers, times: Numbers, spec: MeasureSpec) -> Intervals:
        """Return the figure with its interval, of values and how often each occurs."""

    def read(self, question: Question, records: Records, relation: Relation, places: Sequence[str] | None) -> Reading:
        """Read who or what is spread, to count the records that do not say it."""
        spec = question.spec
        return Reading({"_value": relation.field(spec.value or spec.holders)}, {"missing": n_without("_value")})

    def spread(self, cells: pl.DataFrame, question: Question, records: Records) -> pl.DataFrame:
        """Add `value`, `low`, `high` and `numerator` to counted cells; where holders are counted also `holders`.

        The numerator is what the top holders hold; a figure without holders has none.
        """
        spec = question.spec
        relation = population(question, records, spec.record, [spec.where])
        groups = [Group(name, name, {}) for name in question.by]
        what = relation.field(spec.value or spec.holders)
        values = spread(relation, records, question.grain, groups, what, holders=self.counts_holders)
        keys = [PERIOD, *(group.column for group in groups)]
        rows = [(*key, *self._row(cell["value"], cell["times"], spec)) for key, cell in values.group_by(keys)]
        found = pl.DataFrame(rows, {**{key: cells.schema[key] for key in keys}, **_MEASURED}, orient="row")
        joined = cells.join(found, on=keys, how="left", nulls_equal=True, maintain_order="left")
        if self.counts_holders:
            return joined.with_columns((pl.col("value") * pl.col("denominator")).round(6).alias("numerator"))
        return joined.with_columns(pl.lit(None, pl.Float64).alias("numerator")).drop("holders")

    def estimate(self, counted: pl.DataFrame, spec: MeasureSpec) -> tuple[pl.DataFrame, str]:
        """Return the cells as they are: `spread` has estimated them."""
        return counted, self.method

    def _row(
        self, values: pl.Series, times: pl.Series, spec: MeasureSpec
    ) -> tuple[float | None, float | None, float | None, int]:
        found = self.measure(values.to_numpy(), times.to_numpy(), spec)
        value, low, high = (None if part[0] != part[0] else float(part[0]) for part in found[:3])
        return value, low, high, int(times.sum())
