"""From a file's plain data to a checked object, with every problem at its line and in plain words."""

import copy
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, NamedTuple, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError

from openhalo.base.errors import did_you_mean, name_all
from openhalo.catalogue.documents import Document, Location, read

__all__ = ["Document", "Location", "Misfit", "Spec", "SpecT", "check", "choose", "read", "understand"]


class Misfit(NamedTuple):
    """Something in a spec that does not fit the rest of it; `location` is counted from the spec."""

    location: Location
    found: str
    allowed: str = ""
    todo: str = ""


class Spec(BaseModel):
    """Base of every catalogue schema: closed (an unknown key is a problem) and immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)
    said: ClassVar[frozenset[str]] = frozenset()
    """Keys whose text (or list, or values) stands on public pages in the reader's language: see `translating`."""

    def misfits(self) -> Iterable[Misfit]:
        """Return what does not fit together within a file's spec, each at its place.

        Unlike a validator, which can raise one error for the whole of its object, this finds all there is and
        leaves a spec with which the other checks can go on.
        """
        return ()


SpecT = TypeVar("SpecT", bound=Spec)


def check(document: Document, model: type[SpecT], **given: Any) -> SpecT | None:
    """Check a document against a schema; `given` adds what the file's place says (its id).

    Returns None when there are problems; they are noted in the document, each with its line.
    """
    spec = understand(document, model, **given)
    return None if document.problems else spec


def choose(document: Document, kinds: Mapping[str, type[SpecT]]) -> type[SpecT] | None:
    """Return the schema that a file's `kind` names; None where it names none there is, which is noted."""
    kind = document.data.get("kind") if isinstance(document.data, Mapping) else None
    if isinstance(kind, str) and kind in kinds:
        return kinds[kind]
    if isinstance(document.data, Mapping) and "kind" in document.data:
        document.report(("kind",), f"kind: found {_shown(kind)}", name_all(kinds, 40), did_you_mean(str(kind), kinds))
    elif not document.problems:
        document.report((), "'kind' is missing", name_all(kinds, 40), "add it")
    return None


def understand(document: Document, model: type[SpecT], **given: Any) -> SpecT | None:
    """Check a document against a schema, and make of it what can be made.

    Every problem is noted in the document. Where unknown keys, or wrong values of keys that could be left out,
    are all that is wrong, the spec without them is returned, so that the rest can be checked in the same run.
    """
    if document.data is None and document.problems:
        return None
    if not isinstance(document.data, Mapping):
        document.report((), "the file holds no keys", name_all(_keys_at(model, ()), 40))
        return None
    for key in given.keys() & document.data.keys():
        document.report((key,), f"'{key}' is given by the file's place", todo="remove it from the file")
    data: Any = {**document.data, **given}
    try:
        spec = _validated(model, data)
    except ValidationError as error:
        problems = error.errors(include_url=False)
        _translate_all(document, model, problems)
        return _without_wrong_keys(document, model, data, problems)
    for misfit in spec.misfits():
        document.report(*misfit)
    return spec


def _validated(model: type[SpecT], data: Any) -> SpecT:
    """Validate as JSON: strict about types (true is no number, "5" no integer), yet dates may be text."""
    return model.model_validate_json(json.dumps(data), strict=True)


def _without_wrong_keys(document: Document, model: type[SpecT], data: Any, problems: list[Any]) -> SpecT | None:
    """Return the spec without its unknown keys and the wrong values of known ones, if that leaves a whole spec.

    An entry of a list of names (a code, a field) is never left out: references to it would seem to dangle.
    """
    data = copy.deepcopy(data)
    for problem in problems:
        location = _known_part(problem["loc"], document)
        named = problem["type"] == "extra_forbidden" or (location and location[-1] in _keys_at(model, location[:-1]))
        if not named or problem["type"] in ("missing", "value_error"):
            return None
        holder: Any = data
        for part in location[:-1]:
            holder = holder[part]
        holder.pop(location[-1], None)
    try:
        return _validated(model, data)
    except ValidationError:
        return None


def _known_part(location: tuple[str | int, ...], document: Document) -> Location:
    """Return the location without what pydantic adds to it: branches of a union, `[key]`."""
    known: Location = ()
    for part in location:
        if (*known, part) in document.lines:
            known = (*known, part)
    return known


def _translate_all(document: Document, model: type[BaseModel], problems: list[Any]) -> None:
    wrong_types: dict[Location, tuple[Any, list[str]]] = {}
    misspelt: set[Location] = set()
    for problem in problems:
        if problem["type"] == "extra_forbidden":
            location = _known_part(problem["loc"], document)
            keys, key = _keys_at(model, problem["loc"][:-1]), str(location[-1])
            hint = did_you_mean(key, keys)
            misspelt.update((*location[:-1], name) for name in keys if f"'{name}'" in hint)
            document.report(location, f"unknown key '{key}'", name_all(keys, 40), hint)
    for problem in problems:
        location, kind = _known_part(problem["loc"], document), problem["type"]
        if kind == "extra_forbidden":
            continue
        if kind == "missing":
            name = problem["loc"][-1]
            if (*location, name) not in misspelt:
                document.report(location, f"{_at(location)}'{name}' is missing", todo="add it")
        elif kind == "value_error":
            document.report(location, f"{_at(location)}{problem['ctx']['error']}")
        else:
            wrong_types.setdefault(location, (problem, []))[1].append(_expected(problem))
    for location, (problem, expected) in wrong_types.items():
        words = re.findall(r"'([^']*)'", problem.get("ctx", {}).get("expected", ""))
        value = problem["input"]
        needs_quotes = "a text" in expected and isinstance(value, int | float)
        todo = f"put it in quotes: '{json.dumps(value)}'" if needs_quotes else did_you_mean(str(value), words)
        document.report(location, f"{_at(location)}found {_shown(value)}", " or ".join(dict.fromkeys(expected)), todo)


def _at(location: Location) -> str:
    return f"{'.'.join(str(part) for part in location)}: " if location else ""


_EXPECTED = {
    "string": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "list": "a list: [a, b]",
    "tuple": "a list: [a, b]",
    "set": "a list: [a, b]",
    "dict": "keys with values (key: value)",
    "model": "keys with values (key: value)",
    "date": "a date: 2026-11-21",
    "datetime": "a date and time: 2026-11-21 17:30",
    "none": "nothing",
}
_LIMITS = {
    "greater_than_equal": "at least {ge:g}",
    "greater_than": "more than {gt:g}",
    "less_than_equal": "at most {le:g}",
    "less_than": "less than {lt:g}",
    "string_too_short": "a text of at least {min_length} characters",
    "string_too_long": "a text of at most {max_length} characters",
    "too_short": "at least {min_length} entries",
    "too_long": "at most {max_length} entries",
    "string_pattern_mismatch": "a text of the form {pattern}",
}


def _expected(problem: Any) -> str:
    """Return what was expected, in plain words."""
    kind, context = problem["type"], problem.get("ctx", {})
    if kind in _LIMITS:
        return _LIMITS[kind].format(**context)
    if kind == "literal_error":
        return name_all(re.findall(r"'([^']*)'", context["expected"]), 40)
    return _EXPECTED.get(kind.split("_")[0]) or str(problem["msg"])


def _shown(value: Any) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case str():
            return f"the text '{value}'" if len(value) <= 60 else f"the text '{value[:57]}…'"
        case int() | float():
            return f"the number {value}"
        case list():
            return "a list"
        case _:
            return f"keys ({name_all(value, 5)})"


def _keys_at(model: Any, location: Location) -> list[str]:
    """Return the keys that the schema allows at a place, found by walking its annotations."""
    for part in location:
        model = _step(model, part)
    found = _model_in(model)
    return [spec.alias or name for name, spec in found.model_fields.items() if name != "id"] if found else []


def _step(annotation: Any, part: str | int) -> Any:
    for candidate in _options(annotation):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            for name, spec in candidate.model_fields.items():
                if part in (name, spec.alias):
                    return spec.annotation
        elif get_origin(candidate) in {list, tuple, dict}:
            return get_args(candidate)[-1 if get_origin(candidate) is dict else 0]
    return None


def _options(annotation: Any) -> tuple[Any, ...]:
    is_union = get_origin(annotation) is Union or type(annotation).__name__ == "UnionType"
    return get_args(annotation) if is_union else (annotation,)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    for candidate in _options(annotation):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None
