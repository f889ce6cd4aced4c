"""From which state of the records each table of a release is counted: late changes too few to be told wait.

A difference between two releases is a count too. A table tells its newest records where every number that it would
change differs by nothing or by at least k from all that was told before, also by people and officers; else it counts
the days in question as it did before. So a total can be newer than its parts, and the page says so.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import combinations, pairwise

import polars as pl

from openhalo.base.errors import Problem, ReleaseError
from openhalo.base.periods import GRAINS, Grain, Period
from openhalo.base.settings_files import POLICY
from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.disclosure.intervals import period, small_changes, spoken_of
from openhalo.disclosure.lattice import TOGETHER, CountTable, Lattice
from openhalo.disclosure.policy import Policy
from openhalo.disclosure.suppression import Protected
from openhalo.publications.protection.audiences import Audience, audiences
from openhalo.publications.protection.cell_rows import CellRows
from openhalo.publications.protection.cells import Counted, count_cells, movers
from openhalo.publications.protection.closed_periods import Calendar, calendar, periods, whole_periods
from openhalo.publications.protection.crosses import Cross, crosses, joints
from openhalo.publications.protection.earlier_releases import Kept, Stretches, TableName
from openhalo.publications.protection.listed_codes import go_together, listed
from openhalo.publications.protection.small_cells import rule_for, secrets
from openhalo.records.reading import Records

MAX_CROSS = 40_000
"""The most cells that a cross may have that only joins tables."""
EVERY_DAY = Period(date.min, date.max)
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Table:
    """One table to publish, and the cells that it is made from."""

    spec: MeasureSpec
    by: tuple[str, ...]
    grain: Grain
    sides: tuple[Counted, ...]
    days: Period
    """The closed days on which the records could say what it counts; EVERY_DAY until a release is made."""

    @property
    def name(self) -> TableName:
        """Return what tells this table from all others, in every release."""
        return self.spec.id, self.by, self.grain


@dataclass
class LateChanges:
    """Decides for each table which days wait, one table after the other: later ones must fit those before."""

    records: Records
    policy: Policy
    earlier: Sequence[Kept]
    tables: Sequence[Table]
    days: Mapping[str, Period]
    """Record type → days that the release speaks for."""
    given: Sequence[Kept] = ()
    """What an oversight body was given with earlier releases."""
    audiences: list[Audience] = field(init=False)
    """Who knows what of earlier releases, then of those tables of this one whose state is found."""
    rows: CellRows = field(init=False)
    crosses: list[Cross] = field(init=False)
    """What joins these tables with each other, and with those of earlier releases."""
    joints: list[Cross] = field(init=False)
    """All dimensions together, of which all these tables are made."""
    nested: set[tuple[str, str]] = field(init=False)
    """Record types and fields of places that lie in each other: where one lies that nobody was in is not known."""
    unjoined: set[str] = field(default_factory=set, init=False)
    """Record types with a cross of too many cells."""
    _calendars: dict[tuple[str, tuple[str, ...], Grain], Calendar] = field(default_factory=dict, init=False)
    _known_codes: dict[tuple[str, tuple[str, ...]], dict[str, list[str]]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.audiences = audiences(self.policy, self.earlier, self.given)
        used: dict[int, list[Period]] = {}
        for days, version in {one for kept in self.earlier for view in kept.views for one in view.stretches}:
            used.setdefault(version, []).append(days)
        sides = [side for table in self.tables for side in table.sides]
        told = [side for kept in self.earlier for side in kept.sides if side.record in self.days]
        self.crosses = crosses([*sides, *told], self.records.catalogue)
        self.joints = joints([*sides, *told, *(one.side for one in self.crosses)], self.records.catalogue)
        self.nested = {
            (cross.side.record, dim)
            for cross in self.crosses
            for pair in cross.pairs
            for dim in pair
            if {*pair} <= {*cross.side.fields}
        }
        crossed = [one.side for one in (*self.crosses, *self.joints)]
        self.rows = CellRows(self.records, [*sides, *crossed], self.policy, used)

    def over(self, tables: Sequence[Table]) -> "LateChanges":
        """Return the same over other tables, of which none reads more of the records."""
        late = LateChanges(self.records, self.policy, self.earlier, tables, self.days, self.given)
        late.rows = self.rows
        return late

    def views(self, all_wait: bool = False) -> dict[Stretches, list[Table]]:
        """Return the tables by the state of the records that each is counted from.

        Args:
            all_wait: every day waits that was told before.

        Raises:
            ReleaseError: what a table would tell gives single records away beside what earlier releases told.
        """
        known, found, problems = (
            [len(one.told) for one in self.audiences],
            dict[Stretches, list[Table]](),
            list[Problem](),
        )
        for table in self.tables:
            stretches = self._state(table, all_wait) if self.policy.corrections == "wait" else self._fresh(table)
            if stretches is None:
                problems.append(_gives_away(table))
                continue
            found.setdefault(stretches, []).append(table)
            if self.earlier:
                lattice = Lattice.of(self.cells(table, stretches))
                for one in self.audiences:
                    secret = secrets(lattice, rule_for(one.policy, lattice))
                    one.hears(stretches, Protected(lattice, secret, secret, one.policy.rule()), self.days)
        for one, before in zip(self.audiences, known, strict=True):
            one.forget(before)
        if problems:
            raise ReleaseError(problems)
        return found

    def cells(self, table: Table, stretches: Stretches) -> list[CountTable]:
        """Return the cells of a table in a state of the records, side by side."""
        return [
            count_cells(self.rows.state(one.record, stretches), one, self.calendar_of(one), self.codes_of(one))
            for one in table.sides
        ]

    def cross_cells(self, cross: Cross, stretches: Stretches) -> CountTable | None:
        """Return the cells of a cross in a state of the records; None where they are too many."""
        side, codes, times = cross.side, self.codes_of(cross.side), self.calendar_of(cross.side)
        rows = self.rows.state(side.record, stretches)
        lengths = [len({*rows[dim].unique(), *codes.get(dim, [])}) + 1 for dim in side.dims]
        if math.prod(lengths) * (len(times.pieces) + len(times.rollups)) > MAX_CROSS:
            self.unjoined.add(side.record)
            return None
        possible = [go_together(pair, side, rows, codes, self.records) for pair in sorted(cross.pairs)]
        return replace(count_cells(rows, side, times, codes), possible=possible, joint=True)

    def codes_of(self, side: Counted) -> dict[str, list[str]]:
        """Return the codes that have a cell whether or not a record has them; made once for all that count the same.

        Codes that nobody has are alike in all sums: they have one cell together, or most cells would be theirs. Not
        where a cross parts them.
        """
        name = side.record, side.dims
        if name not in self._known_codes:
            found = {
                dim: codes for dim, codes in listed(side, self.records).items() if (side.record, dim) not in self.nested
            }
            crossed = {
                dim
                for cross in self.crosses
                for pair in cross.pairs
                for dim in pair
                if cross.side.record == side.record
            }
            for dim in {*side.fields} & {*found} - crossed:
                had = self.rows.codes(side.record, dim)
                empty = [code for code in found[dim] if code not in had]
                found[dim] = [*(code for code in found[dim] if code in had), *([TOGETHER.join(empty)] if empty else [])]
            self._known_codes[name] = found
        return self._known_codes[name]

    def cut_by(self, side: Counted) -> list[tuple[str, ...]]:
        """Return the dimensions of the tables, now and before, and of crosses, that are margins of these."""
        now = [one for table in self.tables for one in table.sides]
        told = [one for kept in self.earlier for one in kept.sides]
        every = [*now, *told, *(cross.side for cross in self.crosses)]
        found = [one.dims for one in every if one.record == side.record and {*one.dims} <= {*side.dims}]
        return list(dict.fromkeys(tuple(sorted(dims)) for dims in found))

    def span(self, record: str) -> Period:
        """Return the days of a record type that this release or an earlier one speaks for."""
        spans = [self.days[record], *(kept.days[record] for kept in self.earlier if record in kept.days)]
        return Period(min(one.first for one in spans), max(one.last for one in spans))

    def calendar_of(self, side: Counted) -> Calendar:
        """Return the pieces of time that the cells of a table are counted in; made once for all of these dimensions."""
        name = side.record, side.dims, side.grain
        if name not in self._calendars:
            self._calendars[name] = self._new_calendar(side)
        return self._calendars[name]

    def _new_calendar(self, side: Counted) -> Calendar:
        now = [theirs for table in self.tables for theirs in table.sides]
        # What an earlier release told of longer periods is a sum of these cells, whatever is told now.
        used = {
            one.grain
            for one in (*now, *(one for kept in self.earlier for one in kept.sides))
            if one.record == side.record
        }
        longer = [grain for grain in GRAINS[GRAINS.index(side.grain) + 1 :] if grain in used]
        told = [one.days[side.record] for one in self.earlier if side.record in one.days]
        told += self._between_told(side) if self.earlier else ()
        told += [table.days for table in self.tables for theirs in table.sides if theirs.record == side.record]
        return calendar(side.grain, longer, self.span(side.record), [self.days[side.record], *told])

    def _between_told(self, side: Counted) -> Iterator[Period]:
        """Yield days that nobody told of, and that are the difference of days told of some margin of these cells."""
        for size in range(len(side.dims) + 1):
            for margin in combinations(side.dims, size):
                told = {*whole_periods(side.grain, self.days[side.record])}
                for kept in self.earlier:
                    also = [one for one in kept.sides if one.record == side.record and {*margin} <= {*one.dims}]
                    told |= {each for one in also for each in whole_periods(one.grain, kept.days[side.record])}
                ends = sorted({end for one in told for end in (one.first, one.last + _DAY)})
                between = (Period(first, after - _DAY) for first, after in pairwise(ends))
                yield from (one for one in between if one not in told)

    def _state(self, table: Table, all_wait: bool) -> Stretches | None:
        """Return the newest state of the records that a table may tell; None where there is none."""
        own = [view.stretches for kept in reversed(self.earlier) if (view := kept.view(table.name))]
        # A table can also follow any state that another of these records was counted from.
        records = {side.record for side in table.sides}
        known = [kept for kept in reversed(self.earlier) if records & {*kept.days}]
        states = dict.fromkeys([*own[:1], *(view.stretches for kept in known for view in reversed(kept.views))])
        held = (self._held(table, _laid_over([state, *states]), all_wait) for state in states)
        return next((found for found in held if found is not None), None) if states else self._fresh(table)

    def _held(self, table: Table, before: Stretches, all_wait: bool) -> Stretches | None:
        """Return the newest state in which nothing changes by too little, given the state that was told before."""
        base, now = self._since(table, before), self.records.manifest.version
        free = [] if all_wait else [days for days, version in base if version != now]
        while True:
            stretches = tuple((days, now if days in free else version) for days, version in base)
            small = self._small(table, stretches)
            hold = [days for days in free if any(days.overlap(one) for one in small)]
            if not hold:
                told = small and self._told_so(table, stretches) and not self._small(table, stretches, inherited=True)
                return stretches if told or not small else None
            free = [days for days in free if days not in hold]

    def _told_so(self, table: Table, stretches: Stretches) -> bool:
        """Return whether the newest release that has a table told it from this state, as far as it told of its days."""
        view = next((view for kept in reversed(self.earlier) if (view := kept.view(table.name))), None)
        told = view.stretches if view else ()
        return bool(told) and all(
            version == before for days, version in stretches for past, before in told if days.overlap(past)
        )

    def _fresh(self, table: Table) -> Stretches:
        return self._since(table, ())

    def _since(self, table: Table, state: Stretches) -> Stretches:
        """Return a state with the days that it does not have from the newest; closed periods are cut where it is."""
        now, found = self.records.manifest.version, list[tuple[Period, int]]()
        spans = [self.span(side.record) for side in table.sides]
        whole = Period(min(one.first for one in spans), max(one.last for one in spans))
        for _name, unit in periods(self.policy.closed_periods, whole):
            inside = [(both, version) for days, version in state if (both := days.overlap(unit))]
            found += sorted([*inside, *((days, now) for days in _rest(unit, [one for one, _ in inside]))], key=_first)
        return tuple(found)

    def _small(self, table: Table, stretches: Stretches, inherited: bool = False) -> list[Period]:
        """Return the days over which a table would tell of too few changed records, or of the doing of too few.

        Args:
            table: the table.
            stretches: the state of the records that it would be counted from.
            inherited: tell only what is less than earlier releases allowed: what they told is told.
        """
        found: set[str] = set()
        if not any(one.told for one in self.audiences):
            return []
        cells = Lattice.of(self.cells(table, stretches)).cells
        for one in self.audiences:
            least = one.before(self.earlier) if inherited else one.policy
            marked = one.news(cells, stretches)
            new = marked.filter("new")["key"]
            found |= {*small_changes(marked, one.told, least.k)}
            for before, part, days in one.known:
                for side in table.sides:
                    if side.record in days:
                        found |= self._thin(before, part, side, days[side.record], stretches, least, new)
        return [Period.parse(code) for code in sorted(found)]

    def _thin(
        self,
        before: Stretches,
        part: Protected,
        side: Counted,
        days: Period,
        now: Stretches,
        policy: Policy,
        new: pl.Series,
    ) -> set[str]:
        """Return the periods over which too few people or officers stand behind what changed since another state."""
        rows = self.rows.changed(side.record, before, now)
        told_apart = self.rows.units(side.record)
        least = {unit: k for unit, k in policy.least(side.record).items() if unit in told_apart}
        if rows.is_empty() or not least:
            return set()
        moved = movers(rows, side, self.calendar_of(side)).filter(pl.col("key").is_in(new.implode()))
        thin = moved.filter(pl.col("n") != 0, pl.any_horizontal(pl.col(unit) < k for unit, k in least.items()))
        told = part.lattice.cells.filter(pl.Series(~part.secret)).select("key", "n")
        codes = spoken_of(thin.select("key", "n"), told).select(period())["period"].unique().drop_nulls()
        return {code for code in codes if (over := Period.parse(code)).first >= days.first and over.last <= days.last}


def _laid_over(states: Sequence[Stretches]) -> Stretches:
    """Return the first state, with the days that it does not have from the next that has them."""
    found: list[tuple[Period, int]] = []
    for state in states:
        for days, version in state:
            found += [(rest, version) for rest in _rest(days, [told for told, _version in found])]
    return tuple(found)


def _rest(whole: Period, parts: Sequence[Period]) -> Iterator[Period]:
    """Yield the days that are in none of the parts, which do not overlap."""
    first = whole.first
    for part in sorted(filter(whole.overlap, parts), key=lambda one: one.first):
        if part.first > first:
            yield Period(first, part.first - _DAY)
        first = part.last + _DAY
    if first <= whole.last:
        yield Period(first, whole.last)


def _first(stretch: tuple[Period, int]) -> date:
    return stretch[0].first


def _gives_away(table: Table) -> Problem:
    cut = f" by {', '.join(table.by)}" if table.by else ""
    found = (
        f"the table{cut} ({table.grain}) would differ by fewer records than k from what earlier releases show, "
        "whichever state of the records it counts"
    )
    todo = "leave the table out until more has changed, or keep the k of the releases before"
    return Problem(f"{POLICY}: {table.spec.id}", found, todo=todo)
