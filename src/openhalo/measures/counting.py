"""Records counted per period and group: one grouped query, and the few rows that it gives."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

import ibis
import polars as pl

from openhalo.base.periods import Grain
from openhalo.engines.engine import Engine
from openhalo.measures.planning import ALL_TIME, PERIOD, period_of, starts
from openhalo.records.reading import Records, Relation

DECIMAL = "decimal(18, 6)"
"""Numbers are added up exactly, to six decimal places; a sum of doubles would differ from run to run."""


_T = TypeVar("_T")


@dataclass
class Kept:
    """What was counted for one cut of a measure and serves the others: cuts that belong together read records once.

    Counts fit one store version and one definition of each measure; use a new one for another.
    """

    _found: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def once(self, key: Hashable, make: Callable[[], _T]) -> _T:
        """Return what was made before under this key, or make it now."""
        if key not in self._found:
            self._found[key] = make()
        found: _T = self._found[key]
        return found


@dataclass(frozen=True)
class Group:
    """A group that records are counted by."""

    name: str
    path: str
    """Field of the counted records, over to-one links."""
    codes: Mapping[str, str]
    """Code → the code under which it is counted."""

    @property
    def column(self) -> str:
        """Return the column that holds the group's values."""
        return f"group:{self.name}"

    @property
    def known(self) -> str:
        """Return the column that says whether the group is recorded."""
        return f"known:{self.name}"


@dataclass(frozen=True)
class Tally:
    """Sums over records, by period and group."""

    cells: pl.DataFrame
    """One row per period and combination of group values (null: not recorded)."""
    margins: pl.DataFrame
    """Every record once: one row per period and which of the groups are recorded."""

    @property
    def totals(self) -> pl.DataFrame:
        """Return the sums per period over all groups."""
        flags = [column for column in self.margins.columns if column.startswith("known:")]
        return _add_up(self.margins.drop(flags), [PERIOD])


def tally(
    relation: Relation,
    records: Records,
    grain: Grain,
    groups: list[Group],
    sums: Mapping[str, Any],
    rows: Mapping[str, Any],
) -> Tally:
    """Add up `sums` over the records of a relation, by period and group.

    Args:
        relation: the records.
        records: the store version that they come from.
        grain: length of the periods.
        groups: what to cut by. A record with several codes in a list counts under each.
        sums: name → aggregation over the columns that `rows` names.
        rows: name → expression on a record.
    """
    period = period_of(relation, records, relation.record, grain)
    values = {group.column: _values(group, relation, records) for group in groups}
    lists = [group for group in groups if is_list(group, relation.record, records)]
    timed = {} if period is None else {PERIOD: period}
    table = relation.table.select(**timed, **rows, **values)
    flat = table
    for group in lists:
        flat = flat.mutate(**{group.column: ibis._[group.column].unnest()})
    cells = _fetch(records.engine, flat, [*timed, *values], sums, grain)
    flags = [group.known for group in groups]
    if lists:
        known = {g.known: _is_known(g, g in lists) for g in groups}
        margins = _fetch(records.engine, table.mutate(**known), [*timed, *flags], sums, grain)
    else:
        margins = _margins(cells, groups)
    return Tally(cells, margins)


def spread(
    relation: Relation, records: Records, grain: Grain, groups: list[Group], value: Any, *, holders: bool
) -> pl.DataFrame:
    """Return how often each value occurs, by period and group: `value`, `times`.

    Args:
        relation: the records.
        records: the store version that they come from.
        grain: length of the periods.
        groups: what to cut by.
        value: the number of a record; with `holders`, who holds it, and how many records each of them has is the value.
    """
    period = period_of(relation, records, relation.record, grain)
    timed = {} if period is None else {PERIOD: period}
    table = relation.table.select(**timed, _value=value, **{g.column: _values(g, relation, records) for g in groups})
    for group in groups:
        if is_list(group, relation.record, records):
            table = table.mutate(**{group.column: ibis._[group.column].unnest()})
    keys = [group.column for group in groups]
    known = table.filter(ibis._["_value"].notnull())
    found = _fetch(records.engine, known, [*timed, *keys, "_value"], {"times": ibis._.count()}, grain)
    if holders:
        return found.group_by(PERIOD, *keys, pl.col("times").alias("value")).agg(pl.len().alias("times"))
    return found.rename({"_value": "value"})


def months(
    relation: Relation, records: Records, groups: list[Group], sums: Mapping[str, Any], rows: Mapping[str, Any]
) -> pl.DataFrame:
    """Add up `sums` by month and every combination of groups, none of them a list: what every cut can be made of.

    `PERIOD` numbers the months from year 0.
    """
    values = {group.column: _values(group, relation, records) for group in groups}
    month = period_of(relation, records, relation.record, "month")
    table = relation.table.select(**{PERIOD: month}, **rows, **values)
    return _grouped(records.engine, table, [PERIOD, *values], sums)


def cut(by_month: pl.DataFrame, grain: Grain, groups: list[Group]) -> Tally:
    """Return the tally of one cut from sums by month and all groups; same as `tally` of the records themselves."""
    columns = [group.column for group in groups]
    sums = [column for column in by_month.columns if column != PERIOD and not column.startswith("group:")]
    in_months = {"all": 0, "year": 12, "quarter": 3, "month": 1}[grain]
    # Not a literal zero: Polars would make a group of it where there is not one record.
    number = pl.col(PERIOD) // in_months if in_months else pl.col(PERIOD) * 0
    timed = by_month.group_by(number, *columns).agg(pl.col(sums).sum())
    period = starts(pl.col(PERIOD), grain) if in_months else pl.lit(ALL_TIME)
    cells = timed.with_columns(period.alias(PERIOD)).select(PERIOD, *columns, *sums)
    return Tally(cells, _margins(cells, groups))


def is_list(group: Group, record: str, records: Records) -> bool:
    """Return whether a record of this type can count in several codes of the group."""
    found = records.catalogue.schema.follow(record, group.path)
    return found is not None and found[1].type == "codes"


def with_empty(frame: pl.DataFrame, periods: Sequence[date]) -> pl.DataFrame:
    """Add a row of zeros where a period, or a group that is there in another period, has no record."""
    groups = [column for column in frame.columns if column.startswith("group:")]
    lattice = pl.DataFrame({PERIOD: periods}, schema={PERIOD: pl.Date})
    if groups:
        lattice = lattice.join(frame.select(groups).unique(), how="cross")
    whole = lattice.join(frame, on=[PERIOD, *groups], how="full", nulls_equal=True, coalesce=True)
    return whole.with_columns(pl.exclude(PERIOD, *groups).fill_null(0))


def _margins(cells: pl.DataFrame, groups: Sequence[Group]) -> pl.DataFrame:
    """Return sums by period and which groups are recorded, where no record counts twice."""
    known = [pl.col(group.column).is_not_null().alias(group.known) for group in groups]
    columns = [group.column for group in groups]
    return _add_up(cells.with_columns(known).drop(columns), [PERIOD, *(group.known for group in groups)])


def _fetch(engine: Engine, table: Any, keys: list[str], sums: Mapping[str, Any], grain: Grain) -> pl.DataFrame:
    frame = _grouped(engine, table, keys, sums)
    if PERIOD in keys:
        frame = frame.with_columns(starts(pl.col(PERIOD), grain).alias(PERIOD))
    else:
        frame = frame.with_columns(pl.lit(ALL_TIME).alias(PERIOD))
        if not keys:
            frame = frame.filter(pl.col("n") > 0)
    return frame


def _grouped(engine: Engine, table: Any, keys: list[str], sums: Mapping[str, Any]) -> pl.DataFrame:
    frame = engine.fetch(table.group_by(keys).agg(**sums) if keys else table.agg(**sums))
    return frame.with_columns(
        pl.col([c for c in frame.columns if c.startswith("group:")]).cast(pl.String), pl.col(list(sums)).fill_null(0)
    )


def _values(group: Group, relation: Relation, records: Records) -> Any:
    column = relation.field(group.path)
    if not is_list(group, relation.record, records):
        return _recoded(column, group) if group.codes else column
    codes = column.map(lambda code: _recoded(code, group)) if group.codes else column
    unknown = ibis.literal([None], type="array<string>")
    return ibis.ifelse(column.isnull() | (column.length() == 0), unknown, codes.unique())


def _recoded(column: Any, group: Group) -> Any:
    return ibis.cases(*[(column == theirs, ibis.literal(ours)) for theirs, ours in group.codes.items()], else_=column)


def _is_known(group: Group, is_list: bool) -> Any:
    column = ibis._[group.column]
    return column[0].notnull() if is_list else column.notnull()


def _add_up(frame: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    return frame.group_by(keys).agg(pl.exclude(keys).sum())
