"""The table under each chart: the same figures, every one with what it is taken of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.charts.figure import Figure, interval, said
from openhalo.language import formatting
from openhalo.language.scales import scale_of
from openhalo.language.translation import _, capital


@dataclass(frozen=True)
class Column:
    """A column of a page's table; `minor` ones give way on a phone."""

    head: str
    minor: bool = False
    interval: bool = False


def table(
    spec: MeasureSpec, base: MeasureSpec, first: str, rows: Sequence[Figure]
) -> tuple[list[Column], list[list[str]]]:
    """Return the table under a chart: its columns, and its cells as they are read."""
    per = base.per
    count_of, kind, scale = formatting.count, spec.scale, scale_of(spec.scale)
    bounded = not scale.bars and any(row.bounded for row in rows)
    parts: list[tuple[Column, Any]] = [(Column(first), lambda row: row.label)]
    head = _(spec.traits.head or scale.head).format(times=count_of(per.times if per else None))
    parts.append((Column(head), lambda row: said(kind, row, spec.minimum_n)))
    if scale.base == "fraction":
        parts.append((Column(_("Counted")), lambda row: formatting.fraction(row.numerator, row.denominator)))
    if scale.base == "numerator":
        parts.append((Column(_("Counted")), lambda row: count_of(row.numerator)))
    if spec.per:
        label = capital(spec.per.label)
        parts.append((Column(label, minor=True), lambda row: count_of(row.denominator) or "–"))
    if scale.base == "denominator":
        parts.append((Column(_("Records")), lambda row: count_of(row.denominator)))
    if any(row.low is not None for row in rows):
        parts.append(
            (
                Column(_("95% interval"), minor=True, interval=not bounded),
                lambda row: interval(kind, row.low, row.high) or "–",
            )
        )
    if bounded:
        parts.append(
            (
                Column(_("Could lie between"), minor=True, interval=True),
                lambda row: interval(kind, row.bound_low, row.bound_high) or "–",
            )
        )
    elif any(row.missing for row in rows):
        head = _("Left out") if spec.per else _("Do not say")
        parts.append((Column(head, minor=True), lambda row: count_of(row.missing)))
    return [column for column, _cell in parts], [[cell(row) for _column, cell in parts] for row in rows]
