"""From a YAML file to plain data, with the line of every key and all that is wrong with the writing.

YAML is read with the 1.2 meaning of plain words: `NO`, `off`, `1:30` and `007` stay text, because code lists
are full of them. Aliases and tags are refused: a definition says what it says where it stands.
"""

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from openhalo.base.errors import Problem

Location = tuple[str | int, ...]
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]{1,2})?")
_WORDS = {"true": True, "True": True, "false": False, "False": False, "null": None, "~": None, "": None}
_TAG_NAMES = ("str", "int", "float", "bool", "null", "map", "seq", "timestamp", "merge", "value")
_TAGS = {f"tag:yaml.org,2002:{name}" for name in _TAG_NAMES}
_MAX_DEPTH = 40
_INLINE_NESTING = re.compile(r"(?:[-?:][ \t]+){40}")
_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass
class Document:
    """One YAML file: its plain data, the line of each place in it, and the problems found so far."""

    path: Path
    data: Any = None
    lines: dict[Location, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    hash: str = ""
    """SHA-256 of the file's bytes."""

    def where(self, *location: str | int) -> str:
        """Return `file:line` of a place, or of the nearest place around it."""
        while location and location not in self.lines:
            location = location[:-1]
        return f"{self.path}:{self.lines.get(location, 1)}"

    def report(self, location: Location, found: str, allowed: str = "", todo: str = "") -> None:
        """Note a problem at a place of this file."""
        self.problems.append(Problem(self.where(*location), found, allowed, todo))

    def report_line(self, line: int, found: str, allowed: str = "", todo: str = "") -> None:
        """Note a problem on a line of this file, counted from 1."""
        self.problems.append(Problem(f"{self.path}:{line}", found, allowed, todo))


def read_text(path: Path) -> tuple[Document, str]:
    """Read a text file; one that cannot be read, or is not UTF-8, is a problem of the document."""
    document = Document(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        document.report((), f"cannot be read: {error.strerror or error}")
        return document, ""
    document.hash = hashlib.sha256(content).hexdigest()
    try:
        return document, content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        document.report_line(line, f"the byte {content[error.start]:#04x} is not UTF-8", "UTF-8 text", "save as UTF-8")
        return document, ""


def read(path: Path) -> Document:
    """Read one YAML file. Whatever is wrong with its writing becomes problems of the document."""
    document, text = read_text(path)
    if document.problems:
        return document
    try:
        _must_be_shallow(text)
        node = yaml.compose(text, Loader=_Loader)
        if node is not None:
            document.data = _plain(node, (), document, set())
    except _Unreadable as refused:
        document.report_line(*refused.args)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = ", ".join(part for part in (error.context, error.problem) if part)
        document.report_line(mark.line + 1 if mark else 1, f"not valid YAML: {reason}")
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        document.report_line(line, f"the character {error.character!r} cannot stand in YAML", todo="remove it")
    return document


class _Unreadable(Exception):
    """Line, what was found, what is allowed, what to do."""


def _must_be_shallow(text: str) -> None:
    """Refuse brackets within brackets by the thousand, on which the YAML library would crash the process."""
    if text.count("[") + text.count("{") < 500 and not _INLINE_NESTING.search(text):
        return
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _MAX_DEPTH:
            mark = event.start_mark
            raise _too_deep(mark.line + 1 if mark else 1)


def _too_deep(line: int) -> _Unreadable:
    return _Unreadable(line, "nested too deeply", f"{_MAX_DEPTH} levels")


def _plain(node: yaml.Node, location: Location, document: Document, seen: set[int]) -> Any:
    line = document.lines.setdefault(location, node.start_mark.line + 1)
    if id(node) in seen:
        raise _Unreadable(line, "an alias (*name) to a value that stands elsewhere", "", "write the value out")
    seen.add(id(node))
    if node.tag not in _TAGS:
        raise _Unreadable(line, f"a tag '{node.tag}'", "values without tags", "put text that starts with ! in quotes")
    if len(location) > _MAX_DEPTH:
        raise _too_deep(line)
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, location, document, seen)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*location, index), document, seen) for index, item in enumerate(node.value)]
    assert isinstance(node, yaml.ScalarNode)
    return _scalar(node)


def _mapping(node: yaml.MappingNode, location: Location, document: Document, seen: set[int]) -> dict[str, Any]:
    mapping: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            document.report_line(line, "a key that is a list or holds keys itself", "keys that are words")
            continue
        key = str(key_node.value)
        here = (*location, key)
        if key in mapping:
            found = f"'{key}' appears twice; first on line {document.lines[here]}"
            document.report_line(line, found, todo="keep one of the two")
            continue
        document.lines[here] = line
        mapping[key] = _plain(value_node, here, document, seen)
    return mapping


def _scalar(node: yaml.ScalarNode) -> Any:
    text = str(node.value)
    if node.style in {"'", '"', "|", ">"}:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text
