"""What an audit counts: records, and those that say a field, by month, day, minute, code and outcome."""

from datetime import date
from typing import Any

import ibis
import numpy as np
import polars as pl

from openhalo.catalogue.analysis_kinds import Audit
from openhalo.engines.connect import fetch
from openhalo.measures.analyses.asked import Asked
from openhalo.statistics.estimates import Numbers


def _day(asked: Asked[Audit], relation: Any) -> Any:
    return relation.field(asked.records.catalogue.record_type(asked.spec.record).date_column)


def months(asked: Asked[Audit]) -> pl.DataFrame:
    """Count records, and those that say each field, by month; months without a record are there with 0."""
    relation = asked.relation()
    month = _day(asked, relation).truncate("M").cast("date")
    fields = {name: relation.field(name).notnull() for name in asked.spec.fields}
    rows = relation.table.select(month=month, **fields)
    sums = {name: ibis._.count(where=ibis._[name]) for name in fields}
    counted = fetch(rows.group_by("month").agg(records=ibis._.count(), **sums))
    if counted.height == 0:
        return counted
    first, last = counted["month"].min(), counted["month"].max()
    assert isinstance(first, date) and isinstance(last, date)
    every = pl.DataFrame({"month": pl.date_range(first, last, "1mo", eager=True)})
    return every.join(counted, on="month", how="left").fill_null(0).sort("month")


def days(asked: Asked[Audit]) -> pl.DataFrame:
    """Count records by day."""
    relation = asked.relation()
    return fetch(relation.table.select(day=_day(asked, relation)).group_by("day").agg(n=ibis._.count()))


def minutes(asked: Asked[Audit]) -> Numbers | None:
    """Count records by minute past the hour, where the time is given to the minute."""
    record = asked.records.catalogue.record_type(asked.spec.record)
    if record.fields[record.time].type != "time":
        return None
    relation = asked.relation()
    exact = relation.field(record.time, "_precision").isin(["second", "minute"])
    minute = relation.field(record.time, "_local").minute().cast("int32")
    counted = fetch(relation.table.filter(exact).select(minute=minute).group_by("minute").agg(n=ibis._.count()))
    found = np.zeros(60)
    found[counted["minute"].to_numpy()] = counted["n"].to_numpy()
    return found if found.sum() else None


def codes(asked: Asked[Audit]) -> dict[str, pl.DataFrame]:
    """Count records by month and code of each coded field."""
    fields = asked.records.catalogue.record_type(asked.spec.record).fields
    found = {}
    for name in asked.spec.fields:
        if fields[name].type == "code":
            relation = asked.relation()
            rows = relation.table.select(
                month=_day(asked, relation).truncate("M").cast("date"), code=relation.field(name)
            )
            found[name] = fetch(rows.group_by("month", "code").agg(n=ibis._.count())).drop_nulls("code")
    return found


def by_outcome(asked: Asked[Audit]) -> pl.DataFrame:
    """Count records with and without the outcome, and those of them that say each field."""
    if not asked.spec.outcome:
        return pl.DataFrame()
    relation = asked.relation()
    hit = asked.condition(relation, asked.spec.outcome)
    fields = {name: relation.field(name).notnull() for name in asked.spec.fields}
    rows = relation.table.select(hit=hit, **fields)
    sums = {name: ibis._.count(where=ibis._[name]) for name in fields}
    return fetch(rows.group_by("hit").agg(records=ibis._.count(), **sums)).drop_nulls("hit").sort("hit")
