"""What the page of places says: a map of counts, and a table of every place with its figures through time."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from openhalo.catalogue.index import Catalogue
from openhalo.charts import sparklines
from openhalo.charts.figure import Figure, interval, said
from openhalo.charts.svg import Drawings
from openhalo.language import formatting
from openhalo.language.translation import _
from openhalo.publications.pages.comparisons import figures, units_of
from openhalo.publications.pages.place_maps import Map, map_of
from openhalo.publications.tables.places import PlaceFigures, cut_by
from openhalo.publications.tables.release_figures import ReleaseFigures
from openhalo.publications.wording.labels import group


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
    minor: bool = False
    """Gives way on a phone: small lines, and shares, whose intervals need room."""


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
        columns.append(
            (
                Head(answer.spec.label, answer.spec.id, not answer.spec.traits.additive),
                {row.code: _cell(row, answer) for row in rows},
            )
        )
        if answer.spec.id in found.periods:
            grain = found.periods[answer.spec.id].grain
            title = {"month": _("By month"), "quarter": _("By quarter")}.get(grain, _("By year"))
            columns.append((Head(title, minor=True), _lines(found, answer, catalogue)))
    gap = Cell("–")
    table = PlaceTable(
        id=found.path.replace(".", "-"),
        label=names.label,
        phrase=names.phrase,
        summary=_("Figures for each {group}, with how the counts went through time.").format(group=names.phrase),
        heads=[head for head, _cells in columns],
        rows=[
            (slug(found.path, code), names.name(code), [cells.get(code, gap) for _head, cells in columns])
            for code in sorted(codes, key=names.rank)
        ],
    )
    counts = [answer for answer in found.answers if answer.spec.traits.additive]
    drawn = [map_of(found, answer, names, catalogue, drawings) for answer in counts]
    table.maps = [one for one in drawn if one is not None]
    return table


def slug(path: str, code: str | None) -> str:
    """Return the id of a place's row, which an address can end in.

    >>> slug("neighborhood", "Near - North"), slug("precinct", None)
    ('neighborhood-near-north', 'precinct-')
    """
    return f"{path}-{re.sub(r'[^a-z0-9]+', '-', (code or '').lower()).strip('-')}"


def _cell(row: Figure, answer: ReleaseFigures) -> Cell:
    # A count is all there is to count; a share of few records needs to say how sure it is.
    spec = answer.spec
    under = "" if spec.traits.additive else interval(spec.scale, row.low, row.high)
    return Cell(said(spec.scale, row, spec.minimum_n), row.value, under)


def _lines(found: PlaceFigures, answer: ReleaseFigures, catalogue: Catalogue) -> dict[str | None, Cell]:
    rows = found.by_period(answer.spec.id)
    words, units = _("At most {n} {units}, in {period}."), units_of(answer, catalogue)
    cells: dict[str | None, Cell] = {}
    for one in sparklines.paths(rows.select("period", "value", key="code")).to_dicts():
        alt = words.format(n=formatting.count(one["highest"]), units=units, period=formatting.period(one["at"]))
        cells[one["key"]] = Cell("", one["highest"], path=one["path"], alt=alt)
    return cells
