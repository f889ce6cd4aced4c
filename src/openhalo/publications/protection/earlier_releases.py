"""What a site keeps of each release to protect the next: all its cells, true counts too. It never leaves the site."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal
from zipfile import BadZipFile

import numpy as np
import polars as pl
from pydantic import BaseModel, ConfigDict
from scipy.sparse import block_diag, csr_array, load_npz, save_npz

from openhalo.base.errors import Problem, ReleaseError, StoreError
from openhalo.base.kept_files import format_of, read_kept
from openhalo.base.periods import Grain, Period
from openhalo.base.private_folders import private_folder
from openhalo.base.provenance import hash_file, write_json
from openhalo.disclosure.intervals import period
from openhalo.disclosure.lattice import Lattice
from openhalo.disclosure.policy import K_FLOOR, Rule
from openhalo.disclosure.suppression import Protected
from openhalo.publications.protection.cells import Counted
from openhalo.releases.package import DESCRIPTOR, read_descriptor

_FORMS = (".json", ".parquet", ".npz")
"""Endings of the files that are kept of a release."""
_WHAT = "what is kept of the release"
_MARKS = ("secret", "withheld", "published")

Stretches = tuple[tuple[Period, int], ...]
"""Days, and the store version that they are counted from."""
TableName = tuple[str, tuple[str, ...], Grain]
"""Measure, groups and grain of a table."""


@dataclass(frozen=True)
class View:
    """Tables of a release that count the same state of the records."""

    stretches: Stretches
    tables: tuple[TableName, ...]
    """Empty: every table."""

    def has(self, table: TableName) -> bool:
        """Return whether a table is counted so."""
        return not self.tables or table in self.tables

    def told(self) -> dict[str, Any]:
        """Return what the descriptor says of it."""
        tables = [[measure, list(by), grain] for measure, by, grain in self.tables]
        return {"tables": tables, "versions": {str(days): version for days, version in self.stretches}}


@dataclass(frozen=True)
class Kept:
    """One release: its cells, its day, and how its tables were counted."""

    parts: list[Protected]
    views: list[View]
    """How the tables of each part were counted."""
    published: date
    days: dict[str, Period]
    """Record type → the days that figures by group spoke for."""
    sides: list[Counted] = field(default_factory=list)
    """What its tables counted."""

    def view(self, table: TableName) -> View | None:
        """Return how a table was counted; None where the release does not have it."""
        return next((view for view in self.views if view.has(table)), None)

    def shown(self) -> pl.DataFrame:
        """Return `key`, `n` of every cell that some table shows, once for each state of the records."""
        parts = [part.cells().filter(pl.Series(part.stood) & ~pl.col("withheld")) for part in self.parts]
        return pl.concat([part.select("key", "n") for part in parts])


class KeptView(BaseModel):
    """A view, as it is kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stretches: dict[str, int]
    """Days, as `Period` writes them → store version that they were counted from."""
    tables: list[tuple[str, tuple[str, ...], Grain]]


class KeptSide(BaseModel):
    """What a table counted, as it is kept: later tables may be by other conditions on the same fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    record: str
    fields: tuple[str, ...]
    where: tuple[str, ...]
    says: tuple[str, ...]
    grain: Grain


class _Facts(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    published: date
    k: int
    width: int
    zeros_shown: bool
    days: dict[str, str]
    """Record type → days, as `Period` writes them."""
    views: list[KeptView]
    sides: list[KeptSide]


class KeptFacts(_Facts):
    """What is kept of a release beside its cells."""

    format: Literal[3] = 3
    release: str
    """Its number: what was kept of another does not protect it."""
    files: dict[str, str]
    """Ending of each file of cells → its SHA-256; empty where an earlier version kept them."""
    set_aside: bool
    """Whether figures for an oversight body were made with it."""


class SecondFacts(_Facts):
    """What was kept of a release in the second format: nothing says whose it is."""

    format: Literal[2]

    def now(self, release: str) -> KeptFacts:
        """Return these facts as they are kept today."""
        return KeptFacts(release=release, files={}, set_aside=False, **self.model_dump(exclude={"format"}))


class FirstFacts(BaseModel):
    """What was kept of a release in the first format: cells call periods by name, and all tables are counted alike."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    published: date
    zeros_shown: bool
    days: dict[str, str]
    versions: dict[str, int]

    def now(self, release: str) -> KeptFacts:
        """Return these facts as they are kept today; a release that did not tell its rule promised the least width."""
        view = KeptView(stretches={str(Period.parse(days)): v for days, v in self.versions.items()}, tables=[])
        told = self.model_dump(include={"published", "zeros_shown", "days"})
        return KeptFacts(release=release, files={}, set_aside=False, k=K_FLOOR, width=2, views=[view], sides=[], **told)


def keep(kept: Kept, folder: Path, number: str, set_aside: bool = False) -> None:
    """Write what is kept of a release into the site's private folder.

    Args:
        kept: the release.
        folder: where.
        number: of the release.
        set_aside: whether figures for an oversight body are made with it.
    """
    private_folder(folder)
    rule = kept.parts[0].rule
    frames = []
    for index, part in enumerate(kept.parts):
        assert part.published is not None
        marks = {"secret": part.secret, "withheld": part.withheld, "published": part.published}
        told = [pl.Series(name, mark) for name, mark in marks.items()]
        frames.append(part.lattice.cells.with_columns(pl.lit(index).alias("view"), *told))
    pl.concat(frames, how="diagonal").write_parquet(folder / f"{number}.parquet")
    save_npz(folder / f"{number}.npz", csr_array(block_diag([part.lattice.sums for part in kept.parts], format="csr")))
    views = [
        KeptView(stretches={str(days): version for days, version in view.stretches}, tables=list(view.tables))
        for view in kept.views
    ]
    facts = KeptFacts(
        release=number,
        files=_hashes(folder, number),
        set_aside=set_aside,
        published=kept.published,
        k=rule.k,
        width=rule.width,
        zeros_shown=rule.zeros_shown,
        days={record: str(days) for record, days in kept.days.items()},
        views=views,
        sides=list(
            dict.fromkeys(
                KeptSide(record=one.record, fields=one.fields, where=one.where, says=one.says, grain=one.grain)
                for one in kept.sides
            )
        ),
    )
    write_json(folder / f"{number}.json", facts.model_dump(mode="json"))


def forget_kept(folder: Path, number: str) -> None:
    """Remove what is kept of a release that never came."""
    for form in _FORMS:
        (folder / f"{number}{form}").unlink(missing_ok=True)


def name_kept(folder: Path, number: str, set_aside: bool) -> None:
    """Carry what is kept in the second format over to today's, in which it says whose it is."""
    path = folder / f"{number}.json"
    facts = read_kept(path, SecondFacts, _WHAT).now(number)
    told = facts.model_copy(update={"files": _hashes(folder, number), "set_aside": set_aside})
    write_json(path, told.model_dump(mode="json"))


def _hashes(folder: Path, number: str) -> dict[str, str]:
    return {form: hash_file(folder / f"{number}{form}") for form in _FORMS if form != ".json"}


def still_public(folder: Path, releases: Path) -> Sequence[Kept]:
    """Return what is kept of every release that is still public, oldest first; one that is gone no longer counts.

    Raises:
        ReleaseError: a release lost its descriptor; or its figures were protected, and what was kept of it is gone.
        StoreError: what was kept is damaged, or is another release's.
    """
    numbers = sorted(path.name for path in releases.glob("[0-9]*") if path.is_dir())
    bare = [name for name in numbers if not (releases / name / DESCRIPTOR).is_file()]
    if bare:
        found, todo = (
            "its descriptor is gone, so nobody knows what it told",
            "restore the folder from the site's backup",
        )
        raise ReleaseError([Problem(str(releases / name / DESCRIPTOR), found, todo=todo) for name in bare])
    guarded = [
        name
        for name in numbers
        if any((folder / f"{name}{form}").exists() for form in _FORMS)
        or "closed_days" in read_descriptor(releases / name).get("disclosure", {})
    ]
    lost = [name for name in guarded if not all((folder / f"{name}{form}").is_file() for form in _FORMS)]
    if lost:
        found = "figures of this release were protected, and what was kept of it to protect the next is gone"
        todo = (
            f"restore {folder} from the site's backup; only if nobody has a copy of the release, remove its folder "
            "from the releases"
        )
        raise ReleaseError([Problem(f"release {name}", found, todo=todo) for name in lost])
    return [read_what_is_kept(folder, name) for name in guarded]


def kept_facts(folder: Path, number: str) -> KeptFacts:
    """Return what is kept under the number of a release beside its cells, of whatever format.

    Raises:
        StoreError: it is damaged, or was kept of another release.
    """
    path = folder / f"{number}.json"
    match format_of(path):
        case 1:
            facts = read_kept(path, FirstFacts, _WHAT).now(number)
        case 2:
            facts = read_kept(path, SecondFacts, _WHAT).now(number)
        case _:
            facts = read_kept(path, KeptFacts, _WHAT)
    found = "" if facts.release == number else f"this was kept of release {facts.release}"
    changed = [form for form, known in facts.files.items() if hash_file(folder / f"{number}{form}") != known]
    if found or changed:
        problem = found or "it is not what was kept with the release: it was changed, or is damaged"
        where = path if found else folder / f"{number}{changed[0]}"
        raise StoreError(Problem(str(where), problem, todo="restore the site's backup"))
    return facts


def read_what_is_kept(folder: Path, number: str) -> Kept:
    """Return what is kept under the number of a release.

    Raises:
        StoreError: it is damaged, or gone, or was kept of another release.
    """
    path = folder / f"{number}.json"
    try:
        facts = kept_facts(folder, number)
        cells = pl.read_parquet(folder / f"{number}.parquet", glob=False)
        sums = csr_array(load_npz(folder / f"{number}.npz"))
    except (pl.exceptions.PolarsError, OSError, ValueError, BadZipFile) as error:
        found = f"what is kept of the release is damaged ({str(error).splitlines()[0]})"
        raise StoreError(Problem(str(folder / number), found, todo="restore the site's backup")) from None
    days = {record: Period.parse(text) for record, text in facts.days.items()}
    if format_of(path) == 1:
        cells = _called_by_days(cells, days)
    rule = Rule(facts.k, facts.width, {}, facts.zeros_shown)
    parts, start = [], 0
    for part in cells.partition_by("view", maintain_order=True):
        own = sums[:, start : start + len(part)]
        start += len(part)
        lattice = Lattice(part.drop("view", *_MARKS), csr_array(own[np.flatnonzero(np.diff(own.indptr))]))
        secret, withheld, published = (part[name].to_numpy().astype(np.bool_) for name in _MARKS)
        parts.append(Protected(lattice, secret, withheld, rule, published))
    views = [
        View(tuple((Period.parse(text), version) for text, version in one.stretches.items()), tuple(one.tables))
        for one in facts.views
    ]
    sides = [Counted(**one.model_dump()) for one in facts.sides]
    return Kept(parts, views, facts.published, days, sides)


def _called_by_days(cells: pl.DataFrame, days: dict[str, Period]) -> pl.DataFrame:
    """Return cells of the first format with their periods called by the days that they covered."""
    of, name = pl.col("key").str.extract(r"^([^|]*)"), period()
    called = []
    for record, code in cells.select(of.alias("of"), name).unique().drop_nulls().iter_rows():
        covered = Period.parse(code).overlap(days[record]) if record in days else None
        called.append((record, code, str(covered or code)))
    schema = dict.fromkeys(("of", "period", "days"), pl.String)
    known = cells.with_columns(of.alias("of"), name).join(
        pl.DataFrame(called, schema=schema, orient="row"), on=["of", "period"], how="left", maintain_order="left"
    )
    before, after = pl.col("key").str.extract(r"^(.*\|period=)"), pl.col("key").str.extract(r"\|period=[^|]*(.*)$")
    key = pl.concat_str(before, "days", after)
    renamed = pl.when(pl.col("days").is_null()).then("key").otherwise(key).alias("key")
    return known.with_columns(renamed, pl.lit(0).alias("view"), pl.lit(False).alias("joint")).drop(
        "of", "period", "days"
    )
