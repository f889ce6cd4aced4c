"""The template of every record type can be filled in by a person and read back, without a source spec written."""

import datetime as dt
from dataclasses import replace

import openpyxl
import polars as pl
import pytest
from typer.testing import CliRunner

from openhalo.base.errors import SiteError
from openhalo.catalogue import index, source_checks
from openhalo.catalogue.reader import Document
from openhalo.cli.main import app
from openhalo.intake import template, template_sheet
from openhalo.intake.receipts import rejected_rows

SETTINGS = """
title: Test city
publisher: {kind: demo, name: OpenHALO tests}
agencies: {testpd: {name: Test Police Department, zone: America/Chicago}}
"""
CATALOGUE = index.load()


def fill(path, record, *lines):
    """Fill rows in as a person would: dates as dates, numbers as numbers."""
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    names = [cell.value for cell in sheet[1]]
    for at, line in enumerate(lines, start=2):
        for name, cell in line.items():
            kind = record.fields[name].type if name in record.fields else "text"
            value = cell
            if cell and kind in ("date", "time"):
                value = dt.datetime.fromisoformat(cell).replace(tzinfo=None)
            elif cell and kind in ("integer", "number"):
                value = float(cell)
            sheet.cell(at, names.index(name) + 1).value = value or None
    book.save(path)


@pytest.mark.parametrize("record", sorted(CATALOGUE.record_types))
def test_the_example_of_a_record_type_goes_through_its_template(make_site, record):
    site = make_site(settings=SETTINGS)
    definition = CATALOGUE.record_type(record)
    path = site.path / "filled.xlsx"
    result = CliRunner().invoke(app, ["template", record, "--xlsx", str(path), "--csv", str(site.path / "empty.csv")])
    assert result.exit_code == 0, result.output
    cells = template.example_cells(definition, CATALOGUE.schema)
    fill(path, definition, cells, {**cells, "id": "2017-000124"})
    receipt = site.import_file(f"template:{record}", path)
    assert (receipt.rows_read, receipt.rows_rejected, receipt.records_added) == (2, 0, 2)
    assert receipt.source == template.source_id(record)
    stored = site.store.files(site.store.manifest(), record)
    assert stored
    found = site.records(record).collect().row(0, named=True)
    for name, value in definition.example.items():
        if definition.fields[name].type not in ("time", "date", "link") and name in found:
            assert found[name] == value
    assert site.import_file(template.source_id(record), site.path / "empty.csv").rows_read == 0


@pytest.mark.parametrize("record", sorted(CATALOGUE.record_types))
def test_the_source_of_a_template_holds_against_the_catalogue(record, tmp_path):
    types = CATALOGUE.record_types
    made = {name: template.source_for(types[name], CATALOGUE.schema, "America/Chicago") for name in types}
    document = Document(tmp_path / "none.yaml")
    templates = {spec.id: spec for spec in made.values()}
    source_checks.cross_check(made[record], document, replace(CATALOGUE, sources=templates))
    assert document.problems == []


def test_local_times_codes_missing_reasons_and_corrections(make_site):
    site = make_site(settings=SETTINGS)
    definition = CATALOGUE.record_type("stops/stop")
    path = site.path / "filled.xlsx"
    template_sheet.write_xlsx(path, definition, CATALOGUE.schema)
    line = {"id": "7", "occurred_at": "2017-07-01 21:05", "race": "Black", "gender": "not known", "age": "31"}
    fill(path, definition, line, {**line, "id": "8", "race": "WHITE", "search_person": "maybe"})
    receipt = site.import_file("template:stops/stop", path)
    assert (receipt.rows_read, receipt.rows_accepted) == (2, 1)
    row = site.records("stops/stop").collect().row(0, named=True)
    assert row["occurred_at"] == dt.datetime(2017, 7, 2, 2, 5, tzinfo=dt.UTC)
    assert (row["race"], row["gender"], row["gender_missing"]) == ("BLACK", None, "unknown")
    assert (row["age"], row["search_person_missing"]) == (31, "not_collected")
    template_sheet.write_xlsx(path, definition, CATALOGUE.schema)
    fill(path, definition, {**line, "age": "32"}, {**line, "id": "8", "search_person": "yes"})
    receipt = site.import_file("template:stops/stop", path)
    assert (receipt.records_added, receipt.records_changed, receipt.records_withdrawn) == (1, 1, 0)


def test_the_sheet_helps_whoever_fills_it_in(tmp_path):
    definition = CATALOGUE.record_type("stops/stop")
    path = tmp_path / "template.xlsx"
    template_sheet.write_xlsx(path, definition, CATALOGUE.schema)
    book = openpyxl.load_workbook(path)
    sheet = book["records"]
    assert [cell.value for cell in sheet[1]] == ["id", *definition.written]
    assert sheet.max_row == 1, "the sheet that is read back holds no example"
    required = [cell.value for cell in sheet[1] if cell.fill.fgColor.rgb == "FFF5C242"]
    assert required == ["id", *[name for name, spec in definition.fields.items() if spec.required]]
    race = next(cell for cell in sheet[1] if cell.value == "race")
    assert definition.fields["race"].label in race.comment.text
    lists = {str(rule.sqref).split(":")[0]: rule.formula1 for rule in sheet.data_validations.dataValidation}
    source = lists[f"{race.column_letter}2"]
    allowed = [row[0].value for row in book["lists"][source.split("!")[1].replace("$", "")]]
    assert allowed[0] == "Asian"
    assert allowed[-1] == "refused"
    assert book["example"].cell(2, 1).value == "2017-000123"
    assert [row[0].value for row in book["dictionary"].iter_rows(min_row=2, max_row=3)] == ["id", "occurred_at"]


def test_an_agency_without_a_time_zone_is_told_to_name_one(make_site, tmp_path):
    site = make_site()
    template_sheet.write_csv(tmp_path / "empty.csv", CATALOGUE.record_type("stops/stop"))
    with pytest.raises(SiteError, match="no time zone"):
        site.import_file("template:stops/stop", tmp_path / "empty.csv")
    with pytest.raises(SiteError, match="no time zone 'America/Chicgo'"):
        make_site(settings=SETTINGS.replace("Chicago", "Chicgo"), name="other")


def test_a_template_that_cannot_be_written_says_so(tmp_path):
    result = CliRunner().invoke(app, ["template", "stops/stop", "--xlsx", str(tmp_path / "none" / "x.xlsx")])
    assert "cannot be written" in str(result.exception)


@pytest.mark.ci
def test_pages_and_purges_know_a_filled_in_template(make_site):
    fields = "gender, neighborhood, precinct, race, reason, search_conducted"
    site = make_site(
        settings=f"{SETTINGS}declared_public: [{{record: stops/stop, fields: [{fields}], reason: Made up.}}]\n"
    )
    definition = CATALOGUE.record_type("stops/stop")
    cells = template.example_cells(definition, CATALOGUE.schema)
    path = site.path / "filled.csv"
    rows = pl.DataFrame([{**cells, "id": "17-1"}, {**cells, "id": "17-2", "race": "Martian"}], infer_schema_length=None)
    rows.write_csv(path)
    receipt = site.import_file("template:stops/stop", path)
    assert (receipt.rows_accepted, receipt.rows_rejected) == (1, 1)
    page = (site.publish() / "pages/data.html").read_text(encoding="utf-8")
    assert "Spreadsheet that the department filled in" in page
    key = site.records("stops/stop").collect()["record_key"][0]
    site.purge(key, authority="Court order 1")
    assert rejected_rows(site.deliveries, receipt.delivery)["id"].to_list() == ["17-2"]
