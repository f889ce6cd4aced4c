"""What the record type itself demands of a record, as faults that Polars finds for all rows at once."""

import polars as pl

from openhalo.catalogue.condition_parser import parse
from openhalo.catalogue.record_types import RecordType
from openhalo.catalogue.schema import Schema
from openhalo.engines.expressions import to_polars
from openhalo.intake.faults import Fault


def faults(record: RecordType, schema: Schema, columns: dict[str, str]) -> list[Fault]:
    """Return the faults of a record type: ranges, patterns and rules of severity `reject`.

    Args:
        record: the record type.
        schema: all record types and vocabularies.
        columns: field → column of the file that it came from, to name the cell in a reason.
    """
    found = [
        fault
        for name, spec in record.fields.items()
        for fault in _ranges(name, spec.min, spec.max, columns.get(name, ""))
    ]
    found += [
        Fault(
            name,
            columns.get(name, ""),
            ~pl.col(name).str.contains(f"^(?:{spec.pattern})$"),
            "does not have the right form",
            spec.pattern,
        )
        for name, spec in record.fields.items()
        if spec.pattern
    ]
    for name, rule in record.rules.items():
        if rule.severity == "reject":
            found.append(Fault(name, "", ~_holds(rule.condition, record, schema), rule.message))
    return found


def flags(record: RecordType, schema: Schema) -> dict[str, pl.Expr]:
    """Return the rules of severity `flag`: they count rows worth a look and reject nothing."""
    return {
        name: ~_holds(rule.condition, record, schema) for name, rule in record.rules.items() if rule.severity == "flag"
    }


def _holds(condition: str, record: RecordType, schema: Schema) -> pl.Expr:
    node, problems = parse(condition, record.id, schema)
    if node is None:
        raise AssertionError(f"checked when the catalogue was read: {problems}")
    return to_polars(node)


def _ranges(name: str, low: float | None, high: float | None, column: str) -> list[Fault]:
    allowed = f"{'' if low is None else f'{low:g}'} to {'' if high is None else f'{high:g}'}".strip()
    outside = [
        pl.col(name) < low if low is not None else None,
        pl.col(name) > high if high is not None else None,
    ]
    return [Fault(name, column, test, "is out of range", allowed) for test in outside if test is not None]
