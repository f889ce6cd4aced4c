"""Indicators of every officer on every day that we look from: one pass over each record type, in columns.

On a day counts what had happened and been learned by then, nothing else. So the same numbers come out whatever is
learned later, and a whole history of review days costs one pass.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Any

import ibis
import numpy as np
import polars as pl
from numpy.typing import NDArray

from openhalo.catalogue.indicators import IndicatorSpec
from openhalo.catalogue.record_types import RecordType
from openhalo.early_intervention.clock import Clock, Places
from openhalo.engines.connect import cursor
from openhalo.engines.expressions import to_ibis
from openhalo.engines.rows import to_frame
from openhalo.records.reading import Records
from openhalo.records.sql import identifier

Values = NDArray[np.float64]


@dataclass
class Matrix:
    """Indicators by officer and day.

    Attributes:
        officers: record keys, in order.
        days: the days that we look from, in order.
        undated: record type → records that count although nobody wrote down when they were learned; they are taken as
            learned on the day on which they happened, so what rests on them is not surely time-honest.
        unlearned: indicator → events that never count as known, because what makes them one was found out on a day
            that nobody wrote down.
        sums: sum → the counts in it that the site holds.
    """

    officers: list[str]
    days: list[date]
    undated: dict[str, int] = field(default_factory=dict)
    unlearned: dict[str, int] = field(default_factory=dict)
    sums: dict[str, list[str]] = field(default_factory=dict)
    _values: dict[tuple[str, int], NDArray[Any]] = field(default_factory=dict)
    _ratios: dict[str, IndicatorSpec] = field(default_factory=dict)

    def values(self, indicator: str, months: int) -> NDArray[Any]:
        """Return (officers, days): a count; days since the last event, or a ratio (NaN: none, no exposure)."""
        if indicator not in self._ratios:
            return self._values[indicator, months]
        spec = self._ratios[indicator]
        above, below = (self._values[name, months].astype(float) for name in (spec.of, spec.per))
        ratio: Values = np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0)
        return ratio

    def exposure_of(self, ratio: str) -> str:
        """Return the count that stands below the line of a ratio."""
        return self._ratios[ratio].per

    @property
    def columns(self) -> list[tuple[str, int]]:
        """Return every indicator with every look-back that was asked for, ratios last."""
        ratios = [(name, months) for name, spec in self._ratios.items() for months in spec.months]
        both = [
            (name, m)
            for name, m in ratios
            if {(self._ratios[name].of, m), (self._ratios[name].per, m)} <= self._values.keys()
        ]
        return [*self._values, *both]


def compute(
    records: Records,
    specs: Iterable[IndicatorSpec],
    days: Sequence[date],
    officers: Sequence[str],
    months: Sequence[int] = (),
) -> Matrix:
    """Return the indicators of officers on given days.

    Indicators on records that the site does not hold are left out, and so are ratios that stand on them; a sum adds up
    what the site holds.

    Args:
        records: the store version, without a `known_by` of its own.
        specs: the indicators; a ratio or a sum needs its counts among them.
        days: the days that we look from, in order.
        officers: record keys; the rows.
        months: look-backs to work out, out of those that each indicator has; empty: all of them.
    """
    wanted = [spec for spec in specs if not spec.record or spec.record in records.manifest.tables]
    matrix = Matrix(list(officers), list(days))
    place = pl.DataFrame({"officer": matrix.officers, "row": np.arange(len(officers))})
    events = sorted((s for s in wanted if s.record), key=lambda spec: (spec.record, spec.officer, spec.id))
    for (record, officer), group in groupby(events, key=lambda spec: (spec.record, spec.officer)):
        chosen = [(spec, [m for m in spec.months if not months or m in months]) for spec in group]
        chosen = [(spec, looks) for spec, looks in chosen if looks]
        if chosen:
            clock = Clock(matrix.days, {m for _, looks in chosen for m in looks})
            facts = _facts(records, record, officer, [spec for spec, _ in chosen], clock)
            matrix.undated[record] = int(facts["undated"].sum())
            facts = facts.join(place, on="officer", how="inner")
            for number, (spec, looks) in enumerate(chosen):
                matrix.unlearned[spec.id] = int(facts[f"unlearned_{number}"].sum())
                for look in looks:
                    matrix._values[spec.id, look] = _spread(facts, number, spec, look, clock, len(officers))
    held = {name for name, _ in matrix._values}
    for spec in wanted:
        parts = [name for name in spec.any_of if name in held]
        if parts:
            matrix.sums[spec.id] = parts
            for look in (m for m in spec.months if all((name, m) in matrix._values for name in parts)):
                matrix._values[spec.id, look] = np.sum([matrix._values[name, look] for name in parts], axis=0)
    matrix._ratios = {s.id: s for s in wanted if s.kind == "ratio" and {s.of, s.per} <= held}
    return matrix


def _facts(records: Records, record: str, officer: str, specs: list[IndicatorSpec], clock: Clock) -> pl.DataFrame:
    """Return events added up by officer, by when they happened and by when what an indicator reads was learned."""
    definition = records.catalogue.record_type(record)
    relation = records.relation(record)
    groups = sorted({spec.known_at for spec in specs})
    happened = _day(relation, definition, definition.time)
    chosen: dict[str, Any] = {"officer": relation.field(officer), "happened": happened.cast("date")}
    base = next(iter(definition.known_at))
    for group in groups:
        learned = _day(relation, definition, definition.known_at[group]).cast("date")
        chosen[f"learned_{group}"] = ibis.coalesce(learned, happened.cast("date")) if group == base else learned
    chosen["undated"] = _day(relation, definition, definition.known_at[base]).isnull()
    for number, spec in enumerate(specs):
        node = records.catalogue.condition(record, spec.where)
        chosen[f"is_{number}"] = to_ibis(node, relation).fill_null(False) if node else ibis.literal(True)
    query = str(ibis.to_sql(relation.table.select(**chosen), dialect="duckdb"))
    edges, days = clock.calendar()

    def moved(column: str) -> str:
        return f"least(greatest({column}, DATE '{clock.first}'), DATE '{clock.last}')"

    begins = {g: f"begins_{g}" for g in groups}
    joins = " ".join(
        f"JOIN calendar AS {identifier(name)} ON {identifier(name)}.day = "
        + moved(f"greatest(coalesce(facts.{identifier(f'learned_{g}')}, DATE '9999-12-31'), facts.happened)")
        for g, name in begins.items()
    )
    counted = ", ".join(
        f"CAST(count_if(is_{n}) AS INTEGER) AS n_{n}, "
        f"CAST(count_if(is_{n} AND {identifier(f'learned_{spec.known_at}')} IS NULL) AS INTEGER) AS unlearned_{n}"
        + (f", max(facts.happened) FILTER (WHERE is_{n}) AS last_{n}" if spec.kind == "time_since" else "")
        for n, spec in enumerate(specs)
    )
    return to_frame(
        cursor().sql(f"""
        WITH facts AS ({query}),
        calendar AS (SELECT DATE '{clock.first}' + CAST(unnest(range({len(days)})) AS INTEGER) AS day,
            unnest({edges.tolist()}) AS edges, unnest({days.tolist()}) AS days)
        SELECT officer, since.edges AS happened, {", ".join(f"{name}.days AS {name}" for name in begins.values())},
            CAST(count_if(undated) AS INTEGER) AS undated, {counted}
        FROM facts JOIN calendar AS since ON since.day = {moved("facts.happened")} {joins}
        WHERE officer IS NOT NULL AND facts.happened <= DATE '{clock.days[-1]}' GROUP BY ALL
    """)
    )


def _day(relation: Any, definition: RecordType, name: str) -> Any:
    return relation.field(name, "_date" if definition.fields[name].type == "time" else "")


def _spread(
    facts: pl.DataFrame, number: int, spec: IndicatorSpec, months: int, clock: Clock, officers: int
) -> NDArray[Any]:
    """Return (officers, days): added where an event begins to count, taken off where it ends, summed along the days."""
    held = facts.filter(pl.col(f"n_{number}") > 0)
    rows, begins = held["row"].to_numpy(), held[f"begins_{spec.known_at}"].to_numpy()
    wide = len(clock.days) + 1
    if spec.kind == "time_since":
        return _since(
            held.select("row", begins=f"begins_{spec.known_at}", last=f"last_{number}"), months, clock, officers
        )
    ends = clock.ends(held["happened"].to_numpy(), months)
    counts = np.flatnonzero(begins < ends)
    weight = held[f"n_{number}"].to_numpy()[counts]
    changes = _sums(rows[counts] * wide + begins[counts], weight, officers * wide)
    changes -= _sums(rows[counts] * wide + ends[counts], weight, officers * wide)
    summed: NDArray[Any] = np.cumsum(changes.reshape(officers, wide)[:, :-1], axis=1, dtype=np.int32)
    return summed


def _sums(places: Places, weight: Places, size: int) -> NDArray[np.int32]:
    return np.bincount(places, weight, size).astype(np.int32)


def _since(held: pl.DataFrame, months: int, clock: Clock, officers: int) -> Values:
    """Return (officers, days): days since the last event that was known, NaN where none lies within the look-back."""
    wide = len(clock.days) + 1
    newest = held.group_by(place=pl.col("row") * wide + pl.col("begins")).agg(pl.col("last").max())
    grid = np.zeros(officers * wide, np.int64)
    grid[newest["place"].to_numpy()] = newest["last"].to_physical().to_numpy() + date(1970, 1, 1).toordinal()
    grid = np.maximum.accumulate(grid.reshape(officers, wide)[:, :-1], axis=1)
    today = np.array([day.toordinal() for day in clock.days])
    oldest = np.array([Clock([day], [months]).first.toordinal() for day in clock.days])
    return np.where(grid > oldest, today - grid, np.nan)
