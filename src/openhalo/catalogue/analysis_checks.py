"""Analyses beside the other definitions: the record, conditions, groups, codes and the item of the core list."""

from collections.abc import Collection
from contextlib import suppress

from openhalo.base.errors import did_you_mean, name_all
from openhalo.catalogue.analysis_kinds import KINDS
from openhalo.catalogue.analysis_specs import AnalysisSpec, Grouped
from openhalo.catalogue.core_list import check_item
from openhalo.catalogue.documents import Document, Location
from openhalo.catalogue.kinds import Kind, Shelves
from openhalo.catalogue.record_types import WITHHELD
from openhalo.catalogue.references import (
    check_group,
    check_number,
    check_open_condition,
    known,
    record_type_known,
    refuse_withheld,
)
from openhalo.catalogue.schema import Schema, Unread


def cross_check(spec: AnalysisSpec, document: Document, shelves: Shelves) -> None:
    """Check the record, conditions, groups and codes of an analysis, and the item of the core list that it answers."""
    schema = shelves.schema
    check_item(spec.core, document, shelves)
    if not record_type_known(spec.record, document, ("record",), schema):
        return
    look = {
        "condition": check_open_condition,
        "group": check_group,
        "number": check_number,
        "field": _field,
        "unit": _unit,
        "day": _day,
        "chances": _chances,
    }
    for place, what, record, text in spec.named():
        if record == spec.record or record_type_known(record, document, (*place[:-1], "record"), schema):
            look[what](text, record, document, place, schema)
    if isinstance(spec, Grouped):
        check_codes_compared(spec, spec.reference, spec.compare, document, (), schema)
    with suppress(Unread):
        for misfit in spec.misfits_with(schema):
            document.report(*misfit)


def check_codes_compared(
    spec: Grouped, reference: str, compare: Collection[str], document: Document, place: Location, schema: Schema
) -> None:
    """Check that codes which are compared are codes of the group, also those that a plan gives.

    Args:
        spec: the analysis.
        reference: the code that the others are compared with; empty: not said.
        compare: those that are compared with it.
        document: where they stand.
        place: where in it.
        schema: all record types.
    """
    if not spec.group:
        for name in (name for name, value in (("reference", reference), ("compare", compare)) if value):
            document.report((*place, name), f"'{name}' without 'group' in {spec.id}", todo="say which groups there are")
        return
    with suppress(Unread):
        found = schema.follow(spec.record, spec.group)
        if found is None or not found[1].vocabulary:
            return
        codes, kind = schema.codes(found[1]), f"code of vocabulary '{found[1].vocabulary}'"
        if reference:
            known(reference, codes, kind, document, (*place, "reference"))
        for index, code in enumerate(compare):
            known(code, codes, kind, document, (*place, "compare", index))


def _unit(path: str, record: str, document: Document, place: Location, schema: Schema) -> None:
    _typed(path, record, ("link", "code", "text", "integer"), document, place, schema)


def _day(path: str, record: str, document: Document, place: Location, schema: Schema) -> None:
    _typed(path, record, ("date", "time"), document, place, schema)


def _typed(path: str, record: str, types: Collection[str], document: Document, place: Location, schema: Schema) -> None:
    """Check that a path leads to a field of one of these types that figures may rest on."""
    with suppress(Unread):
        found = schema.follow(record, path)
        if found is None:
            names = schema.field_names(record)
            document.report(place, f"{record} has no field '{path}'", name_all(names, 60), did_you_mean(path, names))
        elif found[1].type not in types:
            document.report(place, f"'{path}' is a {found[1].type}", f"fields of type {name_all(types)}")
        elif found[1].privacy in WITHHELD:
            refuse_withheld(path, found[1].privacy, document, place)


def _field(name: str, record: str, document: Document, place: Location, schema: Schema) -> None:
    known(name, schema.record_types[record].written, f"field of {record}", document, place)


def _chances(name: str, record: str, document: Document, place: Location, schema: Schema) -> None:
    fields = schema.record_types[record].fields
    known(name, fields.keys() - schema.record_types[record].written.keys(), f"chances of {record}", document, place)


KIND = Kind("DOMAIN/analyses/NAME", AnalysisSpec, cross_check, site_may_redefine=True, forms=KINDS)
