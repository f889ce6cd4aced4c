"""What a measure rests on, and whether the records say it at all."""

from collections.abc import Iterator, Sequence

from ibis import _

from openhalo.base.periods import Period
from openhalo.catalogue.conditions import Compare, Field, Has, In, Missing, Node, fields_of, questions
from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.catalogue.sources import Recorded
from openhalo.records.reading import Records


def rests_on(spec: MeasureSpec, records: Records) -> list[str]:
    """Return the fields that decide what a measure counts or averages, over to-one links; not its groups.

    A field that is only asked whether it is missing is not among them: a blank answers that question.
    """
    nodes = [records.catalogue.condition(spec.record, text) for text in (spec.where, spec.numerator) if text]
    found = [path for node in nodes for path in sorted(_deciding(node))]
    return list(dict.fromkeys([*found, *([spec.value] if spec.value else [])]))


def unsaid(spec: MeasureSpec, records: Records) -> list[str]:
    """Return the fields that a measure rests on and that not one record says.

    A figure over such a field would read as none, where the truth is that nobody was asked.
    """
    said, fields = records.said.setdefault(spec.record, {}), rests_on(spec, records)
    if not said.keys() >= set(fields):  # all measures of a record type are asked about at once: one look at the records
        specs = [spec, *(one for one in records.catalogue.measures.values() if one.record == spec.record)]
        asked = list(dict.fromkeys(path for one in specs for path in rests_on(one, records)))
        relation = records.relation(spec.record)
        columns = {f"field {place}": relation.field(path) for place, path in enumerate(asked)}
        found = records.fetch(relation.table.select(**columns).aggregate(**{name: _[name].count() for name in columns}))
        said |= dict(zip(asked, found.row(0), strict=True))
    return [path for path in fields if not said[path]]


def limits(spec: MeasureSpec, records: Records, by: Sequence[str] = ()) -> list[tuple[Recorded, str]]:
    """Return what the sources record on some days only, and a measure or its groups rest on; each with its group.

    The group is empty where the measure itself rests on it.
    """
    table = records.manifest.tables.get(spec.record)
    names = dict.fromkeys(cover.source for cover in (table.coverage if table else []))
    sources = [records.catalogue.sources[name] for name in names if name in records.catalogue.sources]
    nodes = [records.catalogue.condition(spec.record, text) for text in (spec.where, spec.numerator) if text]
    codes = {pair for node in nodes for pair in _codes(node)}
    fields = rests_on(spec, records)
    found: list[tuple[Recorded, str]] = []
    for one in [one for source in sources for one in source.recorded]:
        if any((one.field, code) in codes for code in one.codes) or (not one.codes and one.field in fields):
            found.append((one, ""))
        elif one.field in by:
            found.append((one, one.field))
    return found


def told_within(spec: MeasureSpec, records: Records) -> Period | None:
    """Return the days on which the records could say what a measure rests on; None where all of them could.

    Outside these days a figure would show a change of the form as a change of what happened. Of several sources,
    which may differ in this, none narrows the others.
    """
    table = records.manifest.tables.get(spec.record)
    covers = table.coverage if table else []
    found = [one for one, group in limits(spec, records) if not group]
    if not found or len({cover.source for cover in covers}) != 1:
        return None
    first = max([min(cover.first for cover in covers), *(one.since for one in found if one.since)])
    last = min([max(cover.last for cover in covers), *(one.until for one in found if one.until)])
    return Period(first, last) if first <= last else None


def codes_said(record: str, path: str, records: Records) -> set[str] | None:
    """Return the codes that the sources of a record type can put into a coded field; None where that is not known.

    A source that has no code for a group counts its people under other codes: for it the group has no zero.
    """
    fields = records.catalogue.record_type(record).fields
    table = records.manifest.tables.get(record)
    names = {cover.source for cover in table.coverage} if table else set()
    found: set[str] = set()
    for name in names:
        source = records.catalogue.sources.get(name)
        if path not in fields or fields[path].type != "code" or source is None:
            return None
        for place, mapping in source.mappings():
            if place[-1] == path:
                listed = {*mapping.codes.values(), mapping.otherwise, str(mapping.value or "")} - {""}
                if not listed and not mapping.absent:
                    return None
                found |= listed
    return found


def _codes(node: Node | None) -> Iterator[tuple[str, str]]:
    """Yield the fields that a condition compares with codes, each with the code."""
    for asked in questions(node):
        match asked:
            case Compare(_, Field(path), str(code)) | Has(Field(path), code):
                yield path, code
            case In(Field(path), values):
                yield from ((path, code) for code in values if isinstance(code, str))


def _deciding(node: Node | None) -> set[str]:
    return set().union(*(fields_of(asked) for asked in questions(node) if not isinstance(asked, Missing)))
