"""Connections to the engine that answers measures.

One in-memory DuckDB a process, one cursor a thread. No process opens a writable DuckDB file: its lock would
shut every other reader out (docs/decisions/0003).
"""

import os
import threading
from functools import cache
from typing import Any

import duckdb
import ibis
import polars as pl

from openhalo.engines.rows import to_frame

_local = threading.local()


_opening = threading.Lock()


def _database() -> duckdb.DuckDBPyConnection:
    with _opening:  # two first threads must not open two databases and lose each other's views
        return _open()


@cache
def _open() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:")
    connection.execute("SET preserve_insertion_order = false")
    connection.execute("SET TimeZone = 'UTC'")
    # DuckDB 2.0.0 takes two different joins of a table with itself for one and gives the answer of the first.
    connection.execute("SET disabled_optimizers = 'common_subplan'")
    connection.execute(f"SET threads = {os.cpu_count() or 1}")
    return connection


def cursor() -> duckdb.DuckDBPyConnection:
    """Return this thread's own cursor on the process's database."""
    if not hasattr(_local, "cursor"):
        _local.cursor = _database().cursor()
    found: duckdb.DuckDBPyConnection = _local.cursor
    return found


def fetch(expression: Any) -> pl.DataFrame:
    """Run an Ibis expression over views of this process's database; return rows of the types it promises.

    (DuckDB sums integers into 128 bits and truncates dates to timestamps; Ibis promises 64 bits and dates.)
    """
    found = to_frame(cursor().sql(str(ibis.to_sql(expression, dialect="duckdb"))))
    return found.cast(dict(expression.schema().to_polars()))
