"""Ways to change the pages of a release, told apart without the code that checks them."""

import re
from html import unescape

from openhalo.releases.editions import read_figures
from openhalo.verification.definitions import read_definitions
from openhalo.verification.page_numbers import check_pages

ALONE = re.compile(r'<(data value|tspan data-figure)="[^"]*#([^"#]*)">([^<]*)<')
ROW = re.compile(r"(<tr[^>]* data-figure=[^>]*>)(.*?)</tr>", re.DOTALL)
CELL = re.compile(r"<td[^>]*>(.*?)</td>", re.DOTALL)
WORDS = re.compile(r'aria-label="([^"]*)" data-figures="([^"]*)"')


def checked(folder):
    return check_pages(folder, read_definitions(folder), read_figures(folder))


def digits(text):
    """Yield for each kind of marked number the place of a digit of it: the first on the page."""
    seen = set()

    def new(kind):
        return kind not in seen and not seen.add(kind)

    for found in ALONE.finditer(text):
        digit = re.search(r"\d", found[3])
        if digit and new((found[1], found[2])):
            yield found[1] + " " + found[2], found.start(3) + digit.start()
    for found in ROW.finditer(text):
        for column, cell in enumerate(CELL.finditer(found[2])):
            for nth, digit in enumerate(re.finditer(r"(?<![\d.,])\d", re.sub(r"<[^>]*>", _blank, cell[1]))):
                if new(("row", column, nth)):
                    yield f"row, cell {column}, number {nth}", found.start(2) + cell.start(1) + digit.start()
    for found in WORDS.finditer(text):
        if unescape(found[1]) == found[1]:
            for place in found[2].split():
                of, _at, start = place.partition("@")
                digit = re.search(r"\d", found[1][int(start.split("-")[0]) : int(start.split("-")[1])])
                if digit and new(("words", of.partition("#")[2])):
                    yield "words " + of.partition("#")[2], found.start(1) + int(start.split("-")[0]) + digit.start()


def _blank(tag):
    return " " * len(tag[0])


def with_another_digit(text, at):
    return text[:at] + str((int(text[at]) + 1) % 10) + text[at + 1 :]


def every_digit_is_found(folder):
    """Change, one at a time, a digit of each kind of number on every page; return the kinds, all of which were found.

    All pages are changed at once, each in one place, and put back: a page's numbers are compared on their own.
    """
    pages = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*.html")}
    texts = {place: path.read_text(encoding="utf-8") for place, path in pages.items()}
    tries = {place: list(digits(text)) for place, text in texts.items()}
    for turn in range(max(len(each) for each in tries.values())):
        changed = {place: each[turn] for place, each in tries.items() if turn < len(each)}
        for place, (_kind, at) in changed.items():
            pages[place].write_text(with_another_digit(texts[place], at), encoding="utf-8")
        told = {problem.where for problem in checked(folder).problems}
        assert told == set(changed), {place: changed[place] for place in set(changed) - told}
        for place in changed:
            pages[place].write_text(texts[place], encoding="utf-8")
    assert checked(folder).problems == []
    return {place: {kind for kind, _at in each} for place, each in tries.items()}
