"""Who published a release, and after which: `signature.json`, signed with the site's key, each naming the one before.

Whoever has the public key needs nothing else of the site: a page that was rewritten together with the descriptor, a
release that was put in the place of another, and one that does not follow the one that lies beside it are found.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import BaseModel, ConfigDict, ValidationError

from openhalo.base.errors import Problem, StoreError
from openhalo.base.kept_files import read_kept
from openhalo.base.provenance import write_json
from openhalo.base.signing import Signed, is_by, is_signed, sign
from openhalo.releases.register import Entry, Register

SIGNATURE = "signature.json"


class Statement(BaseModel):
    """What a site signs of a release."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    release: str
    release_hash: str
    previous: str
    """Hash of the release before; empty for the first that was signed."""


def sign_release(folder: Path, descriptor: Mapping[str, Any], previous: str, key: Ed25519PrivateKey) -> None:
    """Write the signature of a finished release into its folder."""
    said = Statement(release=descriptor["release"], release_hash=descriptor["release_hash"], previous=previous)
    write_json(folder / SIGNATURE, sign(said.model_dump(), key).model_dump())


def check_signature(folder: Path, descriptor: Mapping[str, Any], public_key: str = "") -> list[Problem]:
    """Return what does not fit between a release, its signature, and the release before it where that lies beside it.

    Args:
        folder: the release.
        descriptor: what its descriptor says.
        public_key: the site's, as PEM; without it, any key may have signed, and no signature is needed.
    """
    path = folder / SIGNATURE
    if not path.is_file():
        todo = "ask the publisher for a signed copy; releases made before signatures have none"
        return [Problem(SIGNATURE, "the release is not signed", todo=todo)] if public_key else []
    try:
        signed = read_kept(path, Signed, "the signature")
        said = Statement.model_validate(signed.facts)
    except (StoreError, ValidationError):
        return [Problem(SIGNATURE, "the signature is damaged")]
    if public_key and not is_by(signed, public_key):
        return [Problem(SIGNATURE, "the release is signed with another key than the one given")]
    if not is_signed(signed):
        return [Problem(SIGNATURE, "the signature does not fit: it, or what is signed, was changed")]
    problems = []
    if (said.release, said.release_hash) != (descriptor["release"], descriptor["release_hash"]):
        problems.append(Problem(SIGNATURE, "what is signed is not this release: it was changed after it was signed"))
    before = _signed_before(folder)
    if before is not None and said.previous != before.release_hash:
        found = f"it was not made after the release {before.release} that lies beside it"
        problems.append(Problem(SIGNATURE, found))
    return problems


def check_register(folder: Path, descriptor: Mapping[str, Any]) -> list[Problem]:
    """Return what does not fit between a release and the register of the site in whose folder it lies, if it does."""
    register = Register(folder.parent)
    if not register.path.is_file():
        return []
    entry = next((one for one in register.entries() if one.number == folder.name), None)
    if entry is None:
        return [Problem(str(register.path), f"the register names no release {folder.name}: it was never published")]
    if entry.release_hash != descriptor["release_hash"]:
        return [Problem(str(register.path), "the release is not the one that was entered: it was changed since")]
    return []


def previous_hash(entries: list[Entry]) -> str:
    """Return what the next release names as the one before it: the newest of the register, whatever became of it."""
    return entries[-1].release_hash if entries else ""


def _signed_before(folder: Path) -> Statement | None:
    """Return what is signed of the release before, where it lies in the next folder; None where it does not."""
    if not folder.name.isdigit():
        return None
    path = folder.parent / f"{int(folder.name) - 1:04d}" / SIGNATURE
    try:
        return Statement.model_validate(read_kept(path, Signed, "the signature").facts)
    except (OSError, StoreError, ValidationError):
        return None
