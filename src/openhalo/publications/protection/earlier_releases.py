"""What a site keeps of each release to protect the next: all its cells, true counts too. It never leaves the site."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
from pydantic import BaseModel, ConfigDict
from scipy.sparse import csr_array, load_npz, save_npz

from openhalo.base.kept_files import read_kept
from openhalo.base.periods import Period
from openhalo.disclosure.lattice import Lattice
from openhalo.disclosure.suppression import Protected


@dataclass(frozen=True)
class Kept:
    """One release: its cells, its day, and the store version from which each stretch of days was published."""

    protected: Protected
    published: date
    days: dict[str, Period]
    """Record type → the days that figures by group spoke for."""
    versions: dict[str, int]
    """Closed period, by its days → store version that it was counted from."""


class KeptFacts(BaseModel):
    """What is kept of a release beside its cells."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    published: date
    zeros_shown: bool
    days: dict[str, str]
    """Record type → days, as `Period` writes them."""
    versions: dict[str, int]


def keep(kept: Kept, folder: Path, number: str) -> None:
    """Write what is kept of a release into the site's private folder."""
    folder.mkdir(exist_ok=True)
    protected = kept.protected
    assert protected.published is not None
    marks = {"secret": protected.secret, "withheld": protected.withheld, "published": protected.published}
    cells = protected.lattice.cells.with_columns(pl.Series(name, mark) for name, mark in marks.items())
    cells.write_parquet(folder / f"{number}.parquet")
    save_npz(folder / f"{number}.npz", protected.lattice.sums)
    facts = KeptFacts(
        published=kept.published,
        zeros_shown=protected.zeros_shown,
        days={record: str(days) for record, days in kept.days.items()},
        versions=kept.versions,
    )
    text = json.dumps(facts.model_dump(mode="json"), indent=1)
    (folder / f"{number}.json").write_text(text, encoding="utf-8")


def still_public(folder: Path, releases: Path) -> Sequence[Kept]:
    """Return what is kept of every release that is still public, oldest first; one that is gone no longer counts."""
    numbers = sorted(path.stem for path in folder.glob("*.json"))
    return [_read(folder, number) for number in numbers if (releases / number).is_dir()]


def _read(folder: Path, number: str) -> Kept:
    facts = read_kept(folder / f"{number}.json", KeptFacts, "what is kept of the release")
    cells = pl.read_parquet(folder / f"{number}.parquet")
    marks = ("secret", "withheld", "published")
    secret, withheld, published = (cells[name].to_numpy().astype(np.bool_) for name in marks)
    lattice = Lattice(cells.drop(marks), csr_array(load_npz(folder / f"{number}.npz")))
    protected = Protected(lattice, secret, withheld, facts.zeros_shown, published)
    days = {record: Period.parse(text) for record, text in facts.days.items()}
    return Kept(protected, facts.published, days, facts.versions)
