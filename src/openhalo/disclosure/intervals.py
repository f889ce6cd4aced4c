"""Cells over days: a period is called by its first and last day, so that it means the same in every release."""

from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np
import polars as pl
from scipy.sparse import csr_array

from openhalo.base.errors import MeasureError
from openhalo.base.periods import Period


def without_period() -> pl.Expr:
    """Return the name of a cell without its period: cells that only differ in their days have the same."""
    return pl.col("key").str.replace(r"\|period=[^|]*", "").alias("rest")


def period() -> pl.Expr:
    """Return the period in the name of a cell; null where it has none."""
    return pl.col("key").str.extract(r"\|period=([^|]*)").alias("period")


def tiled(whole: str, parts: Iterable[str], longest: bool = False) -> list[str] | None:
    """Return which of these periods, laid end to end, are the whole one; None where none are.

    Args:
        whole: days, as `Period` writes them. Anything else is made of nothing.
        parts: what it could be made of; itself is left out.
        longest: take the longest parts that fit, not the shortest.

    >>> tiled("2021-01-01..2021-01-31", ["2021-01-01..2021-01-09", "2021-01-10..2021-01-31"])
    ['2021-01-01..2021-01-09', '2021-01-10..2021-01-31']
    """
    days = _days(whole)
    if days is None:
        return None
    first, last = days
    begins: dict[int, list[tuple[int, str]]] = {}
    for part in parts:
        known = _days(part) if part != whole else None
        if known is not None and first <= known[0] and known[1] <= last:
            begins.setdefault(known[0], []).append((known[1], part))
    ways: dict[int, list[str] | None] = {last + 1: []}
    for start in sorted(begins, reverse=True):
        ends = sorted(begins[start], reverse=longest)
        ways[start] = next(
            ([part, *rest] for end, part in ends if (rest := ways.get(end + 1)) is not None),
            None,
        )
    return ways.get(first)


def sums_over_days(keys: pl.Series) -> csr_array:
    """Return every sum by which cells of longer periods are made of cells of shorter ones.

    Each release brings the sums of its own tables; what joins the quarters of one to the year of another is here.

    Returns:
        equations × cells, with +1 at a total and −1 at its parts.
    """
    cells = pl.DataFrame({"key": keys}).with_row_index("at").with_columns(without_period(), period())
    cells = cells.drop_nulls("period").sort("rest", "period")
    rows, columns, values, count = [], [], [], 0
    alike = cells.group_by("rest", maintain_order=True).agg("period", "at")
    for (periods,), group in alike.group_by("period", maintain_order=True):
        places = np.array(group["at"].to_list(), dtype=np.int64)
        at = {name: index for index, name in enumerate(periods)}
        for whole in periods:
            ways = (tiled(whole, periods), tiled(whole, periods, longest=True))
            for parts in [way for index, way in enumerate(ways) if way is not None and way not in ways[:index]]:
                ids = places[:, [at[whole], *(at[part] for part in parts)]]
                rows.append(np.repeat(np.arange(count, count + len(ids)), ids.shape[1]))
                columns.append(ids.ravel())
                values.append(np.tile(np.r_[1, -np.ones(len(parts), np.int64)], len(ids)))
                count += len(ids)
    if not rows:
        return csr_array((0, len(keys)), dtype=np.int64)
    entries = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    return csr_array(entries, shape=(count, len(keys)))


def small_changes(now: pl.DataFrame, told: Sequence[pl.DataFrame], k: int) -> list[str]:
    """Return the periods over which something differs from what was told before by 1 to k − 1 records.

    A difference between two releases is a count too: of records that came late, were changed or are gone. Compared are
    the same days and codes, days that are made up of shorter periods told before, and what a total left for the parts
    that were withheld.

    Args:
        now: `key`, `n` of the cells that would be told, and `new`: whether it was not told from these records yet.
            A difference between cells all of which were tells nothing.
        told: `key`, `n`, `of`, `period` of what was, a frame for each release (`Protected.told`).
        k: the policy's k.
    """
    marked = now if "new" in now.columns else now.with_columns(new=pl.lit(True))
    cells = marked.select("key", "n", "new", without_period(), period())
    found: set[str] = set()
    for earlier in told:
        same = earlier.join(cells.select("key", "new", now="n"), on="key", how="left")
        whole = same.group_by("of", "period").agg(
            pl.col("n", "now").sum(), pl.col("new").any(), pl.col("now").null_count().alias("absent")
        )
        single = earlier.filter(pl.col("of") == pl.col("key")).select("key", "n")
        rest = cells.filter("new").join(single, on="key", how="anti").drop_nulls("period")
        summed = _summed(rest, single).select("period", "n", now="before")
        both = pl.concat([whole.filter("new", pl.col("absent") == 0).select("period", "n", "now"), summed])
        apart = (pl.col("n") - pl.col("now")).abs()
        found |= {*both.filter((apart > 0) & (apart < k))["period"].drop_nulls()}
    return sorted(found)


def spoken_of(cells: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """Return the cells that were told before: the same days and codes, or days made up of shorter periods that were.

    Args:
        cells: `key` and whatever else.
        told: `key`, `n` of what was told.
    """
    same = cells.join(told.select("key"), on="key", how="semi")
    rest = cells.join(told, on="key", how="anti").with_columns(without_period(), period()).drop_nulls("period")
    return pl.concat([same, _summed(rest, told).select(cells.columns)])


def _summed(cells: pl.DataFrame, earlier: pl.DataFrame) -> pl.DataFrame:
    """Return cells with `before`: what the earlier cells of shorter periods add up to that make them up."""
    pieces = earlier.select(without_period(), period().alias("piece"), pl.col("n").alias("part")).drop_nulls("piece")
    held = pieces.group_by("rest").agg(pl.col("piece").sort().str.join(" ").alias("pieces"))
    asked = cells.join(held, on="rest")
    ways = [
        (pieces_, whole, part)
        for pieces_, whole in asked.select("pieces", "period").unique().iter_rows()
        for part in tiled(whole, pieces_.split(" ")) or []
    ]
    by_way = pl.DataFrame(ways, schema=dict.fromkeys(("pieces", "period", "piece"), pl.String), orient="row")
    parts = asked.join(by_way, on=["pieces", "period"]).join(pieces, on=["rest", "piece"])
    sums = parts.group_by("key").agg(pl.col("part").sum().alias("before"))
    return cells.join(sums, on="key")


@cache
def _days(code: str) -> tuple[int, int] | None:
    """Return the first and last day of a period as numbers; None where it is not called by days."""
    try:
        days = Period.parse(code)
    except MeasureError:
        return None
    return days.first.toordinal(), days.last.toordinal()
