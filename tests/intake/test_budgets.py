"""A small file that would fill the memory is refused with what to do, within 6 GB, and nothing of it is stored."""

import gzip
import resource
import subprocess
import sys
import zipfile

import pytest

from openhalo.sites.open_site import open_site

SOURCE = """
label: Odd stops
record: stops/stop
unit: stop
note: Made up.
key: [id]
publisher: Nobody
licence: CC0-1.0
reference: made up
zone: America/Chicago
scope: {mode: replace}
fields:
  occurred_at: {from: when, formats: ["%Y-%m-%d %H:%M"], precision: minute}
  race: {from: race, codes: {B: BLACK, W: WHITE}}
"""
BOOK = '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheets/></workbook>'


def empty_rows(path):
    """16 million rows without a filled cell, in a file of half a megabyte."""
    path.write_bytes(gzip.compress(b"id,when,race\n" + b",,\n" * 16_000_000, 9))


def long_cells(path):
    """Cells of 32,000 letters each, 300 MB in all."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        book.writestr("xl/workbook.xml", BOOK)
        with book.open("xl/worksheets/sheet1.xml", "w") as sheet:
            for row in range(1, 9_400):
                sheet.write(
                    f'<row r="{row}"><c r="A{row}" t="inlineStr"><is><t>{"x" * 32_000}</t></is></c></row>'.encode()
                )


def one_text_named_often(path):
    """A text of 32,000 letters that stands in the file once and is named by 60,000 cells."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/workbook.xml", BOOK)
        book.writestr("xl/sharedStrings.xml", f"<sst><si><t>a</t></si><si><t>{'x' * 32_000}</t></si></sst>")
        cells = "".join(f'<row r="{at}"><c r="A{at}" t="s"><v>1</v></c></row>' for at in range(1, 60_001))
        book.writestr("xl/worksheets/sheet1.xml", f"<sheetData>{cells}</sheetData>")


@pytest.fixture
def site(tmp_path):
    folder = tmp_path / "site"
    (folder / "catalogue" / "sources").mkdir(parents=True)
    (folder / "agency.yaml").write_text(
        "title: T\npublisher: {kind: demo, name: N}\nagencies: {spd: {name: Springfield}}\n", encoding="utf-8"
    )
    (folder / "catalogue" / "sources" / "odd.yaml").write_text(SOURCE, encoding="utf-8")
    return folder


@pytest.mark.ci
@pytest.mark.parametrize(
    ("fill", "name", "found"),
    [
        (empty_rows, "stops.csv.gz", "rows of the file are empty"),
        (long_cells, "stops.xlsx", "the spreadsheet unpacks to more than"),
        (one_text_named_often, "stops.xlsx", "MiB of text"),
    ],
)
def test_a_small_file_that_fills_the_memory_is_refused(site, tmp_path, fill, name, found):
    file = tmp_path / name
    fill(file)
    assert file.stat().st_size < 2_000_000
    command = [sys.executable, "-m", "openhalo", "import", str(site), "odd", str(file)]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30)),
    )
    assert (done.returncode, found in done.stderr) == (12, True), done.stderr
    assert "Traceback" not in done.stderr
    assert open_site(site).store.manifest().version == 0
