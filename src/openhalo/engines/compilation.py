"""A checked condition in the words of an engine: one tree walk, which each engine gives its own few words."""

import operator
from collections.abc import Callable
from typing import Any, Protocol

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


class Words(Protocol):
    """The few words in which engines differ."""

    def literal(self, value: Value) -> Any:
        """Return a value as an expression."""

    def is_in(self, column: Any, values: tuple[Value, ...]) -> Any:
        """Return whether the column holds one of the values."""

    def has(self, column: Any, code: str) -> Any:
        """Return whether a list holds a code."""

    def is_null(self, column: Any) -> Any:
        """Return whether there is no value."""

    def or_false(self, column: Any) -> Any:
        """Return the column with false for null."""


def compiled(node: Node, columns: Columns, words: Words) -> Any:
    """Return a condition as an expression of an engine (true, false or null)."""

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
