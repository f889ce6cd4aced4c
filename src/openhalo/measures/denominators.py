"""What a rate is counted against: other records of the same period, or a stock of people in a year."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import ibis
import polars as pl

from openhalo.base.periods import Period, named
from openhalo.catalogue.measure_specs import Denominator
from openhalo.engines.ibis_expressions import to_ibis
from openhalo.measures.counting import DECIMAL, Group, Kept, Tally, tally
from openhalo.measures.planning import ALL_TIME, PERIOD, Question, population, span
from openhalo.measures.planning import periods as counted_periods
from openhalo.records.reading import Records, Relation

PER_YEAR = 365.25
Z_90 = 1.645
"""A margin of error of the American Community Survey is this many standard errors.

Source: US Census Bureau, Understanding and Using American Community Survey Data (2020), chapter 7.
"""


@dataclass(frozen=True)
class Exposure:
    """Denominators by period and group."""

    cells: pl.DataFrame
    """Period, groups, `denominator` (float), `cv` (0 where it is no estimate)."""
    totals: pl.DataFrame
    """Period, `denominator`, `cv`."""
    margins: pl.DataFrame
    """As in a Tally: whether the group is recorded, in the denominator's records."""
    years: dict[date, int] = field(default_factory=dict)
    """Of a stock: period → the year whose stock was taken."""
    estimates: int = 0
    """How many of the numbers are estimates, and `unsure` of how many the error is not known."""
    unsure: int = 0


def exposure(
    question: Question,
    records: Records,
    periods: Sequence[date],
    places: Sequence[str] | None,
    kept: Kept | None = None,
) -> Exposure:
    """Return the denominators of a rate, cut as the question asks.

    Args:
        question: the question.
        records: the store version.
        periods: the periods of a stock that are asked for.
        places: the only places that totals over places may hold; None: all.
        kept: counts to share with other questions about the same measure and store version.
    """
    per = question.spec.per
    assert per is not None
    cut = _tally(question, records, question.by, places, kept)
    separate = per.slices or per.place
    whole = cut.totals if not separate else _tally(question, records, [], places, kept).cells
    cells, totals, years = cut.cells, whole, {}
    if not per.matches_period:
        years = _choose(periods, sorted(day.year for day in totals[PERIOD].unique()), question, records)
        cells, totals = _in_years(cells, years), _in_years(totals, years)
    return Exposure(
        _finish(cells), _finish(totals), cut.margins, years, int(totals["estimates"].sum()), int(totals["unsure"].sum())
    )


def places_of(question: Question, records: Records, kept: Kept | None = None) -> dict[str, float]:
    """Return what each place holds of the denominator: of a stock, in the newest year that the question needs.

    A place that lacks one of the years that are needed is left out.
    """
    per = question.spec.per
    assert per is not None
    cells = _finish(_tally(question, records, [per.place], None, kept).cells.drop_nulls(f"group:{per.place}"))
    if per.matches_period:
        cells = cells.group_by(f"group:{per.place}").agg(pl.col("denominator").sum())
    else:
        available = sorted(day.year for day in cells[PERIOD].unique())
        whole = span(question, records, question.spec.record)
        asked = range(whole.first.year, whole.last.year + 1) if whole and question.grain != "all" else [ALL_TIME.year]
        needed = _choose([date(year, 1, 1) for year in asked], available, question, records)
        cells = _in_years(cells, needed).sort(PERIOD)
        complete = pl.len().over(f"group:{per.place}") == len(needed)
        cells = cells.filter(complete).group_by(f"group:{per.place}").agg(pl.col("denominator").last())
    return {place: amount for place, amount in cells.rows() if amount > 0}


def stock_year(period_year: int, available: Sequence[int]) -> int:
    """Return the year whose stock a period is counted against: the newest not after it, else the oldest.

    >>> stock_year(2017, [2010, 2015, 2020])
    2015
    """
    return max((year for year in available if year <= period_year), default=min(available))


def years_asked(question: Question, records: Records) -> float:
    """Return how many years the counted records span within the asked period; a day at least."""
    whole = span(question, records, question.spec.record)
    return ((whole.last - whole.first).days + 1) / PER_YEAR if whole else 1.0


def _lasting(question: Question, records: Records, by: Sequence[str]) -> Tally:
    """Return for how many years the denominator's records last within each period that the counted records cover."""
    per, whole = question.spec.per, span(question, records, question.spec.record)
    assert per is not None
    kind = records.catalogue.record_type(per.record)
    relation = population(replace(question, within=None, grain="all"), records, per.record, [per.where])
    first, last = relation.field(kind.date_column), relation.field(kind.until)
    starts = counted_periods(question, records, question.spec.record) if whole else []
    sums, rows = {"n": ibis._.count()}, {"_first": first, "_last": last}
    for number, start in enumerate(starts):
        asked = whole if start == ALL_TIME or whole is None else whole.overlap(named(start, question.grain))
        days = asked or Period(start, start)
        begin = ibis.greatest(ibis._["_first"], ibis.literal(days.first))
        end = ibis.least(ibis._["_last"].fill_null(days.last), ibis.literal(days.last))
        length = end.delta(begin, unit="day") + 1
        sums[f"days:{number}"] = ibis.greatest(length, 0).sum(where=ibis._["_first"].notnull())
    found = tally(relation, records, "all", [Group(name, per.groups[name], {}) for name in by], sums, rows)

    def through_time(frame: pl.DataFrame) -> pl.DataFrame:
        kept = [column for column in frame.columns if column.startswith(("group:", "known:"))]
        error = {"variance": pl.lit(0.0), "estimates": pl.lit(0), "unsure": pl.lit(0)}
        parts = [
            frame.select(
                *kept,
                pl.lit(start).alias(PERIOD),
                "n",
                (pl.col(f"days:{number}") / PER_YEAR).alias("amount"),
                *[value.alias(name) for name, value in error.items()],
            )
            for number, start in enumerate(starts)
        ]
        return pl.concat(parts) if parts else frame.select(*kept, pl.lit(ALL_TIME).alias(PERIOD)).clear()

    return Tally(through_time(found.cells), through_time(found.margins))


def _tally(
    question: Question, records: Records, by: Sequence[str], places: Sequence[str] | None, kept: Kept | None
) -> Tally:
    if kept is None:
        return _count(question, records, by, places)
    per = question.spec.per
    assert per is not None
    asked = (question.grain, question.within) if per.matches_period else ()
    key = ("against", question.spec.id, tuple(by), tuple(places or ()), asked)
    return kept.once(key, lambda: _count(question, records, by, places))


def _count(question: Question, records: Records, by: Sequence[str], places: Sequence[str] | None) -> Tally:
    per = question.spec.per
    assert per is not None
    if per.lasting:
        return _lasting(question, records, by)
    slices = [piece.cut if name in by else piece.uncut for name, piece in per.slices.items()]
    asked = question if per.matches_period else Question(question.spec, by, "year")
    relation = population(asked, records, per.record, [per.where, *slices])
    if places is not None and per.place not in by:
        relation.table = relation.table.filter(relation.field(per.groups[per.place]).isin(list(places)))
    groups = [Group(name, per.groups[name], per.codes.get(name, {})) for name in by]
    rows: dict[str, Any] = {"_estimate": ibis.literal(False), "_error": ibis.literal(0.0)}
    if per.sum:
        rows["_amount"] = relation.field(per.sum).cast(DECIMAL)
        rows |= _errors(per, relation, records)
    amount = ibis._["_amount"].sum() if per.sum else ibis._.count().cast(DECIMAL)
    error = ibis._["_error"].cast(DECIMAL)
    sums = {
        "n": ibis._.count(),
        "amount": amount,
        "variance": (error * error).cast("decimal(38, 12)").sum(),
        "estimates": ibis._.count(where=ibis._["_estimate"]),
        "unsure": ibis._.count(where=ibis._["_estimate"] & ibis._["_error"].isnull()),
    }
    return tally(relation, records, asked.grain, groups, sums, rows)


def _errors(per: Denominator, relation: Relation, records: Records) -> dict[str, Any]:
    """Return whether a number is an estimate, and its standard error."""
    estimated = records.catalogue.condition(per.record, per.estimated)
    amount = relation.field(per.sum)
    known = [relation.field(per.margin).cast("float64") / Z_90] if per.margin else []
    known += [relation.field(per.cv).cast("float64") * amount] if per.cv else []
    error = ibis.coalesce(*known) if known else ibis.null("float64")
    is_estimate = to_ibis(estimated, relation).fill_null(False) if estimated is not None else error.notnull()
    return {"_estimate": is_estimate, "_error": error}


def _choose(periods: Sequence[date], available: Sequence[int], question: Question, records: Records) -> dict[date, int]:
    if not available:
        return {}
    whole = span(question, records, question.spec.record)
    last = whole.last.year if whole else available[-1]
    return {day: stock_year(last if day == ALL_TIME else day.year, available) for day in periods}


def _in_years(frame: pl.DataFrame, years: dict[date, int]) -> pl.DataFrame:
    """Give every period the stock of its year."""
    chosen = pl.DataFrame(
        {"asked": list(years), "year": [date(year, 1, 1) for year in years.values()]},
        schema={"asked": pl.Date, "year": pl.Date},
    )
    joined = chosen.join(frame, left_on="year", right_on=PERIOD, how="inner")
    return joined.drop("year").rename({"asked": PERIOD})


def _finish(frame: pl.DataFrame) -> pl.DataFrame:
    amount = pl.col("amount").cast(pl.Float64)
    return frame.with_columns(
        amount.alias("denominator"),
        pl.when(amount > 0).then(pl.col("variance").cast(pl.Float64).sqrt() / amount).otherwise(0.0).alias("cv"),
    ).drop("n", "amount", "variance")
