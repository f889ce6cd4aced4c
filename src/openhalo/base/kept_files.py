"""What a site keeps as JSON is read back as the model of what was written, never as loose facts.

A model with a `format` reads files of its own format and, where it says so, of earlier ones. A file that tells none is
of format 1: what was kept before files told theirs.
"""

from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from openhalo.base.errors import Problem, StoreError

ModelT = TypeVar("ModelT", bound=BaseModel)


class _Told(BaseModel):
    format: int = 1


_ANY: TypeAdapter[_Told | list[Any]] = TypeAdapter(_Told | list[Any])


def read_kept(path: Path, model: type[ModelT], what: str) -> ModelT:
    """Read a kept JSON file into its model.

    Args:
        path: the file; it must be there.
        model: what was written.
        what: how the file is called in words, such as "the receipt".

    Raises:
        StoreError: the file is damaged, or of a later format than the model's.
    """
    try:
        return model.model_validate_json(path.read_bytes())
    except ValidationError:
        raise StoreError(unread(path, model, what)) from None


def unread(path: Path, model: type[BaseModel], what: str) -> Problem:
    """Return why a file that is there was not read as its model."""
    found, field = format_of(path), model.model_fields.get("format")
    if field is not None and found > field.default:
        allowed = "format 1" if field.default == 1 else f"formats 1 to {field.default}"
        return Problem(str(path), f"{what} is of format {found}", allowed, "install a newer OpenHALO")
    return Problem(str(path), f"{what} is damaged", todo="restore the site's backup")


def format_of(path: Path) -> int:
    """Return the format that a kept JSON file tells; 1 for one that tells none."""
    try:
        told = _ANY.validate_json(path.read_bytes())
    except ValidationError:
        return 1
    return told.format if isinstance(told, _Told) else 1
