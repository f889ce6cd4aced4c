"""Records one by one, for those who may see them: restricted fields never, whatever is asked."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ibis
import polars as pl
from polars.io.plugins import register_io_source

from openhalo.base.errors import CatalogueError, DeliveryError, Problem, name_all
from openhalo.catalogue.conditions import And, Compare, Count, Exists, Field, Has, In, Missing, Node, Not, Or, Truth
from openhalo.catalogue.record_types import RecordType
from openhalo.catalogue.schema import Schema
from openhalo.engines.connect import cursor, fetch
from openhalo.engines.expressions import to_ibis
from openhalo.records.identity import quote
from openhalo.records.reading import Records, Relation, must_hold

SHOWN = ("public", "internal")
"""Privacy classes of the fields that a listing shows."""


def listing(records: Records, record: str, where: str = "") -> Any:
    """Return the records of a type that make a condition true, as an Ibis table without restricted fields.

    Where one source gives way to another, only the records that count are listed; while the site has not said
    which one counts, all are.

    Raises:
        MeasureError: none were delivered.
        CatalogueError: the condition is wrong, or asks about a restricted field.
    """
    must_hold(records, record)
    definition = records.catalogue.record_type(record)
    hidden = [c for name, spec in definition.fields.items() if spec.privacy not in SHOWN for c in spec.columns(name)]
    relation = Relation(records, record, records.held(record) if records.undecided(record) else records.table(record))
    node = records.catalogue.condition(record, where)
    rows = relation.table
    if node is not None:
        _refuse_restricted(node, record, records.catalogue.schema)
        test = to_ibis(node, relation)
        rows = relation.table.filter(test)
    return rows.select([name for name in definition.columns() if name not in hidden])


def lazily(rows: Any) -> pl.LazyFrame:
    """Return a listing as a Polars frame that reads only the columns and as many rows as are asked for."""

    def read(
        columns: list[str] | None, predicate: pl.Expr | None, most: int | None, batch: int | None
    ) -> Iterator[pl.DataFrame]:
        chosen = rows.select(columns) if columns is not None else rows
        # A limit counts the rows after Polars' own filter, which runs here.
        frame = fetch(chosen.limit(most) if most is not None and predicate is None else chosen)
        frame = frame.filter(predicate) if predicate is not None else frame
        yield frame.head(most) if most is not None else frame

    return register_io_source(read, schema=pl.Schema(rows.schema().to_polars()))


def write(rows: Any, record: RecordType, path: Path) -> int:
    """Write a listing to `.csv` or `.parquet` in time order and return the number of rows; memory stays bounded.

    Lists become one cell of codes joined by `|` in CSV.
    """
    if path.suffix not in (".csv", ".parquet"):
        raise DeliveryError(Problem(str(path), "no known kind of file", ".csv, .parquet"))
    if path.suffix == ".csv":
        joined = {name: rows[name].join("|") for name, kind in rows.schema().items() if kind.is_array()}
        rows = rows.mutate(**joined) if joined else rows
    query = ibis.to_sql(rows.order_by([record.date_column, "record_key"]), dialect="duckdb")
    form = "(FORMAT csv, HEADER)" if path.suffix == ".csv" else "(FORMAT parquet, COMPRESSION zstd)"
    written = cursor().execute(f"COPY ({query}) TO {quote(str(path))} {form}").fetchone()
    assert written is not None
    return int(written[0])


def _refuse_restricted(node: Node, record: str, schema: Schema) -> None:
    asked = sorted(path for path in _restricted(node, record, schema))
    if asked:
        shown = [n for n in schema.field_names(record) if (spec := schema.field(record, n)) and spec.privacy in SHOWN]
        raise CatalogueError(
            [
                Problem(f"condition on {record}", f"'{path}' is restricted: no listing may ask about it",
                        name_all(shown, 40))
                for path in asked
            ]
        )  # fmt: skip


def _restricted(node: Any, record: str, schema: Schema) -> set[str]:
    """Return the restricted fields that a condition reads, also those inside `any` and `count`."""
    match node:
        case And(left, right) | Or(left, right) | Compare(_, left, right):
            return _restricted(left, record, schema) | _restricted(right, record, schema)
        case Not(operand) | In(operand) | Truth(operand) | Missing(operand) | Has(operand):
            return _restricted(operand, record, schema)
        case Exists(link, condition) | Count(link, condition):
            return _restricted(condition, schema.inverses(record)[link].record, schema)
        case Field(path):
            found = schema.follow(record, path)
            return {path} if found and found[1].privacy not in SHOWN else set()
        case _:
            return set()
