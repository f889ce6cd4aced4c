"""What changed for units once something began for each of them, at a time of its own."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import ibis
import numpy as np
import polars as pl

from openhalo.analyses.context import AnalysisContext
from openhalo.analyses.contrasts import contrast
from openhalo.analyses.months import day_of, must_have_months
from openhalo.analyses.results import Account, AnalysisResult, Counts, Picture
from openhalo.analyses.wording import Wording
from openhalo.base.periods import Period
from openhalo.catalogue.analysis_kinds.staggered import Staggered
from openhalo.charts import analysis_charts
from openhalo.engines.ibis_expressions import to_ibis
from openhalo.language import formatting
from openhalo.language.translation import _, mark_for_translation, message
from openhalo.records.reading import must_hold
from openhalo.statistics import staggered
from openhalo.statistics.estimates import Numbers
from openhalo.statistics.results import Refused

FEWEST_UNITS = 50
FEWEST_RECORDS = 100
_DRAWS = 1000
_LONGEST = 8
"""Periods since the start that are shown one by one."""
_BY = {"month": "1mo", "quarter": "1q"}
_ESTIMATES = {
    "month": mark_for_translation(
        "After {event}, the number of {units} a month per 100 {who} changed by {value} against those for whom it came "
        "later (95% interval {span}; {n} {who})."
    ),
    "quarter": mark_for_translation(
        "After {event}, the number of {units} a quarter per 100 {who} changed by {value} against those for whom it "
        "came later (95% interval {span}; {n} {who})."
    ),
}
_WAYS: Sequence[tuple[str, staggered.Average, staggered.Method]] = (
    ("", "simple", "efficient"),
    (mark_for_translation("every start counted alike"), "cohort", "efficient"),
    (mark_for_translation("every period counted alike"), "calendar", "efficient"),
    (mark_for_translation("all of the earlier difference taken off"), "simple", "not-yet-treated"),
    (mark_for_translation("against the last to start only"), "simple", "last-treated"),
)


@dataclass(frozen=True)
class Panel:
    """Units by periods.

    Attributes:
        counted: (units, periods) records.
        first: (units,) number of the period in which it began, from 1; infinity: after the last one.
        starts: first day of each period.
        left: units left out: those who were not there throughout, and those for whom it began in the first period or
            before.
        alike: whether the file says from when to when a unit was there.
    """

    counted: Numbers
    first: Numbers
    starts: list[date]
    left: tuple[int, int]
    alike: bool


@dataclass(frozen=True)
class _StaggeredAccount(Account):
    """Who is left out, and the change period by period.

    Attributes:
        left: units left out: not there throughout; begun in the first period or before; alone in their period.
        alike: whether the file says from when to when a unit was there.
    """

    left: tuple[int, int, int]
    alike: bool

    def notes(self, result: AnalysisResult) -> list[str]:
        subject = result.subject
        text = {
            "month": _("Over all months, these {who} had {level} {units} a month per 100 {who}."),
            "quarter": _("Over all quarters, these {who} had {level} {units} a quarter per 100 {who}."),
        }[subject.spec.period]
        level = formatting.measured(result.facts["level"], "mean")
        found = [text.format(level=level, who=_(subject.members), units=subject.unit)]
        reasons = (
            _("Left out, because they were not there from the first day to the last: {n}."),
            _("Left out, because it had begun for them in the first period or before: {n}."),
            _("Left out, because nobody else started in the same period: {n}."),
        )
        found += [text.format(n=formatting.count(n)) for text, n in zip(reasons, self.left, strict=True) if n]
        if not self.alike:
            found.append(_("The records do not say from when to when each was there."))
        return found

    def tables(self, result: AnalysisResult) -> list[Counts]:
        monthly = result.subject.spec.period == "month"
        since = _("Months since the start") if monthly else _("Quarters since the start")
        text = _("{low} to {high}")
        rows = [
            [
                str(at),
                formatting.signed(estimate),
                text.format(low=formatting.signed(low), high=formatting.signed(high)),
            ]
            for at, estimate, low, high in result.detail.iter_rows()
        ]
        heads = [since, _("Change per 100"), _("95% interval")]
        return [Counts(_("The change by the time since the start"), heads, rows)]

    def pictures(self, result: AnalysisResult) -> list[Picture]:
        subject = result.subject
        points = [
            analysis_charts.Step(str(at), estimate, low, high, True)
            for at, estimate, low, high in result.detail.iter_rows()
        ]
        text = {
            "month": _(
                "Across: months since the start, 0 being its first. The dot is the change in {units} per 100 {who} in "
                "that month; the line is its 95% interval. On the dotted line nothing changed."
            ),
            "quarter": _(
                "Across: quarters since the start, 0 being its first. The dot is the change in {units} per 100 {who} "
                "in that quarter; the line is its 95% interval. On the dotted line nothing changed."
            ),
        }[subject.spec.period]
        caption = text.format(units=subject.unit, who=_(subject.members))
        values = formatting.listed(formatting.signed(point.value) for point in points)
        return [Picture(analysis_charts.steps, (points,), ("number",), f"{values}. {caption}", caption)]


def run(context: AnalysisContext[Staggered]) -> AnalysisResult:
    """Return the change in records per 100 units and period after something began, by Roth and Sant'Anna's estimator.

    Only units for which it began are compared, early ones with later ones: those for which it never began differ.

    Raises:
        Refused: fewer than 50 units or 100 records, or fewer than two times at which two or more units started.
        MeasureError: there are no records that say when it began.
    """
    must_hold(context.records, context.spec.start.record)
    panel = _panel(context)
    units, records = len(panel.first), int(panel.counted.sum())
    if units < FEWEST_UNITS:
        text = mark_for_translation("it began for only {n} of those who were there throughout; {fewest} are needed")
        raise Refused(message(text, n=units, fewest=FEWEST_UNITS))
    if records < FEWEST_RECORDS:
        text = mark_for_translation("they have {n} records in all; {fewest} are needed")
        raise Refused(message(text, n=records, fewest=FEWEST_RECORDS))
    periods = np.arange(1.0, len(panel.starts) + 1)
    outcome = 100 * panel.counted
    cohorts = staggered.reduce_panel(outcome, panel.first, periods)
    found = []
    for way, average, method in _WAYS:
        one = contrast(staggered.effect(cohorts, average, method), "per_100", way=way, leads=not way)
        found.append(one)
    # The p-value asks for no large numbers: starts are shuffled among the units.
    p = staggered.permutation_p(outcome, panel.first, periods, draws=_DRAWS)
    found[0] = replace(
        found[0],
        p=p,
        method=mark_for_translation("staggered adoption, Roth and Sant'Anna's estimator; p-value by permutation"),
    )
    since = _since(cohorts)
    level = float(outcome.mean())
    return AnalysisResult(
        subject=context.subject,
        contrasts=tuple(found),
        account=_StaggeredAccount((*panel.left, cohorts.dropped), panel.alike),
        wording=Wording(
            _ESTIMATES[context.spec.period],
            mark_for_translation("The number rose by more than chance explains."),
            mark_for_translation("The number fell by more than chance explains."),
            mark_for_translation("After {event}, against before and against those for whom it came later"),
            {"event": context.spec.start.label, "who": context.subject.members},
        ),
        detail=pl.DataFrame(
            {
                "periods_since": list(range(len(since))),
                "estimate": [one.estimate for one in since],
                "low": [one.low for one in since],
                "high": [one.high for one in since],
            }
        ),
        limit=mark_for_translation(
            "If those who would have had more or fewer records anyway started earlier, the change is theirs and not "
            "that of what began."
        ),
        facts={"starts": len(cohorts.first), "units": units, "level": level},
    )


def _panel(context: AnalysisContext[Staggered]) -> Panel:
    """Return the units for which it began within the days of the records, with their records by period."""
    spec = context.spec
    months = must_have_months(context)
    starts = _periods(months, spec.period, context)
    if len(starts) < 3:
        raise Refused("fewer than three whole periods in which both the records and the starts are known")
    last = pl.Series([starts[-1]]).dt.offset_by(_BY[spec.period])[0] - timedelta(days=1)
    began = _starts(context)
    known = began.drop_nulls("began")
    # Whoever was not there all the time has fewer records for that reason alone.
    there = known.filter(
        (pl.col("since").is_null() & pl.lit(not spec.start.since)) | (pl.col("since") <= starts[0]),
        pl.col("until").is_null() | (pl.col("until") >= last),
    )
    number = (
        pl.col("began")
        .dt.truncate(_BY[spec.period])
        .replace_strict(starts, list(range(1, len(starts) + 1)), default=0, return_dtype=pl.Int64)
    )
    # Whoever started later still is one for whom it had not begun yet, all the time.
    later_still = pl.when(pl.col("began") > last).then(math.inf).otherwise(number)
    placed = there.with_columns(first=later_still)
    inside = placed.filter(pl.col("first") > 1).sort("unit")
    relation = context.relation()
    rows = relation.table.select(
        unit=relation.field(spec.unit).cast("string"), day=day_of(context, relation).cast("date")
    ).filter(ibis._.day.between(ibis.literal(starts[0]), ibis.literal(last)))
    counted = context.records.fetch(
        rows.mutate(period=ibis._.day.truncate("Q" if spec.period == "quarter" else "M").cast("date"))
        .group_by("unit", "period")
        .agg(n=ibis._.count())
    )
    row = inside.select("unit").with_row_index("row")
    cells = (
        counted.drop_nulls("unit")
        .join(row, on="unit")
        .with_columns(
            column=pl.col("period").replace_strict(
                starts, list(range(len(starts))), default=None, return_dtype=pl.Int64
            )
        )
    )
    table = np.zeros((inside.height, len(starts)))
    table[cells["row"].to_numpy(), cells["column"].to_numpy()] = cells["n"].to_numpy()
    left = (known.height - there.height, placed.height - inside.height)
    return Panel(table, inside["first"].to_numpy(), starts, left, bool(spec.start.since))


def _periods(months: Sequence[date], period: str, context: AnalysisContext[Staggered]) -> list[date]:
    """Return the first days of the whole periods in which both records and starts are known."""
    covers = context.records.coverage(context.spec.start.record)
    if not covers or not months:
        return []
    known = Period(min(cover.first for cover in covers), max(cover.last for cover in covers))
    size = {"month": 1, "quarter": 3}[period]
    held = set(months)
    every = pl.Series(list(months)).dt.truncate(_BY[period]).unique().sort()
    whole = [
        day
        for day in every.to_list()
        if all(each in held for each in pl.date_range(day, day + timedelta(days=31 * size), "1mo", eager=True)[:size])
    ]
    # Before the first start on file nobody is known to have started; that time serves as time before.
    return [day for day in whole if day <= known.last]


def _starts(context: AnalysisContext[Staggered]) -> pl.DataFrame:
    """Return the day on which it began for each unit, and from when to when the unit was there."""
    start, catalogue = context.spec.start, context.records.catalogue
    relation = context.records.relation(start.record)
    node = catalogue.condition(start.record, start.where)
    if node is not None:
        relation.table = relation.table.filter(to_ibis(node, relation))
    suffixes = {path: _suffix(context, path) for path in (start.day, start.since, start.until) if path}
    columns: dict[str, Any] = {"unit": relation.field(start.unit).cast("string")}
    for name, path in (("began", start.day), ("since", start.since), ("until", start.until)):
        columns[name] = relation.field(path, suffixes[path]).cast("date") if path else ibis.null().cast("date")
    rows = relation.table.select(**columns)
    first = rows.group_by("unit").agg(began=ibis._.began.min(), since=ibis._.since.min(), until=ibis._.until.max())
    return context.records.fetch(first).drop_nulls("unit")


def _suffix(context: AnalysisContext[Staggered], path: str) -> str:
    found = context.records.catalogue.schema.follow(context.spec.start.record, path)
    return "_date" if found is not None and found[1].type == "time" else ""


def _since(cohorts: staggered.Cohorts) -> list[staggered.StaggeredEffect]:
    """Return the change by periods since the start, as far as it can be told."""
    found = []
    for since in range(_LONGEST):
        try:
            found.append(staggered.event_study(cohorts, since))
        except Refused:
            break
    return found
