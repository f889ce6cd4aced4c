"""Conditions as trees: what the small part of SQL that catalogue files may use means.

Logic has three values: true, false and unknown. A comparison with a missing value is unknown; `and`, `or` and
`not` follow Kleene, as in SQL; only `is null`, `missing`, `any` and `count` always know. A condition keeps the
records for which it is true.

- A path (`complaint.channel`) follows to-one links; where a link leads nowhere, every field behind it is missing.
- `any(link, condition)` asks whether a linked record exists for which the condition is true; `count(link,
  condition)` how many there are.
- `has(list, 'CODE')` is unknown for a missing list and false for an empty one.
- `missing(field, 'reason')` is true when the value is missing for that reason, false in every other case.
- A time compares by its local timestamp. A day ('2017-12-31') means the whole of that local day, so
  `occurred_at <= '2017-12-31'` takes in its evening.
- Texts and codes are equal when they are the same characters. An integer meets a number as 64-bit floating point;
  a number that is not a number (NaN) equals itself and stands above all others, as in the engines.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal as OneOf

Operator = OneOf["=", "<>", "<", "<=", ">", ">="]
Value = str | int | float | bool | date | datetime


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the record, or of a record that to-one links lead to.

    `part` names the column that a comparison reads, where it is not the field's own: a time compares by its
    local timestamp (`_local`), or by its local day (`_date`) when the other side is a day.
    """

    path: str
    type: str
    part: str = ""


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
    right: "Field | Count | Value"


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


Question = Compare | In | Truth | Missing | Has | Exists
Node = Question | Not | And | Or


def questions(node: Node | None) -> Iterator[Question]:
    """Yield what a condition asks, one by one, without the `and`, `or` and `not` between."""
    match node:
        case And(left, right) | Or(left, right):
            yield from questions(left)
            yield from questions(right)
        case Not(operand):
            yield from questions(operand)
        case None:
            pass
        case asked:
            yield asked


def operands(node: Node | None) -> Iterator[Field | Count | Exists]:
    """Yield every field, count and `any` that a condition reads on its own record (not those inside the links)."""
    for asked in questions(node):
        match asked:
            case Compare(_, left, right):
                yield from (side for side in (left, right) if isinstance(side, Field | Count))
            case In(field) | Truth(field) | Missing(field) | Has(field):
                yield field
            case Exists():
                yield asked


def fields_of(node: Node | None) -> set[str]:
    """Return the paths of the fields that a condition reads (not those inside `any` and `count`)."""
    return {operand.path for operand in operands(node) if isinstance(operand, Field)}


def links_of(node: Node | None) -> set[str]:
    """Return the to-many links that a condition asks about."""
    return {operand.link for operand in operands(node) if not isinstance(operand, Field)}


def pinned(node: Node | None) -> set[str]:
    """Return the paths of the fields that a condition holds to one value: in all records that it keeps, the same."""
    match node:
        case And(left, right):
            return pinned(left) | pinned(right)
        case Compare("=", Field(path=path), right) if not isinstance(right, Field | Count):
            return {path}
        case In(Field(path=path), values) if len(set(values)) == 1:
            return {path}
    return set()
