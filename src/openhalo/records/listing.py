"""Records one by one, for those who may see them: restricted fields never, whatever is asked."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
from polars.io.plugins import register_io_source

from openhalo.base.errors import CatalogueError, DeliveryError, Problem, name_all
from openhalo.catalogue.conditions import Node
from openhalo.catalogue.record_types import WITHHELD, RecordType
from openhalo.catalogue.schema import Schema
from openhalo.engines.engine import Engine
from openhalo.engines.ibis_expressions import to_ibis
from openhalo.intake.workbooks import cannot_write
from openhalo.records.reading import Records, Relation, must_hold


def listing(records: Records, record: str, where: str = "") -> Any:
    """Return the records of a type that make a condition true, as an Ibis table without restricted fields.

    Where one source gives way to another, only the records that count are listed; while the site has not said
    which one counts, all are.

    Raises:
        MeasureError: none were delivered.
        CatalogueError: the condition is wrong, or asks about a restricted field.
    """
    definition = records.catalogue.record_type(record)
    must_hold(records, record)
    hidden = [c for name, spec in definition.fields.items() if spec.privacy in WITHHELD for c in spec.columns(name)]
    relation = Relation(records, record, records.held(record) if records.undecided(record) else records.table(record))
    node = records.catalogue.condition(record, where)
    rows = relation.table
    if node is not None:
        _refuse_withheld(node, record, records.catalogue.schema)
        test = to_ibis(node, relation)
        rows = relation.table.filter(test)
    return rows.select([name for name in definition.columns() if name not in hidden])


def lazily(rows: Any, engine: Engine) -> pl.LazyFrame:
    """Return a listing as a Polars frame that reads only the columns and as many rows as are asked for."""

    def read(
        columns: list[str] | None, predicate: pl.Expr | None, most: int | None, batch: int | None
    ) -> Iterator[pl.DataFrame]:
        chosen = rows.select(columns) if columns is not None else rows
        # A limit counts the rows after Polars' own filter, which runs here.
        frame = engine.fetch(chosen.limit(most) if most is not None and predicate is None else chosen)
        frame = frame.filter(predicate) if predicate is not None else frame
        yield frame.head(most) if most is not None else frame

    return register_io_source(read, schema=pl.Schema(rows.schema().to_polars()))


def write(rows: Any, record: RecordType, path: Path, engine: Engine) -> int:
    """Write a listing to `.csv` or `.parquet` in time order and return the number of rows; memory stays bounded.

    Lists become one cell of codes joined by `|` in CSV.

    Raises:
        DeliveryError: no known kind of file, or it cannot be written there.
    """
    if path.suffix not in (".csv", ".parquet"):
        raise DeliveryError(Problem(str(path), "no known kind of file", ".csv, .parquet"))
    if path.suffix == ".csv":
        joined = {name: rows[name].join("|") for name, kind in rows.schema().items() if kind.is_array()}
        rows = rows.mutate(**joined) if joined else rows
    try:
        return engine.write(rows.order_by([record.date_column, "record_key"]), path)
    except OSError as error:
        raise cannot_write(path, error) from None


def _refuse_withheld(node: Node | None, record: str, schema: Schema) -> None:
    asked = schema.withheld(node, record)
    if asked:
        names = {name: schema.field(record, name) for name in schema.field_names(record)}
        shown = name_all((name for name, spec in names.items() if spec and spec.privacy not in WITHHELD), 40)
        where = f"condition on {record}"
        raise CatalogueError(
            [Problem(where, f"'{path}' is {privacy}: no listing may ask about it", shown) for path, privacy in asked]
        )
