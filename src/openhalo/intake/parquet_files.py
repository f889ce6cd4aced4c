"""Parquet as raw cells: each value as the text that a person would write."""

from pathlib import Path

import polars as pl

from openhalo.base.errors import DeliveryError, Problem
from openhalo.base.provenance import hash_file
from openhalo.catalogue.sources import Format
from openhalo.intake.raw_table import RawTable, check_columns, strip_cells

LIST_SEPARATOR = ";"
"""Between the parts of a list, which `split` in a source spec takes apart again."""


def read_parquet(path: Path, file: Path, written: Format, expected: list[str], scratch: Path) -> RawTable:
    """Open a Parquet file. Of the source's `format` only `blank` matters: Parquet says itself how it is written.

    Dates are ISO, instants carry their offset, whole numbers have no point, yes and no are true and false, lists are
    joined by `;`. Rows count from 1.

    Raises:
        DeliveryError: the file is damaged, has values that are no cells, or not the source's columns.
    """
    tidy = scratch / "cells.parquet"
    try:
        frame = pl.scan_parquet(file, glob=False, hive_partitioning=False)
        schema = frame.collect_schema()
        check_columns(path, schema.names(), expected)
        _refuse_nested(path, schema)
        texts = frame.select(as_text(name, dtype) for name, dtype in schema.items())
        texts.with_row_index("row", offset=1).with_columns(pl.col("row").cast(pl.Int64)).sink_parquet(tidy)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        found = f"the Parquet file is damaged ({str(error).splitlines()[0]})"
        raise DeliveryError(Problem(str(path), found, todo="fetch the file again")) from None
    cells = strip_cells(pl.scan_parquet(tidy, glob=False), schema.names(), written)
    return RawTable(path, hash_file(path), cells, schema.names())


def as_text(name: str, dtype: pl.DataType) -> pl.Expr:
    """Return the expression that writes a typed column as a person would."""
    return _text(pl.col(name), dtype)


def _text(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if isinstance(dtype, pl.List | pl.Array):
        parts = value.cast(pl.List(dtype.inner)) if isinstance(dtype, pl.Array) else value
        return parts.list.eval(_text(pl.element(), dtype.inner)).list.join(LIST_SEPARATOR)  # type: ignore[arg-type]
    if dtype.is_float():
        whole = value.is_finite() & (value == value.floor()) & (value.abs() < 2**53)
        return pl.when(whole).then(value.cast(pl.Int64, strict=False).cast(pl.String)).otherwise(value.cast(pl.String))
    if isinstance(dtype, pl.Datetime):
        zone = "%:z" if dtype.time_zone else ""
        fraction = value.dt.nanosecond() != 0
        to_second, finer = (value.dt.to_string(f"%Y-%m-%d %H:%M:%S{part}{zone}") for part in ("", "%.f"))
        return pl.when(fraction).then(finer).otherwise(to_second)
    return value.cast(pl.String)


def _refuse_nested(path: Path, schema: pl.Schema) -> None:
    def is_cell(dtype: pl.DataType) -> bool:
        if isinstance(dtype, pl.List | pl.Array):
            return is_cell(dtype.inner)  # type: ignore[arg-type]
        return not (dtype.is_nested() or dtype in (pl.Binary, pl.Object))

    problems = [
        Problem(f"{path}: column {name}", f"its values are {dtype}, which fit no cell", todo="leave the column out")
        for name, dtype in schema.items()
        if not is_cell(dtype)
    ]
    if problems:
        raise DeliveryError(problems)
