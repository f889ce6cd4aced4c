"""From a YAML file to a checked object, with every problem of the file at its line.

YAML is read with the 1.2 meaning of plain words: `NO`, `off` and `1:30` stay text, because code lists
are full of them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from openhalo.base.errors import Problem, did_you_mean, name_all

Location = tuple[str | int, ...]
_INTEGER = re.compile(r"^[-+]?[0-9]+$")
_NUMBER = re.compile(r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")
_WORDS = {"true": True, "True": True, "false": False, "False": False, "null": None, "~": None, "": None}
_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Spec(BaseModel):
    """Base of every catalogue schema: closed (an unknown key is a problem) and immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


SpecT = TypeVar("SpecT", bound=Spec)


@dataclass
class Document:
    """One YAML file: its plain data, the line of each place in it, and the problems found so far."""

    path: Path
    data: Any = None
    lines: dict[Location, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def where(self, *location: str | int) -> str:
        """Return `file:line` of a place, or of the nearest place around it."""
        while location and location not in self.lines:
            location = location[:-1]
        return f"{self.path}:{self.lines.get(location, 1)}"

    def report(self, location: Location, found: str, allowed: str = "", todo: str = "") -> None:
        """Note a problem at a place of this file."""
        self.problems.append(Problem(self.where(*location), found, allowed, todo))


def read(path: Path) -> Document:
    """Read one YAML file. Syntax errors and repeated keys become problems of the document."""
    document = Document(path)
    try:
        node = yaml.compose(path.read_text(encoding="utf-8-sig"), Loader=_Loader)
    except UnicodeDecodeError as error:
        document.report((), f"byte {error.start} is not UTF-8", "UTF-8 text", "save the file as UTF-8")
        return document
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        document.problems.append(Problem(f"{path}:{line}", f"not valid YAML: {error.problem or error.context}"))
        return document
    if node is not None:
        document.data = _plain(node, (), document)
    return document


def check(document: Document, model: type[SpecT], **given: Any) -> SpecT | None:
    """Check a document against a schema; `given` adds what the file's place says (its id).

    Returns None when there are problems; they are noted in the document, each with its line.
    """
    if document.problems:
        return None
    if not isinstance(document.data, Mapping):
        document.report((), "the file holds no keys", f"the keys of {model.__name__}: {name_all(model.model_fields)}")
        return None
    for key in given.keys() & document.data.keys():
        document.report((key,), f"'{key}' is given by the file's place", todo="remove it from the file")
    try:
        return model.model_validate({**document.data, **given})
    except ValidationError as error:
        for problem in error.errors(include_url=False):
            _translate(document, model, problem)
        return None


def _plain(node: yaml.Node, location: Location, document: Document) -> Any:
    document.lines.setdefault(location, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            here = (*location, key)
            if key in mapping:
                line = key_node.start_mark.line + 1
                found = f"'{key}' appears twice; first on line {document.lines[here]}"
                document.problems.append(Problem(f"{document.path}:{line}", found, todo="keep one of the two"))
            document.lines[here] = key_node.start_mark.line + 1
            mapping[key] = _plain(value_node, here, document)
        return mapping
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*location, index), document) for index, item in enumerate(node.value)]
    assert isinstance(node, yaml.ScalarNode)
    return _scalar(node)


def _scalar(node: yaml.ScalarNode) -> Any:
    text = str(node.value)
    if node.style in {"'", '"', "|", ">"}:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.match(text):
        return int(text)
    return float(text) if _NUMBER.match(text) else text


def _translate(document: Document, model: type[BaseModel], problem: Any) -> None:
    location: Location = tuple(part for part in problem["loc"])
    kind, context = problem["type"], problem.get("ctx", {})
    if kind == "extra_forbidden":
        keys = _keys_at(model, location[:-1])
        key = str(location[-1])
        document.report(location, f"unknown key '{key}'", name_all(keys, 40), did_you_mean(key, keys))
    elif kind == "missing":
        document.report(location[:-1], f"'{location[-1]}' is missing", todo="add it")
    elif kind == "literal_error":
        allowed = re.findall(r"'([^']*)'", context["expected"])
        found = str(problem["input"])
        document.report(location, f"found '{found}'", name_all(allowed, 40), did_you_mean(found, allowed))
    else:
        path = ".".join(str(part) for part in location)
        message = problem["msg"].removeprefix("Value error, ")
        document.report(location, f"{path}: {message}" if path else message)


def _keys_at(model: Any, location: Location) -> list[str]:
    """Return the keys that the schema allows at a place, found by walking its annotations."""
    for part in location:
        model = _step(model, part)
    return list(getattr(_model_in(model), "model_fields", {}))


def _step(annotation: Any, part: str | int) -> Any:
    model = _model_in(annotation)
    if model is not None:
        found = model.model_fields.get(str(part))
        return found.annotation if found else None
    for candidate in _options(annotation):
        arguments = get_args(candidate)
        if arguments and get_origin(candidate) in {list, tuple, dict}:
            return arguments[-1] if get_origin(candidate) is dict else arguments[0]
    return None


def _options(annotation: Any) -> tuple[Any, ...]:
    is_union = get_origin(annotation) is Union or type(annotation).__name__ == "UnionType"
    return get_args(annotation) if is_union else (annotation,)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    for candidate in _options(annotation):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None
