"""Conditions: the small part of SQL that catalogue files may use, parsed, checked, never run as text.

Logic has three values: true, false and unknown. A comparison with a missing value is unknown; `and`, `or`
and `not` follow Kleene, as in SQL; only `is null`, `missing`, `any` and `count` always know.
`any(link, condition)` asks whether a linked record exists for which the condition is true.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal as OneOf

import sqlglot
from sqlglot import expressions as sql
from sqlglot.errors import SqlglotError

from openhalo.base.errors import did_you_mean, name_all
from openhalo.catalogue.record_types import MISSING_REASONS, FieldSpec
from openhalo.catalogue.schema import Schema

Operator = OneOf["=", "<>", "<", "<=", ">", ">="]
Value = str | int | float | bool | date | datetime
ALLOWED = (
    "comparisons (= <> < <= > >=), in, between, is null, and, or, not, "
    "has(list, 'CODE'), missing(field), any(link, condition), count(link, condition)"
)
_OPERATORS: dict[type[sql.Expression], Operator] = {
    sql.EQ: "=", sql.NEQ: "<>", sql.LT: "<", sql.LTE: "<=", sql.GT: ">", sql.GTE: ">=",
}  # fmt: skip
_MIRRORED: dict[Operator, Operator] = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_ORDERED = {"integer", "number", "date", "time"}


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the record, or of a record that to-one links lead to."""

    path: str
    type: str


@dataclass(frozen=True, slots=True)
class Count:
    """How many records of a to-many link make the condition true (all of them without one)."""

    link: str
    condition: "Node | None"
    type: str = "integer"


@dataclass(frozen=True, slots=True)
class Compare:
    """`left operator right`; unknown when a side is missing."""

    operator: Operator
    left: Field | Count
    right: "Field | Value"


@dataclass(frozen=True, slots=True)
class In:
    """`field in (values)`."""

    field: Field | Count
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Truth:
    """A yes/no field taken as it is."""

    field: Field


@dataclass(frozen=True, slots=True)
class Missing:
    """`missing(field)` or `field is null`; with a reason: missing for that reason."""

    field: Field
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Has:
    """`has(list, 'CODE')`: the list holds the code; unknown when the list is missing."""

    field: Field
    code: str


@dataclass(frozen=True, slots=True)
class Exists:
    """`any(link, condition)`."""

    link: str
    condition: "Node | None"


@dataclass(frozen=True, slots=True)
class Not:
    """Kleene not."""

    operand: "Node"


@dataclass(frozen=True, slots=True)
class And:
    """Kleene and."""

    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Or:
    """Kleene or."""

    left: "Node"
    right: "Node"


Node = Compare | In | Truth | Missing | Has | Exists | Not | And | Or


@dataclass(frozen=True, slots=True)
class ConditionProblem:
    """One thing wrong with a condition."""

    found: str
    allowed: str = ""
    todo: str = ""


class _Refused(Exception):
    def __init__(self, found: str, allowed: str = "", todo: str = "") -> None:
        self.problem = ConditionProblem(found, allowed, todo)


def parse(text: str, record: str, schema: Schema) -> tuple[Node | None, list[ConditionProblem]]:
    """Parse and type-check a condition on one record type.

    Returns the tree and no problems, or None and every problem found.
    """
    try:
        statements = sqlglot.parse(text, dialect="duckdb")
    except SqlglotError as error:
        first = str(error).splitlines()[0]
        return None, [ConditionProblem(f'cannot read the condition "{text}": {first}', ALLOWED)]
    if len(statements) != 1 or statements[0] is None:
        return None, [ConditionProblem(f'found {len(statements)} statements in "{text}"', "one condition")]
    checker = _Checker(record, schema, [])
    node = checker.attempt(statements[0])
    return (None, checker.problems) if checker.problems else (node, [])


def fields_of(node: Node | None) -> set[str]:
    """Return the paths of the record's own fields that a condition reads (not those inside `any`, `count`)."""
    match node:
        case And(left, right) | Or(left, right):
            return fields_of(left) | fields_of(right)
        case Not(operand):
            return fields_of(operand)
        case Compare(_, left, right):
            return {side.path for side in (left, right) if isinstance(side, Field)}
        case In(field) | Truth(field) | Missing(field) | Has(field):
            return {field.path} if isinstance(field, Field) else set()
        case _:
            return set()


def links_of(node: Node | None) -> set[str]:
    """Return the to-many links that a condition asks about."""
    match node:
        case And(left, right) | Or(left, right):
            return links_of(left) | links_of(right)
        case Not(operand):
            return links_of(operand)
        case Exists(link):
            return {link}
        case Compare(_, Count(link)) | In(Count(link)):
            return {link}
        case _:
            return set()


@dataclass
class _Checker:
    record: str
    schema: Schema
    problems: list[ConditionProblem]

    def attempt(self, node: sql.Expression) -> Node | None:
        """Convert a node; note what is wrong with it and go on with its siblings."""
        if isinstance(node, sql.Paren):
            return self.attempt(node.this)
        if isinstance(node, sql.And | sql.Or):
            left, right = self.attempt(node.left), self.attempt(node.right)
            if left is None or right is None:
                return None
            return And(left, right) if isinstance(node, sql.And) else Or(left, right)
        if isinstance(node, sql.Not):
            operand = self.attempt(node.this)
            return None if operand is None else Not(operand)
        try:
            return self.leaf(node)
        except _Refused as refused:
            self.problems.append(refused.problem)
            return None

    def leaf(self, node: sql.Expression) -> Node:
        if type(node) in _OPERATORS:
            return self.compare(_OPERATORS[type(node)], node.this, node.expression)
        if isinstance(node, sql.In):
            if node.args.get("query") or not node.expressions:
                raise _Refused("a subquery after 'in'", "in ('A', 'B')")
            operand = self.operand(node.this)
            return In(operand, tuple(self.value(item, operand) for item in node.expressions))
        if isinstance(node, sql.Between):
            operand = self.ordered(self.operand(node.this), "between")
            low, high = (self.value(node.args[side], operand) for side in ("low", "high"))
            return And(Compare(">=", operand, low), Compare("<=", operand, high))
        if isinstance(node, sql.Is):
            if not isinstance(node.expression, sql.Null):
                raise _Refused(f"'{node.sql()}'", "is null, is not null")
            return Missing(self.field(node.this))
        if isinstance(node, sql.Column):
            field = self.field(node)
            if field.type != "boolean":
                raise _Refused(
                    f"'{field.path}' is a {field.type}, not a yes/no field",
                    f"a comparison, such as {field.path} = …",
                )
            return Truth(field)
        return self.function(node)

    def function(self, node: sql.Expression) -> Node:
        if isinstance(node, sql.Any):
            inner = node.this
            arguments = inner.expressions if isinstance(inner, sql.Tuple) else [getattr(inner, "this", inner)]
            link, condition = self.linked(arguments, "any")
            return Exists(link, condition)
        name = str(node.this).lower() if isinstance(node, sql.Anonymous) else ""
        if name == "missing" and 1 <= len(node.expressions) <= 2:
            field = self.field(node.expressions[0])
            reason = self.text(node.expressions[1]) if len(node.expressions) == 2 else ""
            if reason and reason not in MISSING_REASONS:
                raise _Refused(
                    f"unknown reason '{reason}'",
                    name_all(MISSING_REASONS),
                    did_you_mean(reason, MISSING_REASONS),
                )
            return Missing(field, reason)
        if name == "has" and len(node.expressions) == 2:
            field = self.field(node.expressions[0])
            if field.type != "codes":
                raise _Refused(f"has() on '{field.path}', which is a {field.type}", "a field of type codes")
            return Has(field, str(self.value(node.expressions[1], field)))
        shown = f"{name}()" if name else node.sql()
        raise _Refused(
            f"'{shown}' is not part of a condition",
            ALLOWED,
            did_you_mean(name, ["has", "missing", "any", "count"]),
        )

    def compare(self, operator: Operator, left: sql.Expression, right: sql.Expression) -> Node:
        if _is_value(left) and not _is_value(right):
            operator, left, right = _MIRRORED[operator], right, left
        operand = self.operand(left)
        if operator not in ("=", "<>"):
            self.ordered(operand, operator)
        if _is_value(right):
            return Compare(operator, operand, self.value(right, operand))
        other = self.field(right)
        if other.type != operand.type:
            raise _Refused(
                f"'{left.sql()}' is a {operand.type} and '{other.path}' a {other.type}",
                "two fields of one type",
            )
        return Compare(operator, operand, other)

    def operand(self, node: sql.Expression) -> Field | Count:
        if isinstance(node, sql.Count):
            link, condition = self.linked([node.this, *node.expressions], "count")
            return Count(link, condition)
        field = self.field(node)
        if field.type in ("codes", "link"):
            hint = (
                f"has({field.path}, 'CODE')"
                if field.type == "codes"
                else f"missing({field.path}) or {field.path}.<field>"
            )
            raise _Refused(f"'{field.path}' is a {field.type} and cannot be compared", hint)
        return field

    def ordered(self, operand: Field | Count, operator: str) -> Field | Count:
        if operand.type not in _ORDERED:
            path = operand.path if isinstance(operand, Field) else operand.link
            raise _Refused(f"'{operator}' on '{path}', which is a {operand.type}", "= <> in")
        return operand

    def field(self, node: sql.Expression) -> Field:
        if not isinstance(node, sql.Column):
            raise _Refused(
                f"'{node.sql()}' where a field is expected",
                name_all(self.schema.field_names(self.record), 60),
            )
        path = ".".join(part.name for part in node.parts)
        found = self.schema.follow(self.record, path)
        if found is None:
            raise self.unknown_field(path)
        return Field(path, found[1].type)

    def unknown_field(self, path: str) -> _Refused:
        names = self.schema.field_names(self.record)
        if path in self.schema.inverses(self.record):
            return _Refused(f"'{path}' leads to many records", f"any({path}, condition) or count({path}, condition)")
        return _Refused(f"{self.record} has no field '{path}'", name_all(names, 60), did_you_mean(path, names))

    def linked(self, arguments: list[sql.Expression], function: str) -> tuple[str, Node | None]:
        links = self.schema.inverses(self.record)
        name = arguments[0].name if isinstance(arguments[0], sql.Column) else arguments[0].sql()
        if name not in links or len(arguments) > 2:
            raise _Refused(
                f"{function}() over '{name}', which is no link of {self.record} to many records",
                name_all(links) or "this record type has none",
                did_you_mean(name, links),
            )
        if len(arguments) == 1:
            return name, None
        inner = _Checker(links[name].record, self.schema, self.problems)
        return name, inner.attempt(arguments[1])

    def text(self, node: sql.Expression) -> str:
        if not (isinstance(node, sql.Literal) and node.is_string):
            raise _Refused(f"'{node.sql()}' where a text in quotes is expected", "'text'")
        return str(node.this)

    def value(self, node: sql.Expression, operand: Field | Count) -> Value:
        if not _is_value(node):
            raise _Refused(f"'{node.sql()}' where a value is expected", _example(operand.type))
        raw = _raw_value(node)
        spec = self.schema.follow(self.record, operand.path) if isinstance(operand, Field) else None
        return _typed(raw, operand, spec[1] if spec else None, self.schema)


def _is_value(node: sql.Expression) -> bool:
    inner = node.this if isinstance(node, sql.Neg) else node
    return isinstance(inner, sql.Literal | sql.Boolean)


def _raw_value(node: sql.Expression) -> str | int | float | bool:
    if isinstance(node, sql.Boolean):
        return bool(node.this)
    negative = isinstance(node, sql.Neg)
    literal = node.this if negative else node
    if literal.is_string:
        return str(literal.this)
    number = float(literal.this) if any(mark in literal.this for mark in ".eE") else int(literal.this)
    return -number if negative else number


def _typed(raw: str | int | float | bool, operand: Field | Count, spec: FieldSpec | None, schema: Schema) -> Value:
    kind = operand.type
    shown = f"'{raw}'" if isinstance(raw, str) else str(raw)
    if kind in ("code", "codes") and spec is not None and isinstance(raw, str):
        codes = schema.codes(spec)
        if raw not in codes:
            raise _Refused(
                f"unknown code '{raw}' of vocabulary '{spec.vocabulary}'",
                name_all(codes, 60),
                did_you_mean(raw, codes),
            )
        return raw
    if kind == "text" and isinstance(raw, str):
        return raw
    if kind == "boolean" and isinstance(raw, bool):
        return raw
    if kind in ("integer", "number") and isinstance(raw, int | float) and not isinstance(raw, bool):
        return raw
    if kind in ("date", "time") and isinstance(raw, str):
        try:
            return date.fromisoformat(raw) if kind == "date" else datetime.fromisoformat(raw)
        except ValueError:
            pass
    raise _Refused(f"{shown} compared with a {kind}", _example(kind))


def _example(kind: str) -> str:
    return {
        "date": "a date in quotes: '2017-12-31'",
        "time": "a local time in quotes: '2017-12-31 23:59:00'",
        "integer": "a number",
        "number": "a number",
        "boolean": "true or false",
    }.get(kind, "a text in quotes: 'CODE'")
