"""What the record type itself demands of a record, as faults that Polars finds for all rows at once."""

from datetime import date, timedelta

import polars as pl

from openhalo.catalogue.condition_parser import parse
from openhalo.catalogue.record_types import RecordType
from openhalo.catalogue.schema import Schema
from openhalo.engines.columns import POLARS
from openhalo.engines.polars_expressions import to_polars
from openhalo.intake.faults import Fault
from openhalo.records.staging import Staged


def faults(record: RecordType, schema: Schema, columns: dict[str, str], today: date) -> list[Fault]:
    """Return the faults of a record type: its time, ranges, patterns and rules of severity `reject`.

    Args:
        record: the record type.
        schema: all record types and vocabularies.
        columns: field → column of the file that it came from, to name the cell in a reason.
        today: the day of the delivery: records lie at most one day ahead of it (clocks and time zones differ).
    """
    found = [_time(record, columns.get(record.time, ""), today)]
    found += [
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


def flagged(record: RecordType, schema: Schema, staged: Staged) -> dict[str, int]:
    """Return, for each rule of severity `flag` that rows broke, its message and how many of the rows not refused."""
    rules = [rule for rule in record.rules.values() if rule.severity == "flag"]
    if not rules:
        return {}
    kinds = record.columns()
    unfilled = [pl.lit(None, POLARS[kinds[name]]).alias(name) for name in kinds if name not in staged.columns]
    rows = pl.scan_parquet(staged.pattern, hive_partitioning=False).filter(~pl.col("refused")).with_columns(unfilled)
    broken = rows.select((~_holds(rule.condition, record, schema)).sum().alias(rule.message) for rule in rules)
    return {message: int(count) for message, count in broken.collect().row(0, named=True).items() if count}


def _holds(condition: str, record: RecordType, schema: Schema) -> pl.Expr:
    node, problems = parse(condition, record.id, schema)
    if node is None:
        raise AssertionError(f"checked when the catalogue was read: {problems}")
    return to_polars(node)


def _time(record: RecordType, column: str, today: date) -> Fault:
    """Return the fault of a time that can only be a slip: the year 17, or next year."""
    first, last = record.earliest, date.max if record.may_lie_ahead else today + timedelta(days=1)
    time = pl.col(record.date_column)
    if record.fields[record.time].type == "integer":
        outside, allowed = ~time.is_between(first.year, last.year), f"{first.year} to {last.year}"
    else:
        outside, allowed = ~time.is_between(first, last), f"{first} to {last}"
    allowed = f"from {first}" if record.may_lie_ahead else allowed
    return Fault(record.time, column, outside, "is no time at which this can have happened", allowed)


def _ranges(name: str, low: float | None, high: float | None, column: str) -> list[Fault]:
    bounds = [f"{word} {bound:g}" for word, bound in (("from", low), ("up to", high)) if bound is not None]
    allowed = " ".join(bounds)
    outside = [
        pl.col(name) < low if low is not None else None,
        pl.col(name) > high if high is not None else None,
    ]
    return [Fault(name, column, test, "is out of range", allowed) for test in outside if test is not None]
