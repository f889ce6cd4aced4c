"""What a question about a measure needs: its records, conditions, groups and periods, checked before any work."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import ibis
import polars as pl

from openhalo.base.errors import MeasureError, Problem, did_you_mean, name_all
from openhalo.base.periods import Grain, Period
from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.engines.ibis_expressions import to_ibis
from openhalo.measures.field_coverage import told_within
from openhalo.records.manifest import Coverage
from openhalo.records.reading import Records, Relation, must_hold

PERIOD = "period_start"
ALL_TIME = date(1, 1, 1)
"""Stands for the one period of the grain `all`."""
_STEPS = {"day": "1d", "month": "1mo", "quarter": "1q", "year": "1y"}


@dataclass(frozen=True)
class Question:
    """One measure, cut by groups and periods."""

    spec: MeasureSpec
    by: Sequence[str]
    grain: Grain
    within: Period | None = None
    today: date | None = None
    """The day on which it is asked, for review dates; without it, today's."""


def check(question: Question, records: Records) -> None:
    """Refuse groups and periods that the measure does not allow, and records that are not there.

    Raises:
        MeasureError: with every problem of the question.
    """
    spec, problems = question.spec, []
    for group in question.by:
        if group not in spec.groups:
            problems.append(
                Problem(
                    spec.id,
                    f"cannot be cut by '{group}'",
                    name_all(spec.groups),
                    did_you_mean(group, spec.groups),
                )
            )
    if len(set(question.by)) < len(question.by):
        problems.append(Problem(spec.id, "a group is named twice", todo="name each group once"))
    if question.grain != "all" and question.grain not in spec.periods:
        problems.append(Problem(spec.id, f"has no figures by {question.grain}", name_all([*spec.periods, "all"])))
    if problems:
        raise MeasureError(problems)
    if spec.record:
        must_hold(records, spec.record)
        _must_be_one_year(question, records)


def _must_be_one_year(question: Question, records: Records) -> None:
    """Refuse to count several years of records against the people of one."""
    per, whole = question.spec.per, span(question, records, question.spec.record)
    if per is None or per.matches_period or question.grain != "all" or whole is None:
        return
    if (whole.last - whole.first).days > 365:
        found = f"has no figure for {whole} taken together: records of several years, {per.label} of one"
        todo = f"ask by the year (--period year), or for one year (--within {whole.last.year})"
        raise MeasureError(Problem(question.spec.id, found, todo=todo))


def population(question: Question, records: Records, record: str, where: Sequence[str]) -> Relation:
    """Return the records that make every condition true, within the asked period where their time has days.

    A record without a time stands in no period, so none of these is among them.
    """
    relation = within(question.within, records, record)
    nodes = [records.catalogue.condition(record, text) for text in where if text]
    tests = [to_ibis(node, relation) for node in nodes if node is not None]
    kind = records.catalogue.record_type(record)
    if not kind.fields[kind.time].required:
        tests.append(relation.field(kind.date_column).notnull())
    relation.table = relation.table.filter(*tests) if tests else relation.table
    return relation


def within(days: Period | None, records: Records, record: str) -> Relation:
    """Return the records of a type whose time lies within these days; all of them without."""
    relation = records.relation(record)
    if days is not None:
        day = relation.field(records.catalogue.record_type(record).date_column)
        by_day = has_days(records, record)
        ends = (ibis.literal(days.first), ibis.literal(days.last)) if by_day else (days.first.year, days.last.year)
        relation.table = relation.table.filter(day.between(*ends))
    return relation


def has_days(records: Records, record: str) -> bool:
    """Return whether records of this type happen on a day; the others are kept by the year."""
    spec = records.catalogue.record_type(record)
    return spec.fields[spec.time].type != "integer"


def period_of(relation: Relation, records: Records, record: str, grain: Grain) -> Any:
    """Return the number of the period that a record lies in, or its day; None for `all`, which is one period.

    Periods are counted from year 0 (the third month of 2017 is 2017 × 12 + 2): grouping by whole numbers takes
    half the time of grouping by dates cut to their month. `starts` turns them back.

    Raises:
        MeasureError: records that are kept by the year have no shorter periods.
    """
    if grain == "all":
        return None
    time = relation.field(records.catalogue.record_type(record).date_column)
    if not has_days(records, record):
        if grain != "year":
            raise MeasureError(Problem(record, f"is kept by the year and has no figures by {grain}", "year, all"))
        return time.cast("int32")
    if grain == "day":
        return time
    year = time.year().cast("int32")
    return {"year": year, "quarter": year * 4 + (time.quarter() - 1), "month": year * 12 + (time.month() - 1)}[grain]


def starts(periods: pl.Expr, grain: Grain) -> pl.Expr:
    """Return the first days of numbered periods."""
    if grain == "day":
        return periods
    in_a_year = {"year": 1, "quarter": 4, "month": 12}[grain]
    return pl.date(periods // in_a_year, periods % in_a_year * (12 // in_a_year) + 1, 1)


def covered(question: Question, records: Records, record: str) -> list[Coverage]:
    """Return what each source holds of a record type, as far as it touches the asked period."""
    covers = records.coverage(record)
    return [c for c in covers if question.within is None or c.period.overlap(question.within)]


def span(question: Question, records: Records, record: str) -> Period | None:
    """Return the days for which there are records of a type within the asked period; None when there are none."""
    covers = covered(question, records, record)
    if not covers:
        return None
    whole = Period(min(c.first for c in covers), max(c.last for c in covers))
    return whole.overlap(question.within) if question.within else whole


def periods(question: Question, records: Records, record: str) -> list[date]:
    """Return the first day of every period for which there are records of a type, or could have been.

    Within the days that the sources speak for, a period without a record is a period with none.
    """
    known_by = records.known_by or date.max
    covers = [cover.period for cover in covered(question, records, record) if cover.first <= known_by]
    if question.grain == "all":
        return [ALL_TIME] if covers else []
    found: set[date] = set()
    for cover in covers:
        days = cover.overlap(question.within) if question.within else cover
        if days is not None:
            ends = pl.Series([days.first, min(days.last, known_by)]).dt.truncate(_STEPS[question.grain])
            found.update(pl.date_range(ends[0], ends[1], _STEPS[question.grain], eager=True))
    return sorted(found)


def narrowed(question: Question, records: Records) -> Question:
    """Return the question for the days that can answer it.

    These are the days on which the records could say what is counted, and of a rate over all time those that both
    sides cover.

    Raises:
        MeasureError: there is no such day.
    """
    told = told_within(question.spec, records)
    if told is not None:
        within = told.overlap(question.within) if question.within else told
        if within is None:
            raise MeasureError(Problem(question.spec.id, f"is not recorded in {question.within}", f"days in {told}"))
        question = replace(question, within=within)
    per = question.spec.per
    if per is None or not per.matches_period or question.grain != "all":
        return question
    must_hold(records, per.record)
    ours, theirs = span(question, records, question.spec.record), span(question, records, per.record)
    common = ours.overlap(theirs) if ours and theirs else None
    if common is None:
        spans = f"{question.spec.record}: {ours or 'none'}; {per.record}: {theirs or 'none'}"
        raise MeasureError(Problem(question.spec.id, f"the records of both kinds have no day in common ({spans})"))
    return replace(question, within=common)
