"""Records by whole month: what series and charts that watch are made of."""

from datetime import date
from typing import Any

import ibis
import polars as pl

from openhalo.analyses.context import AnalysisContext
from openhalo.base.periods import Period
from openhalo.measures.planning import has_days
from openhalo.records.reading import Relation
from openhalo.statistics.results import Refused


def day_of(context: AnalysisContext[Any], relation: Relation) -> Any:
    """Return the column that holds the day of the records."""
    return relation.field(context.records.catalogue.record_type(context.spec.record).date_column)


def must_have_months(context: AnalysisContext[Any]) -> list[date]:
    """Return the first days of the whole months that the answer speaks for.

    Raises:
        Refused: the records are kept by the year.
    """
    if not has_days(context.records, context.spec.record):
        raise Refused("the records are kept by the year; a change needs months")
    return whole_months(context.days) if context.days else []


def whole_months(days: Period) -> list[date]:
    """Return the first days of the months that lie wholly within these days.

    >>> [str(day) for day in whole_months(Period(date(2020, 1, 15), date(2020, 3, 31)))]
    ['2020-02-01', '2020-03-01']
    """
    starts = pl.date_range(days.first.replace(day=1), days.last, "1mo", eager=True)
    ends = starts.dt.month_end()
    found: list[date] = starts.filter((starts >= days.first) & (ends <= days.last)).to_list()
    return found


def by_month(context: AnalysisContext[Any]) -> dict[date, int]:
    """Count the records of each month that has any."""
    relation = context.relation()
    rows = relation.table.select(month=day_of(context, relation).truncate("M").cast("date"))
    counted = context.records.fetch(rows.group_by("month").agg(n=ibis._.count()))
    return dict(counted.select("month", "n").iter_rows())
