"""Which record a row is, and whether it says something new: keys and content hashes, computed in DuckDB."""

import hashlib
from collections.abc import Mapping

import polars as pl

from openhalo.catalogue.record_types import ColumnType
from openhalo.engines.duckdb_cursor import cursor
from openhalo.engines.duckdb_sql import identifier, quote
from openhalo.engines.rows import to_frame

AGENCY_BUCKETS = 16
UNSPLIT = 0
"""Bucket of every record of a year that is not split."""
_SEPARATOR, _NULL = "chr(31)", "chr(30)"


def record_key(agency: str, source: str, has_key: bool) -> str:
    """Return the SQL of the record key over staged rows (`row`, `source_id`).

    With a key in the file: agency/source/id. Without: 128 bits of SHA-256 over the raw cells, and an ordinal
    among identical rows, so that two alike actions stay two.
    """
    prefix = quote(f"{agency}/{source}/")
    if has_key:
        return f"{prefix} || source_id"
    digest = "left(sha256(source_id), 32)"
    return f"{prefix} || {digest} || '-' || row_number() OVER (PARTITION BY source_id ORDER BY row)"


def digests(named: pl.DataFrame) -> pl.DataFrame:
    """Return `row` and `digest`: what stands for `source_id` in the key of a record whose source gives no ids."""
    return to_frame(cursor().sql("SELECT row, left(sha256(source_id), 32) AS digest FROM named"))


def content_hash(columns: Mapping[str, ColumnType], constants: str = "") -> str:
    """Return the SQL of a stable 60-bit hash over the columns that a source fills (not key or delivery).

    Args:
        columns: the columns to hash, with their types.
        constants: what the source spec says for every row alike; a change of it changes every hash.

    The names of the columns go in too, so that a value cannot move from one field to another unseen.
    (Fifteen hex digits of MD5: DuckDB's `md5_number` gives more bits and takes three times as long.)
    """
    names = hashlib.sha256("|".join([*columns, constants]).encode()).hexdigest()[:8]
    cells = ", ".join(f"coalesce({_as_text(name, kind)}, {_NULL})" for name, kind in columns.items())
    return f"CAST('0x' || left(md5(concat_ws({_SEPARATOR}, '{names}', {cells})), 15) AS BIGINT)"


def _as_text(name: str, kind: ColumnType) -> str:
    """Write a column as text that never depends on settings; times as microseconds, which is also faster."""
    column = identifier(name)
    if kind in ("instant", "local"):
        return f"CAST(epoch_us({column}) AS VARCHAR)"
    return column if kind == "text" else f"CAST({column} AS VARCHAR)"


def agency_bucket(agency: str) -> int:
    """Return the bucket of an agency within a year that is split: 1 to `AGENCY_BUCKETS`."""
    return 1 + int(hashlib.sha256(agency.encode()).hexdigest()[:8], 16) % AGENCY_BUCKETS
