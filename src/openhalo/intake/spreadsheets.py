"""A spreadsheet (xlsx) as raw cells: each value as the text that a person would have typed."""

import logging
import re
import zipfile
import zlib
from pathlib import Path

import fastexcel
import polars as pl

from openhalo.base.errors import DeliveryError, Problem, did_you_mean, name_all
from openhalo.base.provenance import hash_file
from openhalo.catalogue.sources import Format
from openhalo.intake.raw_table import TOP_ROWS, RawTable, column_names, strip_cells

LARGEST_UNPACKED = 1 << 30
"""Bytes that a spreadsheet may unpack to; a million rows of ten columns take half of it."""
MOST_CELLS = 50_000_000
"""Rows times columns of one sheet: the reader holds the whole rectangle in memory."""

_CHUNK, _OVERLAP = 1 << 20, 64
_CELL = re.compile(rb'\sr="([A-Z]{0,3})(\d{1,7})"')
_ERROR = re.compile(rb'<c r="([A-Z]{1,3}\d{1,7})"[^>]{0,40}\st="e"')
logging.getLogger("fastexcel").setLevel(logging.ERROR)  # it warns of every empty column


def read_spreadsheet(path: Path, file: Path, written: Format, expected: list[str]) -> RawTable:
    """Open one sheet of a spreadsheet: the one that the source names, or the first.

    Dates are ISO, whole numbers have no point, yes and no are true and false. Row numbers are the sheet's own. Rows
    without any filled cell are no rows; columns without name and cells are no columns.

    Raises:
        DeliveryError: the file is damaged, no spreadsheet, larger than may be, holds error values such as #N/A, or
            not the source's columns.
    """
    _examine(path, file)
    try:
        cells = _load(path, file, written)
    except DeliveryError:
        raise
    except BaseException as error:  # the reader also fails by PanicException, which is no Exception
        if isinstance(error, KeyboardInterrupt | SystemExit | MemoryError):
            raise
        raise _damaged(path, error) from None
    top = [[cell or "" for cell in row] for row in cells.head(TOP_ROWS).rows()]
    names = column_names(path, top, written, expected)
    cells = cells.rename(dict(zip(cells.columns, names, strict=True))).with_row_index("row", offset=1)
    cells = cells.slice(written.header_rows).filter(pl.any_horizontal(pl.col(names).is_not_null()))
    stripped = strip_cells(cells.with_columns(pl.col("row").cast(pl.Int64)).lazy(), names, written)
    return RawTable(path, hash_file(path), stripped, names)


def _load(path: Path, file: Path, written: Format) -> pl.DataFrame:
    book = fastexcel.read_excel(str(file))
    if written.sheet and written.sheet not in book.sheet_names:
        sheets = book.sheet_names
        found = f"there is no sheet '{written.sheet}'"
        raise DeliveryError(Problem(str(path), found, name_all(sheets), did_you_mean(written.sheet, sheets)))
    sheet = written.sheet or 0
    cells: pl.DataFrame = book.load_sheet(sheet, header_row=None, skip_rows=0, dtypes="string").to_polars()
    if cells.height > written.header_rows:
        typed = book.load_sheet(sheet, header_row=None, skip_rows=written.header_rows, schema_sample_rows=None)
        dates = [column.name for column in typed.selected_columns if column.dtype in ("date", "datetime")]
        cells = cells.with_columns(_shorten(name) for name in dates if name in cells.columns)
    names_row = cells.row(written.names_row - 1) if cells.height >= written.names_row else ()
    body = cells.slice(written.header_rows)
    kept = [
        column
        for column, name in zip(cells.columns, names_row, strict=False)
        if (name or "").strip() or body[column].null_count() < body.height
    ]
    return cells.select(kept)


def _shorten(name: str) -> pl.Expr:
    """Write a column of dates without midnight, and a column of times without the day that Excel gives them."""
    cell = pl.col(name)
    instant = cell.str.contains(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
    midnight = (~instant | cell.str.ends_with(" 00:00:00")).all()
    no_day = (~instant | cell.str.contains(r"^(1899-12-3[01]|1900-01-00) ")).all()
    shortened = pl.when(no_day).then(cell.str.slice(11)).when(midnight).then(cell.str.slice(0, 10)).otherwise(cell)
    return pl.when(instant).then(shortened).otherwise(cell).alias(name)


def _examine(path: Path, file: Path) -> None:
    """Unpack every part in passing and keep nothing: refuse what is damaged or would not fit into memory."""
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            if "xl/workbook.xml" not in archive.namelist():
                found = "this is a zip archive, not a spreadsheet (.xlsx)"
                raise DeliveryError(Problem(str(path), found, todo="unpack it and send the file in it"))
            unpacked = 0
            for part in parts:
                unpacked += _examine_part(path, archive, part, LARGEST_UNPACKED - unpacked)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError) as error:
        raise _damaged(path, error) from None


def _examine_part(path: Path, archive: zipfile.ZipFile, part: zipfile.ZipInfo, left: int) -> int:
    is_sheet = part.filename.startswith("xl/worksheets/") and part.filename.endswith(".xml")
    read, columns, rows, tail = 0, {b""}, 1, b""
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            read += len(chunk)
            if read > left:
                found = f"the spreadsheet unpacks to more than {LARGEST_UNPACKED / 2**20:,.0f} MiB"
                raise DeliveryError(Problem(str(path), found, todo="send so large a table as csv"))
            if not is_sheet:
                continue
            text, tail = tail + chunk, chunk[-_OVERLAP:]
            error = _ERROR.search(text)
            if error:
                where = f"{path}: {part.filename.removeprefix('xl/worksheets/')}, cell {error[1].decode()}"
                found = "the cell holds an error (such as #N/A or #DIV/0!), not a value"
                raise DeliveryError(Problem(where, found, todo="mend the formula, or empty the cell"))
            places = set(_CELL.findall(text))
            columns.update(place[0] for place in places)
            rows = max([rows, *(int(place[1]) for place in places)])
            if rows * max(map(_column_number, columns)) > MOST_CELLS:
                found = f"a sheet reaches to row {rows:,}: more than {MOST_CELLS:,} cells"
                raise DeliveryError(Problem(str(path), found, todo="remove stray cells far out, or send it as csv"))
    return read


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number


def _damaged(path: Path, error: BaseException) -> DeliveryError:
    reason = (str(error).splitlines() or [type(error).__name__])[0]
    return DeliveryError(
        Problem(str(path), f"the spreadsheet cannot be opened ({reason})", todo="save it again as .xlsx and send that")
    )
