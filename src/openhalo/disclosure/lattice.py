"""Linked tables as one lattice: every cell once, and every sum that an attacker can use.

Tables that count the same thing share their cells: the margin of race × place is the table of race. A share is a
dimension like any other (outcome: yes, no, missing), so that numerator, complement and n stand in one lattice and
a share published beside its denominator gives nothing away that the attack does not know.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_array

from openhalo.base.errors import Problem, ReleaseError

ALL = "*"
"""The code of a margin: all groups of a dimension together."""
UNKNOWN = "?"
"""The code of records whose group is not known: a group like any other, or the margins would not add up."""
TOGETHER = "\x1f"
"""Between codes that have one cell together, since no record has any of them."""
MAX_CELLS = 200_000

RECORDS = "_records"
"""Column that says how many alike records a row stands for; without it, each is one."""

Rollups = Mapping[str, Mapping[str, tuple[str, ...]]]


@dataclass(frozen=True)
class CountTable:
    """One table of counts, with its margins."""

    of: str
    """What is counted; tables of the same thing are linked."""
    dims: tuple[str, ...]
    counts: pl.DataFrame
    """One row per cell and margin: dims (text, ALL for a margin), `n` (the count that is published), and a column
    for each protection unit (how many different ones the cell counts), by name. A row that is absent counts 0."""
    rollups: Rollups = field(default_factory=dict)
    """Dimension → code → codes that it is the sum of (2017: its quarters)."""
    codes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Dimension → codes that have a cell even where `counts` has none of them."""
    possible: Sequence[pl.DataFrame] = ()
    """Codes of some dims that go together: cells with others count nobody, as everyone knows, and are left out."""
    joint: bool = False
    """Nobody declared this table: its cells are no secrets, and join those of others."""


def in_every_cell(
    records: pl.DataFrame | pl.LazyFrame, dims: Iterable[str], rollups: Rollups, without_total: Iterable[str] = ()
) -> pl.LazyFrame:
    """Return each record once for every cell that it lies in, margins and longer periods too; dims name the cell."""
    dims = tuple(dims)
    frame = records.lazy().with_columns(pl.col(name).cast(pl.String).fill_null(UNKNOWN) for name in dims)
    for name in dims:
        known = frame.select(pl.col(name)).unique().collect()[name].to_list()
        pairs = [(code, code) for code in known] + (
            [] if name in set(without_total) else [(code, ALL) for code in known]
        )
        pairs += [(code, parent) for parent, parts in rollups.get(name, {}).items() for code in parts if code in known]
        levels = pl.LazyFrame(pairs, schema={name: pl.String, f"{name}_level": pl.String}, orient="row")
        frame = frame.join(levels, on=name).drop(name).rename({f"{name}_level": name})
    return frame


def count_table(
    records: pl.DataFrame | pl.LazyFrame,
    of: str,
    dims: Iterable[str],
    units: Mapping[str, str] | None = None,
    rollups: Rollups | None = None,
    without_total: Iterable[str] = (),
) -> CountTable:
    """Count records by dimensions, with every margin, in columns.

    Args:
        records: one row per record, or per so many alike as the column RECORDS says.
        of: what is counted.
        dims: columns to cut by; a null is the group UNKNOWN.
        units: protection unit → column that identifies it; each cell gets the number of different ones, and
            `<unit>_largest` and `<unit>_second`: how many of its records the two largest of them bring.
        rollups: dimension → code → codes that it sums.
        without_total: dimensions over which no margin is published (periods).
    """
    dims, units, rollups = tuple(dims), units or {}, rollups or {}
    frame = in_every_cell(records, dims, rollups, without_total)
    size = (pl.col(RECORDS).sum() if RECORDS in frame.collect_schema().names() else pl.len()).cast(pl.Int64)
    keys = [pl.col(name) for name in dims] or [pl.lit(ALL).alias("_all")]
    counts = frame.group_by(keys).agg(size.alias("n")).collect()
    on = [key.meta.output_name() for key in keys]
    for unit, column in units.items():
        brought = frame.group_by([*keys, pl.col(column)]).agg(size.alias("len"))
        ordered = brought.group_by(on).agg(
            pl.len().cast(pl.Int64).alias(unit),
            pl.col("len").max().alias(f"{unit}_largest"),
            (pl.col("len").top_k(2).sum() - pl.col("len").max()).alias(f"{unit}_second"),
        )
        counts = counts.join(ordered.collect(), on=on, how="left")
    return CountTable(of, dims, counts.drop("_all", strict=False), rollups)


@dataclass(frozen=True)
class Lattice:
    """Cells of linked tables and the sums that hold among them."""

    cells: pl.DataFrame
    """One row per cell: `key`, `n`, and what the tables brought for protection units; in the matrix's order."""
    sums: csr_array
    """Equations × cells, with +1 at a total and −1 at its parts; `sums @ n` is zero."""

    @classmethod
    def of(cls, tables: Iterable[CountTable]) -> "Lattice":
        """Link tables.

        Raises:
            ReleaseError: two tables disagree about a cell, parts do not add up to their total, or there are more
                than MAX_CELLS cells.
        """
        grids = [_grid(table) for table in tables]
        stacked = pl.concat([frame for frame, _ in grids], how="diagonal").with_columns(
            pl.col("joint").fill_null(False)
        )
        if len(stacked) > MAX_CELLS:
            found = f"the declared tables have {len(stacked):,} cells"
            raise ReleaseError(Problem("tables", found, f"at most {MAX_CELLS:,}", "declare fewer or coarser tables"))
        cells = (
            stacked.drop_nulls("key")
            .group_by("key", maintain_order=True)
            .agg(pl.exclude("joint").max(), pl.col("joint").min(), pl.col("n").n_unique().alias("_said"))
        )
        twice = cells.filter(pl.col("_said") > 1)["key"].to_list()
        if twice:
            raise ReleaseError([Problem(key, "two tables count this cell differently") for key in twice[:20]])
        position = stacked.select("key").join(
            cells.select("key").with_row_index("at"), on="key", how="left", maintain_order="left"
        )["at"]
        sums = _equations(grids, position.fill_null(-1).to_numpy().astype(np.int64), len(cells))
        lattice = cls(cells.drop("_said"), sums)
        wrong = np.flatnonzero(sums @ lattice.n)
        if wrong.size:
            where = [cells["key"][int(sums.indices[sums.indptr[row] : sums.indptr[row + 1]][0])] for row in wrong[:20]]
            raise ReleaseError([Problem(key, "the parts of this cell do not add up to it") for key in where])
        return lattice

    @property
    def n(self) -> NDArray[np.int64]:
        """Return the counts, in the order of the cells."""
        return self.cells["n"].to_numpy().astype(np.int64)


def cell_keys(of: str, dims: Iterable[str]) -> pl.Expr:
    """Return the name of each row's cell, as an expression; margins are left out, so that linked tables name it alike.

    >>> table = pl.DataFrame({"race": ["B"], "place": ["*"]})
    >>> table.select(cell_keys("stops", table.columns)).item()
    'stops|race=B'
    """
    parts = [
        pl.when(pl.col(name) == ALL).then(pl.lit("")).otherwise(pl.format("|{}={}", pl.lit(name), pl.col(name)))
        for name in sorted(dims)
    ]
    return pl.concat_str([pl.lit(of), *parts])


Axes = list[tuple[int, int, list[int]]]
"""Axis, position of a total on it, positions of its parts."""


def _grid(table: CountTable) -> tuple[pl.DataFrame, tuple[tuple[int, ...], Axes]]:
    """Return every cell of a table's full grid, with its shape and what is a total of what."""
    codes, axes = [], []
    for axis, name in enumerate(table.dims):
        rollups = table.rollups.get(name, {})
        parts = {part for parts in rollups.values() for part in parts}
        listed = {*table.codes[name], ALL} if name in table.codes else set()
        present = sorted({*table.counts[name], *parts, *listed})
        present += [parent for parent in rollups if parent not in present]
        at = {code: index for index, code in enumerate(present)}
        axes += [(axis, at[parent], [at[part] for part in parts]) for parent, parts in rollups.items()]
        below = {part for parts in rollups.values() for part in parts}
        if ALL in at:
            axes.append((axis, at[ALL], [at[code] for code in present if code != ALL and code not in below]))
        codes.append(present)
    shape = tuple(len(present) for present in codes)
    if not table.dims:
        return table.counts.with_columns(pl.lit(table.of).alias("key"), pl.lit(table.joint).alias("joint")), (
            shape,
            axes,
        )
    if np.prod(shape) > MAX_CELLS:
        found = f"{' × '.join(table.dims)} has {int(np.prod(shape)):,} cells"
        raise ReleaseError(Problem(table.of, found, f"at most {MAX_CELLS:,}", "use coarser groups"))
    schema = dict.fromkeys(table.dims, pl.String)
    full = pl.DataFrame(list(product(*codes)), schema=schema, orient="row")
    joined = full.join(table.counts, on=table.dims, how="left", maintain_order="left")
    filled = joined.with_columns(cell_keys(table.of, table.dims).alias("key"), pl.lit(table.joint).alias("joint"))
    for possible in table.possible:
        filled = filled.with_columns(pl.when(_can_be(filled, possible)).then("key").alias("key"))
    return filled.drop(table.dims).with_columns(pl.exclude("key", "joint").fill_null(0)), (shape, axes)


def _can_be(cells: pl.DataFrame, possible: pl.DataFrame) -> pl.Series:
    """Return which cells have codes that go together; a margin goes with all."""
    dims = possible.columns
    known = cells.select(dims).join(
        possible.with_columns(_there=pl.lit(True)), on=dims, how="left", maintain_order="left"
    )
    return known.select(pl.col("_there").fill_null(False) | pl.any_horizontal(pl.col(dims) == ALL)).to_series()


def _equations(
    grids: list[tuple[pl.DataFrame, tuple[tuple[int, ...], Axes]]], position: NDArray[np.int64], cells: int
) -> csr_array:
    rows, columns, values = [], [], []
    start = count = 0
    for frame, (shape, axes) in grids:
        ids = position[start : start + len(frame)].reshape(shape)
        start += len(frame)
        for axis, total, parts in axes:
            totals = ids.take(total, axis=axis).reshape(-1, 1)
            below = np.moveaxis(ids.take(parts, axis=axis), axis, -1).reshape(-1, len(parts))
            both = np.hstack([totals, below])
            both = both[both[:, 0] >= 0]
            there = both.ravel() >= 0
            rows.append(np.repeat(np.arange(count, count + len(both)), both.shape[1])[there])
            columns.append(both.ravel()[there])
            values.append(np.tile(np.r_[1, -np.ones(len(parts), np.int64)], len(both))[there])
            count += len(both)
    if not rows:
        return csr_array((0, cells), dtype=np.int64)
    matrix = csr_array((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=(count, cells))
    return without_repeats(matrix)


def without_repeats(matrix: csr_array) -> csr_array:
    """Return the matrix with each equation once; linked tables bring many of them several times."""
    marks = matrix @ np.random.default_rng(0).integers(1, 2**40, matrix.shape[1])
    _, first = np.unique(marks, return_index=True)
    return csr_array(matrix[np.sort(first)])
