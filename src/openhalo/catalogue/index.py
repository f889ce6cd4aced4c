"""The whole catalogue: every file read and cross-checked, a site's own folder laid over the shipped one."""

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

from openhalo.base.errors import CatalogueError, Problem, did_you_mean, name_all
from openhalo.base.provenance import hash_facts, hash_file
from openhalo.catalogue import (
    analysis_checks,
    core_list,
    indicator_rules,
    indicators,
    measure_checks,
    reader,
    record_type_checks,
    signal_checks,
    source_checks,
    vocabulary_checks,
)
from openhalo.catalogue.analysis_specs import AnalysisSpec
from openhalo.catalogue.condition_parser import parse
from openhalo.catalogue.conditions import Node
from openhalo.catalogue.core_list import CoreItem, CoreList
from openhalo.catalogue.core_standing import Answering, CoreStatus, core_statuses, telling
from openhalo.catalogue.documents import Document, read_text
from openhalo.catalogue.indicator_rules import RuleSpec
from openhalo.catalogue.indicators import IndicatorSpec
from openhalo.catalogue.kinds import Kind, Shelves, kind_of, shelf
from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.catalogue.reader import Spec, SpecT
from openhalo.catalogue.record_types import RecordType
from openhalo.catalogue.signal_specs import SignalSpec
from openhalo.catalogue.sources import SourceSpec
from openhalo.catalogue.vocabularies import Vocabulary

_APART = {"demo", "locale"}
"""Folders of the shipped catalogue that hold no definitions: the settings of the demo's site, and translations."""


@dataclass
class Catalogue(Shelves):
    """All definitions, by kind and id. A new kind of catalogue file is one line here."""

    vocabularies: dict[str, Vocabulary] = shelf(vocabulary_checks.KIND)
    sources: dict[str, SourceSpec] = shelf(source_checks.KIND)
    measures: dict[str, MeasureSpec] = shelf(measure_checks.KIND)
    analyses: dict[str, AnalysisSpec] = shelf(analysis_checks.KIND)
    indicators: dict[str, IndicatorSpec] = shelf(indicators.KIND)
    rules: dict[str, RuleSpec] = shelf(indicator_rules.KIND)
    signals: dict[str, SignalSpec] = shelf(signal_checks.KIND)
    record_types: dict[str, RecordType] = shelf(record_type_checks.KIND)
    core_lists: dict[str, CoreList] = shelf(core_list.KIND)

    redefined: set[str] = field(default_factory=set)
    """Ids that a site's own folder defines differently from the shipped catalogue."""
    help: dict[str, str] = field(default_factory=dict)
    """Domain → plain words for its public page (Markdown)."""
    hashes: dict[str, str] = field(default_factory=dict)
    """Place of each file → SHA-256 of its bytes."""

    def __repr__(self) -> str:
        """Return how much it holds."""
        return f"Catalogue({len(self.record_types)} record types, {len(self.measures)} measures)"

    @cached_property
    def _parsed(self) -> dict[tuple[str, str], Node | None]:
        """Return the conditions that were asked for, by record type and text."""
        return {}

    @property
    def core_items(self) -> dict[str, CoreItem]:
        """Return the core list: what every department should publish, by name and in its order."""
        return core_list.items_of(self.core_lists)

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


KINDS: dict[str, Kind[Any]] = {one.name: kind for one in fields(Catalogue) if (kind := kind_of(one.metadata))}
"""Every kind of catalogue file by the name of its shelf."""


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
    defined: dict[tuple[str, str], Document] = {}
    documents: list[Document] = []
    shipped = Path(str(files("openhalo_catalogue")))
    for root in (shipped, site_folder):
        if root is None:
            continue
        for path in _files(root, skip=_APART if root is shipped else set()):
            place = path.relative_to(root).as_posix()
            if path.name == "help.md" and place.count("/") == 1:
                document, catalogue.help[path.parent.name] = read_text(path)
            elif (found := _shelf_of(place)) is None:
                document = _out_of_place(path)
            else:
                document = _read(path, *found, catalogue, first=found not in defined)
                defined[found] = document
            documents.append(document)
            catalogue.hashes[place] = document.hash
    for (name, identifier), document in defined.items():
        spec = getattr(catalogue, name).get(identifier)
        if spec is not None:
            KINDS[name].cross_check(spec, document, catalogue)
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


def _shelf_of(place: str) -> tuple[str, str] | None:
    """Return the shelf of a file, and its id; of several shapes that fit, the one that leaves least open counts."""
    if not place.endswith(".yaml"):
        return None
    fit = [(name, match) for name, kind in KINDS.items() if (match := kind.place.fullmatch(place[: -len(".yaml")]))]
    if not fit:
        return None
    name, match = min(fit, key=lambda one: len(one[1].groups()))
    return name, "/".join(match.groups()) or KINDS[name].shape


def _out_of_place(path: Path) -> Document:
    document = Document(path, hash=hash_file(path))
    shapes = ", ".join([*(f"{kind.shape}.yaml" for kind in KINDS.values()), "DOMAIN/help.md"])
    todo = "move or remove it; names are small letters, digits and _ and end in .yaml"
    document.report((), "no kind of catalogue file stands here", shapes, todo)
    return document


def _read(path: Path, name: str, identifier: str, catalogue: Catalogue, first: bool) -> Document:
    """Read one definition onto its shelf; a site's own takes the place of the shipped one, where it may."""
    kind = KINDS[name]
    document = reader.read(path)
    held: dict[str, Spec] = getattr(catalogue, name)
    schema = reader.choose(document, kind.forms) if kind.forms else kind.schema
    spec = reader.understand(document, schema, id=identifier) if schema else None
    if not first:
        if not kind.site_may_redefine:
            document.report((), f"'{identifier}' is part of the shipped standard", todo="give yours another name")
            return document
        catalogue.redefined.add(identifier)
        held.pop(identifier, None)
    if spec is None:
        catalogue.unread.setdefault(kind.schema, set()).add(identifier)
    else:
        held[identifier] = spec
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
