"""Figures of records that are not public, protected before they go out: one decision for a whole release.

The declared tables are counted as cells of one lattice, late changes of fewer than k wait, and cells are withheld until
the attack finds none of them, with all that earlier releases show. Only then are figures made, and what a withheld cell
would say is taken out of them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from openhalo.base.errors import Problem, ReleaseError
from openhalo.base.periods import Period
from openhalo.base.progress import Report
from openhalo.base.settings_files import POLICY
from openhalo.catalogue.index import Catalogue
from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.disclosure.lattice import UNKNOWN, CountTable, Lattice
from openhalo.disclosure.policy import DeclaredTable, Policy
from openhalo.disclosure.suppression import Protected, withhold_together
from openhalo.language import formatting
from openhalo.language.translation import _
from openhalo.measures.evaluation import evaluate
from openhalo.measures.field_coverage import codes_said
from openhalo.measures.figures import MeasureResult
from openhalo.measures.planning import Question
from openhalo.publications.declared_fields import counted
from openhalo.publications.protection.cell_rows import CellRows
from openhalo.publications.protection.cells import Counted, as_told, count_cells, sides
from openhalo.publications.protection.closed_periods import calendar, closed_days, periods
from openhalo.publications.protection.earlier_releases import Kept, Stretches, TableName, View
from openhalo.publications.protection.late_changes import LateChanges, Table, many_enough, rule_for, secrets
from openhalo.publications.protection.masking import (
    WITHHELD,
    Limits,
    Marks,
    completed,
    few_words,
    masked,
    share_withheld,
)
from openhalo.publications.protection.waiting_changes import Waiting, waiting
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
    limits: dict[str, Limits] = field(default_factory=dict)
    """Measure → the least that its figures count, and of whom."""
    unjoined: frozenset[str] = frozenset()
    """Record types with tables that were not tried together."""
    waiting: dict[str, list[Waiting]] = field(default_factory=dict)
    """Measure → days whose late changes wait in some of its tables, and since when."""

    def sentences(self, one: ReleaseFigures) -> list[str]:
        """Return what a measure's page says about protection."""
        singly = next((each for each in self.policy.singly if each.measure == one.spec.id), None)
        if singly is not None:
            return [_("Each of these is published, however few there are: {reason}").format(reason=_(singly.reason))]
        told = share_withheld(one.results)
        text = _(
            "{hidden} of the {all} figures of this page and its table ({share}) are withheld, so that no figure "
            "can give a person away: they count {few}, or such a figure could be worked out from them."
        )
        said = [
            text.format(
                hidden=formatting.count(told["withheld"]),
                all=formatting.count(told["figures"]),
                share=formatting.share(told["withheld"] / max(told["figures"], 1)),
                few=few_words(self.limits[one.spec.id]),
            )
        ]
        if one.counted.record in self.unjoined:
            text = _(
                "Some tables of these records have too many cells to be tried together. Who adds up one of them may "
                "come closer to a number that another withholds."
            )
            said.append(text)
        return said + [wait.sentence(self.policy.k) for wait in self.waiting.get(one.spec.id, [])]

    def freshness(self, catalogue: Catalogue) -> list[Freshness]:
        """Return how fresh the protected records are, as a language's catalogue calls them.

        Only their number as the newest of the tables tells it, and only where none withholds it.
        """
        if self.kept is None:
            return []
        shown = self.kept.shown()
        told = {key: n for key, n in shown.group_by("key").agg(pl.col("n").max()).iter_rows()}
        found = []
        for one in freshness(self.answers, self.records.in_language(catalogue)):
            days = self.kept.days.get(one.record)
            total = told.get(f"{one.record}|period={days}")
            if days is not None and total is not None:
                found.append(replace(one, rows=total, known=[], first=days.first, last=days.last))
        return found

    def facts(self) -> dict[str, Any]:
        """Return what the descriptor says about protection."""
        if self.kept is None:
            return {}
        told = share_withheld([result for one in self.answers for result in one.results])
        days = {record: str(days) for record, days in self.kept.days.items()}
        return {**told, "closed_days": days, "counted_from": [view.told() for view in self.kept.views]}


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
    days = _closed(tables, records, precaution)
    singly = [release_figures(spec, records) for spec in specs if spec.id in alone]
    while True:
        report("protecting")
        late = LateChanges(records, policy, precaution.earlier, tables, days)
        try:
            states = _protected(late, late.views(), precaution.earlier)
        except ReleaseError:
            if not precaution.earlier or policy.corrections == "at_once":
                raise
            states = _protected(late, late.views(all_wait=True), precaution.earlier)
        answers = _answers(late, states)
        pooled = _pooled(tables, answers)
        if pooled == tables:
            break
        tables = pooled
    views = [View(one.stretches, tuple(result.table.name for result in one.results)) for one in states]
    kept = Kept(
        [one.protected for one in states], views, today, days, [side for table in tables for side in table.sides]
    )
    limits = {one.table.spec.id: one.limits for state in states for one in state.results}
    return Guarded([*answers, *singly], kept, policy, records, limits, frozenset(late.unjoined), waiting(late, kept))


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


def declared(specs: Sequence[MeasureSpec], policy: Policy, catalogue: Catalogue) -> list[Table]:
    """Return the tables that the policy declares of these measures, each measure's total first.

    Raises:
        ReleaseError: a table cannot be protected; with every problem.
    """
    found: dict[TableName, Table] = {}
    problems: list[Problem] = []
    for spec in specs:
        own = [table for table in policy.tables if table.measure == spec.id]
        if own and not spec.traits.compares_groups:
            own = [DeclaredTable(measure=spec.id, grain="all"), *own]
        for table in own:
            by = tuple(dict.fromkeys([*([spec.across] if spec.across else []), *table.by]))
            try:
                made = Table(spec, by, table.grain, tuple(sides(spec, by, table.grain, catalogue)))
                found.setdefault((spec.id, by, table.grain), made)
            except ReleaseError as error:
                problems += error.problems
    if problems:
        raise ReleaseError(list(dict.fromkeys(problems)))
    return list(found.values())


def _closed(tables: Sequence[Table], records: Records, precaution: Precaution) -> dict[str, Period]:
    """Return the closed days of each record type of the tables."""
    counts = sorted({side.record for table in tables for side in table.sides})
    found = {record: _days(record, records, precaution) for record in counts}
    for table in tables:
        if len({found[side.record] for side in table.sides}) > 1:
            told = ", ".join(f"{side.record}: {found[side.record]}" for side in table.sides)
            raise ReleaseError(Problem(table.spec.id, f"the two sides of this rate cover different days ({told})"))
    return found


def _days(record: str, records: Records, precaution: Precaution) -> Period:
    """Return the days that a release speaks for; a record or two that come or go at their ends do not move these.

    Raises:
        ReleaseError: no period is closed.
    """
    policy, days = precaution.policy, closed_days(record, records, precaution.policy, precaution.today)
    told = [kept.days[record] for kept in precaution.earlier if record in kept.days]
    if not told:
        return days
    closed, firsts = policy.last_closed(precaution.today)[1], [one.first for one in told]
    days = replace(days, last=max([days.last, *(one.last for one in told if one.last <= closed)]))
    if days.first >= min(firsts):
        return replace(days, first=min(firsts))
    before = Period(days.first, min(firsts) - timedelta(days=1))
    side, times = Counted(record, ()), calendar("all", [], before)
    rows = CellRows(records, [side], policy, {}).state(record, ((before, records.manifest.version),))
    total = next(iter(count_cells(rows, side, times).counts.to_dicts()), {"n": 0})
    least = {"n": policy.k, **policy.least(record)}
    enough = all(total[unit] >= k for unit, k in least.items() if unit in total)
    return days if enough else replace(days, first=min(firsts))


class _Result(NamedTuple):
    """A table's figures, whole, and how they are made from cells; no figures where no period of its grain is whole."""

    table: Table
    whole: MeasureResult | None
    limits: Limits


@dataclass(frozen=True)
class _State:
    """The tables that count one state of the records, and what of their cells may be told."""

    stretches: Stretches
    results: list[_Result]
    protected: Protected


def _protected(late: LateChanges, views: dict[Stretches, list[Table]], earlier: Sequence[Kept]) -> list[_State]:
    """Return the figures of all tables, and which cells are withheld in all of them together."""
    results, parts = [], []
    waiting = [*late.crosses]
    for stretches, tables in views.items():
        cells = [late.cells(table, stretches) for table in tables]
        as_of = RecordsAsOf.of(late.records, list(stretches), frozenset(late.days))
        made = [
            _Result(table, _result(table, as_of, late.days, _groups(table, counts, late)), _limits(table, counts, late))
            for table, counts in zip(tables, cells, strict=True)
        ]
        dims = {(side.record, dim) for table in tables for side in table.sides for dim in side.dims}
        here = [one for one in waiting if {(one.side.record, dim) for dim in one.pair} & dims]
        waiting = [one for one in waiting if one not in here]
        joint = [table for one in here if (table := late.joint(one, stretches)) is not None]
        lattice = Lattice.of([*(one for counts in cells for one in counts), *joint])
        shown = [keys for one in made if one.whole for keys in _keys(one.table, one.whole, late.days)]
        marks = lattice.cells["key"].is_in(pl.concat(shown).unique().implode() if shown else []).to_numpy()
        rule = rule_for(late.policy, lattice)
        secret = secrets(lattice, rule)
        parts.append(Protected(lattice, secret, secret, rule, marks))
        results.append(made)
    safe = withhold_together(parts, [part for kept in earlier for part in kept.parts])
    return [_State(*one) for one in zip(views, results, safe, strict=True)]


def _answers(late: LateChanges, states: Sequence[_State]) -> list[ReleaseFigures]:
    found: dict[str, ReleaseFigures] = {}
    made = {one.table.name: (one, state.protected) for state in states for one in state.results}
    days, catalogue = late.days, late.records.catalogue
    for table in late.tables:
        (_table, whole, limits), protected = made[table.name]
        spec, base = table.spec, counted(table.spec, catalogue)
        if whole is None:
            continue
        cells = protected.cells().select("key", WITHHELD)
        answer = found.setdefault(spec.id, ReleaseFigures(spec, base, days[base.record], days[base.record]))
        empty = late.policy.zeros == "shown"
        marks = Marks(*(_marks(table, frame, days, cells, empty) for frame in (whole.figures, whole.totals)))
        result = masked(whole, marks, limits, catalogue)
        if table.grain == "all" and not table.by:
            answer.total = result
        elif table.grain == "all" and len(table.by) == 1:
            answer.cuts.append(result)
        elif not table.by and table.grain != "day" and answer.trend is None and result.figures.height > 1:
            answer.trend = result
        else:
            answer.more.append(result)
    return list(found.values())


def _groups(table: Table, cells: Sequence[CountTable], late: LateChanges) -> dict[str, list[str | None]]:
    """Return the codes of each group of a table that get a row.

    All that the sources can give, since a row that is there because of one record would tell of it. A field without a
    list of codes gets those that are many enough in some period.
    """
    schema, vocabularies = late.records.catalogue.schema, late.records.catalogue.vocabularies
    found: dict[str, dict[str | None, None]] = {name: {} for name in table.by}
    for side, counts in zip(table.sides, cells, strict=True):
        for ours, theirs in side.groups.items():
            followed = schema.follow(side.record, theirs)
            spec = followed[1] if followed else None
            if spec is not None and spec.vocabulary:
                said = codes_said(side.record, theirs, late.records)
                order = vocabularies[spec.vocabulary].order
                found[ours] |= dict.fromkeys(order if said is None else [code for code in order if code in said])
            elif spec is not None and spec.type == "boolean":
                found[ours] |= dict.fromkeys(["true", "false"])
            found[ours] |= dict.fromkeys([*as_told(many_enough(counts, theirs, late.policy)[theirs]), None])
    return {name: list(codes) for name, codes in found.items()}


def _limits(table: Table, cells: Sequence[CountTable], late: LateChanges) -> Limits:
    """Return the least that the figures of a table count, of those protection units that its records tell apart."""
    told = [
        {
            unit
            for unit in late.policy.least(side.record)
            if unit in counts.counts.columns or _each(side.record, unit, late)
        }
        for side, counts in zip(table.sides, cells, strict=True)
    ]
    return Limits(late.policy.k, late.policy.k_officers, tuple(sorted(set.union(*told))))


def _each(record: str, unit: str, late: LateChanges) -> bool:
    """Return whether each record stands for one of a protection unit."""
    return late.records.catalogue.record_type(record).protects.get(unit) == ""


def _result(
    table: Table, records: Records, every: Mapping[str, Period], groups: dict[str, list[str | None]]
) -> MeasureResult | None:
    """Return a table's figures, whole; None where no period of its grain is."""
    days = every[table.sides[0].record]
    whole = [period for name, period in periods(table.grain, days) if table.grain == "all" or name != str(period)]
    if not whole:
        return None
    within = Period(days.first, whole[-1].last)
    result = evaluate(Question(table.spec, list(table.by), table.grain, within), records)
    return replace(result, figures=completed(result, groups)) if table.by else result


def _keys(table: Table, result: MeasureResult, days: Mapping[str, Period]) -> list[pl.Series]:
    return [keys for side in table.sides for keys in side.keys(result.figures, days[side.record])]


def _marks(
    table: Table, figures: pl.DataFrame, days: Mapping[str, Period], cells: pl.DataFrame, empty: bool
) -> pl.Series:
    """Return which figures rest on a withheld cell, or on one of a code that no record has, unless `empty` is told.

    That no record leaves a field blank is no secret.
    """
    found = pl.repeat(False, figures.height, dtype=pl.Boolean, eager=True)
    for side in table.sides:
        groups = {ours: theirs for ours, theirs in side.groups.items() if ours in figures.columns}
        told = replace(side, groups=groups).keys(figures, days[side.record])
        for role, keys in zip(side.roles, told, strict=True):
            looked = keys.to_frame("key").join(cells, on="key", how="left", maintain_order="left")
            found = found | looked[WITHHELD].fill_null(not empty and UNKNOWN not in role.values())
    return found


def _pooled(tables: Sequence[Table], answers: Sequence[ReleaseFigures]) -> list[Table]:
    """Return the tables, with one over all years in the place of each that has every figure withheld."""
    bare = {
        (one.spec.id, tuple(result.by), result.grain)
        for one in answers
        for result in one.results
        if result.by and result.grain != "all" and (result.figures["status"] == WITHHELD).all()
    }
    found: dict[TableName, Table] = {}
    for table in tables:
        pool = (table.spec.id, table.by, table.grain) in bare
        made = replace(table, grain="all", sides=tuple(replace(side, grain="all") for side in table.sides))
        kept = made if pool else table
        found.setdefault((kept.spec.id, kept.by, kept.grain), kept)
    return list(found.values())
