"""The days that a release of protected records speaks for, and of these the days that a table can tell of."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from openhalo.base.errors import Problem, ReleaseError
from openhalo.base.periods import Period
from openhalo.base.settings_files import POLICY
from openhalo.disclosure.policy import Policy
from openhalo.measures.field_coverage import told_within
from openhalo.publications.declared_fields import counted
from openhalo.publications.protection.cell_rows import CellRows
from openhalo.publications.protection.cells import Counted, count_cells
from openhalo.publications.protection.closed_periods import calendar, closed_days, periods
from openhalo.publications.protection.earlier_releases import Kept
from openhalo.publications.protection.late_changes import Table
from openhalo.records.reading import Records


def release_days(
    tables: Sequence[Table], records: Records, policy: Policy, earlier: Sequence[Kept], today: date
) -> dict[str, Period]:
    """Return the closed days of each record type of the tables.

    Raises:
        ReleaseError: no period of one is closed, or the two sides of a rate cover different days.
    """
    counts = sorted({side.record for table in tables for side in table.sides})
    found = {record: _days(record, records, policy, earlier, today) for record in counts}
    for table in tables:
        if len({found[side.record] for side in table.sides}) > 1:
            told = ", ".join(f"{side.record}: {found[side.record]}" for side in table.sides)
            raise ReleaseError(Problem(table.spec.id, f"the two sides of this rate cover different days ({told})"))
    return found


def told_days(table: Table, records: Records, policy: Policy, days: Mapping[str, Period]) -> Period:
    """Return the closed periods of a release in all of which the records could say what a table counts.

    A figure over part of a closed period would tell, beside one over the whole, of the few records of the rest.

    Raises:
        ReleaseError: there is none.
    """
    whole = days[table.sides[0].record]
    told = told_within(counted(table.spec, records.catalogue), records)
    if told is None:
        return whole
    inside = [
        each
        for _name, each in periods(policy.closed_periods, whole)
        if told.first <= each.first and each.last <= told.last
    ]
    if not inside:
        found = f"what it counts is recorded within {told} only: in no whole {policy.closed_periods} of {whole}"
        raise ReleaseError(Problem(f"{POLICY}: {table.spec.id}", found, todo="leave the table out until one is closed"))
    return Period(inside[0].first, inside[-1].last)


def _days(record: str, records: Records, policy: Policy, earlier: Sequence[Kept], today: date) -> Period:
    """Return the days that a release speaks for; a record or two that come or go at their ends do not move these.

    Raises:
        ReleaseError: no period is closed.
    """
    days = closed_days(record, records, policy, today)
    told = [kept.days[record] for kept in earlier if record in kept.days]
    if not told:
        return days
    closed, firsts = policy.last_closed(today)[1], [one.first for one in told]
    days = replace(days, last=max([days.last, *(one.last for one in told if one.last <= closed)]))
    if days.first >= min(firsts):
        return replace(days, first=min(firsts))
    before = Period(days.first, min(firsts) - timedelta(days=1))
    side, times = Counted(record, ()), calendar("all", [], before)
    rows = CellRows(records, [side], policy, {}).state(record, ((before, records.manifest.version),))
    total = next(iter(count_cells(rows, side, times, {}).counts.to_dicts()), {"n": 0})
    least = {"n": policy.k, **policy.least(record)}
    enough = all(total[unit] >= k for unit, k in least.items() if unit in total)
    return days if enough else replace(days, first=min(firsts))
