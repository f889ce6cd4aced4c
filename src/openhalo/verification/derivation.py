"""Figures from incident files alone: what can be counted again, and counting it again.

Written apart from the way in which a release is counted (other engine, other code), so that each checks the other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from openhalo.base.errors import Problem, ReleaseError
from openhalo.base.periods import GRAINS, Grain, Period, label
from openhalo.catalogue.condition_parser import parse
from openhalo.catalogue.conditions import Node
from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.engines.polars_expressions import to_polars
from openhalo.releases.editions import DEFINITIONS
from openhalo.verification.definitions import Defined, Definitions

COUNTS = ("n", "missing", "numerator", "denominator")
_STEPS = {"year": "1y", "quarter": "1q", "month": "1mo", "day": "1d"}
_PERIOD = "_period"


@dataclass
class Derivation:
    """Counts again what a release's incident files let anyone count."""

    definitions: Definitions
    files: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    """Record type → its incident file; empty where it is only asked what could be derived."""
    _nodes: dict[tuple[str, str], Node | None] = field(default_factory=dict, init=False, repr=False, compare=False)

    def why_not(self, measure: str, by: Sequence[str], grain: Grain) -> str:
        """Return why figures cut so cannot be counted from the incident files; empty where they can."""
        why = self.why_not_counted(measure, by, grain)
        base = self.definitions.base(self.definitions.measures[measure])
        if why or base.per is None:
            return why
        per = base.per
        if not per.matches_period or per.sum or per.slices or per.place:
            return f"{per.label} are no records of the release that could be counted"
        return self.why_not_counted_against(measure, by, grain)

    def why_not_counted(self, measure: str, by: Sequence[str], grain: Grain) -> str:
        """Return why the records that a figure counts cannot be counted from their incident file."""
        defined, base, cuts = self._asked(measure, by)
        if not base.traits.made_of_counts or not (base.per or base.traits.of_told or base.traits.additive):
            return f"a {base.kind} is no count"
        return self._lacking(base.record, [base.where, base.numerator], cuts, [base.value], grain, defined)

    def why_not_counted_against(self, measure: str, by: Sequence[str], grain: Grain) -> str:
        """Return why the records that a rate is taken of cannot be counted from their incident file."""
        defined, base, cuts = self._asked(measure, by)
        assert base.per is not None
        groups = [base.per.groups[name] for name in cuts]
        return self._lacking(base.per.record, [base.per.where], groups, [], grain, defined)

    def _asked(self, measure: str, by: Sequence[str]) -> tuple[Defined, MeasureSpec, list[str]]:
        defined = self.definitions.measures[measure]
        across = [defined.spec.across] if defined.spec.across and defined.spec.across not in by else []
        return defined, self.definitions.base(defined), [*by, *across]

    def figures(self, measure: str, by: Sequence[str], grain: Grain, days: Period) -> pl.DataFrame:
        """Return `period`, each group, `n`, `missing`, `numerator`, `denominator`, `value`.

        Groups and periods without a record are not in it. Call it only where `why_not` says nothing.
        """
        defined = self.definitions.measures[measure]
        base, spec = self.definitions.base(defined), defined.spec
        counted = self._cells(base, by, grain, days, base.record, [base.where], {name: name for name in by})
        n, said = pl.col("n"), pl.col("said")
        if base.per is not None:
            per = base.per
            below = self._cells(base, by, grain, days, per.record, [per.where], per.groups)
            keys = [_PERIOD, *by]
            below = below.select(*keys, pl.col("n").alias("denominator"))
            counted = counted.join(below, on=keys, how="full", nulls_equal=True, coalesce=True)
            counted = counted.with_columns(pl.col("n").fill_null(0))
            known = pl.all_horizontal(pl.col(list(by)).is_not_null()) if by else pl.lit(True)
            parts = [n.alias("numerator"), pl.lit(0).alias("missing"), pl.when(known).then("denominator")]
            value = pl.col("numerator") / pl.col("denominator") * per.times
        elif base.traits.of_told:
            parts = [pl.col("hits").alias("numerator"), (n - said).alias("missing"), said.alias("denominator")]
            value = pl.col("numerator") / pl.col("denominator")
        else:
            parts = [n.alias("numerator"), pl.lit(0).alias("missing"), pl.lit(None, pl.Int64).alias("denominator")]
            value = pl.col("numerator")
        found = counted.select(_PERIOD, *by, "n", *parts).with_columns(pl.col(COUNTS[2:]).cast(pl.Float64))
        found = found.with_columns(value.cast(pl.Float64).alias("value"))
        if spec.traits.compares_groups:
            found = _against_reference(found, spec, by)
        names = {day: str(days) if grain == "all" else label(day, grain) for day in found[_PERIOD].unique()}
        period = pl.Series("period", [names[day] for day in found[_PERIOD]], pl.String)
        return found.with_columns(period).drop(_PERIOD)

    def _cells(
        self,
        base: MeasureSpec,
        by: Sequence[str],
        grain: Grain,
        days: Period,
        record: str,
        where: Sequence[str],
        groups: Mapping[str, str],
    ) -> pl.DataFrame:
        """Return `n`, `said` (records that say what is counted) and `hits` by period and group."""
        frame, definition = self.files[record], self.definitions.record_types[record]
        tests = [to_polars(node) for text in where if (node := self._node(record, text)) is not None]
        day = definition.date_column
        period = pl.lit(date(1, 1, 1))
        if day in frame.columns:
            stamp = pl.col(day) if frame.schema[day] == pl.Date else pl.date(pl.col(day), 1, 1)
            low, high = (days.first, days.last) if frame.schema[day] == pl.Date else (days.first.year, days.last.year)
            tests.append(pl.col(day).is_between(low, high))
            period = period if grain == "all" else stamp.dt.truncate(_STEPS[grain])
        numerator = self._node(record, base.numerator) if record == base.record else None
        outcome = to_polars(numerator) if numerator is not None else pl.lit(None, pl.Boolean)
        if base.value:
            outcome = pl.col(base.value).cast(pl.Decimal(18, 6))
        codes = base.per.codes if base.per else {}
        values = [
            _values(pl.col(groups[name]), codes.get(name, {}), frame.schema[groups[name]]).alias(name) for name in by
        ]
        cells = frame.lazy().filter(tests) if tests else frame.lazy()
        cells = cells.with_columns(period.alias(_PERIOD), outcome.alias("_outcome"), *values)
        cells = cells.select(_PERIOD, "_outcome", *by)
        for name in by:
            if isinstance(frame.schema[groups[name]], pl.List):
                cells = cells.explode(name)
        found = cells.group_by(_PERIOD, *by).agg(
            pl.len().cast(pl.Int64).alias("n"),
            pl.col("_outcome").count().cast(pl.Int64).alias("said"),
            pl.col("_outcome").sum().alias("hits"),
        )
        return found.with_columns(pl.col(list(by)).cast(pl.String)).collect()

    def _lacking(
        self,
        record: str,
        conditions: Sequence[str],
        groups: Sequence[str],
        values: Sequence[str],
        grain: Grain,
        defined: Defined,
    ) -> str:
        held = self.definitions.records[record]
        if not held.file:
            return f"no incident file of {record} goes out"
        if not held.complete:
            return f"the incident file of {record} leaves records out"
        if GRAINS.index(grain) < GRAINS.index(held.grain):
            return f"the incident file of {record} tells no time shorter than a {held.grain}"
        needed = {path for path in values if path}
        for text in conditions:
            node = self._node(record, text)
            try:
                needed.update(to_polars(node).meta.root_names() if node is not None else ())
            except LookupError:
                return "it asks about linked records"
        days = defined.days if grain == "all" else defined.all_days
        if grain != "all" or days != Period(held.first, held.last):
            needed.add(self.definitions.record_types[record].date_column)
        lacking = sorted((needed - {*held.exact}) | ({*groups} - {*held.exact, *held.coarser}))
        return f"the incident file of {record} does not hold {', '.join(lacking)} as recorded" if lacking else ""

    def _node(self, record: str, text: str) -> Node | None:
        if text and (record, text) not in self._nodes:
            node, problems = parse(text, record, self.definitions.spoken_of)
            if problems:
                found = f"the condition '{text}' cannot be read: {problems[0].found}"
                raise ReleaseError(Problem(f"{DEFINITIONS}: {record}", found))
            self._nodes[record, text] = node
        return self._nodes.get((record, text))


def _values(column: pl.Expr, codes: Mapping[str, str], kind: pl.DataType) -> pl.Expr:
    """Return a group's values; of a list, each code once, and null for an empty one."""
    if isinstance(kind, pl.List):
        each = column.list.eval(pl.element().replace(dict(codes))) if codes else column
        return each.list.unique()
    return column.replace(dict(codes)) if codes else column


def _against_reference(found: pl.DataFrame, spec: MeasureSpec, by: Sequence[str]) -> pl.DataFrame:
    keys = [_PERIOD, *(name for name in by if name != spec.across)]
    other = found.filter(pl.col(spec.across) == spec.reference).select(*keys, pl.col("value").alias("_other"))
    joined = found.join(other, on=keys, how="left", nulls_equal=True)
    return joined.with_columns((pl.col("value") / pl.col("_other")).alias("value")).drop("_other")
