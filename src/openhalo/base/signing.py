"""A site's own key: what it signs, anyone can check with the public half (Ed25519, RFC 8032)."""

import base64
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)


def site_key(folder: Path) -> Ed25519PrivateKey:
    """Return the site's private key, made on first need with its public half beside it."""
    path = folder / "site.key"
    if not path.exists():
        made = Ed25519PrivateKey.generate()
        _keep_private(path, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    key = load_pem_private_key(path.read_bytes(), password=None)
    assert isinstance(key, Ed25519PrivateKey), "made above"
    public = folder / "site.pub"
    if not public.exists():  # made anew, too, where a crash came between the two
        public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return key


def site_salt(folder: Path) -> str:
    """Return the site's secret salt (64 hex digits), made on first need: hashes of record keys can't be guessed."""
    path = folder / "site.salt"
    if not path.exists():
        _keep_private(path, secrets.token_hex(32).encode())
    return path.read_text(encoding="ascii")


def sign(facts: Mapping[str, Any], key: Ed25519PrivateKey) -> dict[str, Any]:
    """Return the facts with the public key and a signature over their canonical JSON."""
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return {"facts": dict(facts), "public_key": public, "signature": base64.b64encode(key.sign(_text(facts))).decode()}


def is_signed(signed: Mapping[str, Any], public_key: str = "") -> bool:
    """Return whether the signature fits the facts; with a known public key (PEM), also that it is that key's."""
    if public_key and signed["public_key"].strip() != public_key.strip():
        return False
    public = load_pem_public_key(signed["public_key"].encode())
    if not isinstance(public, Ed25519PublicKey):
        return False
    try:
        public.verify(base64.b64decode(signed["signature"]), _text(signed["facts"]))
    except InvalidSignature:
        return False
    return True


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
