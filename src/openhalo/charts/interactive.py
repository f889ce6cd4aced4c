"""A chart to explore: the same figures as on the page, read from the measure's own table when a reader asks for it.

Its colours are those of the page (custom properties), so it follows light and dark without being made twice.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from openhalo.charts.figure import Figure, said
from openhalo.charts.figures_chart import FONT, Spec, in_language
from openhalo.language.scales import scale_of
from openhalo.language.translation import _

_STATUSES = ("too_few", "no_data", "no_denominator", "visitors", "no_events", "no_reference", "withheld")
_NUMBERS = ("value", "low", "high", "bound_low", "bound_high", "n", "missing")
_ACCENT, _SOFT, _INK, _PAPER = "var(--accent)", "var(--ink-soft)", "currentColor", "var(--paper)"
_BOUNDED = "isValid(datum.bound_low) && isValid(datum.bound_high) && datum.bound_low < datum.bound_high"


def by_group(
    kind: str, path: str, names: Mapping[str | None, str], periods: Mapping[str, str], colours: Mapping[str | None, str]
) -> Spec:
    """Return a chart of one figure a group, with a choice of period, and words for each mark that is pointed at.

    Args:
        kind: the scale: count, share, rate, ratio or mean.
        path: the field that figures are cut by, as the table names it.
        names: code → its name, in the order in which groups stand.
        periods: label of a year in the table, or `all` → how it reads.
        colours: code → the page's colour.
    """
    rows = [
        {"code": code or "", "name": name, "rank": rank, "hue": colours.get(code, _ACCENT)}
        for rank, (code, name) in enumerate(names.items())
    ]
    when = "period == 'all' ? datum.grain == 'all' : datum.grain == 'year' && datum.period == period"
    transform: list[Spec] = [
        {"filter": f"datum.group == '{path}' && datum.group2 == ''"},
        {"filter": when},
        {"lookup": "code", "from": {"data": {"values": rows}, "key": "code", "fields": ["name", "rank", "hue"]}},
        {"filter": "isValid(datum.name) && (find == '' || indexof(lower(datum.name), lower(find)) >= 0)"},
        *_told(kind),
    ]
    sort = {"field": "rank", "op": "min"}
    y: Spec = {"field": "name", "type": "nominal", "sort": sort, "axis": {"title": None, "labelLimit": 150}}
    x: Spec = {"field": "value", "type": "quantitative", "axis": _axis(kind), "scale": {"zero": True, "nice": True}}
    hue = {"field": "hue", "type": "nominal", "scale": None, "legend": None}
    tip = _tooltip(kind, {"field": "name", "title": _("Group")})
    layers: list[Spec] = []
    if scale_of(kind).bars:
        layers.append({"mark": {"type": "bar", "height": {"band": 0.6}}, "encoding": {"x": x, "color": hue}})
    else:
        for width, fade, low, high in ((14, 0.28, "bound_low", "bound_high"), (2.5, 1, "low", "high")):
            mark = {"type": "rule", "strokeWidth": width, "opacity": fade}
            layers.append({"mark": mark, "encoding": {"x": {**x, "field": low}, "x2": {"field": high}, "color": hue}})
        # As on the page, a dot is open where records of unknown group leave the figure open.
        fill, edge = ({"condition": {"test": test, "value": _PAPER}, **hue} for test in (_BOUNDED, f"!({_BOUNDED})"))
        dot = {"type": "point", "filled": True, "size": 95, "opacity": 1, "strokeWidth": 2}
        layers.append({"mark": dot, "encoding": {"x": x, "fill": fill, "stroke": edge}})
    # A band as wide as the row answers the pointer: nobody has to hit a dot.
    layers.append({"mark": {"type": "bar", "opacity": 0}, "encoding": {"tooltip": tip}})
    none = {"type": "text", "align": "left", "dx": 6, "color": _SOFT}
    layers.append({"mark": none, "encoding": {"x": {"value": 0}, "text": {"field": "why"}}})
    params: list[Spec] = [{"name": "find", "value": ""}, {"name": "period", "value": next(iter(periods))}]
    if len(periods) > 1:
        params[1]["bind"] = _choice(_("Period"), periods)
    return in_language(_spec(transform, layers, params, {"y": y}, max(60, 26 * len(names))))


def over_time(kind: str, grains: Mapping[str, str]) -> Spec:
    """Return a line through time with its band, with a choice of how long a period is.

    Args:
        kind: the scale: count, share, rate, ratio or mean.
        grains: length of a period as the table names it → how it reads; at least one.
    """
    month = (
        "(length(datum.period) == 4 ? 0 : slice(datum.period, 5, 6) == 'Q' ? "
        "3 * toNumber(slice(datum.period, 6)) - 3 : toNumber(slice(datum.period, 5, 7)) - 1)"
    )
    transform: list[Spec] = [
        {"filter": "datum.group == '' && datum.grain == grain"},
        {"calculate": f"utc(toNumber(slice(datum.period, 0, 4)), {month}, 1)", "as": "at"},
        *_told(kind),
    ]
    x = {"field": "at", "type": "temporal", "scale": {"type": "utc"}, "axis": {"title": None, "grid": False}}
    y: Spec = {"field": "value", "type": "quantitative", "axis": _axis(kind), "scale": {"zero": True, "nice": True}}
    tip = _tooltip(kind, {"field": "period", "title": _("Period")})
    layers: list[Spec] = [
        {
            "mark": {"type": "area", "color": _ACCENT, "opacity": 0.18},
            "encoding": {"y": {**y, "field": "low"}, "y2": {"field": "high"}},
        },
        {"mark": {"type": "line", "color": _ACCENT, "strokeWidth": 2.5}, "encoding": {"y": y}},
        {
            "mark": {"type": "point", "color": _ACCENT, "filled": True, "size": 60, "opacity": 1},
            "encoding": {"y": y, "tooltip": tip},
        },
    ]
    params: list[Spec] = [{"name": "grain", "value": next(iter(grains))}]
    if len(grains) > 1:
        params[0]["bind"] = _choice(_("Each point is a"), grains)
    return in_language(_spec(transform, layers, params, {"x": x}, 260))


def _told(kind: str) -> list[Spec]:
    """Return the steps that put the figure into words; without one, why there is none."""
    reasons = ", ".join(f"{name}: {_quoted(said(kind, Figure('', None, status=name)))}" for name in _STATUSES)
    style = scale_of(kind).drawn
    no_data = _quoted(_("no data"))
    why = f"isValid(datum.value) ? '' : ({{{reasons}}}[datum.status] || {no_data})"
    return [
        {"calculate": why, "as": "why"},
        {"calculate": f"isValid(datum.value) ? format(datum.value, '{style}') : datum.why", "as": "told"},
        {"calculate": _between("low", "high", style), "as": "interval"},
        {"calculate": _between("bound_low", "bound_high", style), "as": "range"},
    ]


def _between(low: str, high: str, style: str) -> str:
    """Return an expression that says a range in words."""
    text = _quoted(_("{low} to {high}"))
    for end, name in (("{low}", low), ("{high}", high)):
        text = text.replace(end, f"' + format(datum.{name}, '{style}') + '")
    return f"isValid(datum.{low}) && isValid(datum.{high}) ? {text} : '–'"


def _tooltip(kind: str, first: Spec) -> list[Spec]:
    parts = [{**first, "type": "nominal"}, {"field": "told", "type": "nominal", "title": _("Figure")}]
    if not scale_of(kind).bars:
        parts.append({"field": "interval", "type": "nominal", "title": _("95% interval")})
        parts.append({"field": "range", "type": "nominal", "title": _("Could lie between")})
        parts.append({"field": "n", "type": "quantitative", "format": ",.0f", "title": _("Records")})
    return parts


def _axis(kind: str) -> Spec:
    return {"title": None, "tickCount": 4, "format": "~%" if scale_of(kind).percent else ",~r"}


def _choice(name: str, options: Mapping[str, str]) -> Spec:
    return {"input": "select", "name": f"{name} ", "options": list(options), "labels": list(options.values())}


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _spec(transform: Sequence[Spec], layers: list[Spec], params: list[Spec], encoding: Spec, height: Any) -> Spec:
    axis = {
        "domain": False,
        "ticks": False,
        "gridColor": "var(--rule)",
        "labelColor": _INK,
        "labelFontSize": 14,
        "labelFont": FONT,
        "labelPadding": 8,
    }
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "data": {"values": [], "format": {"parse": dict.fromkeys(_NUMBERS, "number")}},
        "params": params,
        "transform": list(transform),
        "encoding": encoding,
        "layer": layers,
        "width": "container",
        "height": height,
        "background": "transparent",
        "config": {"font": FONT, "axis": axis, "view": {"stroke": None}, "text": {"fontSize": 14}},
    }
