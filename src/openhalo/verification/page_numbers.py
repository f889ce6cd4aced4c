"""Each number on a release's pages that says which figure it shows, written again from the release's data."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from openhalo.base.errors import MissingExtra, Problem, SiteError
from openhalo.language import formatting, message_files
from openhalo.language.scales import scale_of
from openhalo.language.translation import speaking
from openhalo.releases.editions import CHANGES, Facts, read_facts
from openhalo.releases.figure_ids import comparison_id, figure_id
from openhalo.releases.package import DESCRIPTOR, NUMBERS
from openhalo.releases.page_marks import NO_VALUE, Shown, shown_on
from openhalo.verification.definitions import Definitions

_ANALYSES = "data/analyses.csv"
_COUNTED = frozenset(["n", "missing", "numerator", "denominator"])
_ENDS = frozenset(["low", "high", "bound_low", "bound_high"])
_LANGUAGE = re.compile(r'<html[^>]* lang="([^"]*)"')
_SIGNS = "+-−.,%"
"""Beside a number they would make it another one."""
Row = Mapping[str, Any]
Writings = frozenset[str]
"""How a number may be written; without any, words stand in its place."""


class _Disclosure(Facts):
    k: int = 10


class _Descriptor(Facts):
    numbers: dict[str, int] = {}
    disclosure: _Disclosure = _Disclosure()


class _Changes(Facts):
    columns: list[str] = []
    figures: list[list[Any]] = []


@dataclass
class PageNumbers:
    """What came of writing the numbers on pages again."""

    agree: int = 0
    pages: int = 0
    """Pages with such numbers; none: the release is of a time when pages did not say what their numbers are."""
    problems: list[Problem] = field(default_factory=list)


def check_pages(folder: Path, definitions: Definitions, figures: pl.DataFrame) -> PageNumbers:
    """Compare each number on the pages that says what it shows with the release's data, as the page's language has it.

    A page must have as many of them as the descriptor says. The page of a measure must show its figure of every group.

    Args:
        folder: the release.
        definitions: how it counted.
        figures: all its figures.

    Raises:
        ReleaseError: the descriptor or the changes do not read.
    """
    stated, found = read_facts(folder, DESCRIPTOR, _Descriptor), PageNumbers()
    told = _Told(folder, definitions, figures, stated.disclosure.k)
    pages = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*.html"))}
    read = {place: path.read_text(encoding="utf-8", errors="replace") for place, path in pages.items()}
    shown = {place: list(shown_on(text)) for place, text in read.items()}
    if not stated.numbers and not any(shown.values()):
        return found
    for language in sorted({_language(text) for text in read.values()}):
        with told.spoken(language):
            for place, text in read.items():
                if _language(text) == language:
                    found.problems += _page(place, shown[place], stated.numbers.get(place, 0), told, found)
    return found


def _page(place: str, shown: Sequence[Shown], stated: int, told: "_Told", found: PageNumbers) -> Iterator[Problem]:
    numbers = [of for one in shown for of in one.of]
    found.pages += bool(numbers)
    if len(numbers) != stated:
        what = f"{len(numbers)} numbers say which figure they show"
        yield Problem(place, what, f"{stated}, as '{NUMBERS}' in {DESCRIPTOR} says")
    lacking = told.due(place) - {of.replace(f"#{NO_VALUE}", "#value") for of in numbers}
    for of in sorted(lacking):
        yield Problem(place, f"no number says that it is {of}, which the data hold")
    for one in shown:
        problem = _compared(place, one, told)
        found.agree += 0 if problem else len(one.of)
        if problem:
            yield problem


def _compared(place: str, one: Shown, told: "_Told") -> Problem | None:
    expected = []
    for of in one.of:
        writings = told.writings(of)
        if writings is None:
            return Problem(place, f"{of} is not in the data")
        expected.append(writings)
    wrong = _wrong(one, expected, told)
    if wrong is None:
        return None
    said = " or ".join(sorted(expected[wrong])) or "no number"
    text = " ".join(one.text.split())
    return Problem(place, f"{one.of[wrong]} stands as '{text[:120]}'", f"{said}, as the data say")


def _wrong(one: Shown, expected: Sequence[Writings], told: "_Told") -> int | None:
    """Return which number is not as expected; None where all are."""
    if one.row:
        return _in_order(told.read(one.text), [[told.read(each) for each in writings] for writings in expected])
    beside = one.before in {*"0123456789", *_SIGNS} or one.after.isdigit()
    if not beside and one.of[0].endswith(f"#{NO_VALUE}"):
        return None if set(re.findall(r"\d+", one.text)) <= told.limits(one.of[0]) else 0
    fits = told.read(one.text) in {told.read(writing) for writing in expected[0]}
    return None if fits and not beside else 0


def _in_order(text: str, expected: Sequence[Sequence[str]]) -> int | None:
    """Return which number does not stand in a text that should hold these, in their order, and no other digit."""
    at = 0
    for index, writings in enumerate(expected):
        places = [(text.find(one, at), -len(one)) for one in writings if one in text[at:]]
        if not places:
            return index
        start, length = min(places)
        if _digit(text[at:start]) or text[start - 1 : start] in {*_SIGNS}:
            return index
        at = start - length
    return len(expected) - 1 if _digit(text[at:]) else None


def _digit(text: str) -> bool:
    return any(sign.isdigit() for sign in text)


def _language(page: str) -> str:
    found = _LANGUAGE.search(page)
    return found[1] if found else ""


class _Told:
    """What the data of a release tell of each figure, and how a page in a language would write it."""

    def __init__(self, folder: Path, definitions: Definitions, figures: pl.DataFrame, k: int) -> None:
        self.definitions, self.k = definitions, k
        self._rows: dict[str, Row] = {figure_id(row): row for row in figures.to_dicts()}
        self._due: dict[str, set[str]] = {}
        for name, row in self._rows.items():
            if row["grain"] == "all" and row["group"] is not None and row["group2"] is None:
                self._due.setdefault(f"pages/{row['measure']}.html", set()).add(f"{name}#value")
        changes = read_facts(folder, CHANGES, _Changes)
        for values in changes.figures:
            row = dict(zip(changes.columns, values, strict=True))
            name = figure_id(row)
            self._rows[name] = {
                **self._rows.get(name, {"measure": row["measure"]}),
                "value_before": row["value_before"],
            }
        if (folder / _ANALYSES).is_file():
            kinds = dict.fromkeys(("group", "reference", "way", "scale"), pl.String)
            table = pl.read_csv(folder / _ANALYSES, schema_overrides=kinds, infer_schema_length=None)
            self._rows |= {comparison_id(row["analysis"], row): row for row in table.to_dicts()}
        self._written: dict[str, Writings | None] = {}
        self._language_known = True

    def spoken(self, language: str) -> Any:
        """Return a context in which numbers are written as a language does."""
        self._written.clear()
        try:
            spoken = speaking(message_files.spoken_in(language))
        except (MissingExtra, SiteError):
            self._language_known = False
            return nullcontext()
        self._language_known = True
        return spoken

    def read(self, text: str) -> str:
        """Return what of a text is compared: of a language that this copy does not speak, its digits alone."""
        return text if self._language_known else "".join(str(int(sign)) for sign in text if sign.isdecimal())

    def due(self, place: str) -> set[str]:
        """Return what the page of a measure must show: its figure of every group, over all days."""
        at = place.find("pages/")
        return self._due.get(place[at:], set()) if at >= 0 else set()

    def limits(self, of: str) -> set[str]:
        """Return the numbers that words may hold which say why there is no value."""
        measure = self.definitions.measures.get(self._rows[of.rpartition("#")[0]].get("measure", ""))
        return {str(self.k), "10", str(measure.spec.minimum_n if measure else 10)}

    def writings(self, of: str) -> Writings | None:
        """Return how a number may stand on a page; None where the data hold no such number."""
        if of not in self._written:
            self._written[of] = self._write(of)
        return self._written[of]

    def _write(self, of: str) -> Writings | None:
        name, _at, column = of.rpartition("#")
        row = self._rows.get(name)
        if row is None:
            return None
        if column == NO_VALUE:
            return frozenset() if row.get("value", 0) is None else None
        if column in ("missing/n", "n-missing"):
            n, missing = row.get("n"), row.get("missing")
            if not n or missing is None:
                return None
            return frozenset(
                [formatting.share(missing / n) if column == "missing/n" else formatting.count(n - missing)]
            )
        value = row.get(column)
        if value is None:
            return None
        write = _of_comparison if "analysis" in row else self._of_figure
        return frozenset(write(row, column, value))

    def _of_figure(self, row: Row, column: str, value: float) -> Iterator[str]:
        if column in _COUNTED:
            yield formatting.count(value)
            return
        if row["measure"] not in self.definitions.measures:
            return
        scale = self.definitions.measures[row["measure"]].spec.scale
        yield formatting.measured(value, scale)
        if column in _ENDS and scale_of(scale).percent:
            yield formatting.percent(value)


def _of_comparison(row: Row, column: str, value: float) -> Iterator[str]:
    if column == "n":
        yield formatting.count(value)
    elif column in ("p", "adjusted"):
        yield formatting.p_value(value)
    else:
        yield formatting.compared(value, row["scale"])
        if scale_of(row["scale"]).percent:
            yield formatting.percent(value)
        if column == "estimate":
            yield formatting.size(value, row["scale"])
