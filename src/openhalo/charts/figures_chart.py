"""Figures as charts (Vega-Lite): dots with intervals, bars for counts, a line with its band for time.

Each chart is drawn twice, wide and narrow, so that a phone gets readable text instead of a shrunken picture.
Sizes are fixed here (no automatic layout), so a drawing is the same on every machine.
"""

from collections.abc import Sequence
from typing import Any, Literal

from openhalo.base.errors import MissingExtra
from openhalo.charts.figure import Figure, base, interval, said
from openhalo.language import formatting
from openhalo.language.marks import plain
from openhalo.language.scales import scale_of
from openhalo.language.translation import capital, spoken

Variant = Literal["wide", "narrow"]
Spec = dict[str, Any]
"""A Vega-Lite specification: plain data. (Altair's objects cost twice as much as drawing the chart.)"""
INK, SOFT, RULE, PAPER, ACCENT = "#1b1b1b", "#565c65", "#dfe1e2", "#ffffff", "#1a4480"
HUES = ("#1f6fb4", "#0f7f78", "#7a61b5", "#8a6a1f", "#3f7d3a", "#5b6fa8", "#2b7f9e", "#7d6a57", "#62731f")
"""Hues of groups, in the fixed order of their code list: apart for the colour-blind in hue or lightness, none red,
each at least 3:1 on light and on dark paper. Labels stand beside every mark: hue never carries a meaning alone."""
UNKNOWN = "#71767a"
FONT = "Public Sans, system-ui, -apple-system, Segoe UI, Roboto, Helvetica Neue, Arial, sans-serif"
_WIDE = {"label": 226, "plot": 220, "text": 236, "row": 34, "size": 15}
_WIDE_COUNTS = {**_WIDE, "plot": 350, "text": 106}
_NARROW = {"label": 0, "plot": 318, "text": 0, "row": 58, "size": 15}
_LETTER = 8.2
"""Pixels that a letter of a label takes at most, on average."""
_LINE = 36
"""Characters that fit beside each other on a narrow chart; longer ones take a line each."""


_HATCH = "".join(f"M{at:g},.5l.5,-1" for at in (-1.8, -1.2, -0.6, 0.0, 0.6, 1.2))
"""Slanted strokes: the mark of a figure that is withheld, where neither a dot nor zero may stand."""


def hue(code: str | None, order: Sequence[str]) -> str:
    """Return the fixed colour of a group: the same code has the same colour wherever its code list is used."""
    if code is None or code not in order or code in ("OTHER", "UNKNOWN"):
        return UNKNOWN
    return HUES[sorted(order).index(code) % len(HUES)]  # by code: the order by label is another in each language


def by_group(
    kind: str,
    rows: Sequence[Figure],
    variant: Variant,
    order: Sequence[str] = (),
    reference: float | None = None,
    ranges: bool = False,
) -> Spec:
    """Return a chart of one figure a group: bars from zero for counts, else dots with intervals and bounds.

    Args:
        kind: the scale: count, share, rate, ratio or mean; or differences in points, which may lie below 0.
        rows: the figures in their fixed order, unknown last.
        variant: `wide` (690 px) or `narrow` (320 px, label above each line).
        order: the codes of the group's code list, for fixed colours; empty: one accent colour.
        reference: value of a reference line, such as the figure for all.
        ranges: say the bounds beside each group instead of the figure, because figures may not be compared.
    """
    bars = scale_of(kind).bars
    size = _NARROW if variant == "narrow" else _WIDE_COUNTS if bars else _WIDE
    data = [_row(kind, index, row, order, ranges, 30 if variant == "wide" else _LINE) for index, row in enumerate(rows)]
    if variant == "wide":  # what short labels do not need goes to the plot
        spare = size["label"] - min(
            size["label"], 24 + round(_LETTER * max((len(row["label"]) for row in data), default=0))
        )
        size = {**size, "label": size["label"] - spare, "plot": size["plot"] + spare}
    stacked = variant == "narrow" and any(len(row["label"] + plain(row["both"])) > _LINE for row in data)
    height = size["row"] + (18 if stacked else 0)
    plot = size["plot"]
    said_at = plot + size["text"] - (0 if bars else 90)
    y = {
        "field": "row",
        "type": "ordinal",
        "sort": None,
        "axis": None,
        "scale": {"domain": list(range(len(rows))), "padding": 0},
    }
    x = _value_axis(kind, rows, reference, flush=variant == "narrow")
    layers: list[Spec] = []
    if reference is not None:
        line = {"type": "rule", "color": SOFT, "strokeDash": [2, 3]}
        layers.append({"data": {"values": [{"at": reference}]}, "mark": line, "encoding": {"x": _number("at")}})
    layers += _values(bars, data, x, y)
    text = {"baseline": "middle", "fontSize": size["size"]}
    if variant == "wide":
        layers += [
            _text({**text, "align": "left", "color": INK}, "label", -size["label"], y),
            _text({**text, "align": "right", "color": INK, "fontWeight": 600}, "said", said_at, y),
        ]
        if not bars:
            layers.append(_text({**text, "align": "left", "color": SOFT}, "base", said_at + 6, y))
    else:
        below = {"align": "left", "dy": -20} if stacked else {"align": "right", "dy": -22}
        layers += _legible({**text, "dy": -39 if stacked else -22, "align": "left", "color": INK}, "label", 0, y)
        layers += _legible({**text, **below, "color": SOFT if stacked else INK}, "both", 0 if stacked else plot, y)
    if any(row["why"] for row in data):
        layers += _legible({**text, "align": "left", "dx": 6, "color": SOFT}, "why", 0, y)
    if withheld := [row for row in data if row["withheld"]]:
        stroke = {"type": "point", "shape": _HATCH, "size": 400, "stroke": SOFT, "strokeWidth": 1.5, "filled": False}
        layers.append({"data": {"values": withheld}, **_layer(stroke, x={"value": 22}, y=y)})
        layers += _legible({**text, "align": "left", "dx": 48, "color": SOFT}, "withheld", 0, y)
    padding = {"left": size["label"] + 2, "right": size["text"] + 8, "top": 16 if stacked else 8, "bottom": 30}
    return _chart(data, layers, plot, height * len(rows), padding)


def _values(bars: bool, data: Sequence[Spec], x: Spec, y: Spec) -> list[Spec]:
    """Return the layers of the figures themselves: bars of counts; else bounds, intervals and dots."""
    colour = {"field": "hue", "type": "nominal", "scale": None, "legend": None}
    if bars:
        return [_layer({"type": "bar", "height": 16}, x=x, x2={"datum": 0}, y=y, color=colour)]
    layers = []
    for thickness, fade, low, high in ((14, 0.28, "bound_low", "bound_high"), (2.5, 1, "low", "high")):
        if all(row[low] is None for row in data):
            continue  # a layer costs its share of the drawing, even an empty one
        mark = {"type": "rule", "strokeWidth": thickness, "opacity": fade}
        layers.append(_layer(mark, x=_number(low), x2={"field": high}, y=y, color=colour))
    dot = {"type": "point", "filled": True, "size": 95, "opacity": 1, "strokeWidth": 2}
    layers.append(_layer(dot, x=x, y=y, fill={**colour, "field": "fill"}, stroke={**colour, "field": "edge"}))
    return layers


def over_time(kind: str, rows: Sequence[Figure], variant: Variant) -> Spec:
    """Return a line with its interval as a band, from zero; a period without a figure is a gap.

    Args:
        kind: the scale: count, share, rate, ratio or mean.
        rows: one figure a period, oldest first.
        variant: `wide` (690 px) or `narrow` (320 px).
    """
    starts = [formatting.period_start(row.period) for row in rows]
    data = [
        {"at": f"{start.isoformat()}T00:00:00Z", "value": row.value, "low": row.low, "high": row.high}
        for start, row in zip(starts, rows, strict=True)
        if start is not None
    ]
    one_year = len({start.year for start in starts if start is not None}) == 1
    wide = variant == "wide"
    step = {"interval": "month", "step": 1 if wide else 3} if one_year else {"interval": "year", "step": 1}
    axis = {
        "grid": False,
        "title": None,
        "labelFlush": False,
        "labelOverlap": True,
        "labelPadding": 14,
        "format": "%b" if one_year else "%Y",
        "tickCount": step,
    }
    x = {"field": "at", "type": "temporal", "scale": {"type": "utc"}, "axis": axis}
    y = _value_axis(kind, rows, None, left=True)
    layers = [
        _layer({"type": "area", "color": ACCENT, "opacity": 0.18}, x=x, y=_number("low"), y2={"field": "high"}),
        _layer({"type": "line", "color": ACCENT, "strokeWidth": 2.5}, x=x, y=y),
    ]
    if len(rows) <= 24:
        layers.append(_layer({"type": "point", "color": ACCENT, "filled": True, "size": 36, "opacity": 1}, x=x, y=y))
    padding = {"left": 52, "right": 24, "top": 10, "bottom": 36}
    return _chart(data, layers, 590 if wide else 250, 200 if wide else 180, padding)


def altair(spec: Spec) -> Any:
    """Return a chart as an Altair object, checked against the schema of Vega-Lite.

    Raises:
        MissingExtra: Altair is not installed.
    """
    try:
        import altair
    except ImportError:
        raise MissingExtra("publish", "drawing charts") from None
    return altair.Chart.from_dict(spec)


def in_language(spec: Spec) -> Spec:
    """Return a chart whose axes write numbers and dates as the language being spoken does."""
    drawn = spoken().drawn
    dates = any(
        one.get("type") == "temporal"
        for part in [spec, *spec.get("layer", [])]
        for one in part.get("encoding", {}).values()
        if isinstance(one, dict)
    )
    locale = {part: how for part, how in drawn.items() if part == "number" or dates}
    return {**spec, "config": {**spec["config"], "locale": locale}} if locale else spec


def describe(kind: str, rows: Sequence[Figure], subject: str) -> str:
    """Return the text that stands for the chart: what a person would see, group by group.

    >>> describe("share", [Figure("A", 0.5, denominator=20)], "Share searched")
    'Share searched. A: 50.0%, of 20.'
    """
    many = f" (+{len(rows) - 24})" if len(rows) > 24 else ""
    parts = [f"{row.label}: {_told(kind, row)}, {base(kind, row)}" for row in rows[:24]]
    return f"{subject}. {'; '.join(parts)}{many}."


def _layer(mark: Spec, **encoding: Any) -> Spec:
    return {"mark": mark, "encoding": encoding}


def _number(field: str) -> Spec:
    return {"field": field, "type": "quantitative"}


def _text(mark: Spec, field: str, place: float, y: Spec) -> Spec:
    return _layer({"type": "text", **mark}, text={"field": field, "type": "nominal"}, x={"value": place}, y=y)


def _legible(mark: Spec, field: str, place: float, y: Spec) -> list[Spec]:
    """Return text with an edge of paper around it, so that no line runs through a letter."""
    edge = {**mark, "color": PAPER, "stroke": PAPER, "strokeWidth": 5, "strokeJoin": "round"}
    return [_text(edge, field, place, y), _text(mark, field, place, y)]


def _told(kind: str, row: Figure) -> str:
    if scale_of(kind).bars or not row.bounded or row.value is None:
        return said(kind, row)
    return f"{said(kind, row)} ({interval(kind, row.bound_low, row.bound_high)})"


def _row(kind: str, index: int, row: Figure, order: Sequence[str], ranges: bool, longest: int) -> dict[str, Any]:
    has = row.value is not None
    text, n, bars = said(kind, row), base(kind, row), scale_of(kind).bars
    ranged = ranges and row.bounded
    if ranged:
        text = interval(kind, row.bound_low, row.bound_high)
    colour = hue(row.code, order) if order else (ACCENT if row.code is not None else UNKNOWN)
    return {
        "row": index,
        "label": _short(capital(row.label), longest),
        "value": row.value,
        **{name: getattr(row, name) for name in ("low", "high", "bound_low", "bound_high")},
        "hue": colour,
        "fill": PAPER if row.bounded else colour,
        "edge": colour if row.bounded else PAPER,
        "said": text if has else "",
        "base": ("" if bars else n) if has else "",
        "both": (text if bars else f"{text} {n}") if has else "",
        "why": "" if has or row.status == "withheld" else text,
        "withheld": text if row.status == "withheld" else "",
    }


def _short(label: str, longest: int) -> str:
    return label if len(label) <= longest else f"{label[: longest - 1].rstrip()}…"


def _value_axis(
    kind: str, rows: Sequence[Figure], reference: float | None, left: bool = False, flush: bool = False
) -> Spec:
    scale = scale_of(kind)
    names = ("value",) if scale.bars and not left else ("value", "high", "bound_high")
    ends = [value for row in rows for name in names if (value := getattr(row, name)) is not None]
    top = max([*ends, reference or 0.0]) or 1.0
    bottom = min([0.0, *(row.low for row in rows if row.low is not None)]) if scale.below_zero else 0
    style = (".0%" if top > 0.04 else ".1%") if scale.percent else ",~r"
    axis = {"title": None, "format": style, "tickCount": 3, "grid": True, "labelFlush": flush, "labelOverlap": True}
    if left:
        axis["labelAlign"] = "right"
    return {**_number("value"), "axis": axis, "scale": {"domain": [bottom, top * 1.02], "nice": 4, "zero": True}}


def _chart(data: list[Spec], layers: list[Spec], width: int, height: int, padding: dict[str, int]) -> Spec:
    axis = {
        "domain": False,
        "ticks": False,
        "gridColor": RULE,
        "labelColor": SOFT,
        "labelFontSize": 14,
        "labelPadding": 8,
        "labelFont": FONT,
    }
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "data": {"values": data},
        "layer": layers,
        "width": width,
        "height": height,
        "padding": padding,
        "autosize": {"type": "none"},
        "background": "transparent",
        "config": {"font": FONT, "aria": False, "axis": axis, "view": {"stroke": None}},
    }
    return in_language(spec)
