"""Figures of records that are not public, protected before they go out: one decision for a whole release.

The declared tables are counted as cells of one lattice, late changes of fewer than k wait, and cells are withheld until
the attack finds none of them, with all that earlier releases show. Only then are figures made, and what a withheld cell
would say is taken out of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from openhalo.base.errors import Problem, ReleaseError
from openhalo.base.periods import Period
from openhalo.base.progress import Report
from openhalo.base.settings_files import POLICY
from openhalo.catalogue.index import Catalogue
from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.disclosure.policy import DeclaredTable, Policy
from openhalo.language import formatting
from openhalo.language.translation import _
from openhalo.measures.evaluation import evaluate
from openhalo.measures.figures import MeasureResult
from openhalo.measures.planning import Question
from openhalo.publications.declared_fields import counted
from openhalo.publications.protection.audiences import OFFICERS
from openhalo.publications.protection.cells import sides
from openhalo.publications.protection.earlier_releases import Kept, TableName, View
from openhalo.publications.protection.late_changes import EVERY_DAY, LateChanges, Table
from openhalo.publications.protection.masking import (
    Limits,
    Marks,
    completed,
    few_words,
    masked,
    share_withheld,
)
from openhalo.publications.protection.oversight_figures import apart, told_more
from openhalo.publications.protection.protected_tables import Outline, State, protect_tables
from openhalo.publications.protection.release_days import release_days, told_days
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
    given: Sequence[Kept] = ()
    """What the oversight body was given with earlier releases."""
    set_aside: Callable[[pl.DataFrame, Kept], None] = lambda _figures, _kept: None
    """Called with what the oversight body may be given with this one, where the policy names such a body."""


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
    oversight: tuple[pl.DataFrame, Kept] | None = None
    """What the oversight body is told beyond these, and what is kept of that."""

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
        body = self.policy.oversight
        if body and OFFICERS in self.limits[one.spec.id].units:
            text = _("What is withheld only because few officers did it goes to the {body}.")
            said.append(text.format(body=body.name))
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
                found.append(replace(one, rows=total, known=[], first=days.first, last=days.last, protected=True))
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
    days = release_days(tables, records, policy, precaution.earlier, today)
    tables = [replace(table, days=told_days(table, records, policy, days)) for table in tables]
    singly = [release_figures(spec, records) for spec in specs if spec.id in alone]
    report("protecting")
    late, states = protect_tables(LateChanges(records, policy, precaution.earlier, tables, days, precaution.given))
    views = [View(state.stretches, tuple(one.table.name for one in state.outlines)) for state in states]
    sides, shared = [side for table in late.tables for side in table.sides], None
    body, states = apart(late, states) if policy.oversight else ([], states)
    answers = _answers(late, states)
    if policy.oversight:
        more = Kept([state.protected for state in body], views, today, days, sides)
        shared = told_more(answers, _answers(late, body), records.catalogue), more
    kept = Kept([state.protected for state in states], views, today, days, sides)
    limits = {one.table.spec.id: one.limits for state in states for one in state.outlines}
    return Guarded(
        [*answers, *singly], kept, policy, records, limits, frozenset(late.unjoined), waiting(late, kept), shared
    )


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
                made = Table(spec, by, table.grain, tuple(sides(spec, by, table.grain, catalogue)), EVERY_DAY)
                found.setdefault((spec.id, by, table.grain), made)
            except ReleaseError as error:
                problems += error.problems
    if problems:
        raise ReleaseError(list(dict.fromkeys(problems)))
    return list(found.values())


def _answers(late: LateChanges, states: Sequence[State]) -> list[ReleaseFigures]:
    found: dict[str, ReleaseFigures] = {}
    made = {outline.table.name: (outline, state) for state in states for outline in state.outlines}
    days, catalogue = late.days, late.records.catalogue
    of_states = {one.stretches: RecordsAsOf.of(late.records, list(one.stretches), frozenset(days)) for one in states}
    for table in late.tables:
        outline, state = made[table.name]
        spec, base = table.spec, counted(table.spec, catalogue)
        if not outline.periods:
            continue
        whole, cells = _result(outline, of_states[state.stretches]), state.protected.cells()
        answer = found.setdefault(spec.id, ReleaseFigures(spec, base, days[base.record], days[base.record]))
        marks = Marks(*(outline.marks(frame, cells) for frame in (whole.figures, whole.totals)))
        result = masked(whole, marks, outline.limits, catalogue)
        if table.grain == "all" and not table.by:
            answer.total = result
        elif table.grain == "all" and len(table.by) == 1:
            answer.cuts.append(result)
        elif not table.by and table.grain != "day" and answer.trend is None and result.figures.height > 1:
            answer.trend = result
        else:
            answer.more.append(result)
    return list(found.values())


def _result(outline: Outline, records: Records) -> MeasureResult:
    """Return a table's figures, whole."""
    table = outline.table
    within = Period(table.days.first, outline.periods[-1][1].last)
    result = evaluate(Question(table.spec, list(table.by), table.grain, within), records)
    # The days of the first and of the newest record are one person's each.
    told = {**result.provenance, "first": within.first, "last": within.last}
    return replace(result, figures=completed(result, outline.rows), provenance=told)
