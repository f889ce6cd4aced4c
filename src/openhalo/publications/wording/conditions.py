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
from openhalo.language.formatting import listed
from openhalo.language.translation import _, mark_for_translation
from openhalo.publications.wording.labels import Group, group, inside

REASONS = {
    "unknown": mark_for_translation("unknown"),
    "not_collected": mark_for_translation("not collected"),
    "not_applicable": mark_for_translation("does not apply"),
    "refused": mark_for_translation("refused"),
}
"""Why a value is missing, in words."""


def in_words(record: str, text: str, catalogue: Catalogue) -> str:
    """Return a condition as a phrase that follows "where"; empty for the empty condition."""
    node = catalogue.condition(record, text)
    return _say(node, record, catalogue) if node is not None else ""


def _say(node: Node, record: str, catalogue: Catalogue) -> str:
    def label(of: Field | Count) -> str:
        if isinstance(of, Count):
            many = catalogue.record_type(catalogue.schema.inverses(record)[of.link].record).plural
            return _("the number of {link}").format(link=many)
        return group(record, of.path, catalogue).phrase

    def code(of: Field | Count, value: Value | Field | Count) -> str:
        if isinstance(value, Field | Count):
            return label(value)
        names: Group | None = group(record, of.path, catalogue) if isinstance(of, Field) else None
        return f"“{names.name(value)}”" if names and isinstance(value, str) else str(value)

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
            words = {
                "=": _("{one} is {other}"),
                "<>": _("{one} is not {other}"),
                "<": _("{one} is under {other}"),
                "<=": _("{one} is at most {other}"),
                ">": _("{one} is over {other}"),
                ">=": _("{one} is at least {other}"),
            }
            return words[operator].format(one=label(left), other=code(left, right))
        case In(field, values):
            return _("{field} is one of: {codes}").format(
                field=label(field), codes=listed(code(field, value) for value in values)
            )
        case Missing(field, reason):
            text = _("{field} is not known ({why})") if reason else _("{field} is not known")
            return text.format(field=label(field), why=_(REASONS[reason]) if reason else "")
        case Has(field, value):
            return _("{field} include {code}").format(field=label(field), code=code(field, value))
        case Exists(link, condition):
            inverse = catalogue.schema.inverses(record)[link]
            many = catalogue.record_type(inverse.record).plural
            what = _say(condition, inverse.record, catalogue) if condition else ""
            text = _("there are {many} where {what}") if what else _("there are {many}")
            return text.format(many=many, what=what)
        case other:
            return inside(str(other))


def _inner(node: Node, record: str, catalogue: Catalogue, weaker: type) -> str:
    words = _say(node, record, catalogue)
    return f"({words})" if isinstance(node, weaker) else words
