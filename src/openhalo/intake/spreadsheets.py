"""A spreadsheet (xlsx) as raw cells: each value as the text that a person would have typed."""

import logging
import re
import zipfile
import zlib
from pathlib import Path

import fastexcel
import numpy as np
import polars as pl
from numpy.typing import NDArray

from openhalo.base.errors import DeliveryError, Problem, did_you_mean, name_all
from openhalo.base.provenance import hash_file
from openhalo.catalogue.sources import Format
from openhalo.intake.file_bytes import limit_for
from openhalo.intake.raw_table import TOP_ROWS, RawTable, column_names, strip_cells

LARGEST_UNPACKED = 1 << 30
"""Bytes that a spreadsheet may unpack to, if it is not small (`file_bytes.limit_for`); a million rows of ten columns
take half of it."""
MOST_CELLS = 50_000_000
"""Rows times columns of one sheet: the reader holds the whole rectangle in memory."""
MOST_TEXT = 1 << 30
"""Bytes of text in one sheet, each cell's counted: many cells may name one long text that stands in the file once."""

_CHUNK, _OVERLAP = 1 << 20, 64
_TEXTS = "xl/sharedStrings.xml"
_CELL = re.compile(rb'\sr="([A-Z]{0,3})(\d{1,7})"')
_SHARED = re.compile(rb'\st="s"[^>]{0,40}><v>(\d{1,9})</v>')
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
            limit, unpacked, texts = min(LARGEST_UNPACKED, limit_for(file)), 0, np.zeros(0, np.int64)
            for part in sorted(parts, key=lambda one: one.filename != _TEXTS):
                examined = _Part(path, part.filename, texts)
                with archive.open(part) as stream:
                    while chunk := stream.read(_CHUNK):
                        unpacked += len(chunk)
                        if unpacked > limit:
                            found = f"the spreadsheet unpacks to more than {limit / 2**20:,.0f} MiB"
                            raise DeliveryError(Problem(str(path), found, todo="send so large a table as csv"))
                        examined.take(chunk)
                texts = examined.lengths() if part.filename == _TEXTS else texts
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError) as error:
        raise _damaged(path, error) from None


class _Part:
    """One part of a spreadsheet's archive as it passes by: what in it would not fit, or is no value."""

    def __init__(self, path: Path, name: str, texts: NDArray[np.int64]) -> None:
        self.path, self.name, self.texts = path, name, texts
        self.is_sheet = name.startswith("xl/worksheets/") and name.endswith(".xml")
        self.columns, self.rows, self.text, self.tail = {b""}, 1, 0, b""
        self.read, self.ends = 0, [0]

    def take(self, chunk: bytes) -> None:
        """Look at the next bytes.

        Raises:
            DeliveryError: a cell holds an error, or there are too many cells or too much text.
        """
        both, before = self.tail + chunk, self.read - len(self.tail)
        self.read += len(chunk)
        if self.name == _TEXTS:
            self.ends += [before + one.end() for one in re.finditer(b"</si>", both)]
            self.tail = chunk[-4:]
        elif self.is_sheet:
            self._sheet(both)
            self.tail = chunk[-_OVERLAP:]

    def lengths(self) -> NDArray[np.int64]:
        """Return the length of each shared text, in bytes."""
        ends = np.array(self.ends, np.int64)
        return ends[1:] - ends[:-1]

    def _sheet(self, both: bytes) -> None:
        error = _ERROR.search(both)
        if error:
            where = f"{self.path}: {self.name.removeprefix('xl/worksheets/')}, cell {error[1].decode()}"
            found = "the cell holds an error (such as #N/A or #DIV/0!), not a value"
            raise DeliveryError(Problem(where, found, todo="mend the formula, or empty the cell"))
        places = set(_CELL.findall(both))
        self.columns.update(place[0] for place in places)
        self.rows = max([self.rows, *(int(place[1]) for place in places)])
        if self.rows * max(map(_column_number, self.columns)) > MOST_CELLS:
            found = f"a sheet reaches to row {self.rows:,}: more than {MOST_CELLS:,} cells"
            raise DeliveryError(Problem(str(self.path), found, todo="remove stray cells far out, or send it as csv"))
        named = np.array([int(one) for one in _SHARED.findall(both)], np.int64)
        self.text += int(self.texts[named[named < self.texts.size]].sum())
        if self.text > MOST_TEXT:
            found = f"a sheet holds more than {MOST_TEXT / 2**20:,.0f} MiB of text"
            raise DeliveryError(Problem(str(self.path), found, todo="send so large a table as csv"))


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
