"""What no early-intervention indicator may read: a closed list, in one place, that no site can shorten.

A trait of an officer, or use of help, must never make a signal: the first would be discrimination, the second would
keep officers from asking for help. Traits serve the fairness audit alone, which does not pass through indicators.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from openhalo.catalogue.conditions import Compare, Count, Exists, Field, Has, In, Node, fields_of, operands, questions
from openhalo.catalogue.schema import Schema


@dataclass(frozen=True)
class NeverInput:
    """One kind of fact that is never an input."""

    name: str
    reason: str
    words: tuple[str, ...]
    """Words in the names of fields, links and record types; two joined by _ must stand beside each other."""
    vocabularies: tuple[str, ...] = ()
    """Code lists whose fields are of this kind, whatever their names."""
    codes: tuple[tuple[str, str], ...] = ()
    """Single codes of other lists that are of this kind."""


_TRAIT = "traits of people serve the fairness audit alone"
_HELP = "an officer who is counted for it would stop asking for help"
NEVER_INPUTS = (
    NeverInput("race", _TRAIT, ("race", "races", "ethnicity", "ancestry"), ("race",)),
    NeverInput("gender", _TRAIT, ("gender", "genders", "sex", "sexual_orientation"), ("gender",)),
    NeverInput("age", _TRAIT, ("age", "ages", "birth", "birthday", "born")),
    NeverInput("military service", "service is protected by law", ("military", "veteran", "reservist")),
    NeverInput("leave", "illness and family are no signs of misconduct", ("leave", "sick", "absence", "maternity")),
    NeverInput("union activity", "organizing is protected by law", ("union", "grievance", "grievances")),
    NeverInput(
        "complaints the officer filed",
        "it would punish speaking up",
        ("filed_by_officer", "filed_by_member", "filed_by", "reported_by", "complaining_officer", "whistleblower"),
    ),
    NeverInput("being a victim", "it would punish being harmed", ("victim", "victims", "victimization")),
    NeverInput(
        "peer support and wellness use",
        _HELP,
        ("peer_support", "wellness", "counselling", "counseling", "therapy", "employee_assistance"),
        codes=(("training_topic", "WELLNESS"),),
    ),
    NeverInput(
        "peer interventions",
        "it would punish stepping in",
        ("peer_intervention", "peer_interventions", "intervened", "stepped_in"),
        codes=(("commendation_kind", "INTEGRITY"),),
    ),
)
_NOT_FILED_BY = {"filed_by_employee"}
"""Says who complained about the officer, not what the officer filed."""


def forbidden_name(name: str) -> NeverInput | None:
    """Return what a field, link or record type may not be an input for, judged by its name; None for any other.

    >>> forbidden_name("officers/sick_leave").name
    'leave'
    """
    if name in _NOT_FILED_BY:
        return None
    words = re.split("[^a-z0-9]+", name.lower())
    runs = {*words, *map("_".join, pairwise(words)), *map("_".join, zip(words, words[1:], words[2:], strict=False))}
    return next((kind for kind in NEVER_INPUTS if runs & set(kind.words)), None)


def forbidden_inputs(record: str, paths: list[str], node: Node | None, schema: Schema) -> list[tuple[str, NeverInput]]:
    """Return what an indicator reads and never may, in the order in which it reads it: the words, and which kind.

    Args:
        record: the record type that it counts.
        paths: paths that it follows, such as the one to the officer.
        node: its condition.
        schema: all record types.

    Raises:
        Unread: a definition on the way could not be read.
    """
    found = {record: forbidden_name(record)}
    for path, code in [*((path, "") for path in paths), *_read(node)]:
        found |= _on_the_way(record, path, code, schema)
    for operand in operands(node):
        if isinstance(operand, Count | Exists):
            inverse = schema.inverses(record)[operand.link]
            found[operand.link] = forbidden_name(operand.link)
            found |= dict(forbidden_inputs(inverse.record, [], operand.condition, schema))
    return [(words, kind) for words, kind in found.items() if kind]


def _on_the_way(record: str, path: str, code: str, schema: Schema) -> dict[str, NeverInput | None]:
    """Look at every step of a path, also at what a field that looks through a link finds behind it."""
    found: dict[str, NeverInput | None] = {}
    parts = path.split(".")
    for length, part in enumerate(parts, 1):
        found[".".join(parts[:length])] = forbidden_name(part)
    reached = schema.follow(record, path)
    if reached is None:
        return found
    spec = reached[1]
    for kind in NEVER_INPUTS:
        if spec.vocabulary in kind.vocabularies or any(forbidden_name(p) is kind for p in spec.through.split(".")):
            found[path] = kind
        if (spec.vocabulary, code) in kind.codes:
            found[f"{path} = '{code}'"] = kind
    return found


def _read(node: Node | None) -> Iterator[tuple[str, str]]:
    """Yield the fields that a condition reads on its own record, each with a code that it is compared with, or ''."""
    for asked in questions(node):
        match asked:
            case Has(field, code):
                yield field.path, code
            case In(Field(path), values):
                yield from ((path, str(value)) for value in values)
            case Compare(_, Field(path), str(code)):
                yield path, code
            case _:
                yield from ((path, "") for path in fields_of(asked))
