"""Source specs beside the other definitions: they fill fields that exist, with codes that exist."""

from contextlib import suppress
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from openhalo.catalogue.documents import Document, Location
from openhalo.catalogue.kinds import Kind, Shelves
from openhalo.catalogue.record_types import RecordType
from openhalo.catalogue.references import check_condition, check_one_record, known, record_type_known
from openhalo.catalogue.schema import Schema, Unread
from openhalo.catalogue.sources import FieldMapping, SourceSpec


def cross_check(spec: SourceSpec, document: Document, shelves: Shelves) -> None:
    """Check that a source spec fills fields that exist, with codes that exist, in a zone that exists."""
    schema = shelves.schema
    _zone(spec.zone, document, ("zone",))
    for place, mapping in spec.mappings():
        if mapping.zone:
            _zone(mapping.zone, document, (*place, "zone"))
        if mapping.target:
            sources, unread = shelves.of(SourceSpec), shelves.unread_of(SourceSpec)
            known(mapping.target, sources, "source", document, (*place, "target"), unread)
    if not record_type_known(spec.record, document, ("record",), schema):
        return
    record = schema.record_types[spec.record]
    known(spec.unit, record.units, f"unit of {record.id}", document, ("unit",))
    for place, mapping in spec.mappings():
        if known(place[-1], record.fields, f"field of {record.id}", document, place):
            _mapping(mapping, place, record, document, schema)
    if spec.scope.mode == "replace" and spec.scope.period != "all" and not record.fields[record.time].required:
        found = f"records of {record.id} may lack a time of their own, so no period of them can be replaced"
        document.report(("scope", "period"), found, "all")
    for number, one in enumerate(spec.recorded):
        here: Location = ("recorded", number)
        if known(one.field, record.fields, f"field of {record.id}", document, (*here, "field")):
            with suppress(Unread):
                for place_of_code, code in enumerate(one.codes):
                    codes = schema.codes(record.fields[one.field])
                    known(code, codes, f"code of '{one.field}'", document, (*here, "codes", place_of_code))
    required = {name for name, field in record.fields.items() if field.required}
    for entry, extra in (spec.repeat or {"": {}}).items():
        for name in sorted(required - spec.fields.keys() - extra.keys()):
            place = ("repeat", entry) if entry else ("fields",)
            document.report(place, f"the required field '{name}' of {record.id} is not filled", todo="map it")


def _mapping(mapping: FieldMapping, place: Location, record: RecordType, document: Document, schema: Schema) -> None:
    field = record.fields[str(place[-1])]
    if field.type in ("code", "codes"):
        with suppress(Unread):
            codes, kind = schema.codes(field), f"code of vocabulary '{field.vocabulary}'"
            for cell, code in mapping.codes.items():
                known(code, codes, kind, document, (*place, "codes", cell))
            for column, code in mapping.flags.items():
                known(code, codes, kind, document, (*place, "flags", column))
            for name in ("otherwise", "value"):
                code = getattr(mapping, name)
                if code:
                    known(str(code), codes, kind, document, (*place, name))
    elif mapping.skip:
        document.report((*place, "skip"), f"'skip' on a field of type {field.type}", "fields of type codes")
    elif mapping.codes:
        document.report((*place, "codes"), f"'codes' on a field of type {field.type}", "fields of type code or codes")
    if (field.type == "chances") != bool(mapping.surname) and not mapping.absent:
        document.report(place, f"'{place[-1]}' is of type {field.type}", "'surname' and 'zip_code' on chances only")
    if mapping.flags and field.type != "codes":
        document.report((*place, "flags"), f"'flags' on a field of type {field.type}", "fields of type codes")
    if (mapping.flags or (field.type == "boolean" and mapping.column)) and not (mapping.true and mapping.false):
        document.report(
            place,
            f"'{place[-1]}' reads yes and no",
            todo="say which cells mean yes and which no: true: [Y], false: [N]",
        )
    if field.type in ("date", "time") and mapping.column and not mapping.formats:
        document.report(place, f"'{place[-1]}' is a {field.type}", todo="give its formats: ['%Y-%m-%d %H:%M:%S']")
    if (mapping.days or mapping.numbers) and field.type != "integer":
        document.report(place, f"'{place[-1]}' is a {field.type}", "'days' and 'numbers' on fields of type integer")
    for index, name in enumerate(mapping.days):
        dates = [one for one, other in record.fields.items() if other.type == "date"]
        known(name, dates, f"date field of {record.id}", document, (*place, "days", index))
    if mapping.derive:
        if field.type != "boolean":
            document.report((*place, "derive"), f"'derive' on a field of type {field.type}", "yes/no fields")
        node = check_condition(mapping.derive, record.id, document, (*place, "derive"), schema)
        check_one_record(node, document, (*place, "derive"))


def _zone(zone: str, document: Document, place: Location) -> None:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        document.report(place, f"there is no time zone '{zone}'", "names such as America/Chicago, UTC")


KIND = Kind("sources/NAME", SourceSpec, cross_check, site_may_redefine=True)
