"""What can be wrong with a row, found for all rows at once.

Each fault is one yes/no expression. The answers of a row are packed into integers, 62 faults to a column, so
that a million clean rows cost almost nothing and a bad row still keeps every reason.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

import polars as pl

from openhalo.catalogue.record_types import FAULT_COLUMN

_PER_COLUMN = 62


@dataclass(frozen=True)
class Fault:
    """One way in which a row can be wrong."""

    field: str
    column: str
    """Column of the file where the wrong cell stands; empty when no single cell is to blame."""
    broken: pl.Expr
    """True where the row is wrong; null counts as right."""
    message: str
    allowed: str = ""


def pack(faults: Sequence[Fault]) -> list[pl.Expr]:
    """Return one integer column for each 62 faults; bit i is set where fault i holds."""
    chunks = [faults[start : start + _PER_COLUMN] for start in range(0, max(len(faults), 1), _PER_COLUMN)]
    return [
        reduce(
            or_,
            [fault.broken.fill_null(False).cast(pl.Int64) * (1 << bit) for bit, fault in enumerate(chunk)],
            pl.lit(0, pl.Int64),
        ).alias(f"{FAULT_COLUMN}{index}")
        for index, chunk in enumerate(chunks)
    ]


def is_clean(frame: pl.LazyFrame) -> pl.Expr:
    """Return the expression that holds for rows without any fault."""
    columns = [name for name in frame.collect_schema().names() if name.startswith(FAULT_COLUMN)]
    return pl.all_horizontal(pl.col(name) == 0 for name in columns)


def reasons(packed: pl.DataFrame, cells: pl.DataFrame, faults: Sequence[Fault]) -> pl.DataFrame:
    """Say in words what is wrong with each row.

    Args:
        packed: the fault columns, with `row`.
        cells: the raw cells of the same rows, with `row`.
        faults: the faults in the order in which they were packed.

    Returns:
        One line per fault found: `row`, `field`, `column`, `found`, `reason`.
    """
    parts = [pl.DataFrame(schema=REASON_SCHEMA)]
    cells = cells.unique("row", keep="first")
    for index, fault in enumerate(faults):
        bit = 1 << (index % _PER_COLUMN)
        hit = packed.filter((pl.col(f"{FAULT_COLUMN}{index // _PER_COLUMN}") & bit) != 0).select("row").unique()
        if hit.is_empty():
            continue
        found = pl.col(fault.column) if fault.column in cells.columns else pl.lit("")
        tail = f"; allowed: {fault.allowed}" if fault.allowed else ""
        named = pl.format(
            "{}: found '{}', {}{}",
            pl.lit(fault.field),
            found.fill_null(""),
            pl.lit(fault.message),
            pl.lit(tail),
        )
        bare = pl.format("{}: {}{}", pl.lit(fault.field), pl.lit(fault.message), pl.lit(tail))
        parts.append(
            hit.join(cells, on="row", how="left").select(
                "row",
                pl.lit(fault.field).alias("field"),
                pl.lit(fault.column).alias("column"),
                found.fill_null("").alias("found"),
                (named if fault.column else bare).alias("reason"),
            )
        )
    return pl.concat(parts).sort("row", "field", maintain_order=True)


REASON_SCHEMA = pl.Schema(
    {
        "row": pl.Int64(),
        "field": pl.String(),
        "column": pl.String(),
        "found": pl.String(),
        "reason": pl.String(),
    }
)
