"""What a question about a measure needs: its records, conditions, groups and periods, checked before any work."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ibis

from openhalo.base.errors import MeasureError, Problem, did_you_mean, name_all
from openhalo.base.periods import Grain, Period
from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.engines.expressions import to_ibis
from openhalo.records.reading import Records, Relation, must_hold

PERIOD = "period_start"


@dataclass(frozen=True)
class Question:
    """One measure, cut by groups and periods."""

    spec: MeasureSpec
    by: Sequence[str]
    grain: Grain
    within: Period | None = None


def check(question: Question, records: Records) -> None:
    """Refuse groups and periods that the measure does not allow, and records that are not there."""
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
    if question.grain != "all" and question.grain not in spec.periods:
        problems.append(Problem(spec.id, f"has no figures by {question.grain}", name_all([*spec.periods, "all"])))
    if problems:
        raise MeasureError(problems)
    must_hold(records, spec.record)


def population(question: Question, records: Records, record: str, where: str) -> Relation:
    """Return the records that a side of the measure looks at, within the asked period."""
    relation = records.relation(record)
    day = relation.field(records.catalogue.record_type(record).date_column)
    node = records.catalogue.condition(record, where)
    tests = [to_ibis(node, relation)] if node is not None else []
    if question.within is not None:
        tests.append(day.between(ibis.literal(question.within.first), ibis.literal(question.within.last)))
    relation.table = relation.table.filter(*tests) if tests else relation.table
    return relation


def period_start(day: Any, grain: Grain) -> Any:
    """Return the first day of the period that a local day lies in; one fixed day for `all`."""
    if grain == "all":
        return ibis.date(1, 1, 1)
    unit = {"day": "D", "month": "M", "quarter": "Q", "year": "Y"}[grain]
    return day.truncate(unit).cast("date")
