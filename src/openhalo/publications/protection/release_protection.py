"""Figures of records that are not public, protected before they go out: one decision for a whole release.

The declared tables are counted as cells of one lattice, late changes of fewer than k wait, and cells are withheld until
the attack finds none of them, with all that earlier releases show. Only then are figures made, and what a withheld cell
would say is taken out of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from openhalo.base.errors import Problem, ReleaseError
from openhalo.base.periods import GRAINS, Grain, Period
from openhalo.base.progress import Report
from openhalo.base.settings_files import POLICY
from openhalo.catalogue.index import Catalogue
from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.disclosure.lattice import CountTable, Lattice
from openhalo.disclosure.policy import DeclaredTable, Policy, Rule
from openhalo.disclosure.suppression import Protected, held_periods, primary, withhold
from openhalo.language import formatting
from openhalo.language.translation import _
from openhalo.measures.evaluation import evaluate
from openhalo.measures.figures import MeasureResult
from openhalo.measures.planning import Question
from openhalo.publications.declared_fields import counted
from openhalo.publications.protection.cells import Counted, Counting, as_told, sides
from openhalo.publications.protection.closed_periods import Calendar, calendar, closed_days, periods
from openhalo.publications.protection.earlier_releases import Kept
from openhalo.publications.protection.masking import WITHHELD, Marks, completed, masked, share_withheld
from openhalo.publications.tables.freshness import Freshness, freshness
from openhalo.publications.tables.release_figures import ReleaseFigures, release_figures
from openhalo.records.as_of import RecordsAsOf
from openhalo.records.reading import Records


@dataclass(frozen=True)
class Precaution:
    """What a site does so that its releases give nobody away: its policy, what is public already, and the day."""

    policy: Policy
    folders: Sequence[Path]
    """The earlier releases that are still there, oldest first, whether the public sees them or not."""
    earlier: Sequence[Kept]
    today: date
    keep: Callable[[Kept], None]
    """Called with what the next release needs to know of this one; it stays inside the site."""
    commit: Callable[[str], str]
    """Hash of a delivered file → what is told of it instead."""


@dataclass(frozen=True)
class Guarded:
    """The protected part of a release."""

    answers: list[ReleaseFigures]
    kept: Kept | None
    """None where all that goes out is published singly."""
    policy: Policy
    records: Records
    held: list[Period] = field(default_factory=list)
    """Closed periods whose late changes wait."""

    def sentences(self, one: ReleaseFigures) -> list[str]:
        """Return what a measure's page says about protection."""
        singly = next((each for each in self.policy.singly if each.measure == one.spec.id), None)
        if singly is not None:
            return [_("Each of these is published, however few there are: {reason}").format(reason=_(singly.reason))]
        told = share_withheld(one.results)
        text = _(
            "{hidden} of the {all} figures of this page and its table ({share}) are withheld, so that no figure "
            "can give a person away: they count fewer than {k} people or officers, or such a figure could be "
            "worked out from them."
        )
        said = [
            text.format(
                hidden=formatting.count(told["withheld"]),
                all=formatting.count(told["figures"]),
                share=formatting.share(told["withheld"] / max(told["figures"], 1)),
                k=self.policy.k,
            )
        ]
        if self.held:
            text = _("Late changes to {periods} wait for a later release, because they are few.")
            spans = [formatting.span(one.first, one.last) for one in _joined(self.held)]
            said.append(text.format(periods=", ".join(spans)))
        return said

    def freshness(self, catalogue: Catalogue) -> list[Freshness]:
        """Return how fresh the protected records are, as a language's catalogue calls them.

        Only their number, and only where that is not withheld.
        """
        if self.kept is None:
            return []
        cells = self.kept.protected.cells()
        shown = set(cells.filter(~pl.col(WITHHELD))["key"])
        found = []
        for one in freshness(self.answers, self.records.in_language(catalogue)):
            days = self.kept.days.get(one.record)
            if days is not None and f"{one.record}|period={days}" in shown:
                found.append(replace(one, known=[], first=days.first, last=days.last))
        return found

    def facts(self) -> dict[str, Any]:
        """Return what the descriptor says about protection."""
        if self.kept is None:
            return {}
        told = share_withheld([result for one in self.answers for result in one.results])
        days = {record: str(days) for record, days in self.kept.days.items()}
        versions = {**self.kept.versions}
        return {**told, "closed_days": days, "counted_from_versions": versions}


@dataclass(frozen=True)
class _Table:
    """One table to publish, and the cells that it is made from."""

    spec: MeasureSpec
    by: tuple[str, ...]
    grain: Grain
    sides: tuple[Counted, ...]


def guard(specs: Sequence[MeasureSpec], records: Records, precaution: Precaution, report: Report) -> Guarded:
    """Return the answers of these measures as the policy lets them out, and what is kept for the next release.

    Raises:
        ReleaseError: a table cannot be protected, or the attack takes longer than its budget.
    """
    policy, today = precaution.policy, precaution.today
    alone = {one.measure for one in policy.singly}
    tables = declared(specs, policy, records.catalogue)
    if not tables:
        return Guarded([release_figures(spec, records) for spec in specs if spec.id in alone], None, policy, records)
    days = _closed(tables, records, policy, today)
    singly = [release_figures(spec, records) for spec in specs if spec.id in alone]
    while True:
        report("protecting")
        as_of, held, protected, results = _protected(tables, records, days, precaution)
        answers = _answers(results, as_of, days, protected, policy)
        pooled = _pooled(tables, answers)
        if pooled == tables:
            break
        tables = pooled
    kept = Kept(protected, today, days, _versions(as_of))
    return Guarded([*answers, *singly], kept, policy, as_of, held)


def must_wait(policy: Policy, earlier: Sequence[Kept], today: date) -> None:
    """Refuse a release that comes too soon after the last one.

    Raises:
        ReleaseError: with the first day on which one may go out.
    """
    last = max((one.published for one in earlier), default=None)
    due = policy.next_release(last, today)
    if due > today:
        found = f"the last release went out on {last}; what changed within a few days could point at a person"
        allowed = f"every {policy.days_between_releases} days: days_between_releases"
        raise ReleaseError(Problem(POLICY, found, allowed, f"publish on {due} or later"))


def declared(specs: Sequence[MeasureSpec], policy: Policy, catalogue: Catalogue) -> list[_Table]:
    """Return the tables that the policy declares of these measures, each measure's total first.

    Raises:
        ReleaseError: a table cannot be protected; with every problem.
    """
    found: dict[tuple[str, tuple[str, ...], Grain], _Table] = {}
    problems: list[Problem] = []
    for spec in specs:
        own = [table for table in policy.tables if table.measure == spec.id]
        if own and not spec.traits.compares_groups:
            own = [DeclaredTable(measure=spec.id, grain="all"), *own]
        for table in own:
            by = tuple(dict.fromkeys([*([spec.across] if spec.across else []), *table.by]))
            try:
                made = _Table(spec, by, table.grain, tuple(sides(spec, by, table.grain, catalogue)))
                found.setdefault((spec.id, by, table.grain), made)
            except ReleaseError as error:
                problems += error.problems
    if problems:
        raise ReleaseError(list(dict.fromkeys(problems)))
    return list(found.values())


def _closed(tables: Sequence[_Table], records: Records, policy: Policy, today: date) -> dict[str, Period]:
    """Return the closed days of each record type of the tables."""
    counts = sorted({side.record for table in tables for side in table.sides})
    found = {record: closed_days(record, records, policy, today) for record in counts}
    for table in tables:
        if len({found[side.record] for side in table.sides}) > 1:
            told = ", ".join(f"{side.record}: {found[side.record]}" for side in table.sides)
            raise ReleaseError(Problem(table.spec.id, f"the two sides of this rate cover different days ({told})"))
    return found


def _protected(
    tables: Sequence[_Table], records: Records, days: dict[str, Period], precaution: Precaution
) -> tuple[RecordsAsOf, list[Period], Protected, "Results"]:
    """Return the records as they are counted, the periods that wait, the protected cells, and all figures whole."""
    policy, earlier = precaution.policy, precaution.earlier
    now = records.manifest.version
    whole = Period(min(one.first for one in days.values()), max(one.last for one in days.values()))
    units = [period for _name, period in periods(policy.closed_periods, whole)]
    before = {Period.parse(text): version for text, version in earlier[-1].versions.items()} if earlier else {}
    wait = policy.corrections == "wait"
    waiting: set[Period] = set()
    only = frozenset(days)
    while True:
        stretches = [(unit, before[unit] if unit in waiting else now) for unit in units]
        as_of = RecordsAsOf.of(records, stretches, only)
        counting = Counting(as_of)
        timed = [(side, _calendar(side, tables, days, earlier)) for table in tables for side in table.sides]
        cells = [counting.table(side, days[side.record], times) for side, times in timed]
        lattice = Lattice.of(cells)
        published = [one.protected for one in earlier]
        if wait and earlier:
            late = _late(lattice, published, [times for _side, times in timed], policy.k)
            more = {unit for unit in before if unit in units and any(unit.overlap(one) for one in late)} - waiting
            if more:
                waiting |= more
                continue
        seen = iter(cells)
        groups = [_groups(table, [next(seen) for _side in table.sides]) for table in tables]
        results = [(table, _result(table, as_of, days, codes)) for table, codes in zip(tables, groups, strict=True)]
        shown = [keys for table, result in results if result for keys in _keys(table, result, days)]
        marks = lattice.cells["key"].is_in(pl.concat(shown).unique().implode()).to_numpy()
        try:
            protected = withhold(lattice, _secret(lattice, rule := _rule(policy, lattice)), rule, published, marks)
        except ReleaseError:
            every = {unit for unit in before if unit in units}
            if not wait or every <= waiting:
                raise
            waiting = every
            continue
        return as_of, sorted((u for u in waiting if before[u] != now), key=lambda u: u.first), protected, results


def _secret(lattice: Lattice, rule: Rule) -> NDArray[np.bool_]:
    """Return the cells that may not be known: too small, and about people; not how many records leave a field blank."""
    blank = lattice.cells["key"].str.contains(r"\|if:[^=|]*=\?").to_numpy()
    return np.asarray(primary(lattice, rule) & ~blank, dtype=np.bool_)


def _late(lattice: Lattice, published: Sequence[Protected], calendars: Sequence[Calendar], k: int) -> list[Period]:
    codes = {code: times.days(code) for times in calendars for code in times.codes}
    return [codes[code] for code in held_periods(lattice, published, k, list(codes))]


def _rule(policy: Policy, lattice: Lattice) -> Rule:
    """Return the policy's numbers, for those protection units that the records of the release tell apart."""
    rule = policy.rule()
    return replace(rule, units=tuple(unit for unit in rule.units if unit in lattice.cells.columns))


def _calendar(side: Counted, tables: Sequence[_Table], days: dict[str, Period], earlier: Sequence[Kept]) -> Calendar:
    """Return the pieces of time that the cells of a table are counted in."""
    used = {theirs.grain for table in tables for theirs in table.sides if theirs.record == side.record}
    longer = [grain for grain in GRAINS[GRAINS.index(side.grain) + 1 :] if grain in used]
    ends = [one.days[side.record].last for one in earlier if side.record in one.days]
    return calendar(side.grain, longer, days[side.record], ends)


Results = list[tuple[_Table, MeasureResult | None]]


def _answers(
    results: Results, records: Records, days: dict[str, Period], protected: Protected, policy: Policy
) -> list[ReleaseFigures]:
    cells = protected.cells().select("key", WITHHELD)
    found: dict[str, ReleaseFigures] = {}
    for table, whole in results:
        spec, base = table.spec, counted(table.spec, records.catalogue)
        if whole is None:
            continue
        one = found.setdefault(spec.id, ReleaseFigures(spec, base, days[base.record], days[base.record]))
        marks = Marks(*(_marks(table, frame, days, cells) for frame in (whole.figures, whole.totals)))
        result = masked(whole, marks, policy.k, records.catalogue)
        if table.grain == "all" and not table.by:
            one.total = result
        elif table.grain == "all" and len(table.by) == 1:
            one.cuts.append(result)
        elif not table.by and table.grain != "day" and one.trend is None and result.figures.height > 1:
            one.trend = result
        else:
            one.more.append(result)
    return list(found.values())


def _groups(table: _Table, cells: Sequence[CountTable]) -> dict[str, list[str | None]]:
    """Return the codes of each group of a table for which there are cells."""
    found: dict[str, set[str | None]] = {name: set() for name in table.by}
    for side, counts in zip(table.sides, cells, strict=True):
        for ours, theirs in side.groups.items():
            found[ours] |= set(as_told(counts.counts[theirs]))
    return {name: list(codes) for name, codes in found.items()}


def _result(
    table: _Table, records: Records, every: dict[str, Period], groups: dict[str, list[str | None]]
) -> MeasureResult | None:
    """Return a table's figures, whole; None where no period of its grain is."""
    days = every[table.sides[0].record]
    whole = [period for name, period in periods(table.grain, days) if table.grain == "all" or name != str(period)]
    if not whole:
        return None
    within = Period(days.first, whole[-1].last)
    result = evaluate(Question(table.spec, list(table.by), table.grain, within), records)
    return replace(result, figures=completed(result, groups)) if table.by else result


def _keys(table: _Table, result: MeasureResult, days: dict[str, Period]) -> list[pl.Series]:
    return [keys for side in table.sides for keys in side.keys(result.figures, days[side.record])]


def _marks(table: _Table, figures: pl.DataFrame, days: dict[str, Period], cells: pl.DataFrame) -> pl.Series:
    """Return which figures rest on a withheld cell."""
    found = pl.repeat(False, figures.height, dtype=pl.Boolean, eager=True)
    for side in table.sides:
        groups = {ours: theirs for ours, theirs in side.groups.items() if ours in figures.columns}
        for keys in replace(side, groups=groups).keys(figures, days[side.record]):
            looked = keys.to_frame("key").join(cells, on="key", how="left", maintain_order="left")
            found = found | looked[WITHHELD].fill_null(True)
    return found


def _pooled(tables: Sequence[_Table], answers: Sequence[ReleaseFigures]) -> list[_Table]:
    """Return the tables, with one over all years in the place of each that has every figure withheld."""
    bare = {
        (one.spec.id, tuple(result.by), result.grain)
        for one in answers
        for result in one.results
        if result.by and result.grain != "all" and (result.figures["status"] == WITHHELD).all()
    }
    found: dict[tuple[str, tuple[str, ...], Grain], _Table] = {}
    for table in tables:
        pool = (table.spec.id, table.by, table.grain) in bare
        made = replace(table, grain="all", sides=tuple(replace(side, grain="all") for side in table.sides))
        kept = made if pool else table
        found.setdefault((kept.spec.id, kept.by, kept.grain), kept)
    return list(found.values())


def _joined(days: Sequence[Period]) -> list[Period]:
    """Return stretches of days in order, those that follow on each other as one."""
    found: list[Period] = []
    for one in days:
        follows = found and found[-1].last + timedelta(days=1) == one.first
        found[-1:] = [Period(found[-1].first, one.last)] if follows else [*found[-1:], one]
    return found


def _versions(as_of: RecordsAsOf) -> dict[str, int]:
    return {str(period): version for period, version in as_of.stretches}
