"""A checked condition as an Ibis expression, for stored records in whatever engine answers."""

from typing import Any

import ibis

from openhalo.catalogue.conditions import Node, Value
from openhalo.engines.compilation import Columns, compiled


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


def to_ibis(node: Node, columns: Columns) -> Any:
    """Compile a condition to an Ibis expression (true, false or null)."""
    return compiled(node, columns, _Ibis())
