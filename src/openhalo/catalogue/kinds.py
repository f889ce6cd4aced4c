"""What a kind of catalogue file is, and the shelves on which its definitions stand: one a kind."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from typing import Any, Generic, cast, get_args

from openhalo.base.errors import CatalogueError, Problem
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


def forms_in(package: str, path: Iterable[str], base: type[SpecT]) -> dict[str, type[SpecT]]:
    """Return the schemas of a package that has a module for each form, named by what a file says its `kind` is.

    Args:
        package: its name.
        path: its `__path__`.
        base: the schema of what all forms say.
    """
    return {module.name: _form(f"{package}.{module.name}", module.name, base) for module in iter_modules(path)}


def _form(module: str, kind: str, base: type[SpecT]) -> type[SpecT]:
    """Return the class of a module whose `kind` is the module's name."""
    named = vars(import_module(module)).values()
    schemas = [one for one in named if isinstance(one, type) and issubclass(one, base)]
    fitting = [one for one in schemas if kind in get_args(one.model_fields["kind"].annotation)]
    if not fitting:
        found = f"no class of it is of the kind '{kind}'"
        raise CatalogueError(Problem(module, found, todo=f'write one, with `kind: Literal["{kind}"]`'))
    if lacking := sorted(getattr(fitting[0], "__abstractmethods__", ())):
        found = f"the kind '{kind}' does not say {', '.join(lacking)}"
        raise CatalogueError(Problem(module, found, todo=f"write it in {fitting[0].__name__}"))
    return fitting[0]


def without_runner(forms: Iterable[str], package: str, entry: str, what: str) -> list[Problem]:
    """Return a problem for each form that no module of a package runs.

    Args:
        forms: what files may say their `kind` is.
        package: it has a module, or a folder, of each form's name.
        entry: what such a module must have: `run`.
        what: what is run, in words.
    """
    return [problem for form in forms for problem in _runner_problem(form, package, entry, what)]


def _runner_problem(form: str, package: str, entry: str, what: str) -> Iterator[Problem]:
    place, found = f"{package}.{form}", f"nothing runs {what} of the kind '{form}'"
    if find_spec(place) is None:
        yield Problem(f"{place}:0", found, todo=f"write the module of this name, with `{entry}`")
        return
    try:
        module = import_module(place)
    except Exception as error:
        yield Problem(f"{place}:0", f"{found}: its module cannot be imported ({error})", todo="mend the module")
        return
    if not hasattr(module, entry):
        yield Problem(f"{place}:0", f"{found}: its module has no `{entry}`", todo=f"write `{entry}` in it")
