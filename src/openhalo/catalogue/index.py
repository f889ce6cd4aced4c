"""The whole catalogue: every file read and cross-checked, a site's own folder laid over the shipped one."""

import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

from openhalo.base.errors import CatalogueError, Problem, did_you_mean, name_all
from openhalo.base.provenance import hash_facts, hash_file
from openhalo.catalogue import analysis_kinds, cross_checks, indicators, reader, signal_specs
from openhalo.catalogue.analysis_specs import AnalysisSpec
from openhalo.catalogue.condition_parser import parse
from openhalo.catalogue.conditions import Node
from openhalo.catalogue.core_list import Answering, CoreItem, CoreList, CoreStatus, core_statuses, telling
from openhalo.catalogue.documents import Document, read_text
from openhalo.catalogue.indicators import IndicatorSpec, RuleSpec
from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.catalogue.reader import Spec, SpecT
from openhalo.catalogue.record_types import RecordType
from openhalo.catalogue.schema import Schema
from openhalo.catalogue.signal_specs import SignalSpec
from openhalo.catalogue.sources import SourceSpec
from openhalo.catalogue.vocabularies import Vocabulary, check_references

Check = Callable[[Any, Document, "Catalogue"], None]


@dataclass(frozen=True)
class Kind:
    """One kind of catalogue file: where it stands, its schema, its cross-checks, and who may define it."""

    shelf: str
    shape: str
    """Place of its files; the words in capitals make up the id."""
    schema: type[Spec]
    cross_check: Check
    site_may_redefine: bool = False
    forms: Mapping[str, type[Spec]] = field(default_factory=dict, hash=False)
    """Schemas by what a file says its `kind` is, where each kind has settings of its own."""

    @cached_property
    def place(self) -> re.Pattern[str]:
        """Return the pattern of its places."""
        return re.compile(re.sub("[A-Z]+", "([a-z][a-z0-9_]*)", self.shape))


def _vocabulary(spec: Vocabulary, document: Document, _: "Catalogue") -> None:
    check_references(spec, document)


def _record_type(spec: RecordType, document: Document, catalogue: "Catalogue") -> None:
    cross_checks.record_type(spec, document, catalogue.schema)


def _source(spec: SourceSpec, document: Document, catalogue: "Catalogue") -> None:
    cross_checks.source(spec, document, catalogue.schema, catalogue.sources)


def _measure(spec: MeasureSpec, document: Document, catalogue: "Catalogue") -> None:
    cross_checks.measure(spec, document, catalogue.schema, catalogue.measures)
    _answers(spec.core, document, catalogue)


def _answers(core: str, document: Document, catalogue: "Catalogue") -> None:
    """Check that the item which a definition says it answers is one of the core list."""
    if core and "core" in catalogue.core_lists:
        cross_checks.known(core, catalogue.core_items, "item of the core list", document, ("core",))


def _core_list(spec: CoreList, document: Document, catalogue: "Catalogue") -> None:
    for place, measure in enumerate(spec.lead):
        cross_checks.known(measure, catalogue.measures, "measure", document, ("lead", place))


def _analysis(spec: AnalysisSpec, document: Document, catalogue: "Catalogue") -> None:
    cross_checks.analysis(spec, document, catalogue.schema)
    _answers(spec.core, document, catalogue)


def _indicator(spec: IndicatorSpec, document: Document, catalogue: "Catalogue") -> None:
    indicators.indicator(spec, document, catalogue.schema, catalogue.indicators)


def _rule(spec: RuleSpec, document: Document, catalogue: "Catalogue") -> None:
    indicators.rule(spec, document, catalogue.indicators)


def _signal(spec: SignalSpec, document: Document, catalogue: "Catalogue") -> None:
    signal_specs.signal(spec, document, catalogue.schema, catalogue.indicators)


# A new kind is one line here and one shelf in Catalogue; the first shape that fits a place wins.
KINDS = (
    Kind("vocabularies", "vocabularies/NAME", Vocabulary, _vocabulary),
    Kind("sources", "sources/NAME", SourceSpec, _source, True),
    Kind("measures", "DOMAIN/measures/NAME", MeasureSpec, _measure, True),
    Kind("analyses", "DOMAIN/analyses/NAME", AnalysisSpec, _analysis, True, analysis_kinds.KINDS),
    Kind("indicators", "indicators/NAME", IndicatorSpec, _indicator, True),
    Kind("rules", "indicators/rules/NAME", RuleSpec, _rule, True),
    Kind("signals", "indicators/signals/NAME", SignalSpec, _signal, True),
    Kind("record_types", "DOMAIN/NAME", RecordType, _record_type),
    Kind("core_lists", "core", CoreList, _core_list),
)
_APART = {"demo", "locale"}
"""Folders of the shipped catalogue that hold no definitions: the settings of the demo's site, and translations."""


@dataclass
class Catalogue:
    """All definitions, by kind and id."""

    vocabularies: dict[str, Vocabulary] = field(default_factory=dict)
    record_types: dict[str, RecordType] = field(default_factory=dict)
    sources: dict[str, SourceSpec] = field(default_factory=dict)
    measures: dict[str, MeasureSpec] = field(default_factory=dict)
    analyses: dict[str, AnalysisSpec] = field(default_factory=dict)
    indicators: dict[str, IndicatorSpec] = field(default_factory=dict)
    rules: dict[str, RuleSpec] = field(default_factory=dict)
    signals: dict[str, SignalSpec] = field(default_factory=dict)
    core_lists: dict[str, CoreList] = field(default_factory=dict)
    redefined: set[str] = field(default_factory=set)
    """Ids that a site's own folder defines differently from the shipped catalogue."""
    help: dict[str, str] = field(default_factory=dict)
    """Domain → plain words for its public page (Markdown)."""
    hashes: dict[str, str] = field(default_factory=dict)
    """Place of each file → SHA-256 of its bytes."""
    unread: dict[str, set[str]] = field(default_factory=dict)
    """Shelf → ids whose file is there and could not be read; empty in a catalogue that `load` returns."""

    @cached_property
    def schema(self) -> Schema:
        """Return what conditions may refer to."""
        return Schema(self.record_types, self.vocabularies, self.unread)

    @cached_property
    def _parsed(self) -> dict[tuple[str, str], Node | None]:
        """Return the conditions that were asked for, by record type and text."""
        return {}

    @property
    def core_items(self) -> dict[str, CoreItem]:
        """Return the core list: what every department should publish, by name and in its order."""
        return {name: item for core in self.core_lists.values() for name, item in core.items.items()}

    @property
    def lead(self) -> list[str]:
        """Return the measures that pages of many say before others, most telling first."""
        return [measure for core in self.core_lists.values() for measure in core.lead]

    def core_statuses(
        self,
        published: Collection[str],
        waiting: Mapping[str, Collection[str]],
        told: Collection[str] = (),
        untold: Mapping[str, Collection[str]] | None = None,
    ) -> list[CoreStatus]:
        """Return how each item of the core list stands in a release.

        Args:
            published: ids of the measures in the release.
            waiting: id of each measure whose records are not there → the record types that it lacks.
            told: ids of the analyses in the release that give an answer: that were not refused.
            untold: id of each analysis whose records are not there → the record types that it lacks.
        """
        items = self.core_items
        analyses = [self.analyses[name] for name in sorted(self.analyses)]
        return core_statuses(
            items,
            Answering(telling(self.measures.values(), items, self.lead), published, waiting),
            Answering(analyses, told, untold or {}),
        )

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
        if (record, text) not in self._parsed:
            node, problems = parse(text, record, self.schema)
            if problems:
                raise CatalogueError([Problem(f"condition on {record}", p.found, p.allowed, p.todo) for p in problems])
            self._parsed[record, text] = node
        return self._parsed[record, text]

    def record_type(self, record: str) -> RecordType:
        """Return a record type, or raise `CatalogueError` that says which there are."""
        return _look_up(self.record_types, record, "record type")

    def measure(self, measure: str) -> MeasureSpec:
        """Return a measure, or raise `CatalogueError` that says which there are."""
        return _look_up(self.measures, measure, "measure")

    def analysis(self, analysis: str) -> AnalysisSpec:
        """Return an analysis, or raise `CatalogueError` that says which there are."""
        return _look_up(self.analyses, analysis, "analysis")

    def source(self, source: str) -> SourceSpec:
        """Return a source spec, or raise `CatalogueError` that says which there are."""
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
    """Read and cross-check everything; return what could be read, and every problem in the order of files and lines."""
    catalogue = Catalogue()
    defined: dict[tuple[Kind, str], Document] = {}
    documents: list[Document] = []
    shipped = Path(str(files("openhalo_catalogue")))
    for root in (shipped, site_folder):
        if root is None:
            continue
        for path in _files(root, skip=_APART if root is shipped else set()):
            place = path.relative_to(root).as_posix()
            if path.name == "help.md" and place.count("/") == 1:
                document, catalogue.help[path.parent.name] = read_text(path)
            elif (found := _kind_of(place)) is None:
                document = _out_of_place(path)
            else:
                document = _read(path, *found, catalogue, first=found not in defined)
                defined[found] = document
            documents.append(document)
            catalogue.hashes[place] = document.hash
    for (kind, identifier), document in defined.items():
        spec = getattr(catalogue, kind.shelf).get(identifier)
        if spec is not None:
            kind.cross_check(spec, document, catalogue)
    problems = [problem for document in documents for problem in document.problems]
    return catalogue, sorted(problems, key=_file_and_line)


def _files(root: Path, skip: Collection[str]) -> Iterator[Path]:
    """Yield the definitions in a folder, in order: all files but code, hidden ones and those in skipped folders."""
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith((".", "__")))
        if folder == str(root):
            subfolders[:] = [name for name in subfolders if name not in skip]
        for name in sorted(names):
            if not name.startswith(".") and not name.endswith((".py", ".pyc")):
                yield Path(folder, name)


def _kind_of(place: str) -> tuple[Kind, str] | None:
    for kind in KINDS:
        match = kind.place.fullmatch(place.removesuffix(".yaml")) if place.endswith(".yaml") else None
        if match:
            return kind, "/".join(match.groups()) or kind.shape
    return None


def _out_of_place(path: Path) -> Document:
    document = Document(path, hash=hash_file(path))
    shapes = ", ".join([*(f"{kind.shape}.yaml" for kind in KINDS), "DOMAIN/help.md"])
    todo = "move or remove it; names are small letters, digits and _ and end in .yaml"
    document.report((), "no kind of catalogue file stands here", shapes, todo)
    return document


def _read(path: Path, kind: Kind, identifier: str, catalogue: Catalogue, first: bool) -> Document:
    """Read one definition onto its shelf; a site's own takes the place of the shipped one, where it may."""
    document = reader.read(path)
    shelf: dict[str, Spec] = getattr(catalogue, kind.shelf)
    schema = reader.choose(document, kind.forms) if kind.forms else kind.schema
    spec = reader.understand(document, schema, id=identifier) if schema else None
    if not first:
        if not kind.site_may_redefine:
            document.report((), f"'{identifier}' is part of the shipped standard", todo="give yours another name")
            return document
        catalogue.redefined.add(identifier)
        shelf.pop(identifier, None)
    if spec is None:
        catalogue.unread.setdefault(kind.shelf, set()).add(identifier)
    else:
        shelf[identifier] = spec
    return document


def _file_and_line(problem: Problem) -> tuple[str, int]:
    path, _, line = problem.where.rpartition(":")
    return path, int(line)


def _look_up(shelf: dict[str, SpecT], identifier: str, kind: str) -> SpecT:
    if identifier not in shelf:
        raise CatalogueError(
            Problem("", f"there is no {kind} '{identifier}'", name_all(shelf, 60), did_you_mean(identifier, shelf))
        )
    return shelf[identifier]
