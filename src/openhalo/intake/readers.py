"""A delivered file as raw cells: text, as written, each row with its number."""

from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from openhalo.base.errors import DeliveryError, Problem, did_you_mean, name_all
from openhalo.base.provenance import hash_file
from openhalo.catalogue.sources import Format


@dataclass(frozen=True)
class RawTable:
    """The cells of a file."""

    path: Path
    sha256: str
    cells: pl.LazyFrame
    """Column `row` (the row's number in the file, counted as a person would) and one text column each.

    Cells come without surrounding blanks, and null where nothing was written.
    """
    columns: list[str]
    ragged: dict[int, str] = field(default_factory=dict)
    """Rows that have more or fewer cells than the header: row number → the line as it stands."""


def read(path: Path, written: Format, expected: list[str], scratch: Path) -> RawTable:
    """Open a delivered file.

    Args:
        path: the file.
        written: how the source says that it is written.
        expected: the columns that the source names.
        scratch: folder for temporary files; the caller removes it.

    Raises:
        DeliveryError: the file cannot be read as the source says; nothing was taken in.
    """
    if not path.is_file():
        raise DeliveryError(Problem(str(path), "there is no such file"))
    blank = ["", *written.blank]
    cells = pl.scan_csv(
        path,
        has_header=False,
        skip_rows=written.header_rows,
        new_columns=_header(path, written),
        infer_schema=False,
        separator=written.delimiter,
        row_index_name="row",
        row_index_offset=written.header_rows + 1,
        null_values=blank,
    ).with_columns(pl.col("row").cast(pl.Int64))
    columns = [name for name in cells.collect_schema().names() if name != "row"]
    if _has_padding(path):
        stripped = {name: pl.col(name).str.strip_chars() for name in columns}
        cells = cells.with_columns(
            pl.when(~cell.is_in(blank)).then(cell).alias(name) for name, cell in stripped.items()
        )
    check_columns(path, columns, expected)
    return RawTable(path, hash_file(path), cells, columns)


def check_columns(path: Path, found: list[str], expected: list[str]) -> None:
    """Refuse a file whose columns are not the ones that the source names, and say which differ."""
    problems = [
        Problem(
            f"{path}: header",
            f"the column '{name}' is missing",
            name_all(found, 60),
            did_you_mean(name, found),
        )
        for name in expected
        if name not in found
    ]
    problems += [
        Problem(
            f"{path}: header",
            f"the column '{name}' is not in the source spec",
            todo=did_you_mean(name, expected) or "map it under 'fields', or name it under 'ignore' with the reason",
        )
        for name in found
        if name not in expected
    ]
    if problems:
        raise DeliveryError(problems)


def _has_padding(path: Path) -> bool:
    """Say whether a cell may begin or end with a blank. (Stripping all cells costs half as much as reading them.)"""
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            if any(mark in block for mark in (b" ,", b", ", b" \n", b"\n ", b" \r", b'" ', b' "', b"\t")):
                return True
    return False


def _header(path: Path, written: Format) -> list[str]:
    rows = pl.read_csv(
        path, has_header=False, n_rows=written.header_rows, infer_schema=False, separator=written.delimiter
    )
    return [str(cell or "").strip() for cell in rows.row(written.names_row - 1)]
