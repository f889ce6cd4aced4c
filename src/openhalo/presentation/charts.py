"""Figures as Altair charts: dots with intervals, bars for counts, a line with its band for time.

Each chart is drawn twice, wide and narrow, so that a phone gets readable text instead of a shrunken picture.
Sizes are fixed here (no automatic layout), so a drawing is the same on every machine.
"""

from collections.abc import Sequence
from typing import Any, Literal

from openhalo.base.errors import MissingExtra
from openhalo.presentation import numbers
from openhalo.presentation.figures import Figure, base, interval, said

Variant = Literal["wide", "narrow"]
INK, SOFT, RULE, PAPER, ACCENT = "#1b1b1b", "#565c65", "#dfe1e2", "#ffffff", "#1a4480"
HUES = ("#1f6fb4", "#0f7f78", "#7a61b5", "#8a6a1f", "#3f7d3a", "#5b6fa8", "#2b7f9e", "#7d6a57", "#62731f")
"""Hues of groups, in the fixed order of their code list: apart for the colour-blind in hue or lightness, none red,
each at least 3:1 on light and on dark paper. Labels stand beside every mark: hue never carries a meaning alone."""
UNKNOWN = "#71767a"
FONT = "Public Sans, system-ui, -apple-system, Segoe UI, Roboto, Helvetica Neue, Arial, sans-serif"
_WIDE = {"label": 190, "plot": 252, "text": 220, "row": 34, "size": 15}
_NARROW = {"label": 0, "plot": 318, "text": 0, "row": 58, "size": 15}


def hue(code: str | None, order: Sequence[str]) -> str:
    """Return the fixed colour of a group: the same code has the same colour wherever its code list is used."""
    if code is None or code not in order or code in ("OTHER", "UNKNOWN"):
        return UNKNOWN
    return HUES[list(order).index(code) % len(HUES)]


def by_group(
    kind: str,
    rows: Sequence[Figure],
    variant: Variant,
    order: Sequence[str] = (),
    reference: float | None = None,
    ranges: bool = False,
) -> Any:
    """Return a chart of one figure a group: bars from zero for counts, else dots with intervals and bounds.

    Args:
        kind: count, share, rate, ratio or mean.
        rows: the figures in their fixed order, unknown last.
        variant: `wide` (660 px) or `narrow` (320 px, label above each line).
        order: the codes of the group's code list, for fixed colours; empty: one accent colour.
        reference: value of a reference line, such as the figure for all.
        ranges: say the bounds beside each group instead of the figure, because figures may not be compared.
    """
    alt = _altair()
    size = _WIDE if variant == "wide" else _NARROW
    plot, right = size["plot"], size["plot"] + size["text"]
    data = [_row(kind, index, row, order, ranges) for index, row in enumerate(rows)]
    y = alt.Y("row:O", sort=None, axis=None, scale=alt.Scale(domain=list(range(len(rows))), padding=0))
    x = _value_axis(alt, kind, rows, reference, flush=variant == "narrow")
    marks = alt.Chart(alt.Data(values=data))
    layers = []
    if reference is not None:
        line = alt.Chart(alt.Data(values=[{"at": reference}]))
        layers.append(line.mark_rule(color=SOFT, strokeDash=[2, 3]).encode(x=alt.X("at:Q")))
    colour = alt.Color("hue:N", scale=None, legend=None)
    if kind == "count":
        layers.append(marks.mark_bar(height=16).encode(x=x, x2=alt.datum(0), y=y, color=colour))
    else:
        layers += [
            marks.mark_rule(strokeWidth=14, opacity=0.28).encode(x="bound_low:Q", x2="bound_high:Q", y=y, color=colour),
            marks.mark_rule(strokeWidth=2.5).encode(x="low:Q", x2="high:Q", y=y, color=colour),
            marks.mark_point(filled=True, size=95, opacity=1, strokeWidth=2).encode(
                x=x,
                y=y,
                fill=alt.Fill("fill:N", scale=None, legend=None),
                stroke=alt.Stroke("edge:N", scale=None, legend=None),
            ),
        ]  # fmt: skip
    text = {"baseline": "middle", "fontSize": size["size"]}
    at = alt.value
    if variant == "wide":
        layers += [
            marks.mark_text(align="left", color=INK, **text).encode(text="label:N", x=at(-size["label"]), y=y),
            marks.mark_text(align="right", color=INK, fontWeight=600, **text)
            .encode(text="said:N", x=at(right - 90), y=y),
            marks.mark_text(align="left", color=SOFT, **text).encode(text="base:N", x=at(right - 84), y=y),
        ]  # fmt: skip
    else:
        above = {**text, "dy": -22}
        for side, words, place in (("left", "brief:N", 0), ("right", "both:N", plot)):
            layers += _legible(marks, {**above, "align": side}, INK, text=words, x=at(place), y=y)
    layers += _legible(marks, {**text, "align": "left", "dx": 6}, SOFT, text="why:N", x=at(0), y=y)
    chart = alt.layer(*layers).properties(width=plot, height=size["row"] * len(rows))
    return _finish(chart, {"left": size["label"] + 2, "right": size["text"] + 8, "top": 8, "bottom": 30})


def over_time(kind: str, rows: Sequence[Figure], variant: Variant) -> Any:
    """Return a line with its interval as a band, from zero; a period without a figure is a gap.

    Args:
        kind: count, share, rate, ratio or mean.
        rows: one figure a period, oldest first.
        variant: `wide` (660 px) or `narrow` (320 px).
    """
    alt = _altair()
    starts = [numbers.period_start(row.period) for row in rows]
    data = [
        {"at": f"{start.isoformat()}T00:00:00Z", "value": row.value, "low": row.low, "high": row.high}
        for start, row in zip(starts, rows, strict=True)
        if start is not None
    ]
    years = sorted({start.year for start in starts if start is not None})
    ticks = {"format": "%Y", "tickCount": "year"} if len(years) > 1 else {"format": "%b", "tickCount": "month"}
    wide = variant == "wide"
    if len(years) == 1 and not wide:
        ticks["tickCount"] = {"interval": "month", "step": 3}  # type: ignore[assignment]
    axis = alt.Axis(grid=False, title=None, labelFlush=False, labelOverlap=True, **ticks)
    x = alt.X("at:T", scale=alt.Scale(type="utc"), axis=axis)
    marks = alt.Chart(alt.Data(values=data))
    y = _value_axis(alt, kind, rows, None, alt.Y, left=True)
    layers = [
        marks.mark_area(color=ACCENT, opacity=0.18).encode(x=x, y=alt.Y("low:Q"), y2="high:Q"),
        marks.mark_line(color=ACCENT, strokeWidth=2.5).encode(x=x, y=y),
    ]
    if len(rows) <= 24:
        layers.append(marks.mark_point(color=ACCENT, filled=True, size=36, opacity=1).encode(x=x, y=y))
    chart = alt.layer(*layers).properties(width=590 if wide else 250, height=200 if wide else 180)
    return _finish(chart, {"left": 52, "right": 24, "top": 10, "bottom": 30})


def describe(kind: str, rows: Sequence[Figure], subject: str) -> str:
    """Return the text that stands for the chart: what a person would see, group by group.

    >>> describe("share", [Figure("A", 0.5, denominator=20)], "Share searched")
    'Share searched. A: 50.0%, of 20.'
    """
    many = f" (+{len(rows) - 24})" if len(rows) > 24 else ""
    parts = [f"{row.label}: {_told(kind, row)}, {base(kind, row)}" for row in rows[:24]]
    return f"{subject}. {'; '.join(parts)}{many}."


def _legible(marks: Any, style: dict[str, Any], colour: str, **place: Any) -> list[Any]:
    """Return text with an edge of paper around it, so that no line runs through a letter."""
    edge = marks.mark_text(color=PAPER, stroke=PAPER, strokeWidth=5, strokeJoin="round", **style)
    return [edge.encode(**place), marks.mark_text(color=colour, **style).encode(**place)]


def _told(kind: str, row: Figure) -> str:
    if kind == "count" or not row.bounded or row.value is None:
        return said(kind, row)
    return f"{said(kind, row)} ({interval(kind, row.bound_low, row.bound_high)})"


def _row(kind: str, index: int, row: Figure, order: Sequence[str], ranges: bool) -> dict[str, Any]:
    has = row.value is not None
    text, n = said(kind, row), base(kind, row)
    ranged = ranges and row.bounded
    if ranged:
        text = interval(kind, row.bound_low, row.bound_high)
    colour = hue(row.code, order) if order else (ACCENT if row.code is not None else UNKNOWN)
    return {
        "row": index,
        "label": _short(row.label, 25),
        "brief": _short(row.label, 20 if ranged else 24),
        "value": row.value,
        **{name: getattr(row, name) for name in ("low", "high", "bound_low", "bound_high")},
        "hue": colour,
        "fill": PAPER if row.bounded else colour,
        "edge": colour if row.bounded else PAPER,
        "said": text if has else "",
        "base": ("" if kind == "count" else n) if has else "",
        "both": (text if kind == "count" else f"{text} {n}") if has else "",
        "why": "" if has else text,
    }


def _short(label: str, longest: int) -> str:
    return label if len(label) <= longest else f"{label[: longest - 1].rstrip()}…"


def _value_axis(
    alt: Any,
    kind: str,
    rows: Sequence[Figure],
    reference: float | None,
    channel: Any = None,
    left: bool = False,
    flush: bool = False,
) -> Any:
    names = ("value", "high", "bound_high")
    ends = [value for row in rows for name in names if (value := getattr(row, name)) is not None]
    top = max([*ends, reference or 0.0]) or 1.0
    axis = alt.Axis(
        title=None, format=".0%" if kind == "share" and top > 0.04 else ".1%" if kind == "share" else ",~r",
        tickCount=4, grid=True, labelFlush=flush, **({"labelAlign": "right"} if left else {}),
    )  # fmt: skip
    return (channel or alt.X)("value:Q", axis=axis, scale=alt.Scale(domain=[0, top * 1.02], nice=4, zero=True))


def _finish(chart: Any, padding: dict[str, int]) -> Any:
    alt = _altair()
    axis = alt.AxisConfig(
        domain=False, ticks=False, gridColor=RULE, labelColor=SOFT, labelFontSize=14, labelPadding=8, labelFont=FONT
    )
    return chart.properties(padding=padding, autosize=alt.AutoSizeParams(type="none")).configure(
        font=FONT, background="transparent", aria=False, axis=axis, view=alt.ViewConfig(stroke=None)
    )


def _altair() -> Any:
    try:
        import altair
    except ImportError:
        raise MissingExtra("publish", "drawing charts") from None
    return altair
