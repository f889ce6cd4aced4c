"""How the catalogue's column types are held by the engines."""

from collections.abc import Mapping

import polars as pl

from openhalo.catalogue.record_types import ColumnType

POLARS: dict[ColumnType, pl.DataType] = {
    "text": pl.String(),
    "integer": pl.Int64(),
    "number": pl.Float64(),
    "boolean": pl.Boolean(),
    "date": pl.Date(),
    "instant": pl.Datetime("us", "UTC"),
    "local": pl.Datetime("us"),
    "texts": pl.List(pl.String()),
}

IBIS: dict[ColumnType, str] = {
    "text": "string",
    "integer": "int64",
    "number": "float64",
    "boolean": "boolean",
    "date": "date",
    "instant": "timestamp('UTC', 6)",
    "local": "timestamp(6)",
    "texts": "array<string>",
}
DUCKDB: dict[ColumnType, str] = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "instant": "TIMESTAMPTZ",
    "local": "TIMESTAMP",
    "texts": "VARCHAR[]",
}


def polars_schema(columns: Mapping[str, ColumnType]) -> pl.Schema:
    """Return the Polars schema of stored columns.

    >>> polars_schema({"age": "integer"})
    Schema({'age': Int64})
    """
    return pl.Schema({name: POLARS[kind] for name, kind in columns.items()})
