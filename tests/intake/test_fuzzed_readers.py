"""No bytes whatever bring anything but a table or a clear refusal, and no row of a csv is lost."""

import csv
import gzip
import io
import tempfile
from pathlib import Path

import xlsxwriter
from hypothesis import example, given, settings
from hypothesis import strategies as st

from openhalo.base.errors import OpenHaloError
from openhalo.catalogue.sources import Format
from openhalo.intake import file_bytes
from openhalo.intake.readers import read

COLUMNS = ["id", "date", "race"]
CSV = b'id,date,race\n1,2017-01-02,White\n2,"2017-01-03","Black, or ""other"""\n3,"two\nlines",\n,,\n\n4,x,y\r\n'


def _spreadsheet() -> bytes:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    page = book.add_worksheet()
    for place, line in enumerate([COLUMNS, [1, 2.5, "x"], ["y", True, None]]):
        page.write_row(place, 0, line)
    book.close()
    return stream.getvalue()


XLSX = _spreadsheet()


ANY_BYTE = st.integers(0, 255)


@st.composite
def mutated(draw, original, alphabet=ANY_BYTE):
    """A file with bytes changed, put in, taken out, or cut off."""
    content = bytearray(original)
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, len(content)))
        piece = bytes(draw(st.lists(alphabet, max_size=3)))
        gone = draw(st.sampled_from([0, 0, 1, 1, 3, 40]))
        content[place : place + gone] = piece
    return bytes(content)


telling = st.sampled_from(list(b',,,""\n\n\r;\t x1\xc3\xa9\x00\xef\xbb\xbf'))


def stripped(cell: str) -> str:
    """Take away the blanks that Unicode calls white space; Python's own strip also takes control characters."""
    return cell.strip(
        "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
    )


def outcome(content: bytes, name: str = "file"):
    """Return the rows of a file and its ragged rows, or None where it is refused."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        try:
            table = read(path, Format(), COLUMNS, Path(folder))
            return table.cells.collect().rows(), table.ragged
        except OpenHaloError:
            return None


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.binary(max_size=400), st.binary(max_size=200).map(lambda tail: b"id,date,race\n" + tail)))
def test_any_bytes(content):
    outcome(content)


@settings(max_examples=300, deadline=None)
@given(
    mutated(CSV, telling).map(lambda content: content if content.startswith(b"id,") else b"id,date,race\n" + content)
)
@example(b"id,date,race\r,x,y\r\n")
@example(b"id,date,race\ry\r\n")
def test_no_row_of_a_mutated_csv_is_lost(content):
    found = outcome(content)
    if found is None:
        return
    csv.field_size_limit(file_bytes.LONGEST_LINE)
    lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    read_rows, ragged = found
    kept = [
        (number, *map(stripped, row))
        for number, row in enumerate(lines, start=1)
        if number > 1 and len(row) == len(COLUMNS)
    ]
    assert [(row[0], *(cell or "" for cell in row[1:])) for row in read_rows] == kept
    assert list(ragged) == [n for n, row in enumerate(lines, 1) if n > 1 and row and len(row) != len(COLUMNS)]


@settings(max_examples=100, deadline=None)
@given(mutated(gzip.compress(CSV, mtime=0)))
def test_mutated_gzip(content):
    outcome(content)


@settings(max_examples=150, deadline=None)
@given(mutated(XLSX))
def test_mutated_spreadsheets(content):
    outcome(content, "file.xlsx")
