"""Tables of a release as CSV and as Parquet: one content in two forms, so that each can be checked by the other."""

from pathlib import Path

import polars as pl
import polars.selectors as cs

BETWEEN = "|"
"""Stands between the codes of a list in a CSV cell."""
_KINDS: dict[type[pl.DataType], str] = {
    pl.String: "string",
    pl.Int64: "integer",
    pl.Float64: "number",
    pl.Boolean: "boolean",
    pl.Date: "date",
    pl.Datetime: "datetime",
    pl.List: "string",
}
_READ = {
    "string": pl.String(),
    "integer": pl.Int64(),
    "number": pl.Float64(),
    "boolean": pl.Boolean(),
    "date": pl.Date(),
    "datetime": pl.String(),
}


def kind_of(dtype: pl.DataType) -> str:
    """Return what a data package calls a type of column: string, integer, number, boolean, date or datetime."""
    return _KINDS[type(dtype)]


def flat(table: pl.DataFrame) -> pl.DataFrame:
    """Return a table as its CSV holds it: times as text (UTC with Z, local without), lists joined by `|`."""
    zoned = [name for name, kind in table.schema.items() if getattr(kind, "time_zone", None)]
    text = "%Y-%m-%dT%H:%M:%S"
    return table.with_columns(
        pl.col(zoned).dt.strftime(f"{text}Z"),
        (cs.datetime() - cs.by_name(*zoned)).dt.strftime(text),
        cs.list().list.join(BETWEEN),
    )


def shielded(table: pl.DataFrame) -> pl.DataFrame:
    """Return a table in which no cell is a formula to a spreadsheet: text that begins like one has `'` before it.

    Source: OWASP, "CSV Injection": cells that begin with `=`, `+`, `-`, `@`, a tab or a carriage return may be run.

    >>> shielded(pl.DataFrame({"a": ["=1+1", "'=1+1", "plain", None]}))["a"].to_list()
    ["'=1+1", "'=1+1", 'plain', None]
    """
    text = cs.string()
    return table.with_columns(pl.when(text.str.contains(r"^[=+\-@\t\r]")).then("'" + text).otherwise(text).name.keep())


def write_csv(table: pl.DataFrame, path: Path) -> None:
    """Write a table of a release as CSV, safe to open in a spreadsheet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shielded(flat(table)).write_csv(path)


def write_twins(table: pl.DataFrame, csv: Path) -> None:
    """Write a table as CSV and, beside it under the same name, as Parquet."""
    write_csv(table, csv)
    table.write_parquet(csv.with_suffix(".parquet"))


def read_flat(csv: Path, kinds: dict[str, str]) -> pl.DataFrame:
    """Read a CSV whose columns are of these kinds; times stay text, as `flat` gives them.

    Raises:
        PolarsError: a cell is not of its column's kind.
    """
    return pl.read_csv(csv, glob=False, schema=pl.Schema({name: _READ[kind] for name, kind in kinds.items()}))
