"""The few pieces of SQL that several modules of the store write alike."""

from collections.abc import Sequence

from openhalo.catalogue.record_types import PARTITION_COLUMNS, RecordType


def identifier(name: str) -> str:
    """Quote a column name for SQL."""
    return '"' + name.replace('"', '""') + '"'


def quote(text: str) -> str:
    """Quote a text for SQL."""
    return "'" + text.replace("'", "''") + "'"


def scan(files: Sequence[str]) -> str:
    """Return the SQL that reads a table's files with their partition columns."""
    types = ", ".join(f"'{column}': INTEGER" for column in PARTITION_COLUMNS)
    listed = ", ".join(quote(file) for file in files)
    return f"read_parquet([{listed}], union_by_name = true, hive_partitioning = true, hive_types = {{{types}}})"


def local_day(record: RecordType) -> str:
    """Return the SQL of a record's local day; January 1 for yearly records."""
    column = identifier(record.date_column)
    return f"make_date(CAST({column} AS INTEGER), 1, 1)" if record.fields[record.time].type == "integer" else column
