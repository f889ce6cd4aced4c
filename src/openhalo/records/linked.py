"""Fields that look through a link: what a record does not say itself, as the linked records say it.

An allegation has the day of its complaint; a complaint has the races of all its complainants. Nothing of this is
stored: the linked record is the one place where the value stands, and a correction there is seen everywhere.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any

import ibis

from openhalo.catalogue.record_types import RecordType
from openhalo.catalogue.schema import Schema
from openhalo.engines.columns import IBIS

Rows = Callable[[str, bool], Any]
"""Gives a record type's rows that count; the flag: with what was learned later taken out."""
_KEY = "key"


def clocks(record: RecordType) -> set[str]:
    """Return the fields that place a record in time and say when something of it was learned."""
    return {record.time, *record.known_at.values()}


def looking_through(record: RecordType) -> list[str]:
    """Return the fields of a record type that look through a link."""
    return [name for name, spec in record.fields.items() if spec.through]


def joined(record: RecordType, own: Any, names: Collection[str], schema: Schema, rows: Rows) -> Any:
    """Return the rows of `own` with the same columns, where the named fields are filled from linked records.

    Args:
        record: the record type.
        own: its rows, every column of the definition included.
        names: fields that look through a link.
        schema: all record types.
        rows: gives the rows of the linked records.
    """
    found, filled = own, dict[str, str]()
    for number, ((link, masked), fields) in enumerate(_sides(record, names).items()):
        many, key = schema.inverses(record.id).get(link), f"linked:{number}"
        target = schema.record_types[_target(record, link, schema)]
        there = _linked(rows(target.id, masked), record, target, fields, many.link if many else "")
        side = there.rename(lambda column, key=key: f"{key}:{column}")
        found = found.left_join(side, [("record_key" if many else link, f"{key}:{_KEY}")])
        filled |= {column: f"{key}:{column}" for name in fields for column in record.fields[name].columns(name)}
    if not filled:
        return own
    found = found.select(*own.columns, *filled.values())
    said = {name: found[name].fill_null(found[filled[name]]) for name in names}
    return found.select(
        **{column: _told(found, column, filled, said) if column in filled else found[column] for column in own.columns}
    )


def linked_rows(record: RecordType, names: Collection[str], schema: Schema) -> list[tuple[str, bool]]:
    """Return which rows `joined` asks for to fill these fields: the arguments of `Rows`."""
    return [(_target(record, link, schema), masked) for link, masked in _sides(record, names)]


def _sides(record: RecordType, names: Collection[str]) -> dict[tuple[str, bool], list[str]]:
    """Return the links that fields look through, each with: what was learned later is taken out; and its fields."""
    clock, sides = clocks(record), dict[tuple[str, bool], list[str]]()
    for name in names:
        # When something was learned must be seen to be hidden: times are read as they are.
        sides.setdefault((record.fields[name].through.partition(".")[0], name not in clock), []).append(name)
    return sides


def _target(record: RecordType, link: str, schema: Schema) -> str:
    many = schema.inverses(record.id).get(link)
    return many.record if many else record.fields[link].to


def _linked(rows: Any, record: RecordType, target: RecordType, fields: Collection[str], many: str) -> Any:
    """Return what linked records say of fields, under the names that the fields have here, and `_KEY`.

    Args:
        rows: the linked records.
        record: the record type whose fields look through the link.
        target: the record type of the linked records.
        fields: these fields.
        many: of a link to many: the field by which the linked records lead here, so that they become one row for each.
    """
    there = {name: record.fields[name].through.partition(".")[2] for name in fields}
    held = {name: target.fields[there[name]].columns(there[name]) for name in fields}
    chosen: dict[str, Any] = {}
    for name in fields:
        for column, kind in record.fields[name].columns(name).items():
            theirs = there[name] + column.removeprefix(name)
            if theirs not in held[name] or (many and column != name and not column.endswith("_missing")):
                chosen[column] = ibis.null(IBIS[kind])
            elif not many:
                chosen[column] = rows[theirs]
            elif column == name:
                codes = rows[theirs].collect(where=rows[theirs].notnull(), distinct=True).sort()
                # Engines differ in what they collect where there is nothing: a null, or an empty list.
                chosen[column] = ibis.ifelse(rows[theirs].count() > 0, codes, ibis.null(IBIS[kind]))
            else:
                chosen[column] = rows[theirs].arbitrary()
    if not many:
        return rows.select(rows["record_key"].name(_KEY), **chosen)
    return rows.filter(rows[many].notnull()).group_by(rows[many].name(_KEY)).agg(**chosen)


def _told(found: Any, column: str, filled: Mapping[str, str], said: Mapping[str, Any]) -> Any:
    """Return a column as the record says it, else as the linked one does; a reason only where neither has a value."""
    ours, linked = found[column], found[filled[column]]
    name = column.removesuffix("_missing")
    if name in said and name != column:
        return ibis.ifelse(said[name].isnull(), linked.fill_null(ours), None)
    return said.get(column, ours.fill_null(linked))
