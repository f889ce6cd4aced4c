"""What a delivery changes: rows compared with the store by key and content, only touched partitions rewritten.

Everything runs in DuckDB over Parquet files, one partition at a time, so memory stays bounded.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import polars as pl

from openhalo.base.periods import Period
from openhalo.catalogue.record_types import PARTITION_COLUMNS, RecordType
from openhalo.catalogue.sources import SourceSpec
from openhalo.engines.rows import to_frame
from openhalo.records.identity import UNSPLIT, agency_bucket, content_hash, identifier, quote, record_key
from openhalo.records.manifest import Coverage, Manifest, TableVersion
from openhalo.records.staging import Staged
from openhalo.records.store import Partition, Store, partition_folder

READ_ANEW = "the same file, read anew, brings it no longer"
OUT_OF_SCOPE = "the file speaks for it and no longer holds it"
"""Why a record was withdrawn."""

ROWS_PER_FILE = 1_000_000
"""A partition is written in files of whole months of about this many records; this bounds an import's memory."""

ROWS_PER_YEAR = 10_000_000
"""A year with more records than this is split by agency, so that one agency's delivery rewrites little else."""

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


def compare(
    arrival: Arrival, files: Sequence[str], connection: duckdb.DuckDBPyConnection
) -> tuple[Comparison, pl.DataFrame]:
    """Compare staged rows with the store.

    Returns the comparison, and the rows refused because their key is not theirs alone (`row`, `reason`).
    The connection keeps the tables `arriving`, `existing` and `withdrawn` for `write`.
    """
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


def write(
    arrival: Arrival,
    comparison: Comparison,
    files: Sequence[str],
    store: Store,
    manifest: Manifest,
    connection: duckdb.DuckDBPyConnection,
) -> TableVersion:
    """Write the touched partitions and commit them; return the table's new version. Hold the store's lock."""
    store.settle(manifest, arrival.record)
    added: list[tuple[str, Partition]] = []
    for partition in comparison.touched:
        own = [file for file in files if f"/{partition_folder(partition)}/" in file.replace("\\", "/")]
        months = _months(arrival.record, partition, own, connection)
        split = partition[1] == UNSPLIT and sum(months.values()) > ROWS_PER_YEAR
        for chunk in _chunks(months):
            rows = _rows(arrival, partition, chunk, own, connection)
            for target, part in _by_agency(partition[0], rows) if split else [(partition, rows)]:
                if not part.is_empty():
                    path, name = store.new_file(arrival.record.id, target)
                    part.write_parquet(path, compression_level=1)
                    added.append((name, target))
    version = store.commit(arrival.record, added, comparison.touched, arrival.delivery)
    return table_version(store, arrival.record, version, {arrival.source.id: arrival.source.unit}, manifest, connection)


def table_version(
    store: Store,
    record: RecordType,
    version: int,
    units: dict[str, str],
    manifest: Manifest,
    connection: duckdb.DuckDBPyConnection,
) -> TableVersion:
    """Describe a committed table: rows, and what each source of each agency covers."""
    before = manifest.tables.get(record.id)
    known = {cover.source: cover.unit for cover in before.coverage} if before else {}
    draft = TableVersion(delta_version=version, rows=0, coverage=[])
    files = store.files(manifest.model_copy(update={"tables": {record.id: draft}}), record.id)
    if not files:
        return draft
    day = _local_day(record)
    rows = connection.execute(f"""
        SELECT agency, source, count(*), min({day}), max({day}) FROM {scan(files)} GROUP BY ALL ORDER BY ALL
    """).fetchall()
    coverage = [
        Coverage(agency=a, source=s, unit={**known, **units}[s], rows=n, first=first, last=last)
        for a, s, n, first, last in rows
    ]
    return TableVersion(delta_version=version, rows=sum(cover.rows for cover in coverage), coverage=coverage)


def scan(files: Sequence[str]) -> str:
    """Return the SQL that reads a table's files with their partition columns."""
    types = ", ".join(f"'{column}': INTEGER" for column in PARTITION_COLUMNS)
    listed = ", ".join(quote(file) for file in files)
    return f"read_parquet([{listed}], union_by_name = true, hive_partitioning = true, hive_types = {{{types}}})"


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
               {_local_day(arrival.record)} AS local_day, local_year, {bucket} AS agency_bucket
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
    columns = (
        f"record_key, content_hash, delivery, {_local_day(arrival.record)} AS local_day, local_year, agency_bucket"
    )
    if files:
        own = f"agency = {quote(arrival.agency)} AND source = {quote(arrival.source.id)}"
        query = f"SELECT {columns} FROM {scan(files)} WHERE {own}"
    else:
        query = """SELECT '' AS record_key, 0::BIGINT AS content_hash, '' AS delivery, DATE '1970-01-01' AS local_day,
                   0 AS local_year, 0 AS agency_bucket WHERE false"""
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


def _months(
    record: RecordType, partition: Partition, own: Sequence[str], connection: duckdb.DuckDBPyConnection
) -> dict[int, int]:
    """Return the months of a partition with about how many records each will hold."""
    stored = f"UNION ALL SELECT month({_local_day(record)}) FROM {scan(own)}" if own else ""
    months = connection.execute(f"""
        SELECT month, count(*)
        FROM (SELECT month(local_day) AS month FROM differing WHERE {_within(partition)} {stored})
        GROUP BY month ORDER BY month
    """).fetchall()
    return dict(months)


def _chunks(months: dict[int, int]) -> list[list[int]]:
    """Cut a partition into runs of whole months of about `ROWS_PER_FILE` records, so that memory stays bounded."""
    chunks: list[list[int]] = []
    filled = ROWS_PER_FILE
    for month, rows in months.items():
        if filled + rows > ROWS_PER_FILE:
            chunks.append([])
            filled = 0
        chunks[-1].append(month)
        filled += rows
    return chunks


def _by_agency(year: int, rows: pl.DataFrame) -> list[tuple[Partition, pl.DataFrame]]:
    """Split the records of a year by agency bucket."""
    buckets = {agency: agency_bucket(agency) for agency in rows["agency"].unique()}
    return [
        ((year, bucket), rows.filter(pl.col("agency").is_in([a for a in buckets if buckets[a] == bucket])))
        for bucket in sorted(set(buckets.values()))
    ]


def _within(partition: Partition, months: Sequence[int] = ()) -> str:
    year, bucket = partition
    some = f" AND month(local_day) IN ({', '.join(map(str, months))})" if months else ""
    return f"local_year = {year} AND agency_bucket = {bucket}{some}"


def _rows(
    arrival: Arrival,
    partition: Partition,
    months: Sequence[int],
    own: Sequence[str],
    connection: duckdb.DuckDBPyConnection,
) -> pl.DataFrame:
    """Return the new content of some months: what arrived, and what stays, sorted by agency and time."""
    parts = [_arrived(arrival, partition, months, connection)]
    year, bucket = partition
    gone = to_frame(
        connection.sql(f"""
            SELECT record_key FROM differing WHERE old_year = {year} AND old_bucket = {bucket}
            UNION ALL SELECT record_key FROM withdrawn WHERE local_year = {year} AND agency_bucket = {bucket}
        """)
    )
    day = pl.col(arrival.record.date_column)
    for file in own:
        stored = pl.scan_parquet(file, hive_partitioning=False)
        if arrival.record.fields[arrival.record.time].type != "integer":
            stored = stored.filter(day.dt.month().is_in(months))
        parts.append(stored.join(gone.lazy(), on="record_key", how="anti").collect())
    rows = pl.concat([part for part in parts if not part.is_empty()] or parts[:1], how="diagonal")
    order = [*(["agency"] if rows["agency"].n_unique() > 1 else []), arrival.record.time]
    return rows.select(column for column in arrival.record.columns() if column in rows.columns).sort(order)


def _arrived(
    arrival: Arrival, partition: Partition, months: Sequence[int], connection: duckdb.DuckDBPyConnection
) -> pl.DataFrame:
    """Return the staged rows of some months that are new or changed, with their system columns."""
    query = f"""
        SELECT staged_place, record_key, content_hash FROM differing
        WHERE {_within(partition, months)} ORDER BY month(local_day), staged_place
    """
    keys = to_frame(connection.sql(query))
    columns = ["staged_place", *arrival.staged.columns]
    folders = [arrival.staged.month(partition[0], month) for month in months]
    staged = [
        pl.scan_parquet(folder, hive_partitioning=False).select(columns).collect()
        for folder in folders
        if folder.exists()
    ]
    in_order = [f if f["staged_place"].is_sorted() else f.sort("staged_place") for f in staged]
    rows = pl.concat(in_order) if in_order else pl.DataFrame(schema=dict.fromkeys(columns, pl.Null()))
    if keys.height < rows.height:
        rows = rows.filter(pl.col("staged_place").is_in(keys["staged_place"].implode()))
    # Both sides are in the order of the file now, so they fit side by side: a join would cost as much as the sort.
    constants = {"delivery": arrival.delivery, "agency": arrival.agency, "source": arrival.source.id}
    rows = pl.concat([keys.drop("staged_place"), rows.drop("staged_place")], how="horizontal")
    return rows.with_columns(pl.lit(value).alias(name) for name, value in constants.items())


def _local_day(record: RecordType) -> str:
    column = identifier(record.date_column)
    return f"make_date(CAST({column} AS INTEGER), 1, 1)" if record.fields[record.time].type == "integer" else column
