"""What readers of records ask of an engine: tables from files, and the rows of an Ibis expression.

Everything else that a reader says, it says in Ibis, which compiles to each engine's own SQL.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import ibis
import polars as pl

from openhalo.catalogue.record_types import ColumnType


class Engine(Protocol):
    """An engine that reads the Parquet files of a store version. One may serve several threads."""

    def table(self, files: Sequence[str], columns: Mapping[str, ColumnType]) -> ibis.Table:
        """Return the rows of Parquet files, united by the names of columns.

        Args:
            files: their paths; none: a table without rows.
            columns: the columns of the table. What a file does not hold is null; what it holds besides is left out.
        """

    def view(self, facts: Any, rows: Callable[[], ibis.Table]) -> ibis.Table:
        """Return rows under a name in the engine, so that questions about them are short.

        Args:
            facts: plain data that decides what the rows are. Whoever gives the same facts gets the same view.
            rows: gives the rows; asked only where the engine has no such view.
        """

    def fetch(self, expression: Any) -> pl.DataFrame:
        """Return the rows of an Ibis table expression, with the types that it promises."""

    def write(self, rows: ibis.Table, path: Path) -> int:
        """Write rows to a `.csv` or `.parquet` file in their order and return their number; memory stays bounded.

        Raises:
            OSError: the file cannot be written there.
        """
