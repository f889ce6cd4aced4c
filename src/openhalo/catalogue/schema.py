"""What conditions and groups may refer to: the fields, links and codes of all record types."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from openhalo.catalogue.conditions import Field, Node, operands
from openhalo.catalogue.reader import Spec
from openhalo.catalogue.record_types import WITHHELD, FieldSpec, Privacy, RecordType
from openhalo.catalogue.vocabularies import Vocabulary

_SYSTEM_FIELDS = {
    name: FieldSpec(type="text", label=label, privacy="public", source="OpenHALO", required=True)
    for name, label in (("agency", "Agency"), ("source", "Source"))
}


@dataclass(frozen=True, slots=True)
class Inverse:
    """A to-many link: records of `record` whose field `link` points here."""

    record: str
    link: str


class Unread(Exception):
    """A question leads to a definition whose own file could not be read, so it has no answer yet."""


@dataclass(frozen=True)
class Schema:
    """All record types and vocabularies, and how records link to each other."""

    record_types: Mapping[str, RecordType]
    vocabularies: Mapping[str, Vocabulary]
    unread: Mapping[type[Spec], Collection[str]] = field(default_factory=dict)
    """Schema → ids whose file is there and could not be read: references to them are not dangling.

    Every question that leads to one raises `Unread`.
    """

    def record_type(self, record: str) -> RecordType:
        """Return a record type that is known to exist."""
        if record in self.unread.get(RecordType, ()):
            raise Unread
        return self.record_types[record]

    def field(self, record: str, name: str) -> FieldSpec | None:
        """Return a field of a record type; `agency` and `source` belong to every one."""
        return self.record_type(record).fields.get(name) or _SYSTEM_FIELDS.get(name)

    def field_names(self, record: str) -> list[str]:
        """Return the names that a condition on this record type may use."""
        return [*self.record_type(record).fields, *_SYSTEM_FIELDS]

    def follow(self, record: str, path: str) -> tuple[str, FieldSpec] | None:
        """Walk a dotted path over to-one links; return the last record type and field, or None."""
        *links, name = path.split(".")
        for link in links:
            spec = self.record_type(record).fields.get(link)
            if spec is None or spec.type != "link":
                return None
            if spec.to not in self.record_types:
                raise Unread
            record = spec.to
        found = self.field(record, name)
        return (record, found) if found else None

    def inverses(self, record: str) -> dict[str, Inverse]:
        """Return the to-many links of a record type: name → whose link points here."""
        return self._inverses.get(record, {})

    @cached_property
    def _inverses(self) -> dict[str, dict[str, Inverse]]:
        found: dict[str, dict[str, Inverse]] = {}
        for other in self.record_types.values():
            for name, spec in other.fields.items():
                if spec.type == "link" and spec.inverse:
                    found.setdefault(spec.to, {})[spec.inverse] = Inverse(other.id, name)
        return found

    def withheld(self, node: Node | None, record: str) -> list[tuple[str, Privacy]]:
        """Return the fields that a condition reads and nobody may ask about, also inside `any` and `count`.

        Each with its privacy class, in the order in which the condition names them.
        """
        found: dict[str, Privacy] = {}
        for operand in operands(node):
            if isinstance(operand, Field):
                named = self.follow(record, operand.path)
                if named and named[1].privacy in WITHHELD:
                    found[operand.path] = named[1].privacy
            else:
                found |= self.withheld(operand.condition, self.inverses(record)[operand.link].record)
        return list(found.items())

    def codes(self, spec: FieldSpec) -> list[str]:
        """Return the codes of a coded field in their fixed order; none for a field that is not coded."""
        if spec.type not in ("code", "codes"):
            return []
        if spec.vocabulary not in self.vocabularies:
            raise Unread
        return self.vocabularies[spec.vocabulary].order
