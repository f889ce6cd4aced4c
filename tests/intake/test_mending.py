"""A bad file in, its rejected rows out as a spreadsheet, mended, and in again: every row ends up in the store once."""

import json

import openpyxl
import pytest
from typer.testing import CliRunner

from openhalo.base.errors import DeliveryError
from openhalo.cli.main import app
from openhalo.intake.receipts import rejected_rows

SOURCE = """
label: A test export
record: stops/stop
publisher: Test city
licence: public domain
reference: none
unit: stop
zone: America/Chicago
key: {key}
scope: {{mode: replace}}
format: {{header_rows: {header_rows}, names_row: {header_rows}}}
fields:
  occurred_at: {{from: date, formats: ["%Y-%m-%d %H:%M"]}}
  race: {{from: race, codes: {{White: WHITE, Black: BLACK}}}}
  age: {{from: age}}
  search_person: {{from: searched, true: [Y], false: [N]}}
ignore: {{id: a number}}
"""

ROWS = [
    "1,2017-01-02 10:00,White,30,Y",
    "2,2017-01-03 10:00,Balck,31,N",
    "3,2017-13-03 10:00,White,200,maybe",
    "4,2017-01-05 10:00,White",
    '5,2017-01-06 10:00,Black,"1,5",N',
]


@pytest.fixture(params=[("[id]", 1), ("[]", 1), ("[]", 2)], ids=["key", "no key", "no key, two header rows"])
def site(request, make_site):
    key, header_rows = request.param
    spec = SOURCE.format(key=key, header_rows=header_rows)
    spec = spec.replace("ignore: {id: a number}\n", "") if key == "[id]" else spec
    site = make_site({"sources/export.yaml": spec})
    (site.path / "title").write_text("Stops of 2017\n" if header_rows == 2 else "")
    return site


def deliver(site, *lines, name="stops.csv", **how):
    path = site.path / name
    title = (site.path / "title").read_text()
    path.write_text(title + "\n".join(["id,date,race,age,searched", *lines]) + "\n", encoding="utf-8")
    return site.import_file("export", path, **how)


def run(*arguments):
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_rejected_rows_come_back_as_a_spreadsheet_are_mended_and_taken_in(site):
    receipt = deliver(site, *ROWS)
    assert (receipt.rows_read, receipt.rows_accepted, receipt.rows_rejected) == (5, 1, 4)
    facts = json.loads(run("rejects", site.path, "--xlsx", site.path / "mend.xlsx", "--json"))
    assert facts["rows_rejected"] == 4
    book = openpyxl.load_workbook(site.path / "mend.xlsx")
    sheet, header = book["rows"], 2 if "Stops" in (site.path / "title").read_text() else 1
    assert [cell.value for cell in sheet[header]] == ["id", "date", "race", "age", "searched"]
    found = {sheet.cell(at, 1).value: at for at in range(header + 1, sheet.max_row + 1)}
    assert list(found) == ["2", "3", "5"]
    wrong = {
        (number, sheet.cell(header, column).value)
        for number, at in found.items()
        for column in range(1, 6)
        if sheet.cell(at, column).fill.fgColor.rgb == "FFF8C9C4"
    }
    assert wrong == {("2", "race"), ("3", "date"), ("3", "age"), ("3", "searched"), ("5", "age")}
    assert "found 'Balck'" in sheet.cell(found["2"], 3).comment.text
    assert "out of range" in sheet.cell(found["3"], 4).comment.text
    assert sheet.cell(found["2"], 1).comment is None
    torn = book["not in cells"]
    assert [cell.value for cell in torn[2]][::2] == [header + 4, ROWS[3]]
    assert {(row[1].value, row[2].value) for row in book["why"].iter_rows(min_row=2)} >= {
        (header + 2, "race"),
        (header + 3, "date"),
        (header + 3, "age"),
        (header + 3, "searched"),
        (header + 5, "age"),
    }

    sheet.cell(found["2"], 3).value = "Black"
    sheet.cell(found["3"], 2).value = "2017-12-03 10:00"
    sheet.cell(found["3"], 4).value = 20
    sheet.cell(found["3"], 5).value = "N"
    sheet.cell(found["5"], 4).value = "15"
    for column, value in enumerate(["4", "2017-01-05 10:00", "White", "40", "N"], start=1):
        sheet.cell(found["5"] + 1, column).value = value
    book.save(site.path / "mend.xlsx")
    with pytest.raises(DeliveryError, match="--mend"):
        site.import_file("export", site.path / "mend.xlsx")
    told = json.loads(run("import", site.path, "export", site.path / "mend.xlsx", "--mend", "000001", "--json"))
    assert (told["rows_read"], told["rows_rejected"], told["records_added"]) == (4, 0, 4)
    assert (told["records_withdrawn"], told["mends"], told["reasons"]) == (0, "000001", [])
    ages = site.records("stops/stop").sort("occurred_at").collect()["age"].to_list()
    assert ages == [30, 31, 40, 15, 20]
    assert site.import_file("export", site.path / "mend.xlsx", mend="000001").repeated


def test_a_mended_row_that_equals_another_is_another(site):
    """Rows without ids: two alike rows are two actions, also when one of them had to be mended."""
    if site.catalogue.source("export").key:
        return
    deliver(site, ROWS[0], ROWS[0].replace("White", "Wite"))
    for again, name in enumerate(["a.csv", "b.csv"]):
        tail = [ROWS[4].replace('"1,5"', "15")] * again
        receipt = deliver(site, ROWS[0], *tail, name=name, mend="000001")
        assert (receipt.records_added, receipt.records_unchanged) == ((1, 0), (1, 1))[again]
    assert site.records("stops/stop").collect().height == 3


def test_only_a_delivery_of_the_same_source_can_be_mended(site):
    with pytest.raises(DeliveryError, match="no delivery '000009'"):
        deliver(site, ROWS[0], mend="000009")


def test_the_import_verb_tells_reasons_and_where_the_rows_are(site):
    (site.path / "stops.csv").write_text(
        (site.path / "title").read_text()
        + "\n".join(["id,date,race,age,searched", *ROWS, ROWS[1].replace("2,", "9,", 1)])
    )
    told = run("import", site.path, "export", site.path / "stops.csv")
    assert "6 rows read = 1 accepted + 5 rejected" in told
    assert "2 rows: race: found 'Balck'" in told
    assert "openhalo rejects" in told
    assert told.splitlines()[-1].endswith("deliveries/000001")
    assert rejected_rows(site.deliveries, "000001").height == 5


def test_a_row_without_its_key_is_rejected(site):
    if site.catalogue.source("export").key:
        assert deliver(site, ROWS[0], ROWS[0][1:]).rows_rejected == 1
