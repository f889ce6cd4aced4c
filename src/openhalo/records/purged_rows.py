"""Rows of a delivery that name a purged record: it comes in no more, and no link leads to it."""

from collections.abc import Sequence

import polars as pl

from openhalo.engines.duckdb_cursor import cursor
from openhalo.engines.duckdb_sql import identifier, quote
from openhalo.engines.rows import to_frame
from openhalo.records.identity import record_key
from openhalo.records.staging import Staged


def rows_again(
    staged: Staged, agency: str, source: str, has_key: bool, salt: str, hashes: Sequence[str]
) -> pl.DataFrame:
    """Return `staged_place`, `row` and `value` (the key) of the staged rows whose key has one of the salted hashes."""
    return _hashed(staged, record_key(agency, source, has_key), salt, hashes)


def links_to(staged: Staged, column: str, salt: str, hashes: Sequence[str]) -> pl.DataFrame:
    """Return `staged_place`, `row` and `value` of the staged rows whose link has one of the salted hashes."""
    return _hashed(staged, identifier(column), salt, hashes)


def _hashed(staged: Staged, value: str, salt: str, hashes: Sequence[str]) -> pl.DataFrame:
    known = ", ".join(quote(found) for found in hashes) or "''"
    query = f"""
        SELECT staged_place, "row", value FROM (SELECT staged_place, "row", {value} AS value FROM {staged.scan})
        WHERE sha256({quote(salt)} || value) IN ({known})
    """
    return to_frame(cursor().sql(query))
