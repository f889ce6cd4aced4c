"""Values in conditions: how they are written, and what they become beside a field of some type."""

import math
import re
from dataclasses import dataclass
from datetime import date, datetime

from sqlglot import expressions as sql

from openhalo.catalogue.conditions import Value

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MINUTE = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d{1,6})?)?")
_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class ConditionProblem:
    """One thing wrong with a condition."""

    found: str
    allowed: str = ""
    todo: str = ""


class Refused(Exception):
    """A part of a condition that cannot stand; the parser notes it and goes on."""

    def __init__(self, found: str, allowed: str = "", todo: str = "") -> None:
        self.problem = ConditionProblem(found, allowed, todo)


def is_value(node: sql.Expression) -> bool:
    """Say whether a node is written as a value: a text, a number, true or false."""
    inner = node.this if isinstance(node, sql.Neg) else node
    if isinstance(node, sql.Neg):
        return isinstance(inner, sql.Literal) and not inner.is_string
    return isinstance(inner, sql.Literal | sql.Boolean)


def raw_value(node: sql.Expression) -> str | int | float | bool:
    """Return what a value says as it is written, before anyone knows what it is compared with."""
    if isinstance(node, sql.Boolean):
        return bool(node.this)
    negative = isinstance(node, sql.Neg)
    literal = node.this if negative else node
    if literal.is_string:
        return str(literal.this)
    number = float(literal.this) if any(mark in literal.this for mark in ".eE") else int(literal.this)
    return -number if negative else number


def typed(raw: str | int | float | bool, kind: str) -> Value:
    """Return a value as the type of the field that it is compared with needs it.

    Raises:
        Refused: it is none of that type.
    """
    match kind, raw:
        case ("text" | "code" | "codes", str()) | ("boolean", bool()):
            if not (isinstance(raw, str) and "\0" in raw):
                return raw
        case ("integer" | "number", bool()):
            pass
        case "integer", int() | float():
            if math.isfinite(raw) and raw == int(raw) and abs(raw) <= _LARGEST:
                return int(raw)
        case "number", int() | float():
            if math.isfinite(raw) and abs(raw) < 1e308:
                return float(raw)
        case ("date" | "time", str()):
            try:
                if _DAY.fullmatch(raw):
                    return date.fromisoformat(raw)
                if kind == "time" and _MINUTE.fullmatch(raw):
                    return datetime.fromisoformat(raw)
            except ValueError:
                pass
    shown = f"'{raw}'" if isinstance(raw, str) else str(raw).lower()
    raise Refused(f"{shown} compared with a {kind}", example(kind))


def example(kind: str) -> str:
    """Return, in words, how a value of a type is written."""
    return {
        "date": "a date in quotes: '2017-12-31'",
        "time": "a local time or a day in quotes: '2017-12-31 23:59:00', '2017-12-31'",
        "integer": "a whole number",
        "number": "a number",
        "boolean": "true or false",
    }.get(kind, "a text in single quotes: 'CODE'")
