"""DuckDB as an engine: views in the process's in-memory database, asked in SQL that Ibis compiles.

Ibis 12's own DuckDB backend calls functions that DuckDB 2.0 no longer has, so only its compiler is used.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import ibis
import polars as pl
from ibis.expr import operations

from openhalo.base.provenance import hash_facts
from openhalo.catalogue.record_types import ColumnType
from openhalo.engines.columns import DUCKDB, IBIS
from openhalo.engines.damaged_files import files_are_whole
from openhalo.engines.duckdb_cursor import cursor
from openhalo.engines.duckdb_sql import identifier, quote
from openhalo.engines.rows import Stream, to_frame

_FORMS = {".csv": "(FORMAT csv, HEADER)", ".parquet": "(FORMAT parquet, COMPRESSION zstd)"}
_views: dict[str, ibis.Table] = {}
"""Views that this process's database has, by name."""
_naming = threading.Lock()


@dataclass(frozen=True)
class DuckDBEngine:
    """The process's in-memory DuckDB. All instances are the same engine."""

    def table(self, files: Sequence[str], columns: Mapping[str, ColumnType]) -> ibis.Table:
        """Return the rows of Parquet files as a view; columns that no file holds are null."""
        listed = ", ".join(quote(file) for file in files)
        origin = f"read_parquet([{listed}], union_by_name = true, hive_partitioning = false)"
        # A purge writes files anew under their names, with other columns: so they are looked at each time.
        with files_are_whole(files):
            held = set(cursor().sql(f"SELECT * FROM {origin} LIMIT 0").columns) if files else set()
        cells = [
            identifier(name) if name in held else f"CAST(NULL AS {DUCKDB[kind]}) AS {identifier(name)}"
            for name, kind in columns.items()
        ]
        query = f"SELECT {', '.join(cells)} {f'FROM {origin}' if files else 'WHERE false'}"
        return _view([query], lambda: (query, ibis.schema({name: IBIS[kind] for name, kind in columns.items()})))

    def view(self, facts: Any, rows: Callable[[], ibis.Table]) -> ibis.Table:
        """Return rows as a view; to make and to compile them takes longer than to answer many a question."""

        def made() -> tuple[str, ibis.Schema]:
            found = rows()
            return _sql(found), found.schema()

        return _view(facts, made)

    def fetch(self, expression: Any) -> pl.DataFrame:
        """Return the rows of an Ibis table expression.

        (DuckDB sums integers into 128 bits and truncates dates to timestamps; Ibis promises 64 bits and dates.)
        """
        with files_are_whole(), _lent(expression):
            found = to_frame(cursor().sql(_sql(expression)))
        return found.cast(dict(expression.schema().to_polars()))

    def write(self, rows: ibis.Table, path: Path) -> int:
        """Write rows in one stream and return their number."""
        query = f"COPY ({_sql(rows)}) TO {quote(str(path))} {_FORMS[path.suffix]}"
        try:
            with files_are_whole(into=str(path)):
                written = cursor().execute(query).fetchone()
        except duckdb.IOException as error:
            raise OSError(str(error)) from None
        assert written is not None
        return int(written[0])


def _sql(expression: Any) -> str:
    return str(ibis.to_sql(expression, dialect="duckdb"))


def _view(facts: Any, made: Callable[[], tuple[str, ibis.Schema]]) -> ibis.Table:
    """Return the view that is named by these facts; `made` gives its query and columns where it has to be made.

    Two threads that ask alike share a view, and no one's view changes under them.
    """
    name = f"rows:{hash_facts(facts)[:32]}"
    if name not in _views:
        query, columns = made()
        with _naming:
            cursor().execute(f"CREATE VIEW IF NOT EXISTS {identifier(name)} AS {query}")
            _views[name] = ibis.table(columns, name=name)
    return _views[name]


@contextmanager
def _lent(expression: Any) -> Iterator[None]:
    """Lend the frames that an expression speaks of (`ibis.memtable`) to this thread's cursor for one question."""
    frames = {node.name: node for node in expression.op().find(operations.InMemoryTable)}
    for name, node in frames.items():
        cursor().register(name, Stream(node.data.to_polars(node.schema)))
    try:
        yield
    finally:
        for name in frames:
            cursor().unregister(name)
