"""What a kind of catalogue file is, and the shelves on which its definitions stand: one a kind."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, Generic, cast

from openhalo.catalogue.documents import Document
from openhalo.catalogue.reader import Spec, SpecT
from openhalo.catalogue.record_types import RecordType
from openhalo.catalogue.schema import Schema
from openhalo.catalogue.vocabularies import Vocabulary


@dataclass
class Shelves:
    """Every definition that was read, a shelf a kind: id → definition. `Catalogue` says which shelves there are."""

    unread: dict[type[Spec], set[str]] = field(default_factory=dict, kw_only=True)
    """Schema → ids whose file is there and could not be read; empty in a catalogue that `load` returns."""

    def of(self, schema: type[SpecT]) -> dict[str, SpecT]:
        """Return the shelf of the kind that has this schema."""
        name = next(one.name for one in fields(self) if (kind := kind_of(one.metadata)) and kind.schema is schema)
        return cast(dict[str, SpecT], getattr(self, name))

    def unread_of(self, schema: type[Spec]) -> Collection[str]:
        """Return the ids of a kind whose file is there and could not be read: references to them do not dangle."""
        return self.unread.get(schema, ())

    @cached_property
    def schema(self) -> Schema:
        """Return what conditions may refer to."""
        return Schema(self.of(RecordType), self.of(Vocabulary), self.unread)


@dataclass(frozen=True)
class Kind(Generic[SpecT]):
    """One kind of catalogue file: where it stands, its schema, its cross-check, and who may define it."""

    shape: str
    """Place of its files; the words in capitals make up the id."""
    schema: type[SpecT]
    cross_check: Callable[[SpecT, Document, Shelves], None]
    """Reports what one file alone cannot show: references that lead nowhere, conditions that do not read."""
    site_may_redefine: bool = False
    forms: Mapping[str, type[SpecT]] = field(default_factory=dict, hash=False)
    """Schemas by what a file says its `kind` is, where each kind has settings of its own."""

    @cached_property
    def place(self) -> re.Pattern[str]:
        """Return the pattern of its places."""
        return re.compile(re.sub("[A-Z]+", "([a-z][a-z0-9_]*)", self.shape))


def shelf(kind: Kind[SpecT]) -> dict[str, SpecT]:
    """Give a subclass of `Shelves` the shelf of a kind; its annotation says what stands on it."""
    made: dict[str, SpecT] = field(default_factory=dict, metadata={"kind": kind})
    return made


def kind_of(metadata: Mapping[str, Any]) -> Kind[Any] | None:
    """Return the kind whose shelf a field with this metadata is; None for a field that is no shelf."""
    return metadata.get("kind")
