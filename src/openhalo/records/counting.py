"""Which stored records count: what was known by a date, and which source speaks where two cover the same days.

Everything here is SQL over the record type's own columns, to be laid over a scan of the store.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from openhalo.base.errors import MeasureError, Problem, name_all
from openhalo.base.periods import Period
from openhalo.catalogue.record_types import RecordType
from openhalo.records.manifest import Coverage, Manifest
from openhalo.records.sql import identifier, quote


def must_declare_knowledge(record: RecordType) -> None:
    """Refuse `--known-by` for a record type that does not say when its records were learned.

    Raises:
        MeasureError: the record type has no `known_at`.
    """
    if not record.known_at:
        found = "does not say when its records were learned, so nobody can tell what was known by a date"
        todo = "ask without --known-by, or declare 'known_at' in the record type"
        raise MeasureError(Problem(record.id, found, todo=todo))


def known(record: RecordType, known_by: date) -> str:
    """Return the SQL condition: the record had happened by the date, and its first group was learned by then.

    A record whose date of learning is missing is kept; `undated` counts it.
    """
    base = identifier(_learned(record, next(iter(record.known_at))))
    day = identifier(record.date_column)
    yearly = record.fields[record.time].type == "integer"
    happened = f"{day} <= {known_by.year}" if yearly else f"{day} <= DATE '{known_by}'"
    happened = f"{day} IS NULL OR {happened}" if record.undated else happened
    return f"({happened}) AND ({base} IS NULL OR {base} <= DATE '{known_by}')"


def masks(record: RecordType, known_by: date) -> dict[str, str]:
    """Return the SQL of each column that was learned with a later group: null until then, its reason `unknown`.

    Where nobody wrote down when it was learned, it was never surely known: it is null on every day.
    """
    _, *later = record.known_at
    masked: dict[str, str] = {}
    for group in later:
        day = identifier(_learned(record, group))
        unlearned = f"coalesce({day} > DATE '{known_by}', true)"
        for name in _group_fields(record, group):
            hidden = f"{day} > DATE '{known_by}' OR ({day} IS NULL AND {identifier(name)} IS NOT NULL)"
            for column in record.fields[name].columns(name):
                if column == f"{name}_missing":
                    masked[column] = f"CASE WHEN {hidden} THEN 'unknown' ELSE {identifier(column)} END"
                else:
                    masked[column] = f"CASE WHEN {unlearned} THEN NULL ELSE {identifier(column)} END"
    return masked


def undated(record: RecordType) -> str:
    """Return the SQL condition: the record counts although nobody wrote down when it was learned."""
    return f"{identifier(_learned(record, next(iter(record.known_at))))} IS NULL"


def giving_way(record: RecordType, manifest: Manifest, order: Sequence[str]) -> str:
    """Return the SQL condition of records that give way to a source that counts first for their day; or `false`.

    Args:
        record: the record type.
        manifest: the store version.
        order: the record type's sources, the one that counts first (`authoritative` in agency.yaml).
    """
    ranks = {source: rank for rank, source in enumerate(order)}
    day = identifier(record.date_column)
    yearly = record.fields[record.time].type == "integer"
    parts = []
    for first, second, period in manifest.overlaps(record.id):
        if first.source in ranks and second.source in ranks:
            weaker = max(first, second, key=lambda cover: ranks[cover.source])
            span = (period.first.year, period.last.year) if yearly else _dates(period)
            own = f"agency = {quote(weaker.agency)} AND source = {quote(weaker.source)}"
            parts.append(f"({own} AND {day} BETWEEN {span[0]} AND {span[1]})")
    return " OR ".join(parts) or "false"


def undecided(record: str, manifest: Manifest, authoritative: Mapping[str, Sequence[str]]) -> list[Problem]:
    """Return the overlaps for which the site does not say which source counts."""
    order = authoritative.get(record, [])
    open_pairs = [
        (a, b, period) for a, b, period in manifest.overlaps(record) if not {a.source, b.source} <= set(order)
    ]
    every = [*order, *sorted({c.source for a, b, _ in open_pairs for c in (a, b)} - set(order))]
    setting = f"authoritative: {{{record}: [{', '.join(every)}]}}"
    todo = f"write in agency.yaml, the source that counts first in front: {setting}"
    return [Problem(record, describe(a, b, period), todo=todo) for a, b, period in open_pairs]


def describe(first: Coverage, second: Coverage, period: Period) -> str:
    """Say in one sentence that two sources cover the same days."""
    return f"{name_all([first.source, second.source])} of {first.agency} both cover {period.first} to {period.last}"


def _learned(record: RecordType, group: str) -> str:
    name = record.known_at[group]
    return f"{name}_date" if record.fields[name].type == "time" else name


def _group_fields(record: RecordType, group: str) -> list[str]:
    return [name for name, spec in record.fields.items() if spec.known_at == group or name == record.known_at[group]]


def _dates(period: Period) -> tuple[str, str]:
    return f"DATE '{period.first}'", f"DATE '{period.last}'"
