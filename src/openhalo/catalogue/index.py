"""The whole catalogue: every file read and cross-checked, a site's own folder laid over the shipped one."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

from openhalo.base.errors import CatalogueError, MeasureError, Problem, did_you_mean, name_all
from openhalo.base.provenance import hash_facts, hash_file
from openhalo.catalogue import cross_checks, reader, vocabularies
from openhalo.catalogue.conditions import Node, parse
from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.catalogue.reader import Document, Spec, SpecT
from openhalo.catalogue.record_types import RecordType
from openhalo.catalogue.schema import Schema
from openhalo.catalogue.sources import SourceSpec
from openhalo.catalogue.vocabularies import Vocabulary


@dataclass(frozen=True)
class _Kind:
    """One kind of catalogue file: where it stands, its schema, and whether a site may redefine it."""

    shelf: str
    place: re.Pattern[str]
    schema: type[Spec]
    site_may_redefine: bool


_NAME = "[a-z][a-z0-9_]*"
_KINDS = (
    _Kind("vocabularies", re.compile(f"^vocabularies/(?P<id>{_NAME})$"), Vocabulary, False),
    _Kind("sources", re.compile(f"^sources/(?P<id>{_NAME})$"), SourceSpec, True),
    _Kind("measures", re.compile(f"^(?P<domain>{_NAME})/measures/(?P<name>{_NAME})$"), MeasureSpec, True),
    _Kind("record_types", re.compile(f"^(?P<id>{_NAME}/{_NAME})$"), RecordType, False),
)


@dataclass
class Catalogue:
    """All definitions, by kind and id."""

    vocabularies: dict[str, Vocabulary] = field(default_factory=dict)
    record_types: dict[str, RecordType] = field(default_factory=dict)
    sources: dict[str, SourceSpec] = field(default_factory=dict)
    measures: dict[str, MeasureSpec] = field(default_factory=dict)
    redefined: set[str] = field(default_factory=set)
    """Ids that a site's own folder defines differently from the shipped catalogue."""
    help: dict[str, str] = field(default_factory=dict)
    """Domain → plain words for its public page (Markdown)."""
    hashes: dict[str, str] = field(default_factory=dict)
    """Place of each file → SHA-256 of its bytes."""

    @cached_property
    def schema(self) -> Schema:
        """Return what conditions may refer to."""
        return Schema(self.record_types, self.vocabularies)

    @property
    def hash(self) -> str:
        """Return one hash over every definition."""
        return hash_facts(self.hashes)

    def condition(self, record: str, text: str) -> Node | None:
        """Return the tree of a condition on a record type; None for the empty condition.

        Raises:
            CatalogueError: the condition is wrong (cannot happen for one that the catalogue holds).
        """
        if not text:
            return None
        node, problems = parse(text, record, self.schema)
        if problems:
            raise CatalogueError([Problem(f"condition on {record}", p.found, p.allowed, p.todo) for p in problems])
        return node

    def record_type(self, record: str) -> RecordType:
        """Return a record type, or say which there are."""
        return _look_up(self.record_types, record, "record type")

    def measure(self, measure: str) -> MeasureSpec:
        """Return a measure, or say which there are."""
        return _look_up(self.measures, measure, "measure")

    def source(self, source: str) -> SourceSpec:
        """Return a source spec, or say which there are."""
        return _look_up(self.sources, source, "source")


def load(site_folder: Path | None = None) -> Catalogue:
    """Read the shipped catalogue and lay a site's own folder over it.

    Raises:
        CatalogueError: with every problem of every file.
    """
    catalogue, problems = examine(site_folder)
    if problems:
        raise CatalogueError(problems)
    return catalogue


def examine(site_folder: Path | None = None) -> tuple[Catalogue, list[Problem]]:
    """Read and cross-check everything; return what could be read, and every problem."""
    catalogue = Catalogue()
    documents: dict[tuple[str, str], Document] = {}
    problems: list[Problem] = []
    shipped = Path(str(files("openhalo_catalogue")))
    for root in (shipped, site_folder):
        if root is not None and root.is_dir():
            _read_folder(root, root is shipped, catalogue, documents, problems)
    for (shelf, identifier), document in documents.items():
        spec = getattr(catalogue, shelf).get(identifier)
        if spec is not None:
            _CROSS_CHECKS[shelf](spec, document, catalogue)
        problems.extend(document.problems)
    return catalogue, sorted(problems, key=lambda problem: problem.where)


_CROSS_CHECKS: dict[str, Callable[[Any, Document, Catalogue], None]] = {
    "vocabularies": lambda spec, document, _: vocabularies.check_references(spec, document),
    "record_types": lambda spec, document, catalogue: cross_checks.record_type(spec, document, catalogue.schema),
    "sources": lambda spec, document, catalogue: cross_checks.source(spec, document, catalogue.schema),
    "measures": lambda spec, document, catalogue: cross_checks.measure(
        spec, document, catalogue.schema, catalogue.measures
    ),
}


def _read_folder(
    root: Path,
    shipped: bool,
    catalogue: Catalogue,
    documents: dict[tuple[str, str], Document],
    problems: list[Problem],
) -> None:
    for path in sorted(root.rglob("*")):
        place = path.relative_to(root)
        if path.is_dir() or path.suffix in {".py", ".pyc"} or (shipped and place.parts[0] == "demo"):
            continue
        if path.name == "help.md" and len(place.parts) == 2:
            catalogue.help[place.parts[0]] = path.read_text(encoding="utf-8")
            catalogue.hashes[place.as_posix()] = hash_file(path)
            continue
        kind, identifier = _place(place)
        if kind is None:
            problems.append(
                Problem(
                    str(path),
                    "no kind of catalogue file stands here",
                    "vocabularies/NAME.yaml, sources/NAME.yaml, DOMAIN/RECORD.yaml, DOMAIN/measures/NAME.yaml, "
                    "DOMAIN/help.md",
                    "move or remove it; names are small letters, digits and _",
                )
            )
            continue
        document = reader.read(path)
        shelf: dict[str, Spec] = getattr(catalogue, kind.shelf)
        spec = reader.check(document, kind.schema, id=identifier)
        if not shipped and identifier in shelf:
            if not kind.site_may_redefine:
                document.report((), f"'{identifier}' is part of the shipped standard", todo="give yours another name")
            catalogue.redefined.add(identifier)
        documents[kind.shelf, identifier] = document
        catalogue.hashes[place.as_posix()] = hash_file(path)
        if spec is not None:
            shelf[identifier] = spec


def _place(place: Path) -> tuple[_Kind | None, str]:
    if place.suffix == ".yaml":
        for kind in _KINDS:
            match = kind.place.match(place.with_suffix("").as_posix())
            if match:
                parts = match.groupdict()
                return kind, parts.get("id") or f"{parts['domain']}/{parts['name']}"
    return None, ""


def _look_up(shelf: dict[str, SpecT], identifier: str, kind: str) -> SpecT:
    if identifier not in shelf:
        raise MeasureError(
            Problem("", f"there is no {kind} '{identifier}'", name_all(shelf, 60), did_you_mean(identifier, shelf))
        )
    return shelf[identifier]
