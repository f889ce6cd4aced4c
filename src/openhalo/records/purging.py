"""Take a record out of every version of its table, and out of the links that lead to it.

Each Parquet file that holds it, of whatever version, is rewritten in place under its own name; the table's log is
told the new sizes, and checkpoints (which repeat the log) are removed, so every reader still opens every version.
All of it may run again from the start: what was done already is left as it is.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote

import polars as pl
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import BaseModel, ConfigDict, field_validator

from openhalo.base.kept_files import read_kept
from openhalo.base.provenance import hash_file, write_json
from openhalo.base.signing import Signed, sign
from openhalo.catalogue.record_types import RecordType
from openhalo.records.manifest import Manifest, PurgesCounted, open_manifest, versions
from openhalo.records.store import Store

_ROW_GROUP = 122_880


class Purge(BaseModel):
    """What may be told of a purge: never whose record it was."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    purge: str
    date: str
    authority: str
    """The order, statute or decision that the purge rests on."""
    oversight: str = ""
    record: str
    key_hash: str
    """SHA-256 of the site's secret salt and the key."""
    versions: list[int]
    """Store versions whose figures can only be recomputed within what was purged."""
    releases: list[str]
    """Releases made from these versions: to be recalled."""
    previous: str | None = None
    """SHA-256 of the file of the receipt before it; empty for the first, None in the first format."""


class SignedPurge(Signed):
    """The receipt of a purge as it is kept: its facts, signed with the site's key."""

    format: Literal[2] = 2

    @field_validator("facts")
    @classmethod
    def _is_purge(cls, facts: dict[str, Any]) -> dict[str, Any]:
        Purge.model_validate(facts)
        return facts

    @property
    def purge(self) -> Purge:
        """Return what it says."""
        return Purge.model_validate(self.facts)


@dataclass(frozen=True)
class Place:
    """Where in one table a key may stand: rows of its own, and columns that link to it."""

    record: RecordType
    own: bool
    links: tuple[str, ...]

    def holds(self, key: str, columns: Iterable[str]) -> pl.Expr:
        """Return the expression that is true for rows that name the key."""
        here = [name for name in self.links if name in columns]
        named = [pl.col(name).eq_missing(key) for name in here] + ([pl.col("record_key") == key] if self.own else [])
        return pl.any_horizontal(named) if named else pl.lit(False)

    def without(self, frame: pl.LazyFrame, key: str) -> pl.LazyFrame:
        """Return the rows without the record, links to it blank and unknown."""
        columns = frame.collect_schema().names()
        kept = frame.filter(pl.col("record_key") != key) if self.own else frame
        for name in [name for name in self.links if name in columns]:
            gone = pl.col(name).eq_missing(key)
            blank = [pl.when(gone).then(None).otherwise(pl.col(name)).alias(name)]
            if not self.record.fields[name].required:
                why = pl.col(f"{name}_missing") if f"{name}_missing" in columns else pl.lit(None, pl.String)
                blank.append(pl.when(gone).then(pl.lit("unknown")).otherwise(why).alias(f"{name}_missing"))
            kept = kept.with_columns(blank)
        return kept


def key_hash(salt: str, key: str) -> str:
    """Return the salted hash under which a purged key is remembered."""
    return hashlib.sha256((salt + key).encode()).hexdigest()


def folder(store: Store) -> Path:
    """Return the folder of the receipts of purges."""
    return store.root / "purges"


def purges(store: Store) -> list[Purge]:
    """Return all purges, oldest first."""
    return [read_kept(path, SignedPurge, "the receipt").purge for path in receipt_files(store)]


def counted(store: Store, manifest: Manifest) -> PurgesCounted | None:
    """Return how the version after a manifest counts the purges that were done by then."""
    return manifest.purges or (None if receipt_files(store) else PurgesCounted())


def journal_file(store: Store) -> Path:
    """Return the file that is there while a purge is under way, or was broken off."""
    return folder(store) / "journal.json"


def places(record_types: Mapping[str, RecordType], record: str) -> list[Place]:
    """Return the tables in which keys of a record type may stand."""
    found = [
        Place(spec, name == record, tuple(n for n, f in spec.fields.items() if f.type == "link" and f.to == record))
        for name, spec in record_types.items()
    ]
    return [place for place in found if place.own or place.links]


def find(store: Store, place: Place, key: str) -> list[str]:
    """Return the files of any version that name a key, relative to the table; drop files that no version has.

    The caller holds the store's lock: a file that no commit names was left by a killed import.
    """
    table = store.table_path(place.record.id)
    named = {unquote(action["path"]) for _, _, _, action in _actions(table)}
    hit = []
    for path in sorted(table.glob("*=*/**/*.parquet")):
        name = path.relative_to(table).as_posix()
        if name not in named:
            path.unlink()
            continue
        frame = pl.scan_parquet(path, hive_partitioning=False)
        holds = place.holds(key, frame.collect_schema().names())
        if frame.select(holds.any()).collect().item():
            hit.append(name)
    return hit


def touched_versions(store: Store, record: str, files: Iterable[str]) -> list[int]:
    """Return the store versions that rest on any of these files of a table."""
    wanted, seen = set(files), dict[int, bool]()
    found = []
    for version in versions(store.manifests) if wanted else []:
        held = open_manifest(store.manifests, version).tables.get(record)
        if held is not None:
            if held.delta_version not in seen:
                seen[held.delta_version] = not wanted.isdisjoint(store.names(record, held.delta_version))
            if seen[held.delta_version]:
                found.append(version)
    return found


def rewrite(store: Store, place: Place, files: Iterable[str], key: str) -> None:
    """Take a key out of files of a table, and tell the table's log."""
    table, sizes = store.table_path(place.record.id), dict[str, tuple[int, int]]()
    for name in files:
        path = table / name
        frame = place.without(pl.scan_parquet(path, hive_partitioning=False), key)
        replace_parquet(frame, path)
        rows = pl.scan_parquet(path, hive_partitioning=False).select(pl.len()).collect().item()
        sizes[name] = (path.stat().st_size, rows)
    if sizes:
        _tell_log(table, sizes)


def replace_parquet(frame: pl.LazyFrame, path: Path) -> None:
    """Write rows over the file that they may have been read from: a reader sees the old file or the new one."""
    draft = path.with_name(f".{path.name}.purging")
    frame.sink_parquet(draft, compression="zstd", row_group_size=_ROW_GROUP, maintain_order=True)
    with draft.open("rb+") as stream:
        os.fsync(stream.fileno())
    draft.replace(path)


def _tell_log(table: Path, sizes: Mapping[str, tuple[int, int]]) -> None:
    log = table / "_delta_log"
    (log / "_last_checkpoint").unlink(missing_ok=True)
    for checkpoint in log.glob("*.checkpoint*.parquet"):
        checkpoint.unlink()
    changed: dict[Path, dict[int, str]] = {}
    for path, line, kind, action in _actions(table):
        name = unquote(action["path"])
        if name in sizes:
            size, rows = sizes[name]
            action["size"] = size
            if action.get("stats"):
                action["stats"] = json.dumps({"numRecords": rows})
            changed.setdefault(path, {})[line] = json.dumps({kind: action}, separators=(",", ":"))
    for path, lines in changed.items():
        text = path.read_text(encoding="utf-8").splitlines()
        draft = path.with_name(f".{path.name}.purging")
        with draft.open("w", encoding="utf-8", newline="\n") as stream:
            stream.write("\n".join(lines.get(number, old) for number, old in enumerate(text)) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(path)


def _actions(table: Path) -> Iterable[tuple[Path, int, str, dict[str, Any]]]:
    """Yield every add and remove of a table's log: file, line, kind, action."""
    for path in sorted((table / "_delta_log").glob("[0-9]*.json")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
            action = json.loads(line)
            for kind in ("add", "remove"):
                if kind in action:
                    yield path, number, kind, action[kind]


def receipt_file(store: Store, number: str) -> Path:
    """Return the file of the signed receipt of a purge."""
    return folder(store) / f"{number}.json"


def receipt_files(store: Store) -> list[Path]:
    """Return the files of all receipts of purges, oldest first."""
    return sorted(folder(store).glob("[0-9]*.json"))


def keep_receipt(store: Store, purge: Purge, key: Ed25519PrivateKey) -> Path:
    """Sign the receipt of a purge, with the hash of the one before it, and keep it; return its file."""
    file, facts = receipt_file(store, purge.purge), purge.model_dump(mode="json")
    before = [path for path in receipt_files(store) if path.stem < purge.purge]
    signed = sign({**facts, "previous": hash_file(before[-1]) if before else ""}, key)
    write_json(file, SignedPurge(**signed.model_dump()).model_dump(mode="json"))
    return file
