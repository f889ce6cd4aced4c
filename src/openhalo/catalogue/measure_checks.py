"""Measures beside the other definitions: records, conditions, groups, partners and the item of the core list."""

from contextlib import suppress

from openhalo.base.errors import name_all
from openhalo.catalogue.condition_parser import parse
from openhalo.catalogue.conditions import pinned
from openhalo.catalogue.core_list import check_item
from openhalo.catalogue.documents import Document
from openhalo.catalogue.kinds import Kind, Shelves
from openhalo.catalogue.measure_kinds import KINDS
from openhalo.catalogue.measure_specs import Denominator, MeasureSpec
from openhalo.catalogue.references import (
    check_group,
    check_holes,
    check_number,
    check_open_condition,
    known,
    record_type_known,
)
from openhalo.catalogue.schema import Schema, Unread

_HOLES = ("value", "numerator", "denominator", "times", "period", "group")
"""What may stand in the braces of an answer."""


def cross_check(spec: MeasureSpec, document: Document, shelves: Shelves) -> None:
    """Check records, conditions, groups and partners of a measure, and the item of the core list that it answers."""
    schema, measures = shelves.schema, shelves.of(MeasureSpec)
    check_item(spec.core, document, shelves)
    check_holes(spec.answer, _HOLES, document, ("answer",))
    for partner, place in ((spec.of, "of"), (spec.paired_with, "paired_with")):
        if partner:
            known(partner, measures, "measure", document, (place,), shelves.unread_of(MeasureSpec))
    if spec.traits.compares_groups:
        _ratio(spec, measures.get(spec.of), document, schema)
        return
    if not (spec.record and spec.unit):
        return
    if spec.per and record_type_known(spec.per.record, document, ("per", "record"), schema):
        _denominator(spec, document, schema)
    if not record_type_known(spec.record, document, ("record",), schema):
        return
    record = schema.record_types[spec.record]
    known(spec.unit, record.units, f"unit of {record.id}", document, ("unit",))
    for place, text in (("where", spec.where), ("numerator", spec.numerator)):
        check_open_condition(text, spec.record, document, (place,), schema)
    for index, path in enumerate(spec.groups):
        check_group(path, spec.record, document, ("groups", index), schema)
    if spec.value:
        check_number(spec.value, spec.record, document, ("value",), schema)
    if spec.holders:
        links = [name for name, field in record.fields.items() if field.type == "link"]
        known(spec.holders, links, f"link of {record.id}", document, ("holders",))


def _denominator(spec: MeasureSpec, document: Document, schema: Schema) -> None:
    per = spec.per
    assert per is not None
    if per.lasting and not schema.record_type(per.record).until:
        found = f"{per.record} does not say when its records end"
        document.report(("per", "lasting"), found, todo="name its last day: until: <field>")
    for name in ("where", "estimated"):
        check_open_condition(getattr(per, name), per.record, document, ("per", name), schema)
    for group, piece in per.slices.items():
        for name in ("cut", "uncut"):
            check_open_condition(getattr(piece, name), per.record, document, ("per", "slices", group, name), schema)
    for name in ("sum", "margin", "cv"):
        if getattr(per, name):
            check_number(getattr(per, name), per.record, document, ("per", name), schema)
    if per.sum:
        _overlaps(per, document, schema)
    for ours, theirs in per.groups.items():
        known(ours, spec.groups, "group of this measure", document, ("per", "groups", ours))
        check_group(theirs, per.record, document, ("per", "groups", ours), schema)


def _overlaps(per: Denominator, document: Document, schema: Schema) -> None:
    """Check that no sum runs over numbers that count the same people twice."""

    def held(text: str) -> set[str]:
        return pinned(parse(text, per.record, schema)[0]) if text else set()

    with suppress(Unread):
        sure = held(per.where).union(*(held(piece.cut) & held(piece.uncut) for piece in per.slices.values()))
        for name, field in schema.record_type(per.record).fields.items():
            if field.overlaps and name not in sure:
                found = f"'{per.sum}' would be added up over every '{name}', and these count the same people"
                allowed = f"{name} = … in 'where', or in every slice: {name_all(schema.codes(field))}"
                document.report(("per", "where"), found, allowed)


def _ratio(spec: MeasureSpec, base: MeasureSpec | None, document: Document, schema: Schema) -> None:
    if base is None:
        return
    if not base.traits.may_be_compared:
        allowed = " or ".join(f"a {kind}" for kind, traits in KINDS.items() if traits.may_be_compared)
        document.report(("of",), f"'{spec.of}' is a {base.kind}", allowed)
    if known(spec.across, base.groups, f"group of {spec.of}", document, ("across",)):
        with suppress(Unread):
            found = schema.follow(base.record, spec.across)
            if found and found[1].vocabulary:
                known(spec.reference, schema.codes(found[1]), "code", document, ("reference",))


KIND = Kind("DOMAIN/measures/NAME", MeasureSpec, cross_check, site_may_redefine=True)
