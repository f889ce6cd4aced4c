"""Which stored records count: what was known by a date, and which source speaks where two cover the same days.

Conditions are Ibis expressions over rows with the record type's own columns.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import ibis

from openhalo.base.errors import MeasureError, Problem, name_all
from openhalo.base.periods import Period
from openhalo.base.settings_files import SETTINGS
from openhalo.catalogue.record_types import RecordType
from openhalo.records.manifest import Coverage, Manifest


def must_declare_knowledge(record: RecordType) -> None:
    """Refuse `--known-by` for a record type that does not say when its records were learned.

    Raises:
        MeasureError: the record type has no `known_at`.
    """
    if not record.known_at:
        found = "does not say when its records were learned, so nobody can tell what was known by a date"
        todo = "ask without --known-by, or declare 'known_at' in the record type"
        raise MeasureError(Problem(record.id, found, todo=todo))


def known(rows: Any, record: RecordType, known_by: date) -> Any:
    """Return the condition: the record had happened by the date, and its first group was learned by then.

    A record whose date of learning is missing is kept; `undated` counts it.
    """
    day, learned = rows[record.date_column], rows[_learned(record, next(iter(record.known_at)))]
    yearly = record.fields[record.time].type == "integer"
    happened = day <= (known_by.year if yearly else known_by)
    happened = day.isnull() | happened if record.undated else happened
    return happened & (learned.isnull() | (learned <= known_by))


def masks(rows: Any, record: RecordType, known_by: date) -> dict[str, Any]:
    """Return each column that was learned with a later group: null until then, its reason `unknown`.

    Where nobody wrote down when it was learned, it was never surely known: it is null on every day.
    """
    _, *later = record.known_at
    masked: dict[str, Any] = {}
    for group in later:
        learned = rows[_learned(record, group)]
        for name in [name for name in _group_fields(record, group) if name in rows.columns]:
            hidden = (learned > known_by) | (learned.isnull() & rows[name].notnull())
            for column in record.fields[name].columns(name):
                if column == f"{name}_missing":
                    masked[column] = ibis.ifelse(hidden, "unknown", rows[column])
                else:
                    masked[column] = ibis.ifelse(learned <= known_by, rows[column], None)
    return masked


def undated(rows: Any, record: RecordType) -> Any:
    """Return the condition: the record counts although nobody wrote down when it was learned."""
    return rows[_learned(record, next(iter(record.known_at)))].isnull()


def giving_way(record: RecordType, manifest: Manifest, order: Sequence[str]) -> list[tuple[str, str, Period]]:
    """Return agency and source of the records that give way to a source that counts first, and on which days.

    Args:
        record: the record type.
        manifest: the store version.
        order: the record type's sources, the one that counts first (`authoritative` in agency.yaml).
    """
    ranks = {source: rank for rank, source in enumerate(order)}
    found = []
    for first, second, period in manifest.overlaps(record.id):
        if first.source in ranks and second.source in ranks:
            weaker = max(first, second, key=lambda cover: ranks[cover.source])
            found.append((weaker.agency, weaker.source, period))
    return found


def gives_way(rows: Any, record: RecordType, weaker: Sequence[tuple[str, str, Period]]) -> Any:
    """Return the condition of the records that give way, as `giving_way` names them; at least one of these."""
    day = rows[record.date_column]
    yearly = record.fields[record.time].type == "integer"
    parts = []
    for agency, source, period in weaker:
        first, last = (period.first.year, period.last.year) if yearly else (period.first, period.last)
        parts.append((rows["agency"] == agency) & (rows["source"] == source) & day.between(first, last))
    return ibis.or_(*parts)


def undecided(record: str, manifest: Manifest, authoritative: Mapping[str, Sequence[str]]) -> list[Problem]:
    """Return the overlaps for which the site does not say which source counts."""
    order = authoritative.get(record, [])
    open_pairs = [
        (a, b, period) for a, b, period in manifest.overlaps(record) if not {a.source, b.source} <= set(order)
    ]
    every = [*order, *sorted({c.source for a, b, _ in open_pairs for c in (a, b)} - set(order))]
    setting = f"authoritative: {{{record}: [{', '.join(every)}]}}"
    todo = f"write in {SETTINGS}, the source that counts first in front: {setting}"
    return [Problem(record, describe(a, b, period), todo=todo) for a, b, period in open_pairs]


def describe(first: Coverage, second: Coverage, period: Period) -> str:
    """Say in one sentence that two sources cover the same days."""
    return f"{name_all([first.source, second.source])} of {first.agency} both cover {period.first} to {period.last}"


def _learned(record: RecordType, group: str) -> str:
    name = record.known_at[group]
    return f"{name}_date" if record.fields[name].type == "time" else name


def _group_fields(record: RecordType, group: str) -> list[str]:
    return [name for name, spec in record.fields.items() if spec.known_at == group or name == record.known_at[group]]
