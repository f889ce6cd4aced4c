"""Every way in which a delivered file can be bad: read in part with the bad rows named, or refused with what to do."""

import csv
import datetime as dt
import gzip
import hashlib
import io
import zipfile

import polars as pl
import pytest
import xlsxwriter

from openhalo.base.errors import DeliveryError
from openhalo.catalogue.sources import Format
from openhalo.intake import file_bytes, spreadsheets
from openhalo.intake.readers import read

COLUMNS = ["id", "date", "race"]
GOOD = b"id,date,race\n1,2017-01-02,White\n2,2017-01-03,Black\n"


@pytest.fixture
def open_file(tmp_path):
    def open_(content, name="file.csv", expected=COLUMNS, **written):
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        scratch = tmp_path / "scratch"
        scratch.mkdir(exist_ok=True)
        return read(path, Format(**written), list(expected), scratch)

    return open_


@pytest.fixture
def refusal(open_file):
    def refuse(*args, **written):
        with pytest.raises(DeliveryError) as caught:
            open_file(*args, **written)
        return str(caught.value)

    return refuse


def rows(table):
    return table.cells.collect().rows()


TWO = [(2, "1", "2017-01-02", "White"), (3, "2", "2017-01-03", "Black")]


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        GOOD[:-1],
        GOOD.replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + GOOD,
        GOOD.replace(b"White", b'"White"'),
        GOOD + b"\n\n",
        gzip.compress(GOOD, mtime=0),
        gzip.compress(GOOD[:20], mtime=0) + gzip.compress(GOOD[20:], mtime=0),
    ],
    ids=["plain", "no last newline", "CRLF", "BOM", "quoted", "empty lines at the end", "gzip", "two gzip members"],
)
def test_the_same_rows_however_they_are_written(open_file, content):
    table = open_file(content)
    assert rows(table) == TWO
    assert table.ragged == {}
    assert table.columns == COLUMNS
    assert table.sha256 == hashlib.sha256(content).hexdigest()


def test_a_clean_file_is_scanned_where_it_lies(open_file, tmp_path):
    open_file(GOOD)
    assert list((tmp_path / "scratch").iterdir()) == []


def test_short_and_long_rows_are_named_and_the_others_read(open_file):
    table = open_file(GOOD + b"3,2017-01-04\n4,2017-01-05,White,extra\n5,2017-01-06,Asian\n")
    assert rows(table) == [*TWO, (6, "5", "2017-01-06", "Asian")]
    assert table.ragged == {4: "3,2017-01-04", 5: "4,2017-01-05,White,extra"}


def test_a_short_and_a_long_row_that_even_out_are_still_found(open_file):
    table = open_file(b"id,date,race\n1,2\n1,2,3,4\n5,6,7\n")
    assert (rows(table), list(table.ragged)) == ([(4, "5", "6", "7")], [2, 3])


def test_an_empty_line_is_no_row_but_is_counted_and_a_line_of_commas_is_a_row(open_file):
    table = open_file(b"id,date,race\n\n1,2,3\n,,\n\n\n4,5,6\n")
    found = [(row[0], [cell or "" for cell in row[1:]]) for row in rows(table)]
    assert found == [(3, ["1", "2", "3"]), (4, ["", "", ""]), (7, ["4", "5", "6"])]
    assert table.ragged == {}


def test_a_newline_inside_quotes_stays_in_its_cell_and_rows_count_as_in_a_spreadsheet(open_file):
    table = open_file(b'id,date,race\n1,"a\nb","say ""no"""\n2,c,d\n')
    assert rows(table) == [(2, "1", "a\nb", 'say "no"'), (3, "2", "c", "d")]


def test_a_quote_inside_a_cell_is_a_letter(open_file):
    table = open_file(b'id,date,race\n1,5" pipe,x\n2,c,d\n')
    assert rows(table) == [(2, "1", '5" pipe', "x"), (3, "2", "c", "d")]


@pytest.mark.parametrize("gap", [" ", "\t", "\u00a0", "\u2003"])
@pytest.mark.parametrize("wrap", ["{}", '"{}"'])
def test_blanks_around_cells_go_and_blank_cells_are_null(open_file, wrap, gap):
    line = ",".join(wrap.format(cell) for cell in ["1" + gap, gap + "NA", gap])
    table = open_file(f"id,date,race\n{line}\n2,NA,a{gap}b\n3,,c{gap}".encode(), blank=["NA"])
    assert rows(table) == [(2, "1", None, None), (3, "2", None, f"a{gap}b"), (4, "3", None, "c")]


def test_a_file_of_one_column(open_file):
    assert rows(open_file(b"id\n1\n\n2\n", expected=["id"])) == [(2, "1"), (4, "2")]


@pytest.mark.parametrize("content", [b"id,date,race\n", b"id,date,race", b"id,date,race\r\n\r\n"])
def test_a_header_alone_is_a_file_of_no_rows(open_file, content):
    table = open_file(content)
    assert (rows(table), table.columns) == ([], COLUMNS)


def test_two_header_rows_and_names_in_the_second(open_file):
    table = open_file(b"Stops of 2017\nid,date,race\n1,2,3\n", header_rows=2, names_row=2)
    assert rows(table) == [(3, "1", "2", "3")]


def test_other_delimiters_and_encodings_are_read(open_file):
    text = "id;date;race\n1;2017-01-02;Español\n"
    assert rows(open_file(text.encode("cp1252"), delimiter=";", encoding="cp1252"))[0][3] == "Español"
    assert rows(open_file(text.encode("utf-16"), delimiter=";", encoding="utf-16"))[0][3] == "Español"
    assert rows(open_file(text.replace(";", "¦").encode(), delimiter="¦"))[0][3] == "Español"


@pytest.mark.parametrize(
    ("content", "written", "said"),
    [
        (b"", {}, ["the file is empty"]),
        (gzip.compress(b"", mtime=0), {}, ["the file is empty"]),
        (b"id,date,race\n", {"header_rows": 2}, ["1 row(s)", "2 header row(s)"]),
        (GOOD.replace(b",", b";"), {}, ["a semicolon", 'delimiter: ";"']),
        (GOOD.replace(b",", b"\t"), {}, ["a tab", 'delimiter: "\\t"']),
        (GOOD.replace(b"race", b"rcae"), {}, ["'race' is missing", "'rcae' is not in the source spec", "did you mean"]),
        (GOOD.replace(b"race", b"date"), {}, ["'date' stands 2 times", "'race' is missing"]),
        (b"id,date,\n1,2,3\n", {}, ["'race' is missing", "'column 3' is not in the source spec"]),
        (b"Stops of 2017,,\n" + GOOD, {}, ["names stand in row 2", "header_rows: 2, names_row: 2"]),
        (b"id,date,race\nID,Date,RACE\n1,2,3\n", {}, ["row 2", "3 of its 3 cells repeat", "header_rows: 2"]),
        ("id,date,race\n1,2,Español\n".encode("cp1252"), {}, ["line 2", "byte 21", "0xf1", "cp1252"]),
        (GOOD.decode().encode("utf-16"), {}, ["encoding: utf-16"]),
        (b"id,date,race\n1,2,\xff\xfe\n", {"encoding": "ascii"}, ["not UTF-8"]),
        (b"id,date,race\n1,2,\x81\n", {"encoding": "cp1252"}, ["is not cp1252"]),
        (GOOD, {"encoding": "utf-99"}, ["no text encoding 'utf-99'"]),
        (GOOD + b"3,\0,x\n", {}, ["line 4", "zero"]),
        (GOOD + b'3,2017,"Whi', {}, ["line 4", "never closed"]),
        (GOOD + b'3,2017,"Whi\n4,2017,Black\n5,2017,Black\n', {}, ["line 4", "never closed"]),
        (b"id,date,race\n1,2\n3,4\n", {}, ["the header has 3 cells", "the rows have 2"]),
        (GOOD, {"delimiter": '"'}, ["the delimiter cannot be"]),
        (gzip.compress(GOOD, mtime=0)[:-12], {}, ["cut off"]),
        (gzip.compress(GOOD, mtime=0)[:20] + b"xx" + gzip.compress(GOOD, mtime=0)[22:], {}, ["damaged"]),
        (gzip.compress(gzip.compress(GOOD, mtime=0), mtime=0), {}, ["packed twice"]),
        (b"\xd0\xcf\x11\xe0" + bytes(100), {}, [".xls", "password"]),
        (b"PK\x03\x04" + bytes(100), {}, ["cannot be opened"]),
        (b"PAR1" + bytes(100), {}, ["damaged"]),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_to_do(refusal, content, written, said):
    message = refusal(content, **written)
    for part in said:
        assert part in message


def test_all_differences_of_a_header_are_told_at_once(refusal):
    message = refusal(b"id,dat,race,row,id\n1,2,3,4,5\n")
    assert all(part in message for part in ["'date' is missing", "'dat'", "'id' stands 2 times", "'row'"])


def test_places_that_are_no_files(refusal, tmp_path):
    (tmp_path / "folder").mkdir()
    assert "a folder" in refusal(None, name="folder")
    assert "no such file" in refusal(None, name="nothing.csv")


def test_a_line_beyond_all_measure_is_refused_early(refusal, monkeypatch):
    monkeypatch.setattr(file_bytes, "_CHUNK", 1 << 10)
    monkeypatch.setattr(file_bytes, "LONGEST_LINE", 1 << 14)
    assert "line 2: a line of more than 16,384 bytes" in refusal(GOOD[:31] + b"x" * 50_000_000)


@pytest.mark.soak
def test_a_line_of_a_gigabyte_is_refused(refusal, tmp_path):
    with (tmp_path / "file.csv").open("wb") as stream:
        stream.write(b"id,date,race\n")
        for _ in range(1024):
            stream.write(b"x" * (1 << 20))
    assert "line 2: a line of more than" in refusal(None)


def test_a_cell_beyond_all_measure_over_many_lines_is_refused(refusal, monkeypatch):
    monkeypatch.setattr(file_bytes, "LONGEST_LINE", 1 << 14)
    assert "cannot be told apart" in refusal(GOOD + b'3,"' + b"x\n" * 20_000 + b'",y\n')


def test_a_gzip_bomb_is_refused(refusal, monkeypatch):
    monkeypatch.setattr(file_bytes, "LEAST_LIMIT", 1 << 20)
    assert "unpacks to more than" in refusal(gzip.compress(GOOD + b"1,2,3\n" * 2_000_000, mtime=0))


def sheet(cells, name="Stops", options=None):
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True, **(options or {})})
    formats = {dt.date: "yyyy-mm-dd", dt.datetime: "yyyy-mm-dd hh:mm", dt.time: "hh:mm"}
    formats = {kind: book.add_format({"num_format": form}) for kind, form in formats.items()}
    page = book.add_worksheet(name)
    for (row, column), value in cells.items():
        if type(value) in formats:
            page.write_datetime(row, column, value, formats[type(value)])
        else:
            page.write(row, column, value)
    book.close()
    return stream.getvalue()


def table_of(*lines):
    return {(i, j): value for i, line in enumerate(lines) for j, value in enumerate(line) if value is not None}


def test_a_spreadsheet_reads_as_a_person_would_have_typed_it(open_file):
    content = sheet(
        table_of(
            ["whole", "broken", "text", "yes", "day", "instant", "time", "long"],
            [7, 1.5, "007", True, dt.date(2017, 3, 4), dt.datetime(2017, 3, 4, 21, 5), dt.time(21, 5), 12345678901234],
            [],
            [8.0, 0.1 + 0.2, " x ", False, dt.date(2018, 1, 1), dt.datetime(2017, 3, 5), dt.time(0, 5), None],
        )
    )
    columns = ["whole", "broken", "text", "yes", "day", "instant", "time", "long"]
    assert rows(open_file(content, name="file.xlsx", expected=columns)) == [
        (2, "7", "1.5", "007", "true", "2017-03-04", "2017-03-04 21:05:00", "21:05:00", "12345678901234"),
        (4, "8", "0.3", "x", "false", "2018-01-01", "2017-03-05 00:00:00", "00:05:00", None),
    ]


def test_text_that_looks_like_a_date_stays_as_it_is(open_file):
    content = sheet(table_of(COLUMNS, ["1", "2017-01-02 00:00:00", "x"]))
    assert rows(open_file(content)) == [(2, "1", "2017-01-02 00:00:00", "x")]


def test_a_spreadsheet_is_read_where_the_source_expects_csv_and_from_its_named_sheet(open_file, refusal):
    content = sheet(table_of(["Stops of 2017"], [*COLUMNS, None], ["1", "2", "3"]), name="Data")
    written = {"header_rows": 2, "names_row": 2}
    assert rows(open_file(content, **written)) == [(3, "1", "2", "3")]
    assert rows(open_file(gzip.compress(content, mtime=0), sheet="Data", **written)) == [(3, "1", "2", "3")]
    message = refusal(content, sheet="Dta", **written)
    assert "did you mean 'Data'" in message


def test_bad_spreadsheets_are_refused(refusal, monkeypatch):
    good = sheet(table_of(COLUMNS, [1, 2, 3]))
    assert "cannot be opened" in refusal(good[: len(good) // 2])
    assert "'race' is missing" in refusal(sheet(table_of(COLUMNS[:2], [1, 2])))
    assert "the file is empty" in refusal(sheet({}))
    assert "more than 50,000,000 cells" in refusal(sheet({(0, 0): "id", (1_048_575, 16_383): "far"}))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("stops.csv", GOOD)
    assert "a zip archive" in refusal(archive.getvalue())
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream)
    book.add_worksheet().write_formula(1, 2, "=1/0", None, "#DIV/0!")
    book.close()
    assert "cell C2: the cell holds an error" in refusal(stream.getvalue())
    monkeypatch.setattr(spreadsheets, "LARGEST_UNPACKED", 1 << 20)
    bomb = io.BytesIO(good)
    with zipfile.ZipFile(bomb, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/media/image.bin", bytes(1 << 21))
    assert "unpacks to more than 1 MiB" in refusal(bomb.getvalue())


def test_parquet_reads_as_text(open_file, refusal, tmp_path):
    frame = pl.DataFrame(
        {
            "whole": [7.0, 1.5],
            "big": [2**62, None],
            "day": [dt.date(2017, 3, 4), None],
            "instant": pl.Series([dt.datetime(2017, 3, 4, 21, 5), None], dtype=pl.Datetime("us", "UTC")),
            "yes": [True, False],
            "parts": [["a", "b"], []],
            "kind": pl.Series(["x", None], dtype=pl.Categorical),
        }
    )
    frame.write_parquet(tmp_path / "file.parquet")
    table = open_file(None, name="file.parquet", expected=frame.columns)
    assert rows(table) == [
        (1, "7", "4611686018427387904", "2017-03-04", "2017-03-04 21:05:00+00:00", "true", "a;b", "x"),
        (2, "1.5", None, None, None, "false", None, None),
    ]
    frame.select(pl.struct("whole").alias("id")).write_parquet(tmp_path / "file.parquet")
    assert "fit no cell" in refusal(None, name="file.parquet", expected=["id"])


def test_real_exports_with_embedded_newlines_and_two_header_rows(data, tmp_path):
    """Every row of a real file is read or named, counted independently by the csv module."""
    for path, header in [
        (data / "minneapolis" / "force_2008_2017_two_header_rows.csv.gz", 2),
        *((path, 1) for path in sorted((data / "philadelphia_complaints").glob("*.csv*"))),
    ]:
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rt", encoding="utf-8-sig", newline="") as stream:
            lines = [row for row in csv.reader(stream) if row]
        names = [name.strip() or f"column {place}" for place, name in enumerate(lines[0], start=1)]
        scratch = tmp_path / path.name
        scratch.mkdir()
        table = read(path, Format(header_rows=header), names, scratch)
        assert table.cells.collect().height + len(table.ragged) == len(lines) - header
