"""Hashes that say what something was made from."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes as 64 hex digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def hash_facts(facts: Any) -> str:
    """Return the SHA-256 of plain data (as JSON with sorted keys) as 64 hex digits.

    >>> hash_facts({"b": 1, "a": 2}) == hash_facts({"a": 2, "b": 1})
    True
    """
    text = json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def write_json(path: Path, facts: Any) -> None:
    """Write JSON so that a reader sees the old file or the new one, never half of one."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    with draft.open("w", encoding="utf-8") as stream:
        stream.write(json.dumps(facts, indent=2, ensure_ascii=False, default=str) + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(path)
