"""Which days are closed, and days cut into pieces of which every period that was or is published is a sum."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from openhalo.base.errors import Problem, ReleaseError
from openhalo.base.periods import Grain, Period, label
from openhalo.disclosure.policy import Policy
from openhalo.measures.planning import has_days
from openhalo.records.reading import Records

_STEPS = {"day": "1d", "month": "1mo", "quarter": "1q", "year": "1y"}
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Calendar:
    """Pieces of time, in order, and the periods that are sums of them."""

    pieces: dict[str, Period]
    """Code → days; they cover all days, none twice."""
    rollups: dict[str, tuple[str, ...]]
    """Code of a longer period → codes of its pieces."""


def periods(grain: Grain, days: Period) -> list[tuple[str, Period]]:
    """Return the periods of a grain within these days, by name; what is not whole at the end is named by its days.

    >>> [name for name, _ in periods("year", Period(date(2017, 1, 1), date(2018, 3, 31)))]
    ['2017', '2018-01-01..2018-03-31']
    """
    if grain == "all":
        return [(str(days), days)]
    ends = pl.Series([days.first, days.last]).dt.truncate(_STEPS[grain])
    starts = pl.date_range(ends[0], ends[1], _STEPS[grain], eager=True)
    found = []
    for start, following in zip(starts, starts.dt.offset_by(_STEPS[grain]), strict=True):
        whole, inside = Period(start, following - _DAY), Period(max(start, days.first), days.last)
        here = Period(inside.first, min(whole.last, days.last))
        found.append((label(start, grain) if whole.last <= days.last else str(here), here))
    return found


def whole_periods(grain: Grain, days: Period) -> list[Period]:
    """Return the periods of a grain that end within these days; only such are told."""
    return [each for name, each in periods(grain, days) if grain == "all" or name != str(each)]


def calendar(grain: Grain, longer: Iterable[Grain], days: Period, told: Iterable[Period] = ()) -> Calendar:
    """Return the pieces of a table by this grain, each called by its days: these mean the same in every release.

    Args:
        grain: the table's own grain.
        longer: other grains by which the same records are published.
        days: the days that the release speaks for.
        told: the days that earlier releases spoke for: what they published over all days begins and ends there, and
            the days before and since can be worked out by subtraction.
    """
    before = [both for one in told if (both := one.overlap(days))]
    ends = {end for one in before for end in (one.first - _DAY, one.last) if days.first <= end < days.last}
    cuts, named, pieces = sorted(ends), list(before), []
    for _name, period in periods(grain, days):
        inside = [end for end in cuts if period.first <= end < period.last]
        starts = [period.first, *(end + _DAY for end in inside)]
        pieces += [Period(first, last) for first, last in zip(starts, [*inside, period.last], strict=True)]
        named.append(period)
    for other in longer:
        named += [period for _name, period in periods(other, days)]
    firsts, lasts = {piece.first for piece in pieces}, {piece.last for piece in pieces}
    rollups = {
        str(one): tuple(str(piece) for piece in pieces if piece.overlap(one))
        for one in named
        if one not in pieces and one.first in firsts and one.last in lasts
    }
    return Calendar({str(piece): piece for piece in pieces}, rollups)


def closed_days(record: str, records: Records, policy: Policy, today: date) -> Period:
    """Return the days of a record type whose periods are closed, whole periods: the day of one record is not told.

    Raises:
        ReleaseError: none is, or its records are kept by the year and have no days.
    """
    last = policy.last_closed(today)[1]
    covers = records.manifest.tables[record].coverage
    first, newest = min(cover.first for cover in covers), max(cover.last for cover in covers)
    if not has_days(records, record) or first > last:
        found = f"no {policy.closed_periods} of these records is closed on {today}"
        raise ReleaseError(Problem(record, found, todo="wait"))
    first = pl.Series([first]).dt.truncate(_STEPS[policy.closed_periods])[0]
    # Nothing is said of periods after the last one of which there are records.
    held = [period for _name, period in periods(policy.closed_periods, Period(first, last)) if period.first <= newest]
    return Period(first, held[-1].last)
