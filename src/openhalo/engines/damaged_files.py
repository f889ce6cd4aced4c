"""A Parquet file of the store that DuckDB cannot read is named, with what to do."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import duckdb
import polars as pl

from openhalo.base.errors import Problem, StoreError

_FILE = re.compile(r"['\"]([^'\"]+\.parquet)['\"]")


@contextmanager
def files_are_whole(files: Sequence[str] = (), into: str = "") -> Iterator[None]:
    """Name the file where DuckDB finds one that it cannot read.

    Args:
        files: those that are read.
        into: the file that is written, which is no damaged one.

    Raises:
        StoreError: a Parquet file is damaged.
    """
    try:
        yield
    except duckdb.Error as error:
        named = _FILE.search(str(error))
        if named and named[1] == into:
            raise
        told = [named[1]] if named else [file for file in files if not _opens(file)]
        # What is wrong within a file comes as the class of all errors, without a name.
        if not told and type(error) is not duckdb.Error:
            raise
        found = f"the file is damaged ({str(error).splitlines()[0][:200]})"
        todo = "restore the site's backup"
        raise StoreError([Problem(file, found, todo=todo) for file in told or ["a file of the store"]]) from None


def _opens(file: str) -> bool:
    try:
        pl.read_parquet_schema(file)
    except (pl.exceptions.PolarsError, OSError):
        return False
    return True
