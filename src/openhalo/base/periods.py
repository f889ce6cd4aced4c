"""Calendar periods of local time: how they are named, where they start and end."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, get_args

from openhalo.base.errors import MeasureError, Problem

Grain = Literal["day", "month", "quarter", "year", "all"]
GRAINS: tuple[Grain, ...] = get_args(Grain)

_NAMED = re.compile(r"^(\d{4})(?:-(?:Q([1-4])|(\d{2})(?:-(\d{2}))?))?$")


@dataclass(frozen=True, slots=True)
class Period:
    """A closed range of local dates, first and last day included."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def overlap(self, other: "Period") -> "Period | None":
        """Return the days in both periods, or None."""
        first, last = max(self.first, other.first), min(self.last, other.last)
        return Period(first, last) if first <= last else None

    @classmethod
    def parse(cls, text: str) -> "Period":
        """Read `2017`, `2017-Q3`, `2017-08`, `2017-08-31`, or two of them joined by `..`.

        Raises:
            MeasureError: the text names no period, or one that ends before it begins.

        >>> Period.parse("2017-Q1").last
        datetime.date(2017, 3, 31)
        """
        first, joined, last = text.partition("..")
        period = cls(_bounds(first).first, _bounds(last if joined else first).last)
        if period.first > period.last:
            raise MeasureError(Problem("period", f"'{text}' ends before it begins", f"{last.strip()}..{first.strip()}"))
        return period

    def __str__(self) -> str:
        return f"{self.first.isoformat()}..{self.last.isoformat()}"


def must_be_day(known_by: object) -> date:
    """Return a day as of which something is asked, where it is one: no text, and no moment within a day.

    Raises:
        MeasureError: it is something else.
    """
    if type(known_by) is date:
        return known_by
    found = f"{known_by!r} is a {type(known_by).__name__}"
    raise MeasureError(Problem("known_by", found, "datetime.date(2017, 12, 31)", "name a day by its date"))


def label(start: date, grain: Grain) -> str:
    """Name the period of this grain that starts on `start`.

    >>> label(date(2017, 7, 1), "quarter")
    '2017-Q3'
    """
    return {
        "day": start.isoformat(),
        "month": f"{start:%Y-%m}",
        "quarter": f"{start.year}-Q{(start.month + 2) // 3}",
        "year": str(start.year),
        "all": "all",
    }[grain]


def named(start: date, grain: Grain) -> Period:
    """Return the period of this grain that starts on `start`.

    >>> str(named(date(2017, 7, 1), "quarter"))
    '2017-07-01..2017-09-30'
    """
    return _bounds(label(start, grain))


def _bounds(text: str) -> Period:
    match = _NAMED.match(text.strip())
    try:
        if match is None:
            raise ValueError(text)
        year, quarter, month, day = (int(part) if part else None for part in match.groups())
        assert year is not None
        if month is not None and day is not None:
            return Period(date(year, month, day), date(year, month, day))
        first_month = 3 * quarter - 2 if quarter else 1 if month is None else month
        last_month = first_month + 2 if quarter else 12 if month is None else month
        after = date(year + last_month // 12, last_month % 12 + 1, 1)
        return Period(date(year, first_month, 1), after - timedelta(days=1))
    except ValueError:
        problem = Problem("period", f"'{text}' names no period", "2017, 2017-Q3, 2017-08, 2017-08-31, 2016..2017-06")
        raise MeasureError(problem) from None
