"""Anyone can check a release: every byte is the one that was published, and no file came or went."""

import json
import re
from pathlib import Path
from typing import Any

import polars as pl

from openhalo.base.errors import Problem
from openhalo.base.provenance import hash_file
from openhalo.releases.package import DESCRIPTOR, REQUIRED, read_descriptor, release_hash
from openhalo.releases.signature import SIGNATURE, check_register, check_signature
from openhalo.releases.tables import flat, read_flat, shielded

CHANGED = "the file was changed after it was published"
_NAME = re.compile(r"[-a-z0-9._/]+")


def verify(folder: Path, public_key: str = "") -> list[Problem]:
    """Compare a release with its descriptor, its signature and its site's register; return what does not fit.

    Checked: the descriptor is complete and byte for byte as written; every file is there with its bytes, and no
    other; tables have the columns that their schema names; the figures as CSV and as Parquet are the same. Where the
    release lies in its site's folder, it is the one that the register names.

    Args:
        folder: the release.
        public_key: PEM; the release must then be signed with this key, after the release that lies beside it.

    Raises:
        ReleaseError: the folder is no release.
    """
    descriptor = read_descriptor(folder)
    problems = _descriptor(folder, descriptor)
    if problems:
        return problems
    resources = {resource["path"]: resource for resource in descriptor["resources"]}
    links = [p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_symlink()]
    if links:
        todo = "check a copy that holds the files themselves"
        return [Problem(path, "this is a link, not a file of the release", todo=todo) for path in sorted(links)]
    present = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if not p.is_dir()} - {DESCRIPTOR, SIGNATURE}
    problems += [Problem(path, "the file is missing from this copy") for path in sorted(resources.keys() - present)]
    problems += [
        Problem(path, "the file was added: the published release has no such file")
        for path in sorted(present - resources.keys())
    ]
    for path in sorted(present & resources.keys()):
        if f"sha256:{hash_file(folder / path)}" != resources[path]["hash"]:
            problems.append(Problem(path, CHANGED))
    problems += check_signature(folder, descriptor, public_key) + check_register(folder, descriptor)
    return problems or [problem for path in resources for problem in _table(folder, path, resources)]


def _descriptor(folder: Path, descriptor: dict[str, Any]) -> list[Problem]:
    problems = [Problem(DESCRIPTOR, f"'{name}' is missing") for name in REQUIRED if name not in descriptor]
    if problems:
        return problems
    written = json.dumps(descriptor, indent=2, ensure_ascii=False) + "\n"
    if (folder / DESCRIPTOR).read_bytes() != written.encode():
        problems.append(Problem(DESCRIPTOR, CHANGED))
    if release_hash(descriptor) != descriptor["release_hash"]:
        problems.append(Problem(DESCRIPTOR, "the text was changed after it was published: its own hash does not fit"))
    resources = descriptor["resources"]
    if not isinstance(resources, list) or not all(isinstance(resource, dict) for resource in resources):
        return [*problems, Problem(DESCRIPTOR, "'resources' must be the list of files")]
    for place, resource in enumerate(resources):
        for name in ("name", "path", "bytes", "hash"):
            if name not in resource:
                problems.append(Problem(f"{DESCRIPTOR}: resources[{place}]", f"'{name}' is missing"))
        if any(part in ("", ".", "..") for part in re.split(r"[/\\]", str(resource.get("path", "")))):
            found = f"the path '{resource.get('path', '')}' leads out of the release"
            problems.append(Problem(f"{DESCRIPTOR}: resources[{place}]", found, "a path within the folder"))
        if not _NAME.fullmatch(str(resource.get("name", ""))):
            problems.append(
                Problem(
                    f"{DESCRIPTOR}: resources[{place}]",
                    "the name of a file may have only a-z, 0-9, '.', '_', '/' and '-'",
                )
            )
    return problems


def _table(folder: Path, path: str, resources: dict[str, dict[str, Any]]) -> list[Problem]:
    if "schema" not in resources[path]:
        return []
    fields = {field["name"]: field["type"] for field in resources[path]["schema"]["fields"]}
    try:
        table = read_flat(folder / path, fields)
    except pl.exceptions.PolarsError as error:
        return [Problem(path, f"the table cannot be read as the descriptor says ({str(error).splitlines()[0]})")]
    with (folder / path).open(encoding="utf-8") as stream:
        if stream.readline().rstrip("\r\n").split(",") != list(fields):
            return [Problem(path, "its columns are not the ones that the descriptor names")]
    twin = path.removesuffix(".csv") + ".parquet"
    if twin in resources and not shielded(table).equals(
        shielded(flat(pl.read_parquet(folder / twin, glob=False))), null_equal=True
    ):
        return [Problem(path, f"its cells are not those of {twin}")]
    return []
