"""Days on which we look, and since which day an event counts on each of them."""

import calendar
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]


def months_before(day: date, months: int) -> date:
    """Return the day some months earlier; the last day of a month leads to the last day of a month.

    >>> months_before(date(2013, 2, 28), 12)
    datetime.date(2012, 2, 29)
    """
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    is_last = day.day == calendar.monthrange(day.year, day.month)[1]
    return date(year, month + 1, last if is_last else min(day.day, last))


def month_ends(first: date, last: date) -> list[date]:
    """Return the last days of all months that end from one day to another."""
    numbers = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    ends = [date(n // 12, n % 12 + 1, calendar.monthrange(n // 12, n % 12 + 1)[1]) for n in numbers]
    return [day for day in ends if first <= day <= last]


@dataclass(frozen=True)
class LookBack:
    """The days that we look from, and the months that we look back over.

    An event of day e that was learned on day k counts on day d, looking back m months, when it was learned by then and
    is not older: max(e, k) ≤ d and e > d - m months. For each event these days stand side by side, so two numbers
    say which: where they begin, and where they end.
    """

    days: Sequence[date]
    """In order."""
    months: Collection[int]

    @cached_property
    def first(self) -> date:
        """Return the day to which everything earlier is moved: too old to count anywhere."""
        return min(months_before(day, months) for day in self.days for months in self.months)

    @property
    def last(self) -> date:
        """Return the day after the last one: what happens or is learned from then on counts nowhere."""
        return self.days[-1] + timedelta(days=1)

    @cached_property
    def calendar(self) -> Places:
        """Return for each day from `first` to `last` how many of the days looked from lie before it."""
        return np.searchsorted(_numbers(self.days), self._every, "left")

    def ends(self, months: int) -> Places:
        """Return for each day from `first` to `last` how many of the days see what happened then, looking back.

        They are the first ones: from the next one on, it is too old.
        """
        oldest = _numbers([months_before(day, months) for day in self.days])
        return np.searchsorted(oldest, self._every, "left")

    @property
    def _every(self) -> Places:
        return np.arange(self.first.toordinal(), self.last.toordinal() + 1)


def _numbers(days: Sequence[date]) -> Places:
    return np.array([day.toordinal() for day in days], np.int64)
