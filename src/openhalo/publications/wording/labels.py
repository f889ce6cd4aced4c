"""How groups are called and ordered on every page: by their code list, or by name; unknown last."""

from dataclasses import dataclass

from openhalo.catalogue.index import Catalogue
from openhalo.catalogue.record_types import FieldSpec
from openhalo.language.formatting import natural
from openhalo.language.translation import _


@dataclass(frozen=True)
class Group:
    """A field that figures are cut by."""

    path: str
    label: str
    order: tuple[str, ...]
    """Codes in their fixed order; empty for a field without a code list."""
    labels: dict[str, str]
    people: dict[str, str]
    by: str
    """The label as it stands after "by": race as the officer saw it, whether the person was searched."""

    @property
    def phrase(self) -> str:
        """Return the label as it stands inside a sentence."""
        return inside(self.label)

    def name(self, code: str | None) -> str:
        """Return how a code reads in a table."""
        return _("Not known") if code is None else self.labels.get(code, code)

    def rank(self, code: str | None) -> tuple[int, int, list[tuple[int, int, str]]]:
        """Return where a code stands in the fixed order."""
        if code is None:
            return (2, 0, [])
        if code in self.order:
            return (0, self.order.index(code), [])
        return (1, 0, natural(code))


def group(record: str, path: str, catalogue: Catalogue) -> Group:
    """Return the labels and the order of a field that figures are cut by."""
    found = catalogue.schema.follow(record, path)
    spec = found[1] if found else FieldSpec(type="text", label=path, privacy="public", source="")
    vocabulary = catalogue.vocabularies.get(spec.vocabulary)
    codes = vocabulary.codes if vocabulary else {}
    yes_no = {"false": _("No"), "true": _("Yes")} if spec.type == "boolean" else {}
    return Group(
        path,
        spec.label,
        tuple(vocabulary.order) if vocabulary else (),
        {code: one.label for code, one in codes.items()} or yes_no,
        {code: one.people for code, one in codes.items() if one.people},
        spec.by or (f"“{spec.label}”" if spec.type == "boolean" else inside(spec.label)),
    )


def unit_words(record: str, unit: str, catalogue: Catalogue) -> str:
    """Return what the counted rows are, as plural words: stops, people stopped."""
    definition = catalogue.record_types.get(record)
    return definition.units.get(unit, definition.plural) if definition else unit


def inside(label: str) -> str:
    """Write a label as it stands inside a sentence.

    >>> inside("Race as the officer saw it"), inside("A vehicle was searched"), inside("FBI code")
    ('race as the officer saw it', 'a vehicle was searched', 'FBI code')
    """
    return label if label[:2].isalpha() and label[:2].isupper() else label[:1].lower() + label[1:]
