"""A checked condition as a Polars expression, for records on their way in and for the files of a release."""

import polars as pl

from openhalo.catalogue.conditions import Node, Value
from openhalo.engines.compilation import compiled


class PolarsColumns:
    """Columns of one record in a Polars frame. It has no links: a rule sees one record only."""

    def field(self, path: str, suffix: str = "") -> pl.Expr:
        """Return the column named by the field."""
        return pl.col(path + suffix)

    def count(self, link: str, condition: Node | None) -> pl.Expr:
        """Refuse: `check` reports rules that ask about other records before they get here."""
        raise LookupError(f"a rule cannot follow the link '{link}'")


class _Polars:
    """The few words in which Polars differs."""

    literal = staticmethod(pl.lit)

    @staticmethod
    def is_in(column: pl.Expr, values: tuple[Value, ...]) -> pl.Expr:
        return column.is_in(list(values))

    @staticmethod
    def has(column: pl.Expr, code: str) -> pl.Expr:
        return column.list.contains(pl.lit(code))

    @staticmethod
    def is_null(column: pl.Expr) -> pl.Expr:
        return column.is_null()

    @staticmethod
    def or_false(column: pl.Expr) -> pl.Expr:
        return column.fill_null(False)


def to_polars(node: Node) -> pl.Expr:
    """Compile a condition on one record to a Polars expression (true, false or null)."""
    expression: pl.Expr = compiled(node, PolarsColumns(), _Polars())
    return expression
