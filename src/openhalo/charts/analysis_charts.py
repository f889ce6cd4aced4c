"""Charts of analyses (Vega-Lite): places against a line of equality, and a series against what its past leads to."""

from collections.abc import Sequence
from dataclasses import dataclass

from openhalo.charts.figures_chart import ACCENT, FONT, INK, RULE, SOFT, Spec, Variant, hue

_SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"


@dataclass(frozen=True, slots=True)
class Point:
    """One place: the share in the reference group, in the group named, and how many records both rest on."""

    reference: float
    group: float
    n: float


@dataclass(frozen=True, slots=True)
class Panel:
    """The places of one group."""

    label: str
    code: str
    points: Sequence[Point]


@dataclass(frozen=True, slots=True)
class Month:
    """One month of a series: its first day (2020-06-01), what was counted, what was to be expected, and whether a chart
    that watches raised an alarm."""

    start: str
    counted: float
    expected: float
    alarm: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """One place of a funnel: events expected, counted / expected, the limits there, and whether it lies apart."""

    expected: float
    ratio: float
    low: float
    high: float
    out: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One estimate among several: what it is called, its value with the ends of its interval, whether it stands out."""

    label: str
    value: float
    low: float
    high: float
    out: bool


def places(
    panels: Sequence[Panel], variant: Variant, order: Sequence[str] = (), across: str = "", up: str = ""
) -> Spec:
    """Return one square a group: a circle a place, the share in the reference group across, in the group named up.

    Args:
        panels: one a group, in their fixed order.
        variant: `wide` (up to two squares a row) or `narrow` (one).
        order: codes of the group's code list, for fixed colours.
        across, up: titles of the two axes.
    """
    side, columns = (250, 2) if variant == "wide" else (250, 1)
    top = max((max(point.reference, point.group) for panel in panels for point in panel.points), default=1.0)
    top = min(1.0, top * 1.08)
    most = max((point.n for panel in panels for point in panel.points), default=1.0)
    scale = {"domain": [0, top], "nice": False}
    axis = {"format": ".0%", "tickCount": 4, "grid": True, "labelFlush": False, "labelOverlap": True}

    def square(place: int, panel: Panel) -> Spec:
        values = [{"x": point.reference, "y": point.group, "n": point.n} for point in panel.points]
        x = {"field": "x", "type": "quantitative", "scale": scale, "axis": {**axis, "title": across}}
        y = {
            "field": "y",
            "type": "quantitative",
            "scale": scale,
            "axis": {**axis, "title": up if place % columns == 0 else None},
        }
        size = {"field": "n", "type": "quantitative", "legend": None, "scale": {"domain": [0, most], "range": [8, 500]}}
        line = {
            "data": {"values": [{"x": 0, "y": 0}, {"x": top, "y": top}]},
            "mark": {"type": "line", "color": SOFT, "strokeDash": [4, 4], "strokeWidth": 1.5},
            "encoding": {"x": x, "y": y},
        }
        dots = {
            "data": {"values": values},
            "mark": {"type": "point", "filled": True, "opacity": 0.65, "color": hue(panel.code, order)},
            "encoding": {"x": x, "y": y, "size": size},
        }
        title = {"text": panel.label, "anchor": "start", "color": INK, "fontSize": 15, "fontWeight": 600}
        return {"title": title, "width": side, "height": side, "layer": [line, dots]}

    squares = [square(place, panel) for place, panel in enumerate(panels)]
    return {
        "$schema": _SCHEMA,
        "concat": squares,
        "columns": columns,
        "spacing": 28,
        "background": "transparent",
        "padding": 6,
        "config": _config(),
    }


def series(months: Sequence[Month], variant: Variant, start: str) -> Spec:
    """Return a dot a month and the line that the trend before leads to, dashed from `start` on.

    Args:
        months: in order.
        variant: `wide` (690 px) or `narrow` (320 px).
        start: first day of the first month after.
    """
    wide = variant == "wide"
    values = [
        {
            "at": f"{one.start}T00:00:00Z",
            "counted": one.counted,
            "expected": one.expected,
            "after": one.start >= start,
            "hue": INK if one.alarm else ACCENT,
            "shape": "diamond" if one.alarm else "circle",
            "size": 150 if one.alarm else 48,
        }
        for one in months
    ]
    step = 1 if wide or len(months) < 40 else 2
    axis = {"grid": False, "title": None, "format": "%Y", "tickCount": {"interval": "year", "step": step}}
    x = {"field": "at", "type": "temporal", "scale": {"type": "utc"}, "axis": axis}
    rule = {
        "data": {"values": [{"at": f"{start}T00:00:00Z"}]},
        "mark": {"type": "rule", "color": INK, "strokeWidth": 1.5},
        "encoding": {"x": {"field": "at", "type": "temporal"}},
    }
    return {
        "$schema": _SCHEMA,
        "data": {"values": values},
        "layer": [rule, *_trend(x), _months(x)],
        "width": 600 if wide else 250,
        "height": 240 if wide else 200,
        "padding": {"left": 52, "right": 24, "top": 10, "bottom": 30},
        "autosize": {"type": "none"},
        "background": "transparent",
        "config": _config(),
    }


def _trend(x: Spec) -> list[Spec]:
    """Return the line of what was to be expected: solid before, dashed after."""
    line = {"field": "expected", "type": "quantitative"}
    return [
        {
            "mark": {"type": "line", "color": SOFT, "strokeWidth": 2, **dash},
            "encoding": {"x": x, "y": line},
            "transform": [{"filter": side}],
        }
        for side, dash in (("!datum.after", {}), ("datum.after", {"strokeDash": [5, 4]}))
    ]


def _months(x: Spec) -> Spec:
    """Return the dots of what was counted."""
    y = {
        "field": "counted",
        "type": "quantitative",
        "scale": {"zero": True},
        "axis": {"title": None, "tickCount": 4, "grid": True, "format": ",~r"},
    }
    plain = {"scale": None, "legend": None, "type": "nominal"}
    return {
        "mark": {"type": "point", "filled": True, "opacity": 1},
        "encoding": {
            "x": x,
            "y": y,
            "color": {**plain, "field": "hue"},
            "shape": {**plain, "field": "shape"},
            "size": {**plain, "type": "quantitative", "field": "size"},
        },
    }


def funnel(points: Sequence[Place], variant: Variant) -> Spec:
    """Return a dot a place, counted against expected, between the limits of chance.

    Args:
        points: the places.
        variant: `wide` (690 px) or `narrow` (320 px).
    """
    values = [
        {"x": one.expected, "y": one.ratio, "low": one.low, "high": one.high, "hue": ACCENT if one.out else SOFT}
        for one in sorted(points, key=lambda one: one.expected)
    ]
    x = {
        "field": "x",
        "type": "quantitative",
        "scale": {"type": "log", "nice": False},
        "axis": {"title": None, "tickCount": 4, "grid": False, "format": ",~r"},
    }
    top = max([2.0, *(one.ratio for one in points)]) * 1.05
    y = {
        "type": "quantitative",
        "scale": {"domain": [0, top], "clamp": True},
        "axis": {"title": None, "tickCount": 4, "grid": True},
    }
    limits = [
        {"mark": {"type": "line", "color": SOFT, "strokeWidth": 1.5}, "encoding": {"x": x, "y": {**y, "field": end}}}
        for end in ("low", "high")
    ]
    hue = {"field": "hue", "type": "nominal", "scale": None, "legend": None}
    dots = {
        "mark": {"type": "point", "filled": True, "size": 60, "opacity": 0.9},
        "encoding": {"x": x, "y": {**y, "field": "y"}, "color": hue},
    }
    one = {
        "data": {"values": [{"at": 1}]},
        "mark": {"type": "rule", "color": INK, "strokeDash": [2, 3]},
        "encoding": {"y": {**y, "field": "at"}},
    }
    wide = variant == "wide"
    return {
        "$schema": _SCHEMA,
        "data": {"values": values},
        "layer": [one, *limits, dots],
        "width": 590 if wide else 250,
        "height": 260 if wide else 220,
        "padding": {"left": 52, "right": 24, "top": 10, "bottom": 30},
        "autosize": {"type": "none"},
        "background": "transparent",
        "config": _config(),
    }


def running(points: Sequence[tuple[str, float]], variant: Variant) -> Spec:
    """Return a line of a running total, and zero.

    Args:
        points: first day of each month (2020-06-01), and the total at its end.
        variant: `wide` (690 px) or `narrow` (320 px).
    """
    wide = variant == "wide"
    step = 1 if wide or len(points) < 40 else 2
    years = {"grid": False, "title": None, "format": "%Y", "tickCount": {"interval": "year", "step": step}}
    x = {"field": "at", "type": "temporal", "scale": {"type": "utc"}, "axis": years}
    y = {
        "field": "total",
        "type": "quantitative",
        "axis": {"title": None, "tickCount": 4, "grid": True, "format": ",~r"},
    }
    zero = {
        "data": {"values": [{"total": 0}]},
        "mark": {"type": "rule", "color": INK, "strokeDash": [2, 3]},
        "encoding": {"y": y},
    }
    line = {"mark": {"type": "line", "color": ACCENT, "strokeWidth": 2.5}, "encoding": {"x": x, "y": y}}
    return _layered([{"at": f"{at}T00:00:00Z", "total": total} for at, total in points], [zero, line], variant)


def steps(points: Sequence[Step], variant: Variant, style: str = "share") -> Spec:
    """Return a dot with its interval for each estimate, in their order, and a line at zero.

    Args:
        points: in order; named under the chart where they are few.
        variant: `wide` (690 px) or `narrow` (320 px).
        style: how the axis is written: a difference of shares as a `share`, else as a `number`.
    """
    values = [
        {
            "row": row,
            "label": one.label,
            "value": one.value,
            "low": one.low,
            "high": one.high,
            "hue": ACCENT if one.out else SOFT,
        }
        for row, one in enumerate(points)
    ]
    few = len(points) <= (24 if variant == "wide" else 9)
    axis = {"title": None, "grid": False, "labels": few, "labelAngle": 0}
    x = {"field": "label", "type": "ordinal", "sort": None, "axis": axis}
    written = ",~r" if style == "number" else ".0%"
    y = {"type": "quantitative", "axis": {"title": None, "tickCount": 4, "grid": True, "format": written}}
    hue = {"field": "hue", "type": "nominal", "scale": None, "legend": None}
    zero = {
        "data": {"values": [{"at": 0}]},
        "mark": {"type": "rule", "color": INK, "strokeDash": [2, 3]},
        "encoding": {"y": {**y, "field": "at"}},
    }
    reach = {
        "mark": {"type": "rule", "strokeWidth": 2.5},
        "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}, "color": hue},
    }
    dots = {
        "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1},
        "encoding": {"x": x, "y": {**y, "field": "value"}, "color": hue},
    }
    return _layered(values, [zero, reach, dots], variant)


def _layered(values: list[Spec], layers: list[Spec], variant: Variant) -> Spec:
    wide = variant == "wide"
    return {
        "$schema": _SCHEMA,
        "data": {"values": values},
        "layer": layers,
        "width": 590 if wide else 250,
        "height": 240 if wide else 200,
        "padding": {"left": 62, "right": 24, "top": 10, "bottom": 30},
        "autosize": {"type": "none"},
        "background": "transparent",
        "config": _config(),
    }


def _config() -> Spec:
    axis = {
        "domain": False,
        "ticks": False,
        "gridColor": RULE,
        "labelColor": SOFT,
        "labelFontSize": 14,
        "titleColor": SOFT,
        "titleFontSize": 14,
        "titleFontWeight": 400,
        "labelPadding": 6,
        "labelFont": FONT,
        "titleFont": FONT,
    }
    return {"font": FONT, "aria": False, "axis": axis, "view": {"stroke": None}}
