"""What the page of places says: a map of counts, and a table of every place with its figures through time."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from openhalo.catalogue.index import Catalogue
from openhalo.presentation import maps, numbers, sparklines
from openhalo.presentation.drawing import Drawing, Drawings
from openhalo.presentation.figures import Figure, interval, said
from openhalo.presentation.words import _
from openhalo.publications.answers import Answer
from openhalo.publications.comparisons import figures, units_of
from openhalo.publications.labels import Group, group
from openhalo.publications.open_data import coverage
from openhalo.publications.places import PlaceFigures, cut_by


@dataclass
class Cell:
    """A cell of the table of places."""

    text: str
    number: float | None = None
    """What the table is sorted by."""
    under: str = ""
    """What stands below it: the interval."""
    path: str = ""
    """A small line, as the path of an SVG."""
    alt: str = ""
    """The small line in words."""


@dataclass
class Head:
    """The head of a column: a measure, or how it went through time."""

    text: str
    measure: str = ""
    line: bool = False


@dataclass
class Map:
    """A map of one count."""

    title: str
    subtitle: str
    caption: str
    wide: Drawing
    narrow: Drawing


@dataclass
class PlaceTable:
    """The places of one field."""

    id: str
    label: str
    phrase: str
    summary: str
    heads: list[Head]
    rows: list[tuple[str, str, list[Cell]]]
    """Id of the row, name of the place, cells."""
    maps: list[Map] = field(default_factory=list)
    unplaced: int = 0
    """Places with records that the map does not show: too few of their records say where."""


def place_tables(found: Sequence[PlaceFigures], catalogue: Catalogue, drawings: Drawings) -> list[PlaceTable]:
    """Return the tables and maps of the page of places."""
    return [_table(one, catalogue, drawings) for one in found]


def _table(found: PlaceFigures, catalogue: Catalogue, drawings: Drawings) -> PlaceTable:
    names = group(found.answers[0].counted.record, found.path, catalogue)
    columns: list[tuple[Head, dict[str | None, Cell]]] = []
    codes: set[str | None] = set()
    for answer in found.answers:
        rows = figures(cut_by(answer, found.path), names)
        codes |= {row.code for row in rows}
        kind = answer.spec.kind
        columns.append((Head(answer.spec.label, answer.spec.id), {row.code: _cell(kind, row, answer) for row in rows}))
        if answer.spec.id in found.periods:
            grain = found.periods[answer.spec.id].grain
            title = {"month": _("By month"), "quarter": _("By quarter")}.get(grain, _("By year"))
            columns.append((Head(title, line=True), _lines(found, answer, catalogue)))
    gap = Cell("–")
    table = PlaceTable(
        id=found.path.replace(".", "-"), label=names.label, phrase=names.phrase,
        summary=_("Figures for each {group}, with how the counts went through time.").format(group=names.phrase),
        heads=[head for head, _cells in columns],
        rows=[
            (slug(found.path, code), names.name(code), [cells.get(code, gap) for _head, cells in columns])
            for code in sorted(codes, key=names.rank)
        ],
    )  # fmt: skip
    for answer in found.answers:
        if answer.spec.kind == "count":
            _add_map(table, found, answer, names, catalogue, drawings)
    return table


def slug(path: str, code: str | None) -> str:
    """Return the id of a place's row, which an address can end in.

    >>> slug("neighborhood", "Near - North"), slug("precinct", None)
    ('neighborhood-near-north', 'precinct-')
    """
    return f"{path}-{re.sub(r'[^a-z0-9]+', '-', (code or '').lower()).strip('-')}"


def _cell(kind: str, row: Figure, answer: Answer) -> Cell:
    return Cell(said(kind, row, answer.spec.minimum_n), row.value, interval(kind, row.low, row.high))


def _lines(found: PlaceFigures, answer: Answer, catalogue: Catalogue) -> dict[str | None, Cell]:
    rows = found.by_period(answer.spec.id)
    words, units = _("At most {n} {units}, in {period}."), units_of(answer, catalogue)
    cells: dict[str | None, Cell] = {}
    for one in sparklines.paths(rows.select("period", "value", key="code")).to_dicts():
        alt = words.format(n=numbers.count(one["highest"]), units=units, period=numbers.period(one["at"]))
        cells[one["key"]] = Cell("", one["highest"], path=one["path"], alt=alt)
    return cells


def _add_map(
    table: PlaceTable, found: PlaceFigures, answer: Answer, names: Group, catalogue: Catalogue, drawings: Drawings
) -> None:
    spots = {row["code"]: (row["latitude"], row["longitude"]) for row in found.centres.to_dicts()}
    rows = [row for row in figures(cut_by(answer, found.path), names) if row.code is not None and row.value]
    shown = [maps.Place(names.name(row.code), *spots[row.code], row.value) for row in rows
             if row.value is not None and row.code in spots]  # fmt: skip
    if len(shown) < maps.FEWEST_PLACES:
        return
    units, period = units_of(answer, catalogue), coverage(answer)
    subtitle = _("{measure}, by {group}, {period}.").format(
        measure=answer.spec.label, group=names.phrase, period=period
    )
    largest = sorted(shown, key=lambda place: -place.count)[:5]
    told = "; ".join(f"{place.label}: {numbers.count(place.count)}" for place in largest)
    alt = _("{subtitle} A map of {n} circles, sized by count. The largest: {places}.").format(
        subtitle=subtitle, n=numbers.count(len(shown)), places=told
    )
    caption = [_("Each circle stands at the middle of a {group}. Its area shows the number of {units}.").format(
        group=names.phrase, units=units)]  # fmt: skip
    if len(shown) < len(rows):
        text = _("Not on the map, because too few of their records say where: {n}. The table has them.")
        caption.append(text.format(n=numbers.count(len(rows) - len(shown))))
    table.maps.append(
        Map(
            title=_half(rows, units, period, complete=_complete(answer, found.path)) or answer.spec.label,
            subtitle=subtitle,
            caption=" ".join(caption),
            wide=drawings.svg(maps.bubbles, shown, "wide", alt=alt, css="wide"),
            narrow=drawings.svg(maps.bubbles, shown, "narrow", alt=alt, css="narrow"),
        )
    )


def _complete(answer: Answer, path: str) -> bool:
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
    return text.format(units=units, period=period, few=numbers.count(places), all=numbers.count(len(counts)))
