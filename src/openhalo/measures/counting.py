"""Records counted per period and group: one grouped query, and the few rows that it gives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
import polars as pl

from openhalo.base.periods import Grain
from openhalo.engines.connect import fetch
from openhalo.measures.planning import ALL_TIME, PERIOD, period_of, starts
from openhalo.records.reading import Records, Relation

DECIMAL = "decimal(18, 6)"
"""Numbers are added up exactly, to six decimal places; a sum of doubles would differ from run to run."""


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
    lists = [group for group in groups if _is_list(group, relation, records)]
    timed = {} if period is None else {PERIOD: period}
    table = relation.table.select(**timed, **rows, **values)
    flat = table
    for group in lists:
        flat = flat.mutate(**{group.column: ibis._[group.column].unnest()})
    cells = _fetch(flat, [*timed, *values], sums, grain)
    flags = [group.known for group in groups]
    if lists:
        known = {g.known: _is_known(g, g in lists) for g in groups}
        margins = _fetch(table.mutate(**known), [*timed, *flags], sums, grain)
    else:
        known_of = [pl.col(group.column).is_not_null().alias(group.known) for group in groups]
        margins = _add_up(cells.with_columns(known_of).drop(*values), [PERIOD, *flags])
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
        if _is_list(group, relation, records):
            table = table.mutate(**{group.column: ibis._[group.column].unnest()})
    keys = [group.column for group in groups]
    known = table.filter(ibis._["_value"].notnull())
    found = _fetch(known, [*timed, *keys, "_value"], {"times": ibis._.count()}, grain)
    if holders:
        return found.group_by(PERIOD, *keys, pl.col("times").alias("value")).agg(pl.len().alias("times"))
    return found.rename({"_value": "value"})


def with_empty(frame: pl.DataFrame, periods: Sequence[date]) -> pl.DataFrame:
    """Add a row of zeros where a period, or a group that is there in another period, has no record."""
    groups = [column for column in frame.columns if column.startswith("group:")]
    lattice = pl.DataFrame({PERIOD: periods}, schema={PERIOD: pl.Date})
    if groups:
        lattice = lattice.join(frame.select(groups).unique(), how="cross")
    whole = lattice.join(frame, on=[PERIOD, *groups], how="full", nulls_equal=True, coalesce=True)
    return whole.with_columns(pl.exclude(PERIOD, *groups).fill_null(0))


def _fetch(table: Any, keys: list[str], sums: Mapping[str, Any], grain: Grain) -> pl.DataFrame:
    grouped = table.group_by(keys).agg(**sums) if keys else table.agg(**sums)
    frame = fetch(grouped)
    if PERIOD in keys:
        frame = frame.with_columns(starts(pl.col(PERIOD), grain).alias(PERIOD))
    else:
        frame = frame.with_columns(pl.lit(ALL_TIME).alias(PERIOD))
        if not keys:
            frame = frame.filter(pl.col("n") > 0)
    return frame.with_columns(
        pl.col([c for c in frame.columns if c.startswith("group:")]).cast(pl.String), pl.col(list(sums)).fill_null(0)
    )


def _values(group: Group, relation: Relation, records: Records) -> Any:
    column = relation.field(group.path)
    if not _is_list(group, relation, records):
        return _recoded(column, group) if group.codes else column
    codes = column.map(lambda code: _recoded(code, group)) if group.codes else column
    unknown = ibis.literal([None], type="array<string>")
    return ibis.ifelse(column.isnull() | (column.length() == 0), unknown, codes.unique())


def _recoded(column: Any, group: Group) -> Any:
    return ibis.cases(*[(column == theirs, ibis.literal(ours)) for theirs, ours in group.codes.items()], else_=column)


def _is_known(group: Group, is_list: bool) -> Any:
    column = ibis._[group.column]
    return column[0].notnull() if is_list else column.notnull()


def _is_list(group: Group, relation: Relation, records: Records) -> bool:
    found = records.catalogue.schema.follow(relation.record, group.path)
    return found is not None and found[1].type == "codes"


def _add_up(frame: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    return frame.group_by(keys).agg(pl.exclude(keys).sum())
