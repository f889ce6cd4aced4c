"""Record types beside the other definitions: vocabularies, links, rules, and paths that look through a link."""

from openhalo.base.errors import name_all
from openhalo.catalogue.documents import Document
from openhalo.catalogue.kinds import Kind, Shelves
from openhalo.catalogue.record_types import WITHHELD, RecordType
from openhalo.catalogue.references import check_condition, check_one_record, known, record_type_known
from openhalo.catalogue.schema import Schema, Unread
from openhalo.catalogue.vocabularies import Vocabulary


def cross_check(spec: RecordType, document: Document, shelves: Shelves) -> None:
    """Check vocabularies, links, rules and the example of a record type."""
    schema = shelves.schema
    inverses: dict[str, str] = {}
    for name, field in spec.fields.items():
        if field.vocabulary:
            unread = shelves.unread_of(Vocabulary)
            place = ("fields", name, "vocabulary")
            known(field.vocabulary, schema.vocabularies, "vocabulary", document, place, unread)
        if field.to:
            record_type_known(field.to, document, ("fields", name, "to"), schema)
        if field.inverse:
            _inverse(name, spec, document, schema, inverses)
        if field.through:
            _through(name, spec, document, schema)
    for name, rule in spec.rules.items():
        at = ("rules", name, "condition")
        check_one_record(check_condition(rule.condition, spec.id, document, at, schema), document, at)
        for field_name in rule.refuses:
            known(field_name, spec.fields, f"field of {spec.id}", document, ("rules", name, "refuses", field_name))
    for name in spec.example:
        known(name, spec.fields, f"field of {spec.id}", document, ("example", name))


def _inverse(name: str, spec: RecordType, document: Document, schema: Schema, others: dict[str, str]) -> None:
    """Check that the link's name seen from its target is neither a field there nor another link's."""
    field, place = spec.fields[name], ("fields", name, "inverse")
    target = schema.record_types.get(field.to)
    if target is not None and field.inverse in target.fields:
        document.report(place, f"'{field.inverse}' is already a field of {target.id}", todo="give it another name")
    found = schema.inverses(field.to).get(field.inverse)
    if found is not None and (found.record, found.link) != (spec.id, name):
        document.report(
            place,
            f"'{field.inverse}' of {field.to} is already the link of {found.record}.{found.link}",
            todo="give it another name",
        )


def _through(name: str, spec: RecordType, document: Document, schema: Schema) -> None:
    """Check that a field which looks through a link finds a stored field of its own kind there."""
    field, place = spec.fields[name], ("fields", name, "through")
    link, _, there = field.through.partition(".")
    try:
        many = schema.inverses(spec.id).get(link)
        found = schema.follow(many.record, there) if many else schema.follow(spec.id, field.through)
    except Unread:
        return
    if found is None:
        links = [*schema.inverses(spec.id), *(n for n, other in spec.fields.items() if other.type == "link")]
        document.report(place, f"'{field.through}' leads nowhere", name_all(f"{one}.…" for one in links))
        return
    target, other = found
    wanted = ("codes", "code") if many else (field.type, field.type)
    if (field.type, other.type) != wanted or field.vocabulary != other.vocabulary:
        document.report(
            place,
            f"'{field.through}' is a {other.type}{f' of {other.vocabulary}' if other.vocabulary else ''}",
            f"a {wanted[1]}{f' of {field.vocabulary}' if field.vocabulary else ''}"
            if not many or field.type == "codes"
            else "a link to one; over a link to many, lists of codes",
        )
    if other.through:
        document.report(place, f"'{field.through}' itself looks through '{other.through}'", "a field that is stored")
    if other.privacy in WITHHELD and field.privacy not in WITHHELD:
        document.report(place, f"'{field.through}' is {other.privacy}, '{name}' is {field.privacy}", other.privacy)
    times = {spec.time, *spec.known_at.values()}
    beyond = schema.record_type(target)
    if name in times and any(beyond.fields[n].through for n in {beyond.time, *beyond.known_at.values()}):
        document.report(place, f"the times of {target} look through a link themselves", "times that are stored")


KIND = Kind("DOMAIN/NAME", RecordType, cross_check)
