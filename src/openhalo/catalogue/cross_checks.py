"""What one file alone cannot show: every reference of a spec leads somewhere, and every condition reads."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from openhalo.base.errors import did_you_mean, name_all
from openhalo.catalogue.analysis_kinds.unknown_group import UnknownGroup
from openhalo.catalogue.analysis_plans import SETTABLE, AnalysisPlan
from openhalo.catalogue.analysis_specs import AnalysisSpec, Grouped
from openhalo.catalogue.condition_parser import parse
from openhalo.catalogue.conditions import Node, fields_of, links_of, pinned
from openhalo.catalogue.measure_kinds import KINDS
from openhalo.catalogue.measure_specs import Denominator, MeasureSpec
from openhalo.catalogue.reader import Document, Location
from openhalo.catalogue.record_types import WITHHELD, FieldSpec, RecordType
from openhalo.catalogue.schema import Schema, Unread
from openhalo.catalogue.sources import FieldMapping, SourceSpec
from openhalo.catalogue.vocabularies import CENSUS


def record_type(spec: RecordType, document: Document, schema: Schema) -> None:
    """Check vocabularies, links, rules and the example of a record type."""
    inverses: dict[str, str] = {}
    for name, field in spec.fields.items():
        if field.vocabulary:
            known(field.vocabulary, schema.vocabularies, "vocabulary", document, ("fields", name, "vocabulary"), schema)
        if field.to:
            known(field.to, schema.record_types, "record type", document, ("fields", name, "to"), schema)
        if field.inverse:
            _inverse(name, spec, document, schema, inverses)
        if field.through:
            _through(name, spec, document, schema)
    for name, rule in spec.rules.items():
        place = ("rules", name, "condition")
        _one_record(_condition(rule.condition, spec.id, document, place, schema), document, place)
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
    clocks = {spec.time, *spec.known_at.values()}
    beyond = schema.record_type(target)
    if name in clocks and any(beyond.fields[n].through for n in {beyond.time, *beyond.known_at.values()}):
        document.report(place, f"the times of {target} look through a link themselves", "times that are stored")


def source(spec: SourceSpec, document: Document, schema: Schema, sources: Mapping[str, SourceSpec]) -> None:
    """Check that a source spec fills fields that exist, with codes that exist, in a zone that exists."""
    _zone(spec.zone, document, ("zone",))
    for place, mapping in spec.mappings():
        if mapping.zone:
            _zone(mapping.zone, document, (*place, "zone"))
        if mapping.target:
            known(mapping.target, sources, "source", document, (*place, "target"), schema)
    if not known(spec.record, schema.record_types, "record type", document, ("record",), schema):
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


def measure(spec: MeasureSpec, document: Document, schema: Schema, measures: Mapping[str, MeasureSpec]) -> None:
    """Check records, conditions, groups and partners of a measure."""
    for partner, place in ((spec.of, "of"), (spec.paired_with, "paired_with")):
        if partner:
            known(partner, measures, "measure", document, (place,), schema)
    if spec.traits.compares_groups:
        _ratio(spec, document, schema, measures)
        return
    if not (spec.record and spec.unit):
        return
    if spec.per and known(spec.per.record, schema.record_types, "record type", document, ("per", "record"), schema):
        _denominator(spec, document, schema)
    if not known(spec.record, schema.record_types, "record type", document, ("record",), schema):
        return
    record = schema.record_types[spec.record]
    known(spec.unit, record.units, f"unit of {record.id}", document, ("unit",))
    for place, text in (("where", spec.where), ("numerator", spec.numerator)):
        _open_condition(text, spec.record, document, (place,), schema)
    for index, path in enumerate(spec.groups):
        _group(path, spec.record, document, ("groups", index), schema)
    if spec.value:
        _number(spec.value, spec.record, document, ("value",), schema)
    if spec.holders:
        links = [name for name, field in record.fields.items() if field.type == "link"]
        known(spec.holders, links, f"link of {record.id}", document, ("holders",))


def analysis(spec: AnalysisSpec, document: Document, schema: Schema) -> None:
    """Check the record, conditions, groups and codes of an analysis."""
    if not known(spec.record, schema.record_types, "record type", document, ("record",), schema):
        return
    look = {
        "condition": _open_condition,
        "group": _group,
        "number": _number,
        "field": _field,
        "unit": _unit,
        "day": _day,
        "chances": _chances,
    }
    for place, what, record, text in spec.named():
        if record == spec.record or known(
            record, schema.record_types, "record type", document, (*place[:-1], "record"), schema
        ):
            look[what](text, record, document, place, schema)
    if isinstance(spec, Grouped):
        _codes_compared(spec, spec.reference, spec.compare, document, (), schema)
    if isinstance(spec, UnknownGroup):
        _census(spec, document, schema)


def _census(spec: UnknownGroup, document: Document, schema: Schema) -> None:
    """Check that a record is of one group, and that the code list says which of its codes chances are of."""
    with suppress(Unread):
        found = schema.follow(spec.record, spec.group)
        codes = schema.vocabularies.get(found[1].vocabulary) if found else None
        if found is not None and found[1].type == "codes":
            document.report(("group",), f"one record can be of several groups of '{spec.group}'", "fields of type code")
        elif spec.chances and found is not None and (codes is None or CENSUS not in codes.crosswalks):
            problem = f"the codes of '{spec.group}' have no crosswalk '{CENSUS}'"
            document.report(("chances",), problem, "a group that chances are of, such as race")


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
            _refuse_withheld(path, found[1].privacy, document, place)


def _field(name: str, record: str, document: Document, place: Location, schema: Schema) -> None:
    known(name, schema.record_types[record].written, f"field of {record}", document, place)


def _chances(name: str, record: str, document: Document, place: Location, schema: Schema) -> None:
    fields = schema.record_types[record].fields
    known(name, fields.keys() - schema.record_types[record].written.keys(), f"chances of {record}", document, place)


def plan(spec: AnalysisPlan, document: Document, schema: Schema, analyses: Mapping[str, AnalysisSpec]) -> None:
    """Check that a plan names analyses and codes that there are, and gives each test what it needs."""
    for part in ("tests", "exploratory"):
        for index, test in enumerate(getattr(spec, part)):
            place = (part, index)
            if not known(test.analysis, analyses, "analysis", document, (*place, "analysis")):
                continue
            asked = analyses[test.analysis]
            for name in SETTABLE:
                if getattr(test, name) and name not in asked.settings:
                    document.report((*place, name), f"'{name}' for a test of kind {asked.kind}", todo="remove it")
            for name, missing in asked.needed.items():
                if not (getattr(test, name) or asked.settings[name]):
                    document.report(place, f"nothing says {missing.format(id=asked.id)}", todo=f"add '{name}'")
            if isinstance(asked, Grouped):
                _codes_compared(asked, test.reference, test.compare, document, place, schema)


def _codes_compared(
    spec: Grouped, reference: str, compare: Collection[str], document: Document, place: Location, schema: Schema
) -> None:
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


def _denominator(spec: MeasureSpec, document: Document, schema: Schema) -> None:
    per = spec.per
    assert per is not None
    if per.lasting and not schema.record_type(per.record).until:
        found = f"{per.record} does not say when its records end"
        document.report(("per", "lasting"), found, todo="name its last day: until: <field>")
    for name in ("where", "estimated"):
        _open_condition(getattr(per, name), per.record, document, ("per", name), schema)
    for group, piece in per.slices.items():
        for name in ("cut", "uncut"):
            _open_condition(getattr(piece, name), per.record, document, ("per", "slices", group, name), schema)
    for name in ("sum", "margin", "cv"):
        if getattr(per, name):
            _number(getattr(per, name), per.record, document, ("per", name), schema)
    if per.sum:
        _overlaps(per, document, schema)
    for ours, theirs in per.groups.items():
        known(ours, spec.groups, "group of this measure", document, ("per", "groups", ours))
        _group(theirs, per.record, document, ("per", "groups", ours), schema)


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


def _ratio(spec: MeasureSpec, document: Document, schema: Schema, measures: Mapping[str, MeasureSpec]) -> None:
    base = measures.get(spec.of)
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
        node = _condition(mapping.derive, record.id, document, (*place, "derive"), schema)
        _one_record(node, document, (*place, "derive"))


_SHELVES = {"vocabulary": "vocabularies", "record type": "record_types", "source": "sources", "measure": "measures"}


def known(
    name: str | int,
    allowed: Collection[str],
    kind: str,
    document: Document,
    place: Location,
    schema: Schema | None = None,
) -> bool:
    """Return whether a name leads somewhere; report one that does not.

    One whose file is there and could not be read is no problem here.
    """
    if name in allowed:
        return True
    if schema is None or name not in schema.unread.get(_SHELVES[kind], ()):
        hint = did_you_mean(str(name), allowed)
        document.report(place, f"there is no {kind} '{name}'", name_all(allowed, 60), hint)
    return False


def _condition(text: str, record: str, document: Document, place: Location, schema: Schema) -> Node | None:
    if not text:
        return None
    node, problems = parse(text, record, schema)
    for problem in problems:
        document.report(place, f'in "{text}": {problem.found}', problem.allowed, problem.todo)
    return node


def _open_condition(text: str, record: str, document: Document, place: Location, schema: Schema) -> None:
    """Check a condition on which a figure rests: it may read public and internal fields only."""
    node = _condition(text, record, document, place, schema)
    for path, privacy in schema.withheld(node, record):
        _refuse_withheld(path, privacy, document, place)


def _refuse_withheld(path: str, privacy: str, document: Document, place: Location) -> None:
    document.report(place, f"'{path}' is {privacy}: no figure may rest on it", "public and internal fields")


def _one_record(node: Node | None, document: Document, place: Location) -> None:
    """Report a condition that looks at other records where only one record is at hand: while it is imported."""
    beyond = sorted(links_of(node) | {path for path in fields_of(node) if "." in path})
    if beyond:
        document.report(
            place,
            f"'{beyond[0]}' leads to another record, and only one is seen here",
            "the record's own fields, no any() or count()",
        )


def _number(path: str, record: str, document: Document, place: Location, schema: Schema) -> None:
    with suppress(Unread):
        found = schema.follow(record, path)
        if found is not None and found[1].privacy in WITHHELD:
            _refuse_withheld(path, found[1].privacy, document, place)
        elif found is None or found[1].type not in ("integer", "number"):
            numbers = [n for n in schema.field_names(record) if _is_number(schema.field(record, n))]
            hint = did_you_mean(path, numbers)
            document.report(place, f"'{path}' is no number field of {record}", name_all(numbers, 60), hint)


def _is_number(field: FieldSpec | None) -> bool:
    return field is not None and field.type in ("integer", "number")


def _group(path: str, record: str, document: Document, place: Location, schema: Schema) -> None:
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
        _refuse_withheld(path, found[1].privacy, document, place)
    elif found[1].identifies:
        who = found[1].identifies
        document.report(place, f"'{path}' tells one {who} from another", "fields that many people share")


def _zone(zone: str, document: Document, place: Location) -> None:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        document.report(place, f"there is no time zone '{zone}'", "names such as America/Chicago, UTC")
