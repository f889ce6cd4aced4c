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
    "=": operator.eq, "<>": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


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


def to_polars(node: Node) -> pl.Expr:
    """Compile a condition on one record to a Polars expression (true, false or null)."""
    compiled: pl.Expr = _compile(node, PolarsColumns(), pl.lit, lambda column, code: column.list.contains(pl.lit(code)))
    return compiled


def to_ibis(node: Node, columns: Columns) -> Any:
    """Compile a condition to an Ibis expression (true, false or null)."""
    return _compile(node, columns, ibis.literal, lambda column, code: column.contains(code))


def _compile(node: Node, columns: Columns, literal: Callable[[Any], Any], contains: Callable[[Any, str], Any]) -> Any:
    def side(operand: Field | Count | Value) -> Any:
        if isinstance(operand, Field):
            return columns.field(operand.path, "_local" if operand.type == "time" else "")
        if isinstance(operand, Count):
            return columns.count(operand.link, operand.condition)
        return literal(operand)

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
                column, first, *rest = side(field), *values
                any_equal = column == side(first)
                for value in rest:
                    any_equal = any_equal | (column == side(value))
                return any_equal
            case Truth(field):
                return columns.field(field.path)
            case Missing(field, ""):
                return _is_null(columns.field(field.path))
            case Missing(field, reason):
                named = columns.field(field.path, "_missing") == literal(reason)
                return _fill_false(named)
            case Has(field, code):
                return contains(columns.field(field.path), code)
            case Exists(link, condition):
                return columns.count(link, condition) > literal(0)

    return visit(node)


def _is_null(column: Any) -> Any:
    return column.is_null() if isinstance(column, pl.Expr) else column.isnull()


def _fill_false(column: Any) -> Any:
    return column.fill_null(False) if isinstance(column, pl.Expr) else column.fill_null(ibis.literal(False))
