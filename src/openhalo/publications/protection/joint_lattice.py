"""The cells by all dimensions of a record type together, as far as they are not too many to be tried."""

from collections.abc import Mapping, Sequence

import polars as pl

from openhalo.disclosure.joint_cells import JointCells
from openhalo.disclosure.lattice import RECORDS
from openhalo.publications.protection.cells import timed
from openhalo.publications.protection.crosses import Cross
from openhalo.publications.protection.earlier_releases import Stretches
from openhalo.publications.protection.late_changes import LateChanges, Table
from openhalo.publications.protection.listed_codes import go_together

MAX_JOINT_CELLS = 6_000
"""The most cells that are tried together: of the programs over so many, one takes a second."""


def joint_cells(late: LateChanges, views: Mapping[Stretches, Sequence[Table]]) -> list[JointCells]:
    """Return what the tables of a release, and of those before it, are made of.

    Where it is too many cells, `late.unjoined` names the record type.

    Args:
        late: what joins the tables.
        views: the tables by the state of the records that each counts. One state of each record type is enough: the
            programs ask by how much cells could differ.
    """
    found = []
    for cross in late.joints:
        record = cross.side.record
        counted = (at for at, tables in views.items() if any(one.record == record for t in tables for one in t.sides))
        state = next(counted, None)
        if state is None:
            continue
        made = _joint(late, cross, state)
        if made is None:
            late.unjoined.add(record)
        else:
            found.append(made)
    return found


def _joint(late: LateChanges, cross: Cross, state: Stretches) -> JointCells | None:
    side = cross.side
    rows, listed, times = late.rows.state(side.record, state), late.codes_of(side), late.calendar_of(side)
    cells = pl.DataFrame({"period": list(times.pieces)}, schema={"period": pl.String})
    for dim in side.dims:
        codes = sorted({*rows[dim].unique(), *listed.get(dim, [])})
        cells = cells.join(pl.DataFrame({dim: codes}, schema={dim: pl.String}), how="cross")
        for pair in sorted(cross.pairs):
            if dim in pair and {*pair} <= {*cells.columns}:
                together = go_together(pair, side, rows, listed, late.records)
                cells = cells.join(together, on=pair, how="semi", maintain_order="left")
        if len(cells) > MAX_JOINT_CELLS:
            return None
    dims = [*side.dims, "period"]
    counts = timed(rows, times).group_by(dims).agg(pl.col(RECORDS).sum().cast(pl.Int64).alias("n"))
    filled = cells.join(counts, on=dims, how="left", maintain_order="left").with_columns(pl.col("n").fill_null(0))
    return JointCells(side.record, side.dims, filled, times.rollups, late.cut_by(side))
