"""A site's own key: what it signs, anyone can check with the public half (Ed25519, RFC 8032)."""

import base64
import hashlib
import json
import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from pydantic import BaseModel, ConfigDict

from openhalo.base.errors import Problem, StoreError

RESTORE_KEYS = "restore the folder from the site's backup"


def site_key(folder: Path) -> Ed25519PrivateKey:
    """Return the site's private key, made on first need with its public half beside it.

    Raises:
        StoreError: it was lost, or is damaged, or is not that of the public half.
    """
    path, public = folder / "site.key", public_key_file(folder)
    if not path.exists():
        if public.exists():
            todo = (
                f"restore it from the site's backup. Only if there is none, and nothing was ever purged: remove "
                f"{public}, and tell everyone who checks releases that the next are signed with a new key"
            )
            raise StoreError(Problem(str(path), "the site's private key is gone", todo=todo))
        made = Ed25519PrivateKey.generate()
        _keep_private(path, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise StoreError(Problem(str(path), "the site's private key is damaged", todo=RESTORE_KEYS))
    half = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    if not public.exists():  # made anew, too, where a crash came between the two
        public.write_bytes(half)
    elif public.read_bytes().strip() != half.strip():
        raise StoreError(Problem(str(public), "this is not the public half of the site's key", todo=RESTORE_KEYS))
    return key


def public_key_file(folder: Path) -> Path:
    """Return the file of the public half of the site's key, which anyone may have."""
    return folder / "site.pub"


def site_salt(folder: Path, used_before: bool = False) -> str:
    """Return the site's secret salt (64 hex digits), made on first need: hashes of record keys can't be guessed.

    Args:
        folder: the site's keys.
        used_before: something is kept that only this salt fits, so that no other will do.

    Raises:
        StoreError: it was lost, or is damaged.
    """
    path, known = folder / "site.salt", folder / "site.salt.sha256"
    if not path.exists():
        if used_before or known.exists():
            found = "the site's secret salt is gone: without it purged records would come back unseen"
            raise StoreError(Problem(str(path), found, todo=RESTORE_KEYS))
        _keep_private(path, secrets.token_hex(32).encode())
    salt = path.read_bytes()
    fingerprint = hashlib.sha256(salt).hexdigest()
    if not re.fullmatch(rb"[0-9a-f]{64}", salt) or (known.exists() and known.read_text("utf-8").strip() != fingerprint):
        raise StoreError(Problem(str(path), "the site's secret salt is damaged", todo=RESTORE_KEYS))
    if not known.exists():
        _keep_private(known, fingerprint.encode())
    return salt.decode()


class Signed(BaseModel):
    """Facts with the public key (PEM) of who signed them, and the signature over their canonical JSON (base64)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    facts: dict[str, Any]
    public_key: str
    signature: str


def sign(facts: Mapping[str, Any], key: Ed25519PrivateKey) -> Signed:
    """Return the facts with the public key and a signature over their canonical JSON."""
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return Signed(facts=dict(facts), public_key=public, signature=base64.b64encode(key.sign(_text(facts))).decode())


def is_by(signed: Signed, public_key: str) -> bool:
    """Return whether the key that the facts are said to be signed with is this one (PEM)."""
    return signed.public_key.strip() == public_key.strip()


def is_signed(signed: Signed, public_key: str = "") -> bool:
    """Return whether the signature fits the facts; with a known public key (PEM), also that it is that key's."""
    if public_key and not is_by(signed, public_key):
        return False
    try:
        public = load_pem_public_key(signed.public_key.encode())
        if not isinstance(public, Ed25519PublicKey):
            return False
        public.verify(base64.b64decode(signed.signature, validate=True), _text(signed.facts))
    except (InvalidSignature, ValueError, UnsupportedAlgorithm):
        return False
    return True


def is_public_key(text: str) -> bool:
    """Return whether a text is the public half of a key that signs (PEM)."""
    try:
        return isinstance(load_pem_public_key(text.encode()), Ed25519PublicKey)
    except (ValueError, UnsupportedAlgorithm):
        return False


def _text(facts: Mapping[str, Any]) -> bytes:
    return json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def _keep_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(path)
