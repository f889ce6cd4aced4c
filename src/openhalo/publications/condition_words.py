"""A condition of the catalogue in plain words, for "how it is counted"."""

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
from openhalo.catalogue.index import Catalogue
from openhalo.presentation.words import _
from openhalo.publications.labels import Group, group, inside


def in_words(record: str, text: str, catalogue: Catalogue) -> str:
    """Return a condition as a phrase that follows "where"; empty for the empty condition."""
    node = catalogue.condition(record, text)
    return _say(node, record, catalogue) if node is not None else ""


def _say(node: Node, record: str, catalogue: Catalogue) -> str:
    def label(of: Field | Count) -> str:
        if isinstance(of, Count):
            return _("the number of {link}").format(link=of.link.replace("_", " "))
        return group(record, of.path, catalogue).phrase

    def code(of: Field | Count, value: Value | Field | Count) -> str:
        if isinstance(value, Field | Count):
            return label(value)
        names: Group | None = group(record, of.path, catalogue) if isinstance(of, Field) else None
        return names.name(value) if names and isinstance(value, str) else str(value)

    match node:
        case Truth(field):
            return label(field)
        case Not(Truth(field)):
            return _("not: {what}").format(what=label(field))
        case Not(operand):
            return _("not ({what})").format(what=_say(operand, record, catalogue))
        case And(left, right):
            return _("{one} and {other}").format(
                one=_inner(left, record, catalogue, Or), other=_inner(right, record, catalogue, Or)
            )
        case Or(left, right):
            return _("{one} or {other}").format(
                one=_inner(left, record, catalogue, And), other=_inner(right, record, catalogue, And)
            )
        case Compare(operator, left, right):
            words = {"=": _("is"), "<>": _("is not"), "<": _("is under"), "<=": _("is at most"), ">": _("is over"),
                     ">=": _("is at least")}  # fmt: skip
            return f"{label(left)} {words[operator]} {code(left, right)}"
        case In(field, values):
            return _("{field} is one of: {codes}").format(
                field=label(field), codes=", ".join(code(field, value) for value in values)
            )
        case Missing(field, reason):
            why = f" ({reason.replace('_', ' ')})" if reason else ""
            return _("{field} is not known").format(field=label(field)) + why
        case Has(field, value):
            return _("{field} include {code}").format(field=label(field), code=code(field, value))
        case Exists(link, condition):
            inverse = catalogue.schema.inverses(record)[link]
            many = catalogue.record_type(inverse.record).plural
            return _("there are {many}").format(many=many) + (
                _(" where {what}").format(what=_say(condition, inverse.record, catalogue)) if condition else ""
            )
        case other:
            return inside(str(other))


def _inner(node: Node, record: str, catalogue: Catalogue, weaker: type) -> str:
    words = _say(node, record, catalogue)
    return f"({words})" if isinstance(node, weaker) else words
