"""The descriptor of a release: `datapackage.json`, a Frictionless data package that lists and hashes every file."""

import json
import mimetypes
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from openhalo.base.errors import Problem, ReleaseError
from openhalo.base.provenance import hash_facts, hash_file, write_json

DESCRIPTOR = "datapackage.json"
NUMBERS = "numbers"
"""In the descriptor: page → how many of its numbers say which figure they show. Earlier releases have none."""
REQUIRED = (
    "profile",
    "name",
    "id",
    "version",
    "title",
    "created",
    "release",
    "publisher",
    "licenses",
    "sources",
    "receipts",
    "store_version",
    "catalogue",
    "resources",
    "release_hash",
)
"""What the descriptor of every release says."""
_MEDIA_TYPES = {
    ".parquet": "application/vnd.apache.parquet",
    ".svg": "image/svg+xml",
    ".csv": "text/csv",
    ".woff2": "font/woff2",
}


class ServedFile(BaseModel):
    """A file of a release, as a server gives it out."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    path: str
    mediatype: str
    hash: str = ""


class _Descriptor(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    resources: list[ServedFile]


def describe(
    folder: Path, facts: Mapping[str, Any], schemas: Mapping[str, Sequence[Mapping[str, str]]]
) -> dict[str, Any]:
    """Write the descriptor of a release's folder, as its last file, and return it.

    Args:
        folder: the release, all other files in place.
        facts: name, title, licences, sources and what else the package says of itself.
        schemas: path of a table → its fields (`name`, `type`, `description`).
    """
    paths = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != DESCRIPTOR)
    descriptor = {**facts, "resources": [_resource(folder, path, schemas) for path in paths]}
    descriptor["release_hash"] = release_hash(descriptor)
    write_json(folder / DESCRIPTOR, descriptor)
    return descriptor


def release_hash(descriptor: Mapping[str, Any]) -> str:
    """Return one hash over all that a descriptor says, and so over the path and hash of every file."""
    return hash_facts({name: value for name, value in descriptor.items() if name != "release_hash"})


def read_descriptor(folder: Path) -> dict[str, Any]:
    """Read the descriptor of a release as it is written, so that what was added to it is hashed and found, too.

    Raises:
        ReleaseError: the folder is no release.
    """
    path = folder / DESCRIPTOR
    if not path.is_file():
        todo = "unpack the archive, and name the folder in it" if folder.is_file() else "name a release's folder"
        raise ReleaseError(Problem(str(folder), f"this is no release: no folder that holds a {DESCRIPTOR}", todo=todo))
    try:
        descriptor = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ReleaseError(Problem(str(folder), f"this is no release: {DESCRIPTOR} does not read ({error})")) from None
    if not isinstance(descriptor, dict):
        raise ReleaseError(Problem(str(folder), f"this is no release: {DESCRIPTOR} holds no facts"))
    return descriptor


def served(folder: Path) -> list[ServedFile]:
    """Return the files of a release that a server may give out.

    Raises:
        ReleaseError: the folder is no release, or its descriptor lists files in no way that is known.
    """
    try:
        return _Descriptor.model_validate(read_descriptor(folder)).resources
    except ValidationError:
        found = f"this is no release: 'resources' in {DESCRIPTOR} must be the list of files"
        raise ReleaseError(Problem(str(folder), found)) from None


def plain_file(folder: Path, place: str) -> bool:
    """Return whether a place names a file within the folder itself: no way out of it, and no link on the way.

    >>> plain_file(Path("."), "../agency.yaml"), plain_file(Path("."), "/etc/passwd"), plain_file(Path("."), "a//b")
    (False, False, False)
    """
    parts = place.split("/")
    if any(part in ("", ".", "..") or "\\" in part or "\0" in part for part in parts):
        return False
    steps = [folder.joinpath(*parts[: at + 1]) for at in range(len(parts))]
    return not any(step.is_symlink() for step in steps) and steps[-1].is_file()


def _resource(folder: Path, path: Path, schemas: Mapping[str, Sequence[Mapping[str, str]]]) -> dict[str, Any]:
    place = path.relative_to(folder).as_posix()
    media_type = _MEDIA_TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    resource: dict[str, Any] = {
        "name": place.lower().replace("/", "-").replace(".", "-").replace("_", "-"),
        "path": place,
        "profile": "data-resource",
        "type": "file",
        "format": path.suffix[1:],
        "mediatype": media_type,
        "bytes": path.stat().st_size,
        "hash": f"sha256:{hash_file(path)}",
    }
    if place in schemas:
        resource |= {"profile": "tabular-data-resource", "type": "table", "encoding": "utf-8"}
        resource["schema"] = {"fields": list(schemas[place]), "missingValues": [""]}
    return resource
