"""What an audit counts: records, and those that say a field, by month, day, minute, code and outcome."""

from datetime import date
from typing import Any

import ibis
import numpy as np
import polars as pl

from openhalo.analyses.context import AnalysisContext
from openhalo.catalogue.analysis_kinds.audit import Audit
from openhalo.statistics.estimates import Numbers


def _day(context: AnalysisContext[Audit], relation: Any) -> Any:
    return relation.field(context.records.catalogue.record_type(context.spec.record).date_column)


def months(context: AnalysisContext[Audit]) -> pl.DataFrame:
    """Count records, and those that say each field, by month; months without a record are there with 0."""
    relation = context.relation()
    month = _day(context, relation).truncate("M").cast("date")
    fields = {name: relation.field(name).notnull() for name in context.spec.fields}
    rows = relation.table.select(month=month, **fields)
    sums = {name: ibis._.count(where=ibis._[name]) for name in fields}
    counted = context.records.fetch(rows.group_by("month").agg(records=ibis._.count(), **sums))
    if counted.height == 0:
        return counted
    first, last = counted["month"].min(), counted["month"].max()
    assert isinstance(first, date) and isinstance(last, date)
    every = pl.DataFrame({"month": pl.date_range(first, last, "1mo", eager=True)})
    return every.join(counted, on="month", how="left").fill_null(0).sort("month")


def days(context: AnalysisContext[Audit]) -> pl.DataFrame:
    """Count records by day."""
    relation = context.relation()
    return context.records.fetch(
        relation.table.select(day=_day(context, relation)).group_by("day").agg(n=ibis._.count())
    )


def minutes(context: AnalysisContext[Audit]) -> Numbers | None:
    """Count records by minute past the hour, where the time is given to the minute."""
    record = context.records.catalogue.record_type(context.spec.record)
    if record.fields[record.time].type != "time":
        return None
    relation = context.relation()
    exact = relation.field(record.time, "_precision").isin(["second", "minute"])
    minute = relation.field(record.time, "_local").minute().cast("int32")
    counted = context.records.fetch(
        relation.table.filter(exact).select(minute=minute).group_by("minute").agg(n=ibis._.count())
    )
    found = np.zeros(60)
    found[counted["minute"].to_numpy()] = counted["n"].to_numpy()
    return found if found.sum() else None


def codes(context: AnalysisContext[Audit]) -> dict[str, pl.DataFrame]:
    """Count records by month and code of each coded field."""
    fields = context.records.catalogue.record_type(context.spec.record).fields
    found = {}
    for name in context.spec.fields:
        if fields[name].type == "code":
            relation = context.relation()
            rows = relation.table.select(
                month=_day(context, relation).truncate("M").cast("date"), code=relation.field(name)
            )
            found[name] = context.records.fetch(rows.group_by("month", "code").agg(n=ibis._.count())).drop_nulls("code")
    return found


def by_outcome(context: AnalysisContext[Audit]) -> pl.DataFrame:
    """Count records with and without the outcome, and those of them that say each field."""
    if not context.spec.outcome:
        return pl.DataFrame()
    relation = context.relation()
    hit = context.condition(relation, context.spec.outcome)
    fields = {name: relation.field(name).notnull() for name in context.spec.fields}
    rows = relation.table.select(hit=hit, **fields)
    sums = {name: ibis._.count(where=ibis._[name]) for name in fields}
    return context.records.fetch(rows.group_by("hit").agg(records=ibis._.count(), **sums)).drop_nulls("hit").sort("hit")
