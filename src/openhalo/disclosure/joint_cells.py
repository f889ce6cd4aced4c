"""Cells by all dimensions of some records together: nobody publishes them, and every table is made of their sums.

Race by precinct, race by reason and precinct by reason say nothing of each other by definition, yet all three are sums
of the cells by race, precinct and reason, none of which is negative. Of 3,500 made-up towns of a few hundred people, 43
had a small cell that each table hid by itself and the three together gave away. So the joint cells stand in the last
attack; they are no secrets themselves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from scipy.sparse import coo_array, csr_array, hstack, vstack

from openhalo.disclosure.attack import FAR, System
from openhalo.disclosure.lattice import cell_keys


@dataclass(frozen=True)
class JointCells:
    """All cells of some records by all dimensions together, without margins."""

    of: str
    """What is counted, as tables call it."""
    dims: tuple[str, ...]
    counts: pl.DataFrame
    """One row per cell that can count somebody: dims, `period` (text) and `n`."""
    periods: Mapping[str, Sequence[str]]
    """Longer period → the periods in `counts` that it is the sum of."""
    tables: Sequence[tuple[str, ...]]
    """Dimensions of each table, of which each cell is a sum of these."""


def with_joint(system: System, joints: Sequence[JointCells]) -> System:
    """Return what an attacker has who also knows that every table is made of joint cells, which count whole people."""
    for joint in joints:
        system = _with(system, joint)
    return system


def _with(system: System, joint: JointCells) -> System:
    keys = pl.DataFrame({"key": system.keys}).with_row_index("total")
    cells = joint.counts.with_row_index("part")
    levels = [(code, code) for code in cells["period"].unique()]
    longer = [(part, whole) for whole, parts in joint.periods.items() for part in parts]
    entries, made = list[pl.DataFrame](), 0
    for dims in dict.fromkeys(joint.tables):
        found = _entries(cells, joint.of, dims, levels, keys)
        if len(found) < len(cells):
            # This table is cut into longer periods.
            found = _entries(cells, joint.of, dims, [*levels, *longer], keys)
        rows = found.with_columns((pl.col("total").rank("dense") - 1 + made).cast(pl.Int64).alias("row"))
        made += found["total"].n_unique()
        entries.append(rows)
    rows = pl.concat(entries)
    totals = rows.select("row", "total").unique()
    left = coo_array((np.ones(len(totals)), (totals["row"], totals["total"])), shape=(made, len(keys)))
    right = coo_array((-np.ones(len(rows)), (rows["row"], rows["part"])), shape=(made, len(cells)))
    before = hstack([system.sums, csr_array((system.sums.shape[0], len(cells)), dtype=np.int64)])
    count = cells["n"].to_numpy().astype(np.int64)
    # A table of another state may have cells of the same name.
    named = cells.select(cell_keys(f"{joint.of} together", [*joint.dims, "period"]).alias("key"))["key"]
    every = np.ones(len(cells), np.int64)
    return replace(
        system,
        keys=[*system.keys, *named],
        value=np.r_[system.value, count],
        sums=csr_array(vstack([before, hstack([left, right])])).astype(np.int64),
        public=np.r_[system.public, every < 0],
        lower=np.r_[system.lower, -count],
        secret=np.r_[system.secret, every < 0],
        width=np.r_[system.width, FAR * every],
    )


def _entries(
    cells: pl.DataFrame, of: str, dims: Sequence[str], levels: Sequence[tuple[str, str]], keys: pl.DataFrame
) -> pl.DataFrame:
    """Return `total` and `part`: which cells of a table are sums of which joint cells."""
    over = pl.DataFrame(levels, schema={"period": pl.String, "_over": pl.String}, orient="row")
    timed = cells.join(over, on="period").with_columns(period="_over")
    return (
        timed.select("part", cell_keys(of, [*dims, "period"]).alias("key")).join(keys, on="key").select("total", "part")
    )
