"""Fields that look through a link: what a record does not say itself, as the linked records say it.

An allegation has the day of its complaint; a complaint has the races of all its complainants. Nothing of this is
stored: the linked record is the one place where the value stands, and a correction there is seen everywhere.
"""

from collections.abc import Callable, Collection

from openhalo.catalogue.record_types import RecordType
from openhalo.catalogue.schema import Schema
from openhalo.records.sql import identifier

Rows = Callable[[str, bool], str]
"""Gives the SQL of a record type's rows that count; the flag: with what was learned later taken out."""


def clocks(record: RecordType) -> set[str]:
    """Return the fields that place a record in time and say when something of it was learned."""
    return {record.time, *record.known_at.values()}


def looking_through(record: RecordType) -> list[str]:
    """Return the fields of a record type that look through a link."""
    return [name for name, spec in record.fields.items() if spec.through]


def joined(record: RecordType, own: str, names: Collection[str], schema: Schema, rows: Rows) -> str:
    """Return SQL with the same columns as `own`, where the named fields are filled from linked records.

    Args:
        record: the record type.
        own: SQL of its rows, every column of the definition included.
        names: fields that look through a link.
        schema: all record types.
        rows: SQL of the linked records.
    """
    clock = clocks(record)
    sides: dict[tuple[str, bool], list[str]] = {}
    for name in names:
        # When something was learned must be seen to be hidden: times are read as they are.
        sides.setdefault((record.fields[name].through.partition(".")[0], name not in clock), []).append(name)
    replaced, joins = [], []
    for number, ((link, masked), fields) in enumerate(sides.items()):
        side, many = f"linked_{number}", schema.inverses(record.id).get(link)
        target = schema.record_types[many.record if many else record.fields[link].to]
        chosen, key = [], identifier(many.link) if many else "record_key"
        for name in fields:
            there = record.fields[name].through.partition(".")[2]
            held = target.fields[there].columns(there)
            for column in record.fields[name].columns(name):
                theirs = there + column.removeprefix(name)
                value = identifier(theirs) if theirs in held else "NULL"
                if many:
                    code = f"list(DISTINCT {value} ORDER BY {value}) FILTER (WHERE {value} IS NOT NULL)"
                    value = code if column == name else f"any_value({value})" if column.endswith("_missing") else "NULL"
                chosen.append(f"{value} AS {identifier(column)}")
                ours, linked = f"own.{identifier(column)}", f"{side}.{identifier(column)}"
                if column == f"{name}_missing":
                    said = f"coalesce(own.{identifier(name)}, {side}.{identifier(name)}) IS NOT NULL"
                    replaced.append(
                        f"CASE WHEN NOT ({said}) THEN coalesce({linked}, {ours}) END AS {identifier(column)}"
                    )
                else:
                    replaced.append(f"coalesce({ours}, {linked}) AS {identifier(column)}")
        grouped = f"WHERE {key} IS NOT NULL GROUP BY {key}" if many else ""
        joins.append(
            f"LEFT JOIN (SELECT {key} AS linked_key, {', '.join(chosen)} FROM ({rows(target.id, masked)}) {grouped}) "
            f"AS {side} ON own.{'record_key' if many else identifier(link)} = {side}.linked_key"
        )
    return f"SELECT own.* REPLACE ({', '.join(replaced)}) FROM ({own}) AS own {' '.join(joins)}" if joins else own
