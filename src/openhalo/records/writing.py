"""What a comparison found, written: only touched partitions, in files of whole months, in one commit.

One file's rows are in memory at a time.
"""

from collections.abc import Sequence
from datetime import date

import duckdb
import polars as pl

from openhalo.catalogue.record_types import RecordType
from openhalo.engines.duckdb_cursor import cursor
from openhalo.engines.duckdb_sql import identifier
from openhalo.engines.rows import to_frame
from openhalo.records.changes import Arrival, Comparison
from openhalo.records.file_hashes import hashed
from openhalo.records.identity import UNSPLIT, agency_bucket
from openhalo.records.manifest import Coverage, Manifest, TableVersion
from openhalo.records.sql import local_day, scan
from openhalo.records.store import Partition, Store, partition_folder

ROWS_PER_FILE = 1_000_000
"""A partition is written in files of whole months of about this many records; this bounds an import's memory."""

ROWS_PER_YEAR = 10_000_000
"""A year with more records than this is split by agency, so that one agency's delivery rewrites little else."""


_MONTH = "coalesce(month(local_day), 0)"


def write(
    arrival: Arrival, comparison: Comparison, files: Sequence[str], store: Store, manifest: Manifest
) -> TableVersion:
    """Write the touched partitions and commit them; return the table's new version. Hold the store's lock.

    What arrived is read from the tables that `compare` left on this thread's connection.
    """
    connection = cursor()
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
    return table_version(store, arrival.record, version, {arrival.source.id: arrival.source.unit}, manifest)


def table_version(
    store: Store, record: RecordType, version: int, units: dict[str, str], manifest: Manifest
) -> TableVersion:
    """Describe a committed table: rows, what each source of each agency covers, and the hashes of its files."""
    before = manifest.tables.get(record.id)
    known = {cover.source: cover.unit for cover in before.coverage} if before else {}
    names = store.names(record.id, version)
    hashes = hashed(store, record.id, names, (before and before.files) or {})
    if not names:
        return TableVersion(delta_version=version, rows=0, coverage=[], files=hashes)
    files = [(store.table_path(record.id) / name).as_posix() for name in names]
    day = local_day(record)
    ends = f"greatest({day}, {identifier(record.until)})" if record.until else day
    query = f"SELECT agency, source, count(*), min({day}), max({ends}) FROM {scan(files)} GROUP BY ALL ORDER BY ALL"
    rows = cursor().execute(query).fetchall()
    coverage = [
        Coverage(agency=a, source=s, unit={**known, **units}[s], rows=n, first=first or date.max, last=last or date.min)
        for a, s, n, first, last in rows
    ]
    rows_in_all = sum(cover.rows for cover in coverage)
    return TableVersion(delta_version=version, rows=rows_in_all, coverage=coverage, files=hashes)


def _months(
    record: RecordType, partition: Partition, own: Sequence[str], connection: duckdb.DuckDBPyConnection
) -> dict[int, int]:
    """Return the months of a partition (0: no date) with about how many records each will hold."""
    stored = f"UNION ALL SELECT coalesce(month({local_day(record)}), 0) FROM {scan(own)}" if own else ""
    months = connection.execute(f"""
        SELECT month, count(*)
        FROM (SELECT {_MONTH} AS month FROM differing WHERE {_within(partition)} {stored})
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
    some = f" AND {_MONTH} IN ({', '.join(map(str, months))})" if months else ""
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
            stored = stored.filter(day.dt.month().fill_null(0).is_in(months))
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
        WHERE {_within(partition, months)} ORDER BY {_MONTH}, staged_place
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
