"""The tables of a finished release as anyone can read them."""

from pathlib import Path
from typing import TypeVar

import polars as pl
from pydantic import BaseModel, ConfigDict, ValidationError

from openhalo.base.errors import Problem, ReleaseError

FIGURES = "data/figures.csv"
DEFINITIONS = "definitions.json"
CHANGES = "changes.json"
VERIFY, RECOMPUTE = "verify", "recompute"
"""How a figure can be checked: by anyone from the incident files, or by the agency from its store."""


def read_figures(folder: Path) -> pl.DataFrame:
    """Return all figures of a release.

    Raises:
        ReleaseError: it has none that can be read.
    """
    path = (folder / FIGURES).with_suffix(".parquet")
    try:
        return pl.read_parquet(path, glob=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise ReleaseError(Problem(str(path), f"the figures cannot be read ({str(error).splitlines()[0]})")) from None


FactsT = TypeVar("FactsT", bound="Facts")


class Facts(BaseModel):
    """What a reader takes from a JSON file of a release; the file says more, and a key that it lacks has a default."""

    model_config = ConfigDict(frozen=True, extra="ignore")


def read_facts(folder: Path, name: str, model: type[FactsT]) -> FactsT:
    """Return what a JSON file of a release says; the model's defaults where the release has no such file.

    Raises:
        ReleaseError: the file does not read.
    """
    try:
        return model.model_validate_json((folder / name).read_bytes())
    except FileNotFoundError:
        return model()
    except (OSError, ValidationError) as error:
        raise ReleaseError(Problem(str(folder / name), f"the file does not read ({error})")) from None
