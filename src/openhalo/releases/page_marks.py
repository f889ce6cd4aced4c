"""How a page says which figure each of its numbers shows, and finding it again.

    <data value="stops/search_share|race=BLACK#value">13.3%</data>       in text; in a chart, a <tspan data-figure="…">
    <tbody data-columns="value low high"><tr data-figure="stops/search_share|race=BLACK">…        in a row of a table
    aria-label="… BLACK: 13.3% …" data-figures="stops/search_share|race=BLACK#value@9-14 …"     in words for a chart

A mark is the id of a figure, `#`, and a column of the data; `@`: where in the words it begins and ends. A row of one
figure names it once, and the columns in the order of its numbers, for all rows where nothing else stands at one. Where
most numbers of a page are of one measure or analysis, `<html data-of="…">` names it, and an id that lacks it is of it.
"""

import re
from collections import Counter
from collections.abc import Iterator
from html import escape, unescape
from typing import NamedTuple

from openhalo.language.marks import CLOSE, MARKED, OPEN, THEN

NO_VALUE = "status"
"""The column that words in the place of a value name: they say why there is none."""
_INKED = re.compile(rf'(?P<attribute> aria-label="[^"]*{OPEN}[^"]*")|(?P<drawn><text\b[^>]*>[^<]*{OPEN}[^<]*</text>)')
_BODY = re.compile(r'<tbody(?: data-columns="([^"]*)")?>(.*?)</tbody>', re.DOTALL)
_ROW = re.compile(r"<tr([^>]*)>(.*?)</tr>", re.DOTALL)
_NAMED = re.compile(r' data-figure="([^"]*)"(?: data-columns="([^"]*)")?')
_CELL = re.compile(r"<td[^>]*>(.*?)</td>", re.DOTALL)
_DATA = r'<(?P<tag>data value|tspan data-figure)="(?P<of>[^"]*#[^"]*)">(?P<text>[^<]*)</(?:data|tspan)>'
_WORDS = r'aria-label="(?P<words>[^"]*)" data-figures="(?P<each>[^"]*)"'
_SHOWN = re.compile(f"{_DATA}|{_WORDS}")
_TAGGED = re.compile(rf"{_DATA}|<[^>]*>")
_UNSEEN = re.compile(r"<!--.*?-->|<(script|style|template)\b.*?</\1>", re.DOTALL)


class Shown(NamedTuple):
    """Numbers that stand together on a page, and what the page says that they are."""

    of: tuple[str, ...]
    text: str
    row: bool = False
    """Whether they are all numbers of a row, with other text between them."""
    before: str = ""
    """The sign before a number; `after`: the one that follows."""
    after: str = ""


def with_marks(page: str) -> tuple[str, int]:
    """Return a page whose marked numbers say in its markup what they show, and how many they are."""
    number = page.count(OPEN)
    subjects = Counter(re.split(r"[|#]", of)[0] for of, _text in MARKED.findall(page)).most_common(1)
    for subject, times in subjects:
        if 2 * times > number:
            page = re.sub(rf"{OPEN}{re.escape(subject)}(?=[|#])", OPEN, page)
            page = page.replace("<html ", f'<html data-of="{subject}" ', 1)
    marked = _BODY.sub(_in_table, _INKED.sub(_in_place, page))
    return MARKED.sub(r'<data value="\1">\2</data>', marked), number


def _in_place(found: re.Match[str]) -> str:
    if found["drawn"]:
        return MARKED.sub(r'<tspan data-figure="\1">\2</tspan>', found["drawn"])
    text, places = "", []
    for part in unescape(found["attribute"][len(' aria-label="') : -1]).split(OPEN):
        number, closed, after = part.rpartition(CLOSE)
        of, _then, number = number.partition(THEN)
        if closed:
            places.append(f"{of}@{len(text)}-{len(text) + len(number)}")
        text += number + after
    return f' aria-label="{escape(text)}" data-figures="{" ".join(places)}"'


def _in_table(body: re.Match[str]) -> str:
    """Return a table's rows, each of which names the one figure that its numbers show."""
    names = [_names(row[2]) for row in _ROW.finditer(body[2])]
    most = Counter(columns for _figure, columns in names if columns).most_common(1)
    if not most:
        return body[0]
    usual, each = most[0][0], iter(names)

    def named(row: re.Match[str]) -> str:
        figure, columns = next(each)
        if not columns:
            return row[0]
        own = "" if columns == usual else f' data-columns="{columns}"'
        cells = MARKED.sub(lambda one: one[0] if one[1].endswith(f"#{NO_VALUE}") else one[2], row[2])
        return f'<tr{row[1]} data-figure="{figure}"{own}>{cells}</tr>'

    return f'<tbody data-columns="{usual}">{_ROW.sub(named, body[2])}</tbody>'


def _names(row: str) -> tuple[str, str]:
    """Return the figure that all numbers of a row show, and their columns; nothing where there are others."""
    each = [of.rpartition("#") for of, _text in MARKED.findall(row) if not of.endswith(f"#{NO_VALUE}")]
    figures = {figure for figure, _at, _column in each}
    other = any(sign.isdigit() for cell in _CELL.findall(MARKED.sub("", row)) for sign in _TAGGED.sub("", cell))
    return (
        (figures.pop(), " ".join(column for *_figure, column in each)) if len(figures) == 1 and not other else ("", "")
    )


def shown_on(page: str) -> Iterator[Shown]:
    """Yield the numbers of a page that say what they show, where they can be seen or heard."""
    page = _UNSEEN.sub("", page)
    head = re.search(r'<html data-of="([^"]*)"', page)
    subject = head[1] if head else ""
    for one in _shown(page):
        yield one._replace(of=tuple(unescape(subject + of if of[:1] in ("|", "#") else of) for of in one.of))


def _shown(page: str) -> Iterator[Shown]:
    for body in _BODY.finditer(page):
        for row in _ROW.finditer(body[2]):
            if named := _NAMED.search(row[1]):
                columns = (named[2] or body[1] or "#").split()
                cells = " ".join(_TAGGED.sub(" ", cell) for cell in _CELL.findall(row[2]))
                yield Shown(tuple(f"{named[1]}#{column}" for column in columns), unescape(cells), row=True)
    for found in _SHOWN.finditer(page):
        if found["tag"]:
            around = page[found.start() - 1], page[found.end() : found.end() + 1]
            yield Shown((found["of"],), unescape(found["text"]), False, *around)
            continue
        words = unescape(found["words"])
        for place in found["each"].split():
            of, _at, span = place.rpartition("@")
            start, end = (int(part) if part.isdecimal() else 0 for part in f"{span}-".split("-")[:2])
            yield Shown((of,), words[start:end], False, words[:start][-1:], words[end : end + 1])
