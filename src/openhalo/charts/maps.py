"""Places as sized dots (Vega-Lite): no tiles, so a map needs no one else's server and works on paper."""

from collections.abc import Sequence
from math import pi, sqrt
from typing import Any

from openhalo.charts.figures_chart import ACCENT, FONT, INK, PAPER, SOFT, Spec, Variant
from openhalo.charts.map_layout import Dot, Place, dots, named
from openhalo.language import formatting
from openhalo.language.translation import _

FEWEST_PLACES = 5
"""Fewer dots than this show no pattern in space: the table says it better."""
_FOOT = 64


def bubbles(places: Sequence[Place], variant: Variant) -> Spec:
    """Return a map of places as circles sized by count, the largest named, two circles below to read the size from.

    Args:
        places: areas with their centres; a centre is never the spot of a record.
        variant: `wide` (500 px, so that two fit beside each other) or `narrow` (320 px).
    """
    width = 500 if variant == "wide" else 318
    found, high, per_record = dots(places, width)
    height = high + _FOOT
    layers: list[Spec] = [_circles([_row(dot) for dot in found], width, height, 0.3)]
    keys = _sizes(max(place.count for place in places))
    at, samples, words = 8.0, [], []
    for count in keys:
        radius, text = sqrt(count * per_record / pi), formatting.count(count)
        samples.append(_row(Dot("", at + radius, height - 26, radius)))
        words.append({"label": text, "x": at + 2 * radius + 7, "y": height - 26})
        at += 2 * radius + 22 + len(text) * 8.5
    layers.append(_circles(samples, width, height, 0))
    layers += _names([_row(dot) for dot in named(found, width, 9 if variant == "wide" else 5)], width, height, "center")
    layers += _names(words, width, height, "left")
    layers += _names([{"label": _("North is up"), "x": width - 4, "y": height - 26}], width, height, "right")
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "layer": layers,
        "width": width,
        "height": height,
        "padding": 2,
        "autosize": {"type": "none"},
        "background": "transparent",
        "config": {"font": FONT, "aria": False, "view": {"stroke": None}},
    }


def _sizes(largest: float) -> list[int]:
    """Return two round counts for the key: the largest that fits, and about a fifth of it.

    >>> _sizes(3120), _sizes(17)
    ([500, 2000], [2, 10])
    """
    steps = [step * 10**power for power in range(9) for step in (1, 2, 5)]
    upper = max([step for step in steps if step <= largest] or [1])
    return sorted({max([step for step in steps if step <= upper / 4] or [1]), upper})


def _row(dot: Dot) -> dict[str, Any]:
    # The size of a Vega circle is the square of its diameter.
    return {"label": dot.label, "x": dot.x, "y": dot.y, "size": round(4 * dot.radius**2, 2)}


def _plane(rows: list[dict[str, Any]], width: float, height: float) -> Spec:
    def along(field: str, end: float, down: bool = False) -> Spec:
        scale = {"domain": [0, end], "nice": False, "zero": False, "reverse": down}
        return {"field": field, "type": "quantitative", "axis": None, "scale": scale}

    return {"data": {"values": rows}, "encoding": {"x": along("x", width), "y": along("y", height, down=True)}}


def _circles(rows: list[dict[str, Any]], width: float, height: float, fade: float) -> Spec:
    layer = _plane(rows, width, height)
    layer["mark"] = {
        "type": "circle",
        "fill": ACCENT,
        "fillOpacity": fade,
        "stroke": ACCENT,
        "strokeWidth": 1.2,
        "opacity": 1,
    }
    layer["encoding"]["size"] = {"field": "size", "type": "quantitative", "scale": None, "legend": None}
    return layer


def _names(rows: list[dict[str, Any]], width: float, height: float, align: str) -> list[Spec]:
    layer = _plane(rows, width, height)
    layer["encoding"]["text"] = {"field": "label", "type": "nominal"}
    mark = {
        "type": "text",
        "fontSize": 14,
        "align": align,
        "baseline": "middle",
        "color": INK if align == "center" else SOFT,
    }
    edge = {**mark, "color": PAPER, "stroke": PAPER, "strokeWidth": 4, "strokeJoin": "round"}
    return [{**layer, "mark": edge}, {**layer, "mark": mark}]
