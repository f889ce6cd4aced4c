"""What a delivery changes: its rows compared with the store by key and content.

Everything runs in DuckDB over Parquet files, which spills to disk when memory is short.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import polars as pl

from openhalo.base.periods import Period
from openhalo.catalogue.record_types import RecordType
from openhalo.catalogue.sources import SourceSpec
from openhalo.engines.damaged_files import files_are_whole
from openhalo.engines.duckdb_cursor import cursor
from openhalo.engines.duckdb_sql import quote
from openhalo.engines.rows import to_frame
from openhalo.records.identity import agency_bucket, content_hash, record_key
from openhalo.records.sql import local_day, scan
from openhalo.records.staging import Staged
from openhalo.records.store import Partition

READ_ANEW = "the same file, read anew, brings it no longer"
OUT_OF_SCOPE = "the file speaks for it and no longer holds it"
"""Why a record was withdrawn."""

_SPLIT_YEAR = re.compile(r"local_year=(-?\d+)[/\\]agency_bucket=[1-9]")
_TRUNCATED = {"year": "year", "month": "month", "day": "day"}


@dataclass(frozen=True)
class Arrival:
    """Rows of one delivery, staged."""

    delivery: str
    agency: str
    source: SourceSpec
    record: RecordType
    staged: Staged
    period: Period | None = None
    """The days that the delivery speaks for, where the sender named them."""
    supersedes: Sequence[str] = ()
    """Earlier deliveries that this one corrects: what they brought and this one does not is withdrawn."""
    mends: bool = False
    """The delivery brings mended rows of an earlier one: it only adds, and speaks for no others."""
    mended_by: Sequence[str] = ()
    """Earlier deliveries that mended the same one; their rows are these rows again."""


@dataclass(frozen=True)
class Comparison:
    """How a delivery differs from the store."""

    added: int
    changed: int
    unchanged: int
    withdrawn: pl.DataFrame
    """`record_key`, `content_hash`, `delivery` and `reason` of the records that the delivery takes back."""
    in_scope: int
    """Records of the store that the delivery speaks for."""
    touched: list[Partition]


def compare(arrival: Arrival, files: Sequence[str]) -> tuple[Comparison, pl.DataFrame]:
    """Compare staged rows with the store.

    Returns the comparison, and the rows refused because their key is not theirs alone (`row`, `reason`).
    This thread's connection keeps the tables `arriving`, `existing` and `withdrawn` for `write`.
    """
    connection = cursor()
    _stage(arrival, files, connection)
    repeated = _refuse_repeated_keys(connection)
    _load_existing(arrival, files, connection)
    if arrival.mends and not arrival.source.key:
        _continue_ordinals(arrival, connection)
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE withdrawn AS
        SELECT *, CASE WHEN {_superseded(arrival)} THEN {quote(READ_ANEW)} ELSE {quote(OUT_OF_SCOPE)} END AS reason
        FROM existing WHERE ({_scope(arrival)})
          AND record_key NOT IN (SELECT record_key FROM arriving)
          AND ({_superseded(arrival)} OR record_key NOT IN (SELECT record_key FROM refused))
    """)
    connection.sql("""
        CREATE OR REPLACE TEMP TABLE differing AS
        SELECT a.*, e.local_year AS old_year, e.agency_bucket AS old_bucket
        FROM arriving a LEFT JOIN existing e USING (record_key)
        WHERE e.record_key IS NULL OR e.content_hash <> a.content_hash
    """)
    counts = connection.execute("""
        SELECT count(*) FILTER (old_year IS NULL), count(*) FILTER (old_year IS NOT NULL),
               (SELECT count(*) FROM arriving) - count(*) FROM differing
    """).fetchone()
    in_scope = connection.execute(f"SELECT count(*) FROM existing WHERE {_scope(arrival)}").fetchone()
    touched = connection.execute("""
        SELECT local_year, agency_bucket FROM differing
        UNION SELECT old_year, old_bucket FROM differing WHERE old_year IS NOT NULL
        UNION SELECT local_year, agency_bucket FROM withdrawn ORDER BY ALL
    """).fetchall()
    query = "SELECT record_key, content_hash, delivery, reason FROM withdrawn ORDER BY record_key"
    withdrawn = to_frame(connection.sql(query))
    assert counts is not None and in_scope is not None
    added, changed, unchanged = counts
    return Comparison(added, changed, unchanged, withdrawn, in_scope[0], touched), repeated


def _stage(arrival: Arrival, files: Sequence[str], connection: duckdb.DuckDBPyConnection) -> None:
    years = ", ".join(sorted({found.group(1) for file in files if (found := _SPLIT_YEAR.search(file))}))
    bucket = f"CASE WHEN local_year IN ({years}) THEN {agency_bucket(arrival.agency)} ELSE 0 END" if years else "0"
    key = record_key(arrival.agency, arrival.source.id, bool(arrival.source.key))
    kinds = arrival.record.columns()
    # Local time, date and precision follow from the instant and from the spec: hashing the spec's part is enough.
    derived = {f"{name}{suffix}" for name in arrival.record.fields for suffix in ("_local", "_date", "_precision")}
    spec = arrival.source.zone + "|".join(mapping.precision for _, mapping in arrival.source.mappings())
    content = content_hash({c: kinds[c] for c in arrival.staged.columns if c not in derived}, spec)
    # Identical rows are numbered before any of them is left out, so that each keeps its own key.
    # A row that gives several records is taken whole or not at all.
    whole = "REPLACE (bool_or(refused) OVER (PARTITION BY row) AS refused)" if arrival.source.repeat else ""
    staged = f"(SELECT * {whole}, {key} AS record_key FROM {arrival.staged.scan})"
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE arriving AS
        SELECT staged_place, row, record_key, {content} AS content_hash,
               {local_day(arrival.record)} AS local_day, local_year, {bucket} AS agency_bucket
        FROM {staged} WHERE NOT refused
    """)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE refused AS SELECT record_key FROM {staged} WHERE refused")


def _refuse_repeated_keys(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE suspects AS
        SELECT hash(record_key) AS digest FROM arriving GROUP BY digest HAVING count(*) > 1
    """)  # grouping whole keys takes four times as long, and hardly any delivery has a repeated one
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE repeated AS
        SELECT record_key, min(staged_place) AS kept, min(row) AS first_row, count(*) AS times,
               count(DISTINCT content_hash) AS contents
        FROM arriving WHERE hash(record_key) IN (SELECT digest FROM suspects)
        GROUP BY record_key HAVING count(*) > 1
    """)
    query = """
        SELECT row, 'key: row ' || first_row || CASE WHEN contents = 1
            THEN ' has the same key and says the same'
            ELSE ' has the same key and says something else; none of the ' || times || ' rows was taken' END AS reason
        FROM arriving JOIN repeated USING (record_key) WHERE contents > 1 OR staged_place <> kept ORDER BY row
    """
    rows = to_frame(connection.sql(query))
    if not rows.is_empty():
        connection.execute("INSERT INTO refused SELECT record_key FROM repeated")
        connection.execute("""
            DELETE FROM arriving USING repeated r
            WHERE arriving.record_key = r.record_key AND (r.contents > 1 OR arriving.staged_place <> r.kept)
        """)
    return rows


def _load_existing(arrival: Arrival, files: Sequence[str], connection: duckdb.DuckDBPyConnection) -> None:
    columns = f"record_key, content_hash, delivery, {local_day(arrival.record)} AS local_day, local_year, agency_bucket"
    if files:
        own = f"agency = {quote(arrival.agency)} AND source = {quote(arrival.source.id)}"
        query = f"SELECT {columns} FROM {scan(files)} WHERE {own}"
    else:
        query = """SELECT '' AS record_key, 0::BIGINT AS content_hash, '' AS delivery, DATE '1970-01-01' AS local_day,
                   0 AS local_year, 0 AS agency_bucket WHERE false"""
    with files_are_whole(files):
        connection.execute(f"CREATE OR REPLACE TEMP TABLE existing AS {query}")


def _continue_ordinals(arrival: Arrival, connection: duckdb.DuckDBPyConnection) -> None:
    """Number mended rows on from the alike rows of the store: they stood beside those in the file, as others."""
    again = ", ".join(quote(name) for name in arrival.mended_by) or "''"
    connection.execute(f"""
        UPDATE arriving SET record_key = stem || '-' || (CAST(regexp_extract(record_key, '-(\\d+)$', 1) AS BIGINT) + n)
        FROM (SELECT regexp_extract(record_key, '^(.*)-\\d+$', 1) AS stem, count(*) AS n
              FROM existing WHERE delivery NOT IN ({again}) GROUP BY ALL)
        WHERE regexp_extract(record_key, '^(.*)-\\d+$', 1) = stem
    """)


def _superseded(arrival: Arrival) -> str:
    return f"delivery IN ({', '.join(quote(name) for name in arrival.supersedes)})" if arrival.supersedes else "false"


def _scope(arrival: Arrival) -> str:
    parts = [_superseded(arrival)]
    if arrival.mends:
        return parts[0]
    if arrival.period:
        parts.append(f"local_day BETWEEN DATE '{arrival.period.first}' AND DATE '{arrival.period.last}'")
    elif arrival.source.scope.mode == "replace":
        unit = _TRUNCATED.get(arrival.source.scope.period)
        same = f"date_trunc('{unit}', local_day) IN (SELECT date_trunc('{unit}', local_day) FROM arriving)"
        parts.append(same if unit else "true")
    return " OR ".join(parts)
