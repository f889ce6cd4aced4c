"""Store versions: one immutable manifest names the version of every table. Readers open manifests only."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from openhalo.base.errors import Problem, StoreError
from openhalo.base.kept_files import read_kept
from openhalo.base.periods import Period
from openhalo.base.provenance import write_json


class Coverage(BaseModel):
    """What one source of one agency holds in a table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    agency: str
    source: str
    unit: str
    rows: int
    first: date
    last: date
    """Before `first` where no record has a time of its own: the source speaks for no days by itself."""

    @property
    def period(self) -> Period:
        """Return the local dates that the source's records lie in."""
        return Period(self.first, self.last)


class TableVersion(BaseModel):
    """One record type in a store version."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    delta_version: int
    rows: int
    coverage: list[Coverage]
    files: dict[str, str] | None = None
    """Each file of it, relative to the table → SHA-256; None: kept by an earlier OpenHALO, which told none."""


class PurgesCounted(BaseModel):
    """How many receipts of purges there are, so that none can be lost, changed or slipped in unseen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int = 0
    last: str = ""
    """SHA-256 of the file of the last one, which names the one before it, and so on to the first."""


class Manifest(BaseModel):
    """One whole version of the store."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[2] = 2
    version: int
    created: datetime
    catalogue: str
    """Hash of the catalogue that the newest change was made under."""
    tables: dict[str, TableVersion] = {}
    deliveries: list[str] = []
    purges: PurgesCounted | None = None
    """None: receipts of an earlier OpenHALO, which counted none, wait for an upgrade."""

    def overlaps(self, record: str) -> list[tuple[Coverage, Coverage, Period]]:
        """Return pairs of sources of one agency that hold records of the same days."""
        covers = self.tables[record].coverage if record in self.tables else []
        pairs = [(a, b) for i, a in enumerate(covers) for b in covers[i + 1 :] if a.agency == b.agency]
        shared = [(a, b, a.period.overlap(b.period)) for a, b in pairs]
        return [(a, b, period) for a, b, period in shared if period]


def first_manifest() -> Manifest:
    """Return version 0: nothing was delivered yet."""
    return Manifest(version=0, created=datetime(1970, 1, 1, tzinfo=UTC), catalogue="", purges=PurgesCounted())


def versions(folder: Path) -> list[int]:
    """Return the versions that have been published, in order."""
    return sorted(int(path.stem) for path in folder.glob("[0-9]*.json"))


def open_manifest(folder: Path, version: int | None = None) -> Manifest:
    """Return the newest manifest, or a named version.

    Raises:
        StoreError: there is no such version, or its manifest is damaged.
    """
    published = versions(folder)
    if version is None:
        version = published[-1] if published else 0
    if version == 0:
        return first_manifest()
    if version not in published:
        allowed = f"0 to {published[-1]}" if published else "0"
        raise StoreError(Problem("store", f"there is no version {version}", allowed))
    return read_kept(manifest_file(folder, version), Manifest, "the manifest")


def manifest_file(folder: Path, version: int) -> Path:
    """Return the file of a version's manifest."""
    return folder / f"{version:06d}.json"


def publish(folder: Path, manifest: Manifest) -> None:
    """Publish a manifest by atomic rename. The caller holds the store's lock."""
    if manifest_file(folder, manifest.version).exists():
        raise StoreError(Problem("store", f"version {manifest.version} exists already", todo="run the import again"))
    rewrite(folder, manifest)


def rewrite(folder: Path, manifest: Manifest) -> None:
    """Write a version's manifest anew: what it names stays as it is. The caller holds the store's lock."""
    write_json(manifest_file(folder, manifest.version), manifest.model_dump(mode="json"))
