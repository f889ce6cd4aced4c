"""The descriptor of a release: `datapackage.json`, a Frictionless data package that lists and hashes every file."""

import json
import mimetypes
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from openhalo.base.errors import Problem, ReleaseError
from openhalo.base.provenance import hash_facts, hash_file, write_json

DESCRIPTOR = "datapackage.json"


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
    resources = [_resource(folder, path, schemas) for path in paths]
    descriptor = {**facts, "resources": resources, "release_hash": release_hash(resources)}
    write_json(folder / DESCRIPTOR, descriptor)
    return descriptor


def release_hash(resources: Sequence[Mapping[str, Any]]) -> str:
    """Return one hash over the paths and hashes of all files of a release."""
    return hash_facts(sorted((resource["path"], resource["hash"]) for resource in resources))


def read_descriptor(folder: Path) -> dict[str, Any]:
    """Read the descriptor of a release.

    Raises:
        ReleaseError: the folder is no release.
    """
    path = folder / DESCRIPTOR
    try:
        descriptor: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ReleaseError(Problem(str(folder), f"this is no release: {DESCRIPTOR} does not read ({error})")) from None
    return descriptor


def _resource(folder: Path, path: Path, schemas: Mapping[str, Sequence[Mapping[str, str]]]) -> dict[str, Any]:
    place = path.relative_to(folder).as_posix()
    resource: dict[str, Any] = {
        "name": place.lower().replace("/", "-").replace(".", "-").replace("_", "-"),
        "path": place,
        "bytes": path.stat().st_size,
        "hash": f"sha256:{hash_file(path)}",
        "mediatype": mimetypes.guess_type(path.name)[0] or "application/octet-stream",
    }
    if place in schemas:
        resource |= {"type": "table", "schema": {"fields": list(schemas[place]), "missingValues": [""]}}
        resource |= {"format": path.suffix[1:], "encoding": "utf-8"}
    return resource
