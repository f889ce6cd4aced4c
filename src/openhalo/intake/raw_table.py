"""What every reader gives back, and what a header must be before a row of the file is believed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from openhalo.base.errors import DeliveryError, Problem, did_you_mean, name_all
from openhalo.catalogue.sources import Format

TOP_ROWS = 6
"""Rows from the top of a file that are looked at to explain a header that does not fit."""

_OWN_COLUMNS = ("row", "reasons")


@dataclass(frozen=True)
class RawTable:
    """The cells of a file."""

    path: Path
    sha256: str
    cells: pl.LazyFrame
    """Column `row` (the row's number in the file, counted as a spreadsheet does) and one text column each.

    Cells come without surrounding blanks, and null where nothing was written.
    """
    columns: list[str]
    ragged: dict[int, str] = field(default_factory=dict)
    """Rows that have more or fewer cells than the header: row number → the line as it stands."""


def empty_cells(columns: Sequence[str]) -> pl.LazyFrame:
    """Return the cells of a file that has a header and no rows."""
    return pl.LazyFrame(schema={"row": pl.Int64(), **dict.fromkeys(columns, pl.String())})


def strip_cells(cells: pl.LazyFrame, columns: Sequence[str], written: Format) -> pl.LazyFrame:
    """Take the blanks around each cell away, and make a cell null that says, for this source, nothing."""
    blank = ["", *written.blank]
    stripped = {name: pl.col(name).str.strip_chars() for name in columns}
    return cells.with_columns(pl.when(~cell.is_in(blank)).then(cell).alias(name) for name, cell in stripped.items())


def column_names(path: Path, top: Sequence[Sequence[str]], written: Format, expected: Sequence[str]) -> list[str]:
    """Return the column names of a file; a column without one is called `column N`.

    Args:
        path: the file, for messages.
        top: its first rows, header rows included.
        written: how the source says that it is written.
        expected: the columns that the source names.

    Raises:
        DeliveryError: there is no header, or its columns are not the source's, with every difference.
    """
    if len(top) < written.header_rows:
        found = f"the file has {len(top)} row(s), but the source says {written.header_rows} header row(s)"
        raise DeliveryError(Problem(str(path), found if top else "the file is empty"))
    names = _names(top[written.names_row - 1])
    elsewhere = _names_elsewhere(top, written, expected) if set(expected) - set(names) else 0
    if elsewhere:
        found = f"the column names stand in row {elsewhere}, not in row {written.names_row}"
        todo = f"write in the source spec: format: {{header_rows: {elsewhere}, names_row: {elsewhere}}}"
        raise DeliveryError(Problem(f"{path}: header", found, todo=todo))
    check_columns(path, names, list(expected))
    _refuse_second_header(path, top, written, names)
    return names


def check_columns(path: Path, found: list[str], expected: list[str]) -> None:
    """Refuse a file whose columns are not the ones that the source names, and say which differ."""
    where = f"{path}: header"
    problems = [
        Problem(where, f"the column '{name}' stands {found.count(name)} times", todo="give each column its own name")
        for name in dict.fromkeys(found)
        if found.count(name) > 1
    ]
    problems += [
        Problem(where, f"the column name '{name}' is one that OpenHALO uses itself", todo="rename the column")
        for name in _OWN_COLUMNS
        if name in found
    ]
    problems += [
        Problem(where, f"the column '{name}' is missing", name_all(found, 60), did_you_mean(name, found))
        for name in expected
        if name not in found
    ]
    problems += [
        Problem(
            where,
            f"the column '{name}' is not in the source spec",
            todo=did_you_mean(name, expected) or "map it under 'fields', or name it under 'ignore' with the reason",
        )
        for name in dict.fromkeys(found)
        if name not in expected
    ]
    if problems:
        raise DeliveryError(problems)


def _names(row: Sequence[str]) -> list[str]:
    return [cell.strip().removeprefix("\ufeff") or f"column {place}" for place, cell in enumerate(row, start=1)]


def _names_elsewhere(top: Sequence[Sequence[str]], written: Format, expected: Sequence[str]) -> int:
    for number, row in enumerate(top, start=1):
        if number != written.names_row and expected and set(expected) <= set(_names(row)):
            return number
    return 0


def _refuse_second_header(path: Path, top: Sequence[Sequence[str]], written: Format, names: list[str]) -> None:
    if len(top) == written.header_rows:
        return
    first = [cell.strip().casefold() for cell in top[written.header_rows]]
    same = sum(cell == name.casefold() for cell, name in zip(first, names, strict=False))
    if 2 * same >= len(names):
        number = written.header_rows + 1
        raise DeliveryError(
            Problem(
                f"{path}: row {number}",
                f"{same} of its {len(names)} cells repeat the column names, so it is a header row",
                todo=f"write in the source spec: format: {{header_rows: {number}}}; or take the row out of the file",
            )
        )
