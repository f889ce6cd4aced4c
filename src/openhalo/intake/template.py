"""A record type as a spreadsheet to fill in, and the source spec that reads it back."""

from collections.abc import Collection, Mapping, Sequence

from openhalo.catalogue.record_types import FieldSpec, RecordType
from openhalo.catalogue.schema import Schema
from openhalo.catalogue.sources import FieldMapping, Format, Scope, SourceSpec
from openhalo.language.translation import mark_for_translation

PREFIX = "template:"
"""In front of a record type where a source is asked for: read the file as this record type's template."""
ID = "id"
"""Column with the department's own number of a record; it lets a corrected row replace the old one."""
SHEET = "records"
SPLIT = ";"
"""Between several codes in one cell."""

MISSING_WORDS = {
    "not known": "unknown",
    "not collected": "not_collected",
    "does not apply": "not_applicable",
    "refused": "refused",
}
"""What a person writes into a cell to say why a value is missing."""

_YES, _NO = ["yes", "Yes", "YES", "true", "TRUE"], ["no", "No", "NO", "false", "FALSE"]
_DATES = ["%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%m/%d/%Y"]
_TIMES = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%m/%d/%Y %H:%M"]


def source_id(record: str) -> str:
    """Return the id of a record type's template as a source.

    >>> source_id("stops/stop")
    'template_stops_stop'
    """
    return "template_" + record.replace("/", "_")


def record_of(source: str, records: Collection[str]) -> str:
    """Return the record type whose template a source names, as `template:stops/stop` or by its id; "" for none."""
    if source.startswith(PREFIX):
        return source.removeprefix(PREFIX)
    return next((record for record in records if source_id(record) == source), "")


def sources(schema: Schema) -> dict[str, SourceSpec]:
    """Return the template of every record type as a source, by id: what pages and purges say of it."""
    every = [source_for(record, schema, "UTC") for record in schema.record_types.values()]
    return {source.id: source for source in every}


def source_for(record: RecordType, schema: Schema, zone: str) -> SourceSpec:
    """Return the source spec that reads a filled-in template.

    Args:
        record: the record type.
        schema: all record types and vocabularies.
        zone: time zone of the department, such as America/Chicago.
    """
    fields = {name: _mapping(name, spec, schema) for name, spec in record.written.items()}
    return SourceSpec(
        id=source_id(record.id),
        label=mark_for_translation("Spreadsheet that the department filled in"),
        record=record.id,
        publisher=mark_for_translation("the department"),
        licence=mark_for_translation("the department's own records"),
        reference=f"openhalo template {record.id}",
        unit=next(iter(record.units)),
        zone=zone,
        format=Format(kind="xlsx", sheet="", blank=["", "-"]),
        key=[ID],
        scope=Scope(mode="append"),
        fields=fields,
    )


def choices(spec: FieldSpec, schema: Schema) -> list[str]:
    """Return what a cell of a coded or yes/no field may say, in the order of a drop-down list."""
    if spec.type == "boolean":
        words = ["yes", "no"]
    elif spec.type in ("code", "codes"):
        words = [schema.vocabularies[spec.vocabulary].codes[code].label for code in schema.codes(spec)]
    else:
        return []
    return words if spec.required else [*words, *_missing(spec, words)]


def kind_in_words(spec: FieldSpec) -> str:
    """Return how a cell of this field is to be filled, in plain words."""
    unit = f", in {spec.unit}" if spec.unit else ""
    bounds = [f"{word} {bound:g}" for word, bound in (("from", spec.min), ("to", spec.max)) if bound is not None]
    within = f" {' '.join(bounds)}" if bounds else ""
    return {
        "text": "text",
        "integer": f"whole number{within}{unit}",
        "number": f"number{within}{unit}",
        "boolean": "yes or no",
        "date": "date, such as 2017-03-14",
        "time": "date and time, such as 2017-03-14 21:05",
        "code": "one of a list",
        "codes": f"one or several of a list, joined by {SPLIT}",
        "link": f"{ID} of a row in the template of {spec.to}",
    }[spec.type]


def example_cells(record: RecordType, schema: Schema) -> dict[str, str]:
    """Return the record type's example as a person would fill it in: column → cell."""
    cells = {name: _cell(value, record.fields[name], schema) for name, value in record.example.items()}
    return {ID: "2017-000123", **{name: cells.get(name, "") for name in record.written}}


def _mapping(name: str, spec: FieldSpec, schema: Schema) -> FieldMapping:
    given: dict[str, object] = {"from": name}
    if not spec.required:
        given["missing"] = _missing(spec, choices(spec.model_copy(update={"required": True}), schema))
    match spec.type:
        case "boolean":
            given |= {"true": _YES, "false": _NO}
        case "date":
            given |= {"formats": _DATES, "precision": "day"}
        case "time":
            given |= {"formats": _TIMES, "precision": "minute"}
        case "code" | "codes":
            codes = schema.codes(spec)
            labels = {schema.vocabularies[spec.vocabulary].codes[code].label: code for code in codes}
            given |= {"codes": {**labels, **{code: code for code in codes}}}
            given |= {"split": SPLIT} if spec.type == "codes" else {}
        case "link":
            given |= {"target": source_id(spec.to)}
        case _:
            pass
    return FieldMapping.model_validate(given)


def _missing(spec: FieldSpec, taken: Sequence[str]) -> Mapping[str, str]:
    """Return the words for a missing value; a text field has none, for any word may be its value."""
    if spec.type in ("text", "link"):
        return {}
    return {word: reason for word, reason in MISSING_WORDS.items() if word not in taken}


def _cell(value: object, spec: FieldSpec, schema: Schema) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return SPLIT.join(_cell(part, spec, schema) for part in value)
    if spec.vocabulary:
        return schema.vocabularies[spec.vocabulary].codes[str(value)].label
    return str(value)
