"""What a release says of a delivered file that it must not describe: bound to it, and of no use for guessing."""

import hashlib
from pathlib import Path

from openhalo.base.errors import Problem, ReleaseError
from openhalo.base.provenance import hash_file
from openhalo.releases.package import DESCRIPTOR, read_descriptor


def commitment(salt: str, sha256: str) -> str:
    """Return what stands in the place of a file's hash.

    Args:
        salt: the site's secret salt.
        sha256: of the file, 64 hex digits.
    """
    return hashlib.sha256(f"delivery:{salt}:{sha256}".encode()).hexdigest()


def find_delivery(folder: Path, file: Path, salt: str = "") -> str:
    """Return the delivery by which a file came in, as a release tells of it.

    Args:
        folder: the release.
        file: the file as it was delivered.
        salt: the site's secret salt; needed where the release gives a commitment in the place of a hash.

    Raises:
        ReleaseError: the release rests on no such file.
    """
    sha256 = hash_file(file)
    told = read_descriptor(folder).get("receipts", [])
    bound = {"sha256": sha256, "commitment": commitment(salt, sha256)}
    found = [str(one.get("delivery")) for one in told if any(one.get(name) == value for name, value in bound.items())]
    if not found:
        todo = "" if salt else "records that are not public need the site's salt: --salt keys/site.salt"
        raise ReleaseError(Problem(f"{folder / DESCRIPTOR}", f"the release rests on no file like {file}", todo=todo))
    return found[-1]
