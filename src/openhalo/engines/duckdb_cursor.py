"""Connections to DuckDB: one in-memory database a process, one cursor a thread.

No process opens a writable DuckDB file: its lock would shut every other reader out (docs/decisions/0003).
Readers of records ask an `Engine`; only the engine and the modules that write the store speak DuckDB's SQL.
"""

import os
import threading
from functools import cache

import duckdb

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
