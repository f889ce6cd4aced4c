"""Numbers that know which figure they show, so that a page can say it beside each of them.

A marked number keeps its mark where it is chosen, ordered or compared, and loses it in arithmetic: what is worked out
from a figure is another number. As it is written (`formatting`), its text comes to stand between signs that no text
has, and goes with them through sentences, tables and charts, none of which knows of marks. What makes the page turns
them into markup (`releases.page_marks`); what is no page takes them away (`plain`).
"""

import re
from collections.abc import Mapping
from typing import Any

OPEN, THEN, CLOSE = "\ue000", "\ue001", "\ue002"
"""Signs for private use: which number follows, its text, its end."""
MARKED = re.compile(f"{OPEN}([^{THEN}]*){THEN}([^{CLOSE}]*){CLOSE}")


class Marked(float):
    """A number that names where it stands in the data: the id of its figure, `#`, a column."""

    __slots__ = ("of",)
    of: str

    def __new__(cls, value: float, of: str) -> "Marked":
        """Return the number with its mark."""
        made = super().__new__(cls, value)
        made.of = of
        return made


def marked(row: Mapping[str, Any], figure: str) -> dict[str, Any]:
    """Return a row of the data whose numbers name the figure and their column.

    >>> marked({"code": "A", "n": 3}, "stops/stops|race=A")["n"].of
    'stops/stops|race=A#n'
    """
    return {
        name: Marked(value, f"{figure}#{name}") if isinstance(value, int | float) else value
        for name, value in row.items()
    }


def scaled(value: float, times: float) -> float:
    """Return the same number in another unit, as a share in points; it keeps its mark."""
    return Marked(times * value, value.of) if isinstance(value, Marked) else times * value


def inked(text: str, of: str) -> str:
    """Return a number's text between the signs of its mark; as it is without one.

    >>> plain(inked("13.3%", "stops/search_share#value"))
    '13.3%'
    """
    return f"{OPEN}{of}{THEN}{text}{CLOSE}" if of else text


def plain(text: str) -> str:
    """Return a text without marks."""
    return MARKED.sub(r"\2", text) if OPEN in text else text
