"""Plain records as a store version: written as the store writes its columns, read by the real engine."""

import dataclasses
import itertools
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import ibis
import polars as pl

from openhalo.engines.columns import IBIS, POLARS
from openhalo.engines.duckdb_cursor import cursor
from openhalo.records.manifest import Coverage, Manifest, TableVersion
from openhalo.records.reading import Records
from openhalo.records.store import Store

_numbers = itertools.count()


@dataclasses.dataclass(frozen=True, eq=False)
class ExampleRecords(Records):
    """Records whose tables were made by a test."""

    made: dict[str, Any] = dataclasses.field(default_factory=dict)

    def table(self, record: str) -> Any:
        return self.made[record] if record in self.made else super().table(record)


def hold(catalogue, records, units=None, source="example", **more):
    """Return Records that hold plain dicts by record type; `key` names a record so that links can point to it."""
    tables, made = {}, {}
    records = {record: [dict(row) for row in rows] for record, rows in records.items()}
    for record, rows in records.items():
        _look_through(catalogue, record, rows, records)
    for record, rows in records.items():
        spec = catalogue.record_type(record)
        frame = _frame(spec, rows)
        name = f"example {next(_numbers)}"
        with TemporaryDirectory() as folder:
            frame.write_parquet(f"{folder}/rows.parquet")
            cursor().execute(f"CREATE TABLE \"{name}\" AS SELECT * FROM read_parquet('{folder}/rows.parquet')")
        made[record] = ibis.table({column: IBIS[kind] for column, kind in spec.columns().items()}, name=name)
        days = [_day(row[name]) for row in rows for name in (spec.time, spec.until) if row.get(name) is not None]
        unit = (units or {}).get(record, next(iter(spec.units)))
        if days:
            cover = Coverage(agency="testpd", source=source, unit=unit, rows=len(rows), first=min(days), last=max(days))
            tables[record] = TableVersion(delta_version=0, rows=len(rows), coverage=[cover])
    manifest = Manifest(version=1, created=datetime(2026, 1, 1, tzinfo=UTC), catalogue="", tables=tables)
    return ExampleRecords(Store(Path("nowhere")), manifest, catalogue, made=made, **more)


def _look_through(catalogue, record, rows, records):
    """Fill what a record does not say from the records that it is linked to, one record after the other."""
    spec = catalogue.record_type(record)
    for name, field in spec.fields.items():
        link, _, there = field.through.partition(".")
        many = catalogue.schema.inverses(record).get(link) if link else None
        for row in rows if link else []:
            if row.get(name) is not None:
                continue
            if many is None:
                found = [other for other in records.get(spec.fields[link].to, []) if other.get("key") == row.get(link)]
                row[name] = found[0].get(there) if found and row.get(link) is not None else None
            else:
                key = row.get("key")
                linked = [other for other in records.get(many.record, []) if key and other.get(many.link) == key]
                row[name] = sorted({other[there] for other in linked if other.get(there) is not None}) or None


def _frame(spec, rows):
    columns = spec.columns()
    cells = {column: [] for column in columns}
    for number, row in enumerate(rows):
        filled = {"record_key": row.get("key", f"{spec.id}/{number}"), "agency": "testpd", "source": "example"}
        for name, value in row.items():
            if name == "key":
                continue
            if name in spec.fields and spec.fields[name].type == "time":
                moment = _moment(value)
                filled[name] = moment.replace(tzinfo=UTC) if moment else None
                filled[f"{name}_local"], filled[f"{name}_date"] = moment, moment.date() if moment else None
            else:
                filled[name] = value
        unknown = set(filled) - set(columns)
        assert not unknown, f"{spec.id} has no {unknown}"
        for column in columns:
            cells[column].append(filled.get(column))
    schema = {column: POLARS[kind] for column, kind in columns.items()}
    return pl.DataFrame({c: pl.Series(c, values, schema[c], strict=False) for c, values in cells.items()})


def _moment(value):
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def _day(value):
    if isinstance(value, int):
        return date(value, 1, 1)
    moment = _moment(value)
    return moment.date() if isinstance(moment, datetime) else moment
