"""Anyone can check a release: every byte is the one that was published, and no file came or went."""

from pathlib import Path

from openhalo.base.errors import Problem
from openhalo.base.provenance import hash_file
from openhalo.releases.package import DESCRIPTOR, read_descriptor, release_hash


def verify(folder: Path) -> list[Problem]:
    """Compare a release's files with its descriptor; return what does not fit.

    Raises:
        ReleaseError: the folder is no release.
    """
    descriptor = read_descriptor(folder)
    resources = {resource["path"]: resource for resource in descriptor.get("resources", [])}
    present = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()} - {DESCRIPTOR}
    problems = [Problem(path, "the file is missing") for path in sorted(resources.keys() - present)]
    problems += [Problem(path, "the file is not part of the release") for path in sorted(present - resources.keys())]
    for path in sorted(present & resources.keys()):
        if f"sha256:{hash_file(folder / path)}" != resources[path].get("hash"):
            problems.append(Problem(path, "the file's bytes are not the published ones"))
    if release_hash(list(resources.values())) != descriptor.get("release_hash"):
        problems.append(Problem(DESCRIPTOR, "the release's own hash does not fit its list of files"))
    return problems
