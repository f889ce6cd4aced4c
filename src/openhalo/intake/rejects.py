"""Rejected rows as a spreadsheet to mend: the source's own columns, wrong cells coloured and explained."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from openhalo.base.errors import DeliveryError, Problem
from openhalo.catalogue.sources import Format
from openhalo.intake.workbooks import new_workbook

MOST_ROWS, LONGEST_CELL = 1_000_000, 32_767
"""What one sheet of a spreadsheet holds: rows (rounded down), and characters of a cell."""
MOST_COMMENTS = 20_000
"""Spreadsheet programs grow slow beyond; the sheet 'why' still has every reason."""

_TORN = "row"
_WHY = ("column", "found", "reason")
_STYLES: dict[str, dict[str, Any]] = {
    "plain": {},
    "wrong": {"bg_color": "#F8C9C4", "border": 1, "border_color": "#B3261E"},
    "doubtful": {"bg_color": "#FCE9B8"},
    "header": {"bold": True, "bg_color": "#E3EAF1", "bottom": 1},
}


def by_reason(rejected: pl.DataFrame) -> pl.DataFrame:
    """Count rejected rows by reason.

    Args:
        rejected: as kept with the delivery: `row`, `reasons`, and the cells.

    Returns:
        `reason`, `rows` (how many) and `first_rows` (up to five row numbers of the file), most frequent first.
    """
    why = rejected.select("row", "reasons").explode("reasons").select("row", pl.col("reasons").struct.field("reason"))
    return (
        why.unique()
        .group_by("reason")
        .agg(pl.len().alias("rows"), pl.col("row").sort().head(5).alias("first_rows"))
        .sort("rows", "reason", descending=[True, False])
    )


def write_rejects(path: Path, rejected: pl.DataFrame, written: Format) -> None:
    """Write rejected rows as a spreadsheet that the same source reads once it is mended.

    The first sheet has the file's columns and the rejected rows as text; the sheet `why` lists every reason. A line
    that did not have the header's number of cells, and a row with a cell too long for a spreadsheet, stand on the
    sheet `not in cells`: nobody can say which cell belongs where, so a person must copy them over.

    Args:
        path: where the spreadsheet goes.
        rejected: `row`, `reasons` and the cells, as kept with the delivery.
        written: how the source says that its files are written; header rows and sheet name follow it.

    Raises:
        DeliveryError: there are more rows than a sheet holds, or the file cannot be written.
    """
    if rejected.height > MOST_ROWS:
        found = f"{rejected.height:,} rejected rows do not fit into a spreadsheet"
        raise DeliveryError(Problem(str(path), found, f"up to {MOST_ROWS:,}", "mend the export itself"))
    columns = [name for name in rejected.columns if name not in ("row", "reasons")]
    with new_workbook(path) as book:
        formats = {name: book.add_format({"num_format": "@", **style}) for name, style in _STYLES.items()}
        sheet = book.add_worksheet(written.sheet or "rows")
        taken = sheet.get_name().casefold()
        why, torn = (book.add_worksheet(f"{name} (2)" if name == taken else name) for name in ("why", "not in cells"))
        sheet.write_row(written.names_row - 1, 0, columns, formats["header"])
        sheet.set_column(0, max(len(columns) - 1, 0), 18, formats["plain"])
        sheet.freeze_panes(written.header_rows, 0)
        why.write_row(0, 0, ["sheet row", "row of the file", *_WHY], formats["header"])
        torn.write_row(0, 0, ["row of the file", "reason", "the line as it stands, in pieces"], formats["header"])
        for page, widths in ((why, (10, 14, 20, 30, 100)), (torn, (14, 50, 100))):
            for place, width in enumerate(widths):
                page.set_column(place, place, width, formats["plain"])
        at = written.header_rows
        reason_row, torn_row, comments = 1, 1, 0
        for row in rejected.iter_rows(named=True):
            reasons = row["reasons"]
            on_sheet = _fits(row, columns)
            if not on_sheet:
                torn_row = _write_torn(torn, torn_row, row, columns)
            for reason in reasons:
                line = (at + 1 if on_sheet else "not in cells", row["row"], *map(reason.get, _WHY))
                for column, value in enumerate(line):
                    _write(why, reason_row, column, value, formats["plain"])
                reason_row += 1
            if on_sheet:
                comments += _write_row(sheet, at, row, columns, formats, comments < MOST_COMMENTS)
                at += 1


def _fits(row: Mapping[str, Any], columns: list[str]) -> bool:
    if any(reason["field"] == _TORN for reason in row["reasons"]):
        return False
    return all(len(row[name] or "") <= LONGEST_CELL for name in columns)


def _write_row(
    sheet: Any, at: int, row: Mapping[str, Any], columns: list[str], formats: Mapping[str, Any], comment: bool
) -> int:
    """Write one row with its colours and comments; return how many comments."""
    notes: dict[int, list[str]] = {}
    for reason in row["reasons"]:
        place = columns.index(reason["column"]) if reason["column"] in columns else 0
        notes.setdefault(place, []).append(reason["reason"])
    blamed = {reason["column"] for reason in row["reasons"]}
    for place, name in enumerate(columns):
        style = "wrong" if name in blamed else "doubtful" if place in notes else "plain"
        _write(sheet, at, place, row[name], formats[style])
    if comment:
        for place, lines in notes.items():
            sheet.write_comment(at, place, "\n".join(lines)[:LONGEST_CELL], {"x_scale": 2.5, "author": "OpenHALO"})
    return len(notes) if comment else 0


def _write_torn(sheet: Any, at: int, row: Mapping[str, Any], columns: list[str]) -> int:
    reasons = row["reasons"]
    text = next((r["found"] for r in reasons if r["field"] == _TORN), "\n".join(str(row[name]) for name in columns))
    sheet.write_number(at, 0, row["row"])
    sheet.write_string(at, 1, "; ".join(reason["reason"] for reason in reasons)[:LONGEST_CELL])
    pieces = [text[start : start + LONGEST_CELL] for start in range(0, len(text), LONGEST_CELL)]
    for place, piece in enumerate(pieces, start=2):
        sheet.write_string(at, place, piece)
    return at + 1


def _write(sheet: Any, at: int, place: int, value: object, style: Any) -> None:
    if isinstance(value, int):
        sheet.write_number(at, place, value)
    elif value in (None, ""):
        sheet.write_blank(at, place, None, style)
    else:
        sheet.write_string(at, place, str(value)[:LONGEST_CELL], style)
