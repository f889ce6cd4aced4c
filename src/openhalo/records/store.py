"""The store: one Delta Lake table per record type, whole versions of all of them named by manifests.

Delta is atomic for one table only; the manifest makes a version of all tables whole. A process killed between
a table's commit and the manifest leaves a commit that no manifest names; the next writer steps back over it.

A store is a local folder for now: on an object store the manifest needs a conditional put and the lock a lease,
which are not built yet.
"""

import os
import shutil
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties, Schema
from deltalake.exceptions import DeltaError
from deltalake.transaction import AddAction, RemoveAction, create_table_with_add_actions
from filelock import FileLock, Timeout

from openhalo.base.errors import Problem, StoreError
from openhalo.base.private_folders import private_folder
from openhalo.catalogue.record_types import PARTITION_COLUMNS, RecordType
from openhalo.engines.columns import polars_schema
from openhalo.records.manifest import Manifest, open_manifest

RESTORE = "restore the site's backup"
_MAGIC = b"PAR1"
Partition = tuple[int, int]
"""Local year and agency bucket."""


@dataclass(frozen=True)
class Store:
    """A store in a local folder."""

    root: Path

    @property
    def manifests(self) -> Path:
        """Return the folder of published versions."""
        return self.root / "manifests"

    def table_path(self, record: str) -> Path:
        """Return the folder of a record type's table."""
        return self.root / "tables" / record.replace("/", "__")

    def manifest(self, version: int | None = None) -> Manifest:
        """Return the newest whole version, or a named one."""
        return open_manifest(self.manifests, version)

    def files(self, manifest: Manifest, record: str) -> list[str]:
        """Return the Parquet files that hold a record type in a store version."""
        if record not in manifest.tables:
            return []
        table = self.table_path(record)
        return [(table / name).as_posix() for name in self.names(record, manifest.tables[record].delta_version)]

    def names(self, record: str, delta_version: int) -> list[str]:
        """Return the files of a version of a table, relative to it, as its log names them.

        (The addresses that the log gives are no paths: a blank in a folder's name is `%20` there.)

        Raises:
            StoreError: the table or a file of it is damaged; with every such file.
        """
        path = self.table_path(record)
        try:
            table = DeltaTable(str(path), version=delta_version)
            names: list[str] = sorted(pl.DataFrame(table.get_add_actions(flatten=True))["path"].to_list())
        except DeltaError as error:
            found = f"version {delta_version} of the table cannot be read ({str(error).splitlines()[0]})"
            raise StoreError(Problem(str(path), found, todo=RESTORE)) from None
        torn = [str(path / name) for name in names if not is_whole(path / name)]
        if torn:
            raise StoreError([Problem(file, "the file is damaged, or gone", todo=RESTORE) for file in torn])
        return names

    @contextmanager
    def writing(self, patience: float) -> Iterator[None]:
        """Hold the store alone. Another writer waits up to `patience` seconds, then fails clearly."""
        private_folder(self.root)
        self.manifests.mkdir(exist_ok=True)
        lock = FileLock(self.root / ".lock")
        try:
            lock.acquire(timeout=patience)
        except Timeout:
            problem = Problem(
                str(self.root),
                f"another import holds the store and did not end in {patience:g} s",
                todo="try again later",
            )
            raise StoreError(problem) from None
        try:
            yield
        finally:
            lock.release()

    def settle(self, manifest: Manifest, record: RecordType) -> None:
        """Step back over commits that no manifest names: what a killed writer left. Hold the lock."""
        path = self.table_path(record.id)
        if not DeltaTable.is_deltatable(str(path)):
            return
        named = manifest.tables.get(record.id)
        if named is None:
            shutil.rmtree(path)
        elif DeltaTable(str(path)).version() != named.delta_version:
            DeltaTable(str(path)).restore(named.delta_version)

    def new_file(self, record: str, partition: Partition) -> tuple[Path, str]:
        """Return where a new file of a partition goes, absolute and as the table names it."""
        name = f"{partition_folder(partition)}/part-{uuid.uuid4().hex}.parquet"
        path = self.table_path(record) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path, name

    def commit(
        self,
        record: RecordType,
        added: Sequence[tuple[str, Partition]],
        touched: Sequence[Partition],
        delivery: str,
    ) -> int:
        """Replace the touched partitions by the added files in one commit; return the table's new version."""
        path = self.table_path(record.id)
        now = int(time.time() * 1000)
        adds = [self._add(path, name, partition, now) for name, partition in added]
        facts = CommitProperties(custom_metadata={"delivery": delivery})
        hooks = PostCommitHookProperties(create_checkpoint=True, cleanup_expired_logs=False)
        if not DeltaTable.is_deltatable(str(path)):
            create_table_with_add_actions(
                str(path),
                delta_schema(record),
                adds,
                mode="error",
                partition_by=list(PARTITION_COLUMNS),
                commit_properties=facts,
            )
            return 0
        table = DeltaTable(str(path))
        removes = self._removes(table, touched, now)
        table.create_write_transaction(
            [*removes, *adds],
            mode="append",
            schema=delta_schema(record),
            partition_by=list(PARTITION_COLUMNS),
            commit_properties=facts,
            post_commithook_properties=hooks,
        )
        return int(DeltaTable(str(path)).version())

    @staticmethod
    def _add(table: Path, name: str, partition: Partition, now: int) -> AddAction:
        path = table / name
        with path.open("rb+") as stream:
            os.fsync(stream.fileno())
        rows = pl.scan_parquet(path, hive_partitioning=False).select(pl.len()).collect().item()
        values = {column: str(value) for column, value in zip(PARTITION_COLUMNS, partition, strict=True)}
        return AddAction(name, path.stat().st_size, values, now, True, f'{{"numRecords": {rows}}}')

    @staticmethod
    def _removes(table: DeltaTable, touched: Sequence[Partition], now: int) -> list[RemoveAction]:
        active = pl.DataFrame(table.get_add_actions(flatten=True))
        gone = set(touched)
        removes = []
        for path, size, *values in active.select(
            "path", "size_bytes", *(f"partition.{c}" for c in PARTITION_COLUMNS)
        ).rows():
            if tuple(values) in gone:
                named = {column: str(value) for column, value in zip(PARTITION_COLUMNS, values, strict=True)}
                removes.append(RemoveAction(path, True, now, size, named))
        return removes


def is_whole(file: Path) -> bool:
    """Return whether a Parquet file is there and ends as it begins: one that was torn does not."""
    try:
        with file.open("rb") as stream:
            first = stream.read(len(_MAGIC))
            stream.seek(-len(_MAGIC), os.SEEK_END)
            return first == stream.read() == _MAGIC and stream.tell() > 2 * len(_MAGIC)
    except OSError:
        return False


def partition_folder(partition: Partition) -> str:
    """Return the folder of a partition within its table, as the table names it."""
    return "/".join(f"{name}={value}" for name, value in zip(PARTITION_COLUMNS, partition, strict=True))


def delta_schema(record: RecordType) -> Schema:
    """Return the Delta schema of a record type's table, partition columns last."""
    columns = {**polars_schema(record.columns()), **dict.fromkeys(PARTITION_COLUMNS, pl.Int32())}
    return Schema.from_arrow(pl.Schema(columns))
