"""The map of one count: its title says how far the counts lie together, its words what the circles mean."""

from collections.abc import Sequence
from dataclasses import dataclass

from openhalo.catalogue.index import Catalogue
from openhalo.charts import maps
from openhalo.charts.figure import Figure
from openhalo.charts.map_layout import Place
from openhalo.charts.svg import Drawing, Drawings
from openhalo.language import formatting
from openhalo.language.translation import _
from openhalo.publications.pages.comparisons import figures, units_of
from openhalo.publications.tables.open_data import coverage
from openhalo.publications.tables.places import PlaceFigures, cut_by
from openhalo.publications.tables.release_figures import ReleaseFigures
from openhalo.publications.wording.labels import Group


@dataclass
class Map:
    """A map of one count."""

    title: str
    subtitle: str
    caption: str
    wide: Drawing
    narrow: Drawing


def map_of(
    found: PlaceFigures, answer: ReleaseFigures, names: Group, catalogue: Catalogue, drawings: Drawings
) -> Map | None:
    """Return the map of one count; None where too few of its places have a centre."""
    spots = {row["code"]: (row["latitude"], row["longitude"]) for row in found.centres.to_dicts()}
    rows = [row for row in figures(cut_by(answer, found.path), names) if row.code is not None and row.value]
    shown = [
        Place(names.name(row.code), *spots[row.code], row.value)
        for row in rows
        if row.value is not None and row.code in spots
    ]
    if len(shown) < maps.FEWEST_PLACES:
        return None
    units, period = units_of(answer, catalogue), coverage(answer)
    subtitle = _("{measure}, by {group}, {period}.").format(
        measure=answer.spec.label, group=names.phrase, period=period
    )
    largest = sorted(shown, key=lambda place: -place.count)[:5]
    told = "; ".join(f"{place.label}: {formatting.count(place.count)}" for place in largest)
    alt = _("{subtitle} A map of {n} circles, sized by count. The largest: {places}.").format(
        subtitle=subtitle, n=formatting.count(len(shown)), places=told
    )
    caption = [
        _("Each circle stands at the middle of a {group}. Its area shows the number of {units}.").format(
            group=names.phrase, units=units
        )
    ]
    if len(shown) < len(rows):
        text = _("Not on the map, because too few of their records say where: {n}. The table has them.")
        caption.append(text.format(n=formatting.count(len(rows) - len(shown))))
    return Map(
        title=_half(rows, units, period, complete=_complete(answer, found.path)) or answer.spec.label,
        subtitle=subtitle,
        caption=" ".join(caption),
        wide=drawings.svg(maps.bubbles, shown, "wide", alt=alt, css="wide"),
        narrow=drawings.svg(maps.bubbles, shown, "narrow", alt=alt, css="narrow"),
    )


def _complete(answer: ReleaseFigures, path: str) -> bool:
    return cut_by(answer, path).figures["value"].null_count() == 0


def _half(rows: Sequence[Figure], units: str, period: str, complete: bool) -> str:
    """Return how far the counts lie together, in a sentence; empty where a place has no figure."""
    counts = sorted((row.value or 0.0 for row in rows), reverse=True)
    if not complete or not counts:
        return ""
    whole, reached, places = sum(counts), 0.0, 0
    while reached < whole / 2:
        reached += counts[places]
        places += 1
    text = _("Half of all {units} of {period} with a known place were in {few} of {all} places")
    return text.format(units=units, period=period, few=formatting.count(places), all=formatting.count(len(counts)))
