"""Delimited text (csv) as raw cells. A clean file is scanned where it lies; a torn one is tidied first.

A file is clean when every line on its own has as many cells as the header and its quotes are well formed: one
regular expression says so for millions of lines a second, so that Polars can scan the file with no row torn and
none filled up. Any other file goes through Python's csv module, which says exactly which rows are ragged.
"""

import csv
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import polars as pl

from openhalo.base.errors import DeliveryError, Problem, name_all
from openhalo.base.provenance import hash_file
from openhalo.catalogue.sources import Format
from openhalo.intake import file_bytes
from openhalo.intake.raw_table import TOP_ROWS, RawTable, column_names, empty_cells, strip_cells

MOST_RAGGED = 100_000
"""More ragged rows than this are no slips: the file is written in another way than the source says."""

_DELIMITERS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}


def read_delimited(path: Path, file: Path, written: Format, expected: list[str], scratch: Path) -> RawTable:
    """Open delimited text.

    An entirely empty line is no row, but it is counted, so that row numbers are those of a spreadsheet; a line of
    delimiters alone is a row of empty cells.

    Args:
        path: the delivered file, for messages and its hash.
        file: where its text lies, unpacked.
        written: how the source says that it is written.
        expected: the columns that the source names.
        scratch: folder for temporary files.

    Raises:
        DeliveryError: the bytes are not text, or not the source's columns; with every difference.
    """
    if written.delimiter in '"\r\n':
        raise DeliveryError(Problem("format", f"the delimiter cannot be {written.delimiter!r}", ", ; \\t |"))
    text = file_bytes.to_utf8(path, file, written.encoding, scratch / "utf8.csv")
    seen = file_bytes.inspect_utf8(path, text, written.delimiter)
    csv.field_size_limit(file_bytes.LONGEST_LINE)
    try:
        top, lines = _top(text, written)
        _refuse_other_delimiter(path, top, written, expected)
        names = column_names(path, top, written, expected)
        sha256 = seen.sha256 if text == path else hash_file(path)
        if lines == written.header_rows and _is_clean(text, written, len(names)):
            return RawTable(path, sha256, _scan(text, written, names, seen.plain), names)
        tidy = scratch / "tidy.csv"
        rows, ragged = _tidy(path, text, written, len(names), tidy)
    except csv.Error as error:
        raise DeliveryError(Problem(str(path), f"the rows cannot be told apart: {error}")) from None
    cells = strip_cells(_scan_tidy(tidy, names), names, written) if rows else empty_cells(names)
    return RawTable(path, sha256, cells, names, ragged)


def _open(file: Path) -> TextIO:
    return file.open(encoding="utf-8-sig", newline="")


def _top(file: Path, written: Format) -> tuple[list[list[str]], int]:
    """Return the first rows, and how many lines of text the header rows take."""
    with _open(file) as stream:
        reader = csv.reader(stream, delimiter=written.delimiter)
        header = list(itertools.islice(reader, written.header_rows))
        lines = reader.line_num
        return header + list(itertools.islice((row for row in reader if row), TOP_ROWS - len(header))), lines


def _refuse_other_delimiter(path: Path, top: list[list[str]], written: Format, expected: list[str]) -> None:
    if len(top) < written.names_row or set(expected) & {cell.strip() for cell in top[written.names_row - 1]}:
        return
    joined = written.delimiter.join(top[written.names_row - 1])
    for other, word in _DELIMITERS.items():
        cells = {cell.strip() for cell in next(csv.reader([joined], delimiter=other), [])}
        if other != written.delimiter and cells & set(expected):
            ours = _DELIMITERS.get(written.delimiter, f"'{written.delimiter}'")
            shown = "\\t" if other == "\t" else other
            found = f"the header is not separated by {ours}; it seems to use {word}"
            todo = f'write in the source spec: format: {{delimiter: "{shown}"}}'
            raise DeliveryError(Problem(f"{path}: header", found, todo=todo))


def _is_clean(file: Path, written: Format, width: int) -> bool:
    """Return whether each line is a row of its own, those after the header with `width` well-formed cells each."""
    if not written.delimiter.isascii():
        return False
    by = f"\\x{ord(written.delimiter):02x}"
    cell = rf'(?:"(?:[^"]|"")*"|[^"\r{by}]{"*" if width > 1 else "+"})'
    row = rf"^{cell}(?:{by}{cell}){{{width - 1}}}$"
    lines = pl.scan_lines(file, row_index_name="line_number")
    # A carriage return inside of a header ends a row for the csv module, and not for Polars.
    head, line = pl.col("line_number") < written.header_rows, pl.col("line")
    torn = lines.select(pl.when(head).then(line.str.contains("\r.")).otherwise(~line.str.contains(row)).any())
    try:
        return not torn.collect(engine="streaming").item()
    except pl.exceptions.ComputeError:  # too wide for the expression: let the csv module judge
        return False


def _scan(file: Path, written: Format, names: list[str], plain: bool) -> pl.LazyFrame:
    try:
        cells = pl.scan_csv(
            file,
            glob=False,
            has_header=False,
            skip_lines=written.header_rows,
            new_columns=names,
            infer_schema=False,
            separator=written.delimiter,
            row_index_name="row",
            row_index_offset=written.header_rows + 1,
            null_values=["", *written.blank] if plain else None,
        )
        cells.collect_schema()
    except pl.exceptions.NoDataError:
        return empty_cells(names)
    cells = cells.with_columns(pl.col("row").cast(pl.Int64))
    return cells if plain else strip_cells(cells, names, written)


def _scan_tidy(file: Path, names: list[str]) -> pl.LazyFrame:
    cells = pl.scan_csv(file, glob=False, has_header=False, new_columns=["row", *names], infer_schema=False)
    return cells.with_columns(pl.col("row").cast(pl.Int64))


class _Lines:
    """The lines of a file, and those that the row being read took."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.taken: list[str] = []

    def __iter__(self) -> Iterator[str]:
        for line in self._stream:
            self.taken.append(line)
            yield line

    def row(self) -> str:
        """Return the text of the row that was just read."""
        text = "".join(self.taken)
        self.taken.clear()
        return text


def _tidy(path: Path, file: Path, written: Format, width: int, into: Path) -> tuple[int, dict[int, str]]:
    """Copy the rows with `width` cells, each with its number; return how many, and the ragged rows."""
    ragged: dict[int, str] = {}
    rows, text, widths = 0, "", set()
    with _open(file) as stream, into.open("w", encoding="utf-8", newline="") as target:
        lines = _Lines(stream)
        reader = csv.reader(iter(lines), delimiter=written.delimiter)
        writer = csv.writer(target, quoting=csv.QUOTE_ALL, lineterminator="\n")
        for number, cells in enumerate(reader, start=1):
            text = lines.row()
            if number <= written.header_rows or not cells:
                continue
            if len(cells) == width:
                writer.writerow([number, *cells])
                rows += 1
                continue
            widths.add(len(cells))
            ragged[number] = text.rstrip("\r\n")
            if len(ragged) > MOST_RAGGED:
                raise _all_ragged(path, width, widths)
    _refuse_open_quote(path, file, text, written)
    if ragged and not rows:
        raise _all_ragged(path, width, widths)
    return rows, ragged


def _all_ragged(path: Path, width: int, widths: set[int]) -> DeliveryError:
    found = f"the header has {width} cells, but the rows have {name_all(map(str, widths))}"
    return DeliveryError(Problem(str(path), found, f"rows of {width} cells", "export the file again"))


def _refuse_open_quote(path: Path, file: Path, last: str, written: Format) -> None:
    try:
        list(csv.reader([last], delimiter=written.delimiter, strict=True))
    except csv.Error as error:
        if "unexpected end" not in str(error):
            return
        with _open(file) as stream:
            line = sum(1 for _ in stream) - max(1, len(last.splitlines())) + 1
        found = "a quote opens a cell here and is never closed: the file is cut off, or the quote is a slip"
        todo = "fetch the file again; or take the quote out, or double it"
        raise DeliveryError(Problem(f"{path}: line {line}", found, todo=todo)) from None
