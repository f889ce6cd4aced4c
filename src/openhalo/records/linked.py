"""Fields that look through a link: what a record does not say itself, as the linked records say it.

An allegation has the day of its complaint; a complaint has the races of all its complainants. Nothing of this is
stored: the linked record is the one place where the value stands, and a correction there is seen everywhere.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import ibis

from openhalo.catalogue.record_types import RecordType
from openhalo.catalogue.schema import Schema
from openhalo.engines.columns import IBIS

_KEY = "key"


@dataclass(frozen=True)
class Side:
    """Linked records that fields look at."""

    link: str
    many: str
    """Of a link to many: the field by which the linked records lead here; else empty."""
    target: str
    masked: bool
    """Without what was learned later."""
    fields: tuple[tuple[str, str], ...]
    """Each field, with the field of the linked records that it looks at."""

    @property
    def asked(self) -> tuple[str, ...]:
        """Return the fields of the linked records that are read."""
        return tuple(sorted({*(there for _, there in self.fields), *([self.many] if self.many else [])}))


def time_fields(record: RecordType) -> set[str]:
    """Return the fields that place a record in time and say when something of it was learned."""
    return {record.time, *record.known_at.values()}


def looking_through(record: RecordType) -> list[str]:
    """Return the fields of a record type that look through a link."""
    return [name for name, spec in record.fields.items() if spec.through]


def sides(record: RecordType, names: Collection[str], schema: Schema) -> list[Side]:
    """Return the linked records that fields of a record type look at: all that looks at the same rows together."""
    times, found = time_fields(record), dict[tuple[str, bool], dict[str, str]]()
    for name in names:
        link, _, there = record.fields[name].through.partition(".")
        # When something was learned must be seen to be hidden: times are read as they are.
        found.setdefault((link, name not in times), {})[name] = there
    made = []
    for (link, masked), fields in found.items():
        many = schema.inverses(record.id).get(link)
        target = many.record if many else record.fields[link].to
        made.append(Side(link, many.link if many else "", target, masked, tuple(fields.items())))
    return made


def joined(record: RecordType, own: Any, linked: Mapping[Side, Any]) -> Any:
    """Return the rows of `own` with the same columns, where fields are filled from linked records.

    Args:
        record: the record type.
        own: its rows, with the fields that look through a link.
        linked: the records that these look at, with their rows.
    """
    found, filled, names = own, dict[str, str](), [name for side in linked for name, _ in side.fields]
    for number, (side, rows) in enumerate(linked.items()):
        there, prefix = _said(rows, record, side), f"linked {number}:"
        renamed = there.rename({f"{prefix}{column}": column for column in there.columns})
        found = found.left_join(renamed, [("record_key" if side.many else side.link, f"{prefix}{_KEY}")])
        filled |= {
            column: f"{prefix}{column}" for name, _ in side.fields for column in record.fields[name].columns(name)
        }
    values = {name: found[name].fill_null(found[filled[name]]) for name in names}
    return found.select(
        **{
            column: _told(found, column, filled, values) if column in filled else found[column]
            for column in own.columns
        }
    )


def _said(rows: Any, record: RecordType, side: Side) -> Any:
    """Return what linked records say of fields, under the names that the fields have here, and `_KEY`.

    Of a link to many, all records that lead to one record here become one row.
    """
    chosen: dict[str, Any] = {}
    for name, there in side.fields:
        for column, kind in record.fields[name].columns(name).items():
            theirs = there + column.removeprefix(name)
            if theirs not in rows.columns or (side.many and column != name and not column.endswith("_missing")):
                chosen[column] = ibis.null(IBIS[kind])
            elif not side.many:
                chosen[column] = rows[theirs]
            elif column == name:
                codes = rows[theirs].collect(where=rows[theirs].notnull(), distinct=True).sort()
                # Engines differ in what they collect where there is nothing: a null, or an empty list.
                chosen[column] = ibis.ifelse(rows[theirs].count() > 0, codes, ibis.null(IBIS[kind]))
            else:
                chosen[column] = rows[theirs].arbitrary()
    if not side.many:
        return rows.select(rows["record_key"].name(_KEY), **chosen)
    return rows.filter(rows[side.many].notnull()).group_by(rows[side.many].name(_KEY)).agg(**chosen)


def _told(found: Any, column: str, filled: Mapping[str, str], values: Mapping[str, Any]) -> Any:
    """Return a column as the record says it, else as the linked one does; a reason only where neither has a value."""
    ours, theirs = found[column], found[filled[column]]
    name = column.removesuffix("_missing")
    if name in values and name != column:
        return ibis.ifelse(values[name].isnull(), theirs.fill_null(ours), None)
    return values[column] if column in values else ours.fill_null(theirs)
