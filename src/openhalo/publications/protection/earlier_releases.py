"""What a site keeps of each release to protect the next: all its cells, true counts too. It never leaves the site."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import polars as pl
from pydantic import BaseModel, ConfigDict
from scipy.sparse import csr_array, load_npz, save_npz

from openhalo.base.errors import Problem, ReleaseError, StoreError
from openhalo.base.kept_files import read_kept
from openhalo.base.periods import Period
from openhalo.base.private_folders import private_folder
from openhalo.disclosure.lattice import Lattice
from openhalo.disclosure.suppression import Protected
from openhalo.releases.package import DESCRIPTOR, read_descriptor

_FORMS = (".json", ".parquet", ".npz")


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
    private_folder(folder)
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
    """Return what is kept of every release that is still public, oldest first; one that is gone no longer counts.

    Raises:
        ReleaseError: a release says that its figures were protected, and what was kept of it is gone.
        StoreError: what was kept is damaged.
    """
    numbers = sorted(path.name for path in releases.glob("[0-9]*") if (path / DESCRIPTOR).is_file())
    guarded = [name for name in numbers if "closed_days" in read_descriptor(releases / name).get("disclosure", {})]
    lost = [name for name in guarded if not all((folder / f"{name}{form}").is_file() for form in _FORMS)]
    if lost:
        found = "figures of this release were protected, and what was kept of it to protect the next is gone"
        todo = (
            f"restore {folder} from the site's backup; only if nobody has a copy of the release, remove its folder "
            "from the releases"
        )
        raise ReleaseError([Problem(f"release {name}", found, todo=todo) for name in lost])
    return [_read(folder, name) for name in guarded]


def _read(folder: Path, number: str) -> Kept:
    facts = read_kept(folder / f"{number}.json", KeptFacts, "what is kept of the release")
    try:
        cells = pl.read_parquet(folder / f"{number}.parquet")
        sums = csr_array(load_npz(folder / f"{number}.npz"))
    except (pl.exceptions.PolarsError, OSError, ValueError, BadZipFile) as error:
        found = f"what is kept of the release is damaged ({str(error).splitlines()[0]})"
        raise StoreError(Problem(str(folder / number), found, todo="restore the site's backup")) from None
    marks = ("secret", "withheld", "published")
    secret, withheld, published = (cells[name].to_numpy().astype(np.bool_) for name in marks)
    lattice = Lattice(cells.drop(marks), sums)
    protected = Protected(lattice, secret, withheld, facts.zeros_shown, published)
    days = {record: Period.parse(text) for record, text in facts.days.items()}
    return Kept(protected, facts.published, days, facts.versions)
