"""The tables of a finished release as anyone can read them."""

import json
from pathlib import Path
from typing import Any

import polars as pl

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
        return pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise ReleaseError(Problem(str(path), f"the figures cannot be read ({str(error).splitlines()[0]})")) from None


def read_facts(folder: Path, name: str) -> dict[str, Any]:
    """Return what a JSON file of a release says; nothing where the release has no such file.

    Raises:
        ReleaseError: the file does not read.
    """
    try:
        facts = json.loads((folder / name).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ReleaseError(Problem(str(folder / name), f"the file does not read ({error})")) from None
    return facts if isinstance(facts, dict) else {}
