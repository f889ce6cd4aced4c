"""The few pieces of SQL that several modules that write the store have alike."""

from collections.abc import Sequence

from openhalo.catalogue.record_types import PARTITION_COLUMNS, RecordType
from openhalo.engines.duckdb_sql import identifier, quote


def scan(files: Sequence[str]) -> str:
    """Return the SQL that reads a table's files with their partition columns."""
    types = ", ".join(f"'{column}': INTEGER" for column in PARTITION_COLUMNS)
    listed = ", ".join(quote(file) for file in files)
    return f"read_parquet([{listed}], union_by_name = true, hive_partitioning = true, hive_types = {{{types}}})"


def local_day(record: RecordType) -> str:
    """Return the SQL of a record's local day; January 1 for yearly records."""
    column = identifier(record.date_column)
    return f"make_date(CAST({column} AS INTEGER), 1, 1)" if record.fields[record.time].type == "integer" else column
