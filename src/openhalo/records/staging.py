"""Mapped rows on disk, checked: typed Parquet by local month, each row with its faults, written in one stream."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from openhalo.catalogue.record_types import FAULT_COLUMN, RecordType
from openhalo.engines.duckdb_sql import quote
from openhalo.intake.faults import Fault, is_clean, pack
from openhalo.intake.mapping import Mapped

_NO_TIME = 0
"""Year and month of rows whose time does not read; they are refused."""
_MONTH = ("local_year", "local_month")


@dataclass(frozen=True)
class Staged:
    """Staged rows: `staged_place`, `row`, `source_id`, `refused`, faults, then the columns that the source fills."""

    folder: Path
    columns: list[str]
    faults: Sequence[Fault]
    rows: int
    """Rows of the file, refused ones included."""

    @property
    def pattern(self) -> str:
        """Return the files of all years, as a pattern."""
        return str(self.folder / "*" / "*" / "*.parquet")

    @property
    def scan(self) -> str:
        """Return the SQL that reads all staged rows with their `local_year` and `local_month`."""
        types = ", ".join(f"'{column}': INTEGER" for column in _MONTH)
        return f"read_parquet({quote(self.pattern)}, hive_partitioning = true, hive_types = {{{types}}})"

    def month(self, year: int, month: int) -> Path:
        """Return the folder of one local month."""
        return self.folder / f"local_year={year}" / f"local_month={month}"

    def refused(self) -> pl.DataFrame:
        """Return `row` and the fault columns of the refused rows."""
        rows = pl.scan_parquet(self.pattern, hive_partitioning=False)
        return rows.filter("refused").select("row", f"^{FAULT_COLUMN}.*$").collect()


def stage(mapped: Mapped, faults: Sequence[Fault], record: RecordType, entries: int, folder: Path) -> Staged:
    """Write mapped rows to `folder` in one pass and return what was staged.

    Args:
        mapped: rows as the source maps them.
        faults: everything that can be wrong with a row.
        record: the record type.
        entries: records per row of the file (more than 1 with `repeat`).
        folder: an empty folder.
    """
    packed = mapped.frame.with_columns(pack(faults))
    columns = [column for column in record.columns() if column in mapped.columns]
    checked = packed.select(
        "staged_place",
        "row",
        "source_id",
        (~is_clean(packed)).alias("refused"),
        f"^{FAULT_COLUMN}.*$",
        *columns,
        *_month_of(record),
    )
    partitions = pl.PartitionBy(folder, key=list(_MONTH), include_key=False)
    checked.sink_parquet(partitions, compression="lz4", maintain_order=True, mkdir=True)
    staged = Staged(folder, columns, faults, 0)
    if not any(folder.rglob("*.parquet")):
        none = staged.month(_NO_TIME, _NO_TIME)
        none.mkdir(parents=True)
        checked.head(0).drop(_MONTH).collect().write_parquet(none / "0.parquet")
    records = pl.scan_parquet(staged.pattern, hive_partitioning=False).select(pl.len()).collect().item()
    return Staged(folder, columns, faults, records // entries)


def _month_of(record: RecordType) -> list[pl.Expr]:
    """Return local year and month of a record as expressions over its columns; yearly records stand in month 1."""
    time = pl.col(record.date_column)
    yearly = record.fields[record.time].type == "integer"
    parts = (time, pl.when(time.is_not_null()).then(1)) if yearly else (time.dt.year(), time.dt.month())
    return [part.cast(pl.Int32).fill_null(_NO_TIME).alias(name) for name, part in zip(_MONTH, parts, strict=True)]
