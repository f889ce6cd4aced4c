"""A checked condition as an Ibis expression (stored records) and as a Polars one (records on their way in)."""

import operator
from collections.abc import Callable
from typing import Any, Protocol

import ibis
import polars as pl

from openhalo.catalogue.conditions import (
    And,
    Compare,
    Count,
    Exists,
    Field,
    Has,
    In,
    Missing,
    Node,
    Not,
    Or,
    Truth,
    Value,
)

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Columns(Protocol):
    """Where a condition finds its columns in an engine."""

    def field(self, path: str, suffix: str = "") -> Any:
        """Return the column of a field; `suffix` picks one of its companions."""

    def count(self, link: str, condition: Node | None) -> Any:
        """Return how many records of a to-many link make the condition true, never null."""


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


class _Ibis:
    """The few words in which Ibis differs."""

    @staticmethod
    def literal(value: Value) -> Any:
        # DuckDB reads 0.30000000000000004 as a decimal first and rounds twice; from text it is read exactly.
        return ibis.literal(repr(value)).cast("float64") if isinstance(value, float) else ibis.literal(value)

    @staticmethod
    def is_in(column: Any, values: tuple[Value, ...]) -> Any:
        return column.isin([_Ibis.literal(value) for value in values])

    @staticmethod
    def has(column: Any, code: str) -> Any:
        return column.contains(code)

    @staticmethod
    def is_null(column: Any) -> Any:
        return column.isnull()

    @staticmethod
    def or_false(column: Any) -> Any:
        return column.fill_null(ibis.literal(False))


def to_polars(node: Node) -> pl.Expr:
    """Compile a condition on one record to a Polars expression (true, false or null)."""
    compiled: pl.Expr = _compile(node, PolarsColumns(), _Polars)
    return compiled


def to_ibis(node: Node, columns: Columns) -> Any:
    """Compile a condition to an Ibis expression (true, false or null)."""
    return _compile(node, columns, _Ibis)


def _compile(node: Node, columns: Columns, engine: type[_Polars] | type[_Ibis]) -> Any:
    words: Any = engine

    def side(operand: Field | Count | Value) -> Any:
        if isinstance(operand, Field):
            return columns.field(operand.path, operand.part)
        if isinstance(operand, Count):
            return columns.count(operand.link, operand.condition)
        return words.literal(operand)

    def visit(node: Node) -> Any:
        match node:
            case And(left, right):
                return visit(left) & visit(right)
            case Or(left, right):
                return visit(left) | visit(right)
            case Not(operand):
                return ~visit(operand)
            case Compare(symbol, left, right):
                return _COMPARE[symbol](side(left), side(right))
            case In(field, values):
                return words.is_in(side(field), values)
            case Truth(field):
                return columns.field(field.path)
            case Missing(field, ""):
                return words.is_null(columns.field(field.path))
            case Missing(field, reason):
                return words.or_false(columns.field(field.path, "_missing") == words.literal(reason))
            case Has(field, code):
                return words.has(columns.field(field.path), code)
            case Exists(link, condition):
                return columns.count(link, condition) > words.literal(0)

    return visit(node)
