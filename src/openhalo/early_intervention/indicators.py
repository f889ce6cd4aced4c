"""Indicators of every officer on every day that we look from: one pass over each record type, in columns.

On a day counts what had happened and been learned by then, nothing else. So the same numbers come out whatever is
learned later, and a whole history of review days costs one pass.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openhalo.catalogue.indicators import IndicatorSpec
from openhalo.early_intervention.events import Events, read_events
from openhalo.early_intervention.look_back import LookBack, Places
from openhalo.records.reading import Records

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
    _values: dict[tuple[str, int], NDArray[Any]] = field(default_factory=dict, init=False)
    _ratios: dict[str, IndicatorSpec] = field(default_factory=dict, init=False)

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
    events = sorted((s for s in wanted if s.record), key=lambda spec: (spec.record, spec.officer, spec.id))
    for (record, officer), group in groupby(events, key=lambda spec: (spec.record, spec.officer)):
        chosen = [(spec, [m for m in spec.months if not months or m in months]) for spec in group]
        chosen = [(spec, looks) for spec, looks in chosen if looks]
        if chosen:
            look_back = LookBack(matrix.days, {m for _, looks in chosen for m in looks})
            facts = read_events(records, record, officer, [spec for spec, _ in chosen], look_back, matrix.officers)
            matrix.undated[record] = facts.undated
            for number, (spec, looks) in enumerate(chosen):
                places = facts.of(number)
                matrix.unlearned[spec.id] = int(facts.unlearned[spec.known_at][places].sum())
                for look, values in zip(looks, _spread(facts, places, spec, looks, len(officers)), strict=True):
                    matrix._values[spec.id, look] = values
    held = {name for name, _ in matrix._values}
    for spec in wanted:
        parts = [name for name in spec.any_of if name in held]
        if parts:
            matrix.sums[spec.id] = parts
            for look in (m for m in spec.months if all((name, m) in matrix._values for name in parts)):
                matrix._values[spec.id, look] = np.sum([matrix._values[name, look] for name in parts], axis=0)
    matrix._ratios = {s.id: s for s in wanted if s.kind == "ratio" and {s.of, s.per} <= held}
    return matrix


def _spread(
    events: Events, places: Places, spec: IndicatorSpec, months: Sequence[int], officers: int
) -> Iterator[NDArray[Any]]:
    """Yield (officers, days) for each look-back, from the places of the events that count.

    One is added where an event begins to count and taken off where it ends; the sums along the days are the counts.
    """
    look_back, wide = events.look_back, len(events.look_back.days) + 1
    rows, happened = events.rows[places], events.happened[places]
    begins = events.begins[spec.known_at][places]
    # Days outside, officers inside: sums along the days then run over whole lines of officers.
    first = begins * officers + rows
    if spec.kind == "time_since":
        newest = np.zeros(wide * officers, np.int64)
        np.maximum.at(newest, first, happened + look_back.first.toordinal())
        newest = np.maximum.accumulate(newest.reshape(wide, officers)[:-1], axis=0).T
        yield from (_since(newest, look, look_back) for look in months)
        return
    begun = np.bincount(first, minlength=wide * officers).astype(np.int32)
    for look in months:
        # What is learned only when it is too old ends on the day on which it begins, and so counts nowhere.
        ends = np.maximum(look_back.ends(look)[happened], begins)
        grid = begun - np.bincount(ends * officers + rows, minlength=wide * officers).astype(np.int32)
        lines = grid.reshape(wide, officers)[:-1]
        for before, after in pairwise(lines):
            np.add(before, after, out=after)
        yield lines.T


def _since(newest: Places, months: int, look_back: LookBack) -> Values:
    """Return (officers, days): days since the last event that was known, NaN where none lies within the look-back."""
    today = np.array([day.toordinal() for day in look_back.days])
    oldest = np.array([LookBack([day], [months]).first.toordinal() for day in look_back.days])
    return np.where(newest > oldest, today - newest, np.nan)
