"""Conditions from text: parsed as SQL, then taken over piece by piece; what is not on the list is refused."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlglot
from sqlglot import expressions as sql
from sqlglot.errors import ParseError, SqlglotError
from sqlglot.tokens import Token, TokenType

from openhalo.base.errors import did_you_mean, name_all
from openhalo.catalogue.condition_values import ConditionProblem, Refused, example, is_value, raw_value, typed
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
    Operator,
    Or,
    Truth,
    Value,
)
from openhalo.catalogue.record_types import MISSING_REASONS, FieldSpec, RecordType
from openhalo.catalogue.schema import Schema, Unread

ALLOWED = (
    "comparisons (= <> < <= > >=), in, between, is null, and, or, not, "
    "has(list, 'CODE'), missing(field), any(link, condition), count(link, condition)"
)
MAX_NESTING, MAX_CONNECTIVES, MAX_WORDS = 20, 200, 5_000
_OPERATORS: dict[type[sql.Expression], Operator] = {
    sql.EQ: "=",
    sql.NEQ: "<>",
    sql.LT: "<",
    sql.LTE: "<=",
    sql.GT: ">",
    sql.GTE: ">=",
}
_MIRRORED: dict[Operator, Operator] = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_ORDERED = {"integer", "number", "date", "time"}
_NUMBERS, _TIMES = {"integer", "number"}, {"date", "time"}


def parse(text: str, record: str, schema: Schema) -> tuple[Node | None, list[ConditionProblem]]:
    """Parse and type-check a condition on one record type.

    Returns the tree and no problems, or None and every problem found. A condition that leads to a definition
    whose own file could not be read cannot be judged: None and no problems.
    """
    try:
        tokens = sqlglot.tokenize(text, dialect="duckdb")
        _must_be_small(tokens)
        parser = sqlglot.Dialect.get_or_raise("duckdb").parser()
        expressions = [found for found in parser.parse_into(sql.Condition, tokens, text) if found is not None]
        if len(expressions) != 1:
            raise Refused("the condition is empty", ALLOWED)
        checker = _Checker(record, schema, [])
        node = checker.attempt(expressions[0])
    except Refused as refused:
        return None, [refused.problem]
    except ParseError as error:
        facts = error.errors[0] if error.errors else {}
        near = f"{facts.get('start_context', '')}{facts.get('highlight', '')}"[-40:].strip()
        todo = "text stands in single quotes; a name that is also a word of SQL stands in double quotes"
        return None, [ConditionProblem(f"cannot read the condition after '{near}'", ALLOWED, todo)]
    except SqlglotError:
        return None, [ConditionProblem("cannot read the condition: a quote is not closed", "'text', \"name\"")]
    except RecursionError:
        return None, [_too_deep().problem]
    return (None, checker.problems) if checker.problems else (node, [])


def _must_be_small(tokens: Iterable[Token]) -> None:
    """Refuse what would hide something, or nest so deeply that no reader (and no engine) could follow it."""
    depth = connectives = words = 0
    for token in tokens:
        words += 1
        depth += {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}.get(token.token_type, 0)
        connectives += token.token_type in (TokenType.AND, TokenType.OR, TokenType.NOT)
        if token.comments:
            raise Refused(f"a comment: '{token.comments[0].strip()}'", "conditions without comments (YAML has #)")
        if token.token_type == TokenType.SEMICOLON:
            raise Refused("a ';', which would end the statement", "one condition")
        if depth > MAX_NESTING:
            raise _too_deep()
    if connectives > MAX_CONNECTIVES or words > MAX_WORDS:
        raise Refused(
            f"a condition of {words} words with {connectives} and, or, not",
            f"{MAX_WORDS} words, {MAX_CONNECTIVES} and, or, not",
            "use 'in' for a list of values, or split it",
        )


def _too_deep() -> Refused:
    return Refused("the condition is nested too deeply", f"{MAX_NESTING} levels of brackets")


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
        except Refused as refused:
            self.problems.append(refused.problem)
        except Unread:
            pass
        return None

    def leaf(self, node: sql.Expression) -> Node | None:
        if type(node) in _OPERATORS:
            return self.compare(_OPERATORS[type(node)], node.this.unnest(), node.expression.unnest())
        if isinstance(node, sql.In):
            return self.membership(node)
        if isinstance(node, sql.Between):
            if node.args.get("symmetric"):
                raise Refused("'between symmetric'", "between LOW and HIGH")
            low, high = node.args["low"].unnest(), node.args["high"].unnest()
            operand = self.operand(node.this.unnest())
            sides = [
                self.ordered(self.compared(op, operand, end), "between") for op, end in ((">=", low), ("<=", high))
            ]
            return And(*sides)
        if isinstance(node, sql.Is):
            if not isinstance(node.expression, sql.Null):
                raise Refused(f"'{_shown(node)}'", "is null, is not null")
            return Missing(self.field(node.this.unnest()))
        if isinstance(node, sql.Column | sql.Dot):
            field = self.field(node)
            if field.type != "boolean":
                raise Refused(
                    f"'{field.path}' is a {field.type}, not a yes/no field",
                    f"a comparison, such as {field.path} = …",
                )
            return Truth(field)
        return self.function(node)

    def membership(self, node: sql.In) -> Node | None:
        if not node.expressions:
            raise Refused("no list of values after 'in'", "in ('A', 'B')")
        operand, sides = self.operand(node.this.unnest()), []
        for item in node.expressions:
            try:
                sides.append(self.compared("=", operand, item.unnest(), values_only=True))
            except Refused as refused:
                self.problems.append(refused.problem)
        if len(sides) < len(node.expressions):
            return None
        if len({side.left for side in sides}) > 1:
            raise Refused("days and times in one list", "only days ('2017-12-31'), or only times")
        return In(sides[0].left, tuple(side.right for side in sides))  # type: ignore[misc]

    def function(self, node: sql.Expression) -> Node:
        if isinstance(node, sql.Any) and isinstance(node.this, sql.Paren | sql.Tuple):
            inner = node.this
            link, condition = self.linked(inner.expressions if isinstance(inner, sql.Tuple) else [inner.this], "any")
            return Exists(link, condition)
        name = str(node.this).lower() if isinstance(node, sql.Anonymous) else ""
        if name == "missing" and 1 <= len(node.expressions) <= 2:
            field = self.field(node.expressions[0])
            reason = self.reason(node.expressions[1], field) if len(node.expressions) == 2 else ""
            return Missing(field, reason)
        if name == "has" and len(node.expressions) == 2:
            field = self.field(node.expressions[0])
            if field.type != "codes":
                raise Refused(f"has() on '{field.path}', which is a {field.type}", "a field of type codes")
            return Has(field, str(self.value(node.expressions[1], field)))
        if isinstance(node, sql.Count):
            raise Refused("count() alone is a number, not a condition", "count(link, condition) >= 1, any(link)")
        shown = f"{name}()" if name else _shown(node)
        raise Refused(
            f"'{shown}' is not part of a condition", ALLOWED, did_you_mean(name, ["has", "missing", "any", "count"])
        )

    def compare(self, operator: Operator, left: sql.Expression, right: sql.Expression) -> Node:
        if isinstance(left, sql.Null) or (is_value(left) and not is_value(right)):
            operator, left, right = _MIRRORED[operator], right, left
        compared = self.compared(operator, self.operand(left), right)
        return compared if operator in ("=", "<>") else self.ordered(compared, operator)

    def compared(
        self, operator: str, operand: Field | Count, right: sql.Expression, values_only: bool = False
    ) -> Compare:
        """Return a comparison of an operand with a value or another operand, each read as the other needs it."""
        symbol: Operator = operator  # type: ignore[assignment]
        if isinstance(right, sql.Null):
            raise Refused(f"{_named(operand)} compared with null, which is always unknown", "is null, is not null")
        if values_only or is_value(right) or not isinstance(right, sql.Column | sql.Dot | sql.Count):
            value = self.value(right, operand)
            if operand.type == "time" and not isinstance(value, datetime):
                return Compare(symbol, _day(operand), value)
            return Compare(symbol, operand, value)
        other = self.operand(right)
        if {operand.type, other.type} == _TIMES:
            return Compare(symbol, _day(operand), _day(other))
        lists = [self.spec(side).vocabulary for side in (operand, other) if isinstance(side, Field)]
        if operand.type == other.type and len(set(lists)) > 1:
            raise Refused(
                f"{_named(operand)} has codes of '{lists[0]}', {_named(other)} of '{lists[1]}'", "two of one vocabulary"
            )
        if operand.type != other.type and not {operand.type, other.type} <= _NUMBERS:
            raise Refused(
                f"{_named(operand)} is a {operand.type} and {_named(other)} a {other.type}", "two fields of one type"
            )
        return Compare(symbol, operand, other)

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
            raise Refused(f"'{field.path}' is a {field.type} and cannot be compared", hint)
        return Field(field.path, "time", "_local") if field.type == "time" else field

    def ordered(self, compared: Compare, operator: str) -> Compare:
        if compared.left.type not in _ORDERED:
            raise Refused(f"'{operator}' on {_named(compared.left)}, which is a {compared.left.type}", "= <> in")
        return compared

    def field(self, node: sql.Expression) -> Field:
        names = self.schema.field_names(self.record)
        parts = _path(node)
        if not parts:
            raise Refused(f"'{_shown(node)}' where a field is expected", name_all(names, 60))
        path = ".".join(parts)
        found = self.schema.follow(self.record, path)
        if found is not None and found[1].type == "chances":
            raise Refused(f"'{path}' holds chances, which say nothing of one record", "fields of another type")
        if found is not None:
            return Field(path, found[1].type)
        if parts[0] in self.schema.inverses(self.record):
            raise Refused(
                f"'{parts[0]}' leads to many records", f"any({parts[0]}, condition) or count({parts[0]}, condition)"
            )
        raise Refused(f"{self.record} has no field '{path}'", name_all(names, 60), did_you_mean(path, names))

    def spec(self, field: Field) -> FieldSpec:
        found = self.schema.follow(self.record, field.path)
        assert found is not None
        return found[1]

    def linked(self, arguments: list[sql.Expression], function: str) -> tuple[str, Node | None]:
        links = self.schema.inverses(self.record)
        name = arguments[0].name if isinstance(arguments[0], sql.Column) else _shown(arguments[0])
        if len(arguments) > 2:
            raise Refused(f"{function}() with {len(arguments)} parts", f"{function}(link, condition)")
        if name not in links and self.schema.unread.get(RecordType):
            raise Unread  # the link may be named in a record type whose file could not be read
        if name not in links:
            raise Refused(
                f"{function}() over '{name}', which is no link of {self.record} to many records",
                name_all(links) or "this record type has none",
                did_you_mean(name, links),
            )
        if len(arguments) == 1:
            return name, None
        inner = _Checker(links[name].record, self.schema, [])
        condition = inner.attempt(arguments[1])
        self.problems.extend(inner.problems)
        if condition is None and not inner.problems:
            raise Unread
        return name, condition

    def reason(self, node: sql.Expression, field: Field) -> str:
        if not (isinstance(node, sql.Literal) and node.is_string):
            raise Refused(f"'{_shown(node)}' where a reason in quotes is expected", name_all(MISSING_REASONS))
        reason = str(node.this)
        if reason not in MISSING_REASONS:
            raise Refused(
                f"unknown reason '{reason}'", name_all(MISSING_REASONS), did_you_mean(reason, MISSING_REASONS)
            )
        if self.spec(field).required:
            raise Refused(f"'{field.path}' is required, so no reason is kept for it", f"missing({field.path})")
        return reason

    def value(self, node: sql.Expression, operand: Field | Count) -> Value:
        if not is_value(node):
            raise Refused(f"'{_shown(node)}' where a value is expected", example(operand.type))
        raw = raw_value(node)
        if operand.type in ("code", "codes") and isinstance(operand, Field):
            vocabulary = self.spec(operand).vocabulary
            codes = self.schema.codes(self.spec(operand))
            if isinstance(raw, str) and raw not in codes:
                raise Refused(
                    f"unknown code '{raw}' of vocabulary '{vocabulary}'", name_all(codes, 60), did_you_mean(raw, codes)
                )
        return typed(raw, operand.type)


def _day(operand: Field | Count) -> Field:
    assert isinstance(operand, Field)
    return Field(operand.path, "date", "_date" if operand.type == "time" else "")


def _named(operand: Field | Count) -> str:
    return f"'{operand.path}'" if isinstance(operand, Field) else f"count({operand.link})"


def _path(node: sql.Expression) -> list[str]:
    """Return the parts of a dotted name; none for anything else."""
    if isinstance(node, sql.Dot):
        head = _path(node.this)
        return [*head, node.expression.name] if head and isinstance(node.expression, sql.Identifier) else []
    return [part.name for part in node.parts] if isinstance(node, sql.Column) else []


def _shown(node: sql.Expression) -> str:
    text = str(node.sql(dialect="duckdb"))
    return text if len(text) <= 60 else f"{text[:57]}…"
