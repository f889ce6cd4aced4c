"""Published figures beside those that the records give: the same, or as far apart as records purged since explain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ibis
import polars as pl

from openhalo.catalogue.measure_kinds import KINDS
from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.records.reading import Records

COUNTS = ("n", "missing", "numerator", "denominator")
_VALUES = ("value", "low", "high")
BOUNDS = ("bound_low", "bound_high")
ESTIMATES = (*_VALUES, *BOUNDS)
_CLOSE = 1e-9
"""Ends of an interval come from a numerical library and may differ in their last digits between its versions."""


def differing(exact: Sequence[str] = (*COUNTS, "status"), close: Sequence[str] = ESTIMATES) -> pl.Expr:
    """Return what is true of a figure that is not as the records give it, in columns with ` now` behind their name."""
    apart = [~pl.col(name).eq_missing(pl.col(f"{name} now")) for name in exact]
    for name in close:
        one, other = pl.col(name), pl.col(f"{name} now")
        near = ((one - other).abs() <= _CLOSE * other.abs()) | (one == other)
        apart.append(~(near.fill_null(False) | (one.is_null() & other.is_null())))
    return pl.any_horizontal(apart)


@dataclass(frozen=True)
class Allowance:
    """What purges can have moved in each figure of a measure."""

    gone: int
    """So many of its records were purged."""
    moved: int
    """So many others may have changed their group or answer: what they link to, or what links to them, was purged."""

    def exceeded(self, spec: MeasureSpec) -> pl.Expr:
        """Return what is true of a figure that purges do not explain, in columns with ` now` behind their name."""
        if not self.gone + self.moved:
            return differing()
        traits = KINDS[spec.kind]
        counted = traits.made_of_counts and "value" not in traits.needs
        bounded = COUNTS if counted else COUNTS[:2]
        less = [pl.col(name).fill_null(0) - pl.col(f"{name} now").fill_null(0) for name in bounded]
        far = pl.any_horizontal([(one > self.gone + self.moved) | (one < -self.moved) for one in less])
        # Its own counts do not say it all of a figure that is taken of another group's, or of the values of records.
        if traits.compares_groups or (self.moved and not counted):
            return far
        return far | (~differing(COUNTS, ()) & differing(("status",), _VALUES))


def allowance(spec: MeasureSpec, gone: Mapping[str, int], records: Records) -> Allowance:
    """Return what purges can have moved in a measure.

    Args:
        spec: the measure whose records are counted.
        gone: record type → how many records of it were purged.
        records: the store version that the figures were counted from, as it is now.
    """
    fields, types = records.catalogue.record_type(spec.record).fields, records.catalogue.record_types
    moved = sum(_blank(name, spec.record, records) for name, one in fields.items() if one.to in gone)
    for record, number in gone.items():
        moved += number * sum(one.to == spec.record for one in types[record].fields.values())
    return Allowance(gone.get(spec.record, 0), moved)


def _blank(link: str, record: str, records: Records) -> int:
    """Return how many records have a link that leads nowhere, as a purge leaves it."""
    table = records.held(record)
    return int(records.fetch(table.filter(table[link].isnull()).aggregate(n=ibis._.count())).item())
