"""The hashes of the files of a table, by which one that was altered is found, also where no figure reads it.

A file is written once and hashed once; later versions carry its hash over. A purge alone rewrites files, under their
own names, and with them the hashes in the manifest of every version that has them.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping

from openhalo.base.errors import Problem, StoreError
from openhalo.base.progress import Report
from openhalo.base.provenance import hash_file
from openhalo.records.manifest import Manifest, manifest_file, rewrite
from openhalo.records.purging import journal_file
from openhalo.records.store import RESTORE, Store


def hashed(store: Store, record: str, names: Iterable[str], known: Mapping[str, str]) -> dict[str, str]:
    """Return the hashes of files of a table; those that are known are not read again."""
    table = store.table_path(record)
    return {name: known.get(name) or hash_file(table / name) for name in names}


def tell_rewritten(store: Store, files: Mapping[str, Collection[str]], versions: Iterable[int]) -> None:
    """Tell the manifests of store versions what files of some tables are now. Hold the store's lock.

    Args:
        store: the site's store.
        files: record type → files of its table that were rewritten.
        versions: the store versions that have any of them.
    """
    now = {record: hashed(store, record, names, {}) for record, names in files.items()}
    for version in versions:
        manifest = store.manifest(version)
        tables = {
            record: table.model_copy(update={"files": {**table.files, **{n: now[record][n] for n in named}}})
            for record, table in manifest.tables.items()
            if table.files and (named := now.get(record, {}).keys() & table.files.keys())
        }
        if tables:
            rewrite(store.manifests, manifest.model_copy(update={"tables": {**manifest.tables, **tables}}))


def must_be_as_written(store: Store, version: int, report: Report) -> None:
    """Refuse a store with files, of the newest or of another version, that are not as they were written.

    Raises:
        StoreError: with every such file; or a purge is under way, or an earlier OpenHALO kept no hashes.
    """
    while True:
        newest, seen = store.manifest(), dict[str, str]()
        held = (newest, store.manifest(version))
        problems = [problem for one in held for problem in _altered(store, one, seen, report)]
        if journal_file(store).exists():
            found = "a purge is under way, or was broken off"
            raise StoreError(Problem(str(store.root), found, todo="try later; the next import or purge finishes it"))
        if not problems or store.manifest().version == newest.version:  # else a purge ended meanwhile
            break
    if problems:
        raise StoreError(dict.fromkeys(problems))


def _altered(store: Store, manifest: Manifest, seen: dict[str, str], report: Report) -> Iterator[Problem]:
    """Yield what is wrong with the files of a version; `seen` holds the hashes of those that were read."""
    for record, table in manifest.tables.items():
        folder = store.table_path(record)
        if table.files is None:
            file = manifest_file(store.manifests, manifest.version)
            yield Problem(str(file), "it tells no hashes of its files", todo="upgrade the site: openhalo upgrade SITE")
            return
        report(f"files of {record}, version {manifest.version}")
        whole = True
        for name, known in table.files.items():
            path = folder / name
            if str(path) not in seen:
                seen[str(path)] = hash_file(path) if path.is_file() else ""
            if seen[str(path)] != known:
                whole = False
                found = "the file is not as it was written" if seen[str(path)] else "the file is gone"
                yield Problem(str(path), found, todo=RESTORE)
        if whole and {*store.names(record, table.delta_version)} != table.files.keys():
            yield Problem(str(folder), "the log of the table names other files than the manifest", todo=RESTORE)
