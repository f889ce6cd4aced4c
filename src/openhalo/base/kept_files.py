"""What a site keeps as JSON is read back as the model of what was written, never as loose facts."""

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from openhalo.base.errors import Problem, StoreError

ModelT = TypeVar("ModelT", bound=BaseModel)


def read_kept(path: Path, model: type[ModelT], what: str) -> ModelT:
    """Read a kept JSON file into its model.

    Args:
        path: the file; it must be there.
        model: what was written.
        what: how the file is called in words, such as "the receipt".

    Raises:
        StoreError: the file is damaged.
    """
    try:
        return model.model_validate_json(path.read_bytes())
    except ValidationError:
        raise StoreError(Problem(str(path), f"{what} is damaged", todo="restore the site's backup")) from None
