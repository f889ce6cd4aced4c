"""Upgrade: what an earlier version kept is carried over to today's formats. The one place that knows how.

Each file is replaced by itself, whole or not at all, and each step asks the files what is still to be done: an upgrade
that was killed goes on where it stopped, and one that is done finds nothing to do.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from openhalo.base.errors import Problem, StoreError
from openhalo.base.kept_files import format_of
from openhalo.base.progress import Report
from openhalo.base.provenance import hash_file
from openhalo.base.signing import public_key_file, site_key
from openhalo.publications.protection.earlier_releases import name_kept
from openhalo.records.file_hashes import hashed
from openhalo.records.manifest import Manifest, PurgesCounted, manifest_file, rewrite, versions
from openhalo.records.purging import Purge, keep_receipt, purges, receipt_files
from openhalo.records.store import Store
from openhalo.sites.opened_site import OpenedSite
from openhalo.sites.purging import finish
from openhalo.sites.signed_receipts import signed_receipts, waiting_receipts


@dataclass(frozen=True)
class Change:
    """One file that is carried over to another format."""

    file: Path
    what: str
    """What is changed, in words."""
    make: Callable[[], object]


def _purge_receipts(opened: OpenedSite) -> Iterator[Change]:
    store, keys = opened.store, opened.layout.keys
    held = list(signed_receipts(store, len(waiting_receipts(store)), public_key_file(keys)))
    if problems := [told for _, told in held if isinstance(told, Problem)]:
        raise StoreError(problems)
    previous, changing = "", False
    for file, purge in held:
        assert isinstance(purge, Purge)
        changing = changing or purge.previous != previous
        if changing:
            what = "the receipt of a purge names the one before it, and is signed anew"
            yield Change(file, what, partial(keep_receipt, store, purge, site_key(keys)))
        previous = hash_file(file)


def _manifests(opened: OpenedSite) -> Iterator[Change]:
    store = opened.store
    published, known = versions(store.manifests), defaultdict[str, dict[str, str]](dict)
    for version in reversed(published):  # newest first: a hash that was told is carried over, not made anew
        manifest = store.manifest(version)
        for record, table in manifest.tables.items():
            known[record].update(table.files or {})
        bare = any(table.files is None for table in manifest.tables.values())
        uncounted = version == published[-1] and manifest.purges is None
        words = ["the hashes of its files"] * bare + ["how many purges there were"] * uncounted
        if words:
            file, what = manifest_file(store.manifests, version), f"the store version tells {' and '.join(words)}"
            yield Change(file, what, partial(_tell, store, manifest, known, uncounted))


def _tell(store: Store, manifest: Manifest, known: dict[str, dict[str, str]], uncounted: bool) -> None:
    tables = dict(manifest.tables)
    for record, table in manifest.tables.items():
        if table.files is None:
            files = hashed(store, record, store.names(record, table.delta_version), known[record])
            known[record].update(files)
            tables[record] = table.model_copy(update={"files": files})
    changed: dict[str, object] = {"tables": tables}
    if uncounted:
        receipts = receipt_files(store)
        last = hash_file(receipts[-1]) if receipts else ""
        changed["purges"] = PurgesCounted(number=len(receipts), last=last)
    rewrite(store.manifests, manifest.model_copy(update=changed))


def _register(opened: OpenedSite) -> Iterator[Change]:
    register = opened.register
    if register.path.is_file() and format_of(register.path) == 1:
        yield Change(register.path, "the register of releases tells its format", register.rewrite)


def _kept_cells(opened: OpenedSite) -> Iterator[Change]:
    layout = opened.layout
    for folder in (layout.kept_cells, layout.for_oversight):
        for file in sorted(folder.glob("[0-9]*.json")):
            if format_of(file) == 2:
                aside = folder == layout.kept_cells and (layout.for_oversight / file.stem).is_dir()
                what = "what is kept of a release says of which, and the hashes of its files"
                yield Change(file, what, partial(name_kept, folder, file.stem, aside))


STEPS: dict[int, tuple[Callable[[OpenedSite], Iterator[Change]], ...]] = {
    1: (_purge_receipts, _manifests, _register),
    2: (_kept_cells,),
}
"""From which format → what carries files over to the next, in this order; each yields what is still to be done."""


def upgrade(opened: OpenedSite, dry_run: bool, patience: float, report: Report) -> list[Change]:
    """Carry a site over and return each change; the arguments are those of `Site.upgrade`."""
    register = opened.register
    with opened.store.writing(patience), register.changing(patience) if register.folder.exists() else nullcontext():
        if not dry_run:
            finish(opened, report)  # a purge that was broken off
        done: list[Change] = []
        # What this version cannot read is refused before anything is changed.
        _ = opened.receipts(), purges(opened.store), register.entries()
        for change in (change for _, steps in sorted(STEPS.items()) for step in steps for change in step(opened)):
            report(f"{change.file.name}: {change.what}")
            if not dry_run:
                change.make()
            done.append(change)
        return done
