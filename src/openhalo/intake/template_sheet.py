"""The template of a record type as a file: a spreadsheet with drop-downs, or the header of a csv."""

import csv
from datetime import datetime
from pathlib import Path
from typing import Any

from xlsxwriter.utility import xl_col_to_name

from openhalo.catalogue.record_types import FieldSpec, RecordType
from openhalo.catalogue.schema import Schema
from openhalo.intake.template import ID, MISSING_WORDS, SHEET, choices, example_cells, kind_in_words
from openhalo.intake.workbooks import cannot_write, new_workbook

_LAST_ROW = 1_048_575
_REQUIRED, _OPTIONAL = "#F5C242", "#E3EAF1"
_NUMBER_FORMATS = {"date": "yyyy-mm-dd", "time": "yyyy-mm-dd hh:mm"}
_ID = FieldSpec(
    type="text",
    label="The department's own number of this record",
    privacy="restricted",
    source="OpenHALO",
    required=True,
    description="Any number or name that only this record has. Send the row again with the same one to correct it.",
)


def write_csv(path: Path, record: RecordType) -> None:
    """Write the template's header as csv: one column for each field, after `id`."""
    try:
        with path.open("w", encoding="utf-8-sig", newline="") as stream:
            csv.writer(stream).writerow([ID, *record.written])
    except OSError as error:
        raise cannot_write(path, error) from None


def write_xlsx(path: Path, record: RecordType, schema: Schema) -> None:
    """Write the template as a spreadsheet.

    The first sheet is to be filled in: a column for each field after `id`, its meaning as a comment on the header
    (yellow: must be filled), drop-downs for lists and yes/no. The sheet `example` shows one filled row, and
    `dictionary` explains each column; neither is read back, so that no example ever becomes a record.
    """
    fields = {ID: _ID, **record.written}
    with new_workbook(path) as book:
        styles = {
            "required": book.add_format({"bold": True, "bg_color": _REQUIRED, "bottom": 1}),
            "optional": book.add_format({"bold": True, "bg_color": _OPTIONAL, "bottom": 1}),
            "text": book.add_format({"num_format": "@"}),
            "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
            **{kind: book.add_format({"num_format": form}) for kind, form in _NUMBER_FORMATS.items()},
        }
        sheet, example = book.add_worksheet(SHEET), book.add_worksheet("example")
        dictionary, lists = book.add_worksheet("dictionary"), book.add_worksheet("lists")
        cells = example_cells(record, schema)
        for place, (name, spec) in enumerate(fields.items()):
            for page in (sheet, example):
                _column(page, place, name, spec, schema, styles)
            if cells[name]:
                _example(example, place, cells[name], spec, styles)
            allowed = choices(spec, schema)
            lists.write_column(0, place, [name, *allowed])
            if allowed:
                _drop_down(sheet, lists, place, len(allowed), spec)
        _explain(dictionary, fields, schema, cells, styles)
        for page in (sheet, example, dictionary):
            page.freeze_panes(1, 1)
        lists.hide()


def _column(page: Any, place: int, name: str, spec: FieldSpec, schema: Schema, styles: dict[str, Any]) -> None:
    page.write_string(0, place, name, styles["required" if spec.required else "optional"])
    lines = [spec.label, kind_in_words(spec), spec.description, "must be filled" if spec.required else ""]
    page.write_comment(0, place, "\n".join(line for line in lines if line), {"x_scale": 2, "author": "OpenHALO"})
    kind = spec.type if spec.type in _NUMBER_FORMATS else "text" if spec.type in ("text", "link") else None
    page.set_column(place, place, max(14, len(name) + 2), styles[kind] if kind else None)


def _example(page: Any, place: int, cell: str, spec: FieldSpec, styles: dict[str, Any]) -> None:
    if spec.type in _NUMBER_FORMATS:
        page.write_datetime(1, place, datetime.fromisoformat(cell).replace(tzinfo=None), styles[spec.type])
    elif spec.type in ("integer", "number"):
        page.write_number(1, place, float(cell))
    else:
        page.write_string(1, place, cell, styles["text"])


def _drop_down(sheet: Any, lists: Any, place: int, count: int, spec: FieldSpec) -> None:
    column = xl_col_to_name(place)
    strict = spec.type != "codes"  # several codes in one cell are none of the list
    rule = {
        "validate": "list",
        "source": f"={lists.get_name()}!${column}$2:${column}${count + 1}",
        "error_type": "stop" if strict else "information",
        "error_title": "Not in the list",
        "error_message": f"See the sheet 'dictionary': {kind_in_words(spec)}.",
    }
    sheet.data_validation(1, place, _LAST_ROW, place, rule)


def _explain(
    page: Any, fields: dict[str, FieldSpec], schema: Schema, cells: dict[str, str], styles: dict[str, Any]
) -> None:
    header = ["column", "meaning", "how to fill it", "must be filled", "allowed", "example", "description", "source"]
    page.write_row(0, 0, header, styles["optional"])
    for place, width in enumerate((20, 36, 34, 12, 50, 24, 60, 50)):
        page.set_column(place, place, width, styles["wrap"])
    for at, (name, spec) in enumerate(fields.items(), start=1):
        allowed = "\n".join(choices(spec, schema))
        must = "yes" if spec.required else "no"
        line = [name, spec.label, kind_in_words(spec), must, allowed, cells[name], spec.description, spec.source]
        for place, text in enumerate(line):
            page.write_string(at, place, text, styles["wrap"])
    words = ", ".join(MISSING_WORDS)
    note = f"An empty cell means: not collected. To say why a value is missing, write one of: {words}."
    page.write_string(len(fields) + 2, 0, f"{note} (Not in columns of text.)")
