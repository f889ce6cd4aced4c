"""Where the names that a definition uses lead: to other definitions, and to the fields and codes of records.

Each function reports, at a place of a document, a name that leads nowhere or to something that may not stand there.
"""

from collections.abc import Collection
from contextlib import suppress
from string import Formatter

from openhalo.base.errors import did_you_mean, name_all
from openhalo.catalogue.condition_parser import parse
from openhalo.catalogue.conditions import Node, fields_of, links_of
from openhalo.catalogue.documents import Document, Location
from openhalo.catalogue.record_types import WITHHELD, FieldSpec, RecordType
from openhalo.catalogue.schema import Schema, Unread


def known(
    name: str | int,
    allowed: Collection[str],
    what: str,
    document: Document,
    place: Location,
    unread: Collection[str] = (),
) -> bool:
    """Return whether a name leads somewhere; report one that does not.

    Args:
        name: what the document says.
        allowed: the names that there are.
        what: what they are names of, in words.
        document: where the name stands.
        place: where in it.
        unread: names whose own file is there and could not be read: they are no problem here, and lead nowhere yet.
    """
    if name in allowed:
        return True
    if name not in unread:
        hint = did_you_mean(str(name), allowed)
        document.report(place, f"there is no {what} '{name}'", name_all(allowed, 60), hint)
    return False


def record_type_known(name: str, document: Document, place: Location, schema: Schema) -> bool:
    """Return whether there is a record type of this name; report one that there is not."""
    unread = schema.unread.get(RecordType, ())
    return known(name, schema.record_types, "record type", document, place, unread)


def check_condition(text: str, record: str, document: Document, place: Location, schema: Schema) -> Node | None:
    """Return the tree of a condition on a record type, and report what is wrong with it; None for an empty one."""
    if not text:
        return None
    node, problems = parse(text, record, schema)
    for problem in problems:
        document.report(place, f'in "{text}": {problem.found}', problem.allowed, problem.todo)
    return node


def check_open_condition(text: str, record: str, document: Document, place: Location, schema: Schema) -> None:
    """Check a condition on which a figure rests: it may read public and internal fields only."""
    node = check_condition(text, record, document, place, schema)
    for path, privacy in schema.withheld(node, record):
        refuse_withheld(path, privacy, document, place)


def refuse_withheld(path: str, privacy: str, document: Document, place: Location) -> None:
    """Report a field that no figure may rest on."""
    document.report(place, f"'{path}' is {privacy}: no figure may rest on it", "public and internal fields")


def check_one_record(node: Node | None, document: Document, place: Location) -> None:
    """Report a condition that looks at other records where only one record is at hand: while it is imported."""
    beyond = sorted(links_of(node) | {path for path in fields_of(node) if "." in path})
    if beyond:
        document.report(
            place,
            f"'{beyond[0]}' leads to another record, and only one is seen here",
            "the record's own fields, no any() or count()",
        )


def check_holes(text: str, allowed: Collection[str], document: Document, place: Location) -> None:
    """Check that only known names stand in the braces of a sentence that is filled in later."""
    try:
        names = [name for _text, name, _form, _turned in Formatter().parse(text) if name is not None]
    except ValueError as error:
        document.report(place, f"its braces do not fit ({error})", todo="write {{ and }} for braces themselves")
        return
    for name in dict.fromkeys(names):
        if name not in allowed:
            hint = did_you_mean(name, allowed)
            document.report(place, f"'{{{name}}}' cannot be filled in", name_all(f"{{{one}}}" for one in allowed), hint)


def check_number(path: str, record: str, document: Document, place: Location, schema: Schema) -> None:
    """Check that a path leads to a number on which figures may rest."""
    with suppress(Unread):
        found = schema.follow(record, path)
        if found is not None and found[1].privacy in WITHHELD:
            refuse_withheld(path, found[1].privacy, document, place)
        elif found is None or found[1].type not in ("integer", "number"):
            numbers = [n for n in schema.field_names(record) if _is_number(schema.field(record, n))]
            hint = did_you_mean(path, numbers)
            document.report(place, f"'{path}' is no number field of {record}", name_all(numbers, 60), hint)


def _is_number(field: FieldSpec | None) -> bool:
    return field is not None and field.type in ("integer", "number")


def check_group(path: str, record: str, document: Document, place: Location, schema: Schema) -> None:
    """Check that a path leads to a field that figures may be cut by."""
    try:
        found = schema.follow(record, path)
    except Unread:
        return
    if found is None:
        names = schema.field_names(record)
        document.report(place, f"{record} has no field '{path}'", name_all(names, 60), did_you_mean(path, names))
    elif found[1].type not in ("code", "codes", "text", "boolean", "integer"):
        document.report(
            place,
            f"'{path}' is a {found[1].type}",
            "groups are fields of type code, codes, text, boolean or integer",
        )
    elif found[1].privacy in WITHHELD:
        refuse_withheld(path, found[1].privacy, document, place)
    elif found[1].identifies:
        who = found[1].identifies
        document.report(place, f"'{path}' tells one {who} from another", "fields that many people share")
