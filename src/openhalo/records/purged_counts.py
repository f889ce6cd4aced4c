"""What protected figures still count of a purged record: taking it out at once would tell of it by subtraction.

Kept are only the fields that figures which are out read, on the first day of the record's month, under no key, for the
store versions that held it. Such a row is read by nothing but a release that counts days as an earlier one did, and
is deleted as soon as the newest release rests on no such version.
"""

import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from openhalo.catalogue.record_types import RecordType
from openhalo.records.manifest import open_manifest
from openhalo.records.purging import folder, purges
from openhalo.records.reading import Records
from openhalo.records.store import Store

_STAY = ("agency", "source")


@dataclass(frozen=True)
class Counted:
    """What figures that are out read of a record type in a store version."""

    fields: frozenset[str]
    first: date
    """The first day that they speak for."""
    by_day: bool = False
    """Whether some count single days."""


@dataclass(frozen=True, eq=False)
class RecordsAsTold(Records):
    """Records of a store version as figures were counted from it, with what these count of records purged since."""

    def _files(self, record: str) -> list[str]:
        return [*super()._files(record), *still_counted(self.store, record, self.manifest.version)]


def still_counted(store: Store, record: str, version: int) -> list[str]:
    """Return the files with what is still counted of purged records of a type in a store version."""
    kept = [folder(store) / one.purge / f"{version}.parquet" for one in purges(store) if one.record == record]
    return [path.as_posix() for path in kept if path.is_file()]


def keep(store: Store, purge: str, record: RecordType, key: str, needed: Mapping[int, Counted]) -> None:
    """Write what is still counted of a record that is about to be purged; what an earlier try left goes.

    Args:
        store: the site's store; its rows are there yet.
        purge: the number of the purge.
        record: the record's type.
        key: its key.
        needed: store version → what figures read from it.
    """
    place = folder(store) / purge
    shutil.rmtree(place, ignore_errors=True)
    for version, read in sorted(needed.items()):
        files = store.files(open_manifest(store.manifests, version), record.id)
        rows = [
            found
            for path in files
            for found in [pl.scan_parquet(path, hive_partitioning=False).filter(pl.col("record_key") == key).collect()]
            if found.height
        ]
        if rows:
            place.mkdir(parents=True, exist_ok=True)
            _bare(rows[0], record, read, purge).write_parquet(place / f"{version}.parquet")


def forget(store: Store, versions: Collection[int]) -> None:
    """Delete what is still counted in store versions that no figure of the newest release is counted from."""
    for path in folder(store).glob("[0-9]*/*.parquet"):
        if int(path.stem) not in versions:
            path.unlink()


def _bare(rows: pl.DataFrame, record: RecordType, read: Counted, purge: str) -> pl.DataFrame:
    """Return a row with nothing but what is counted."""
    stay = {
        *_STAY,
        *(column for name in read.fields if name != record.time for column in record.fields[name].columns(name)),
    }
    day = pl.col(record.date_column)
    month = pl.max_horizontal(day.dt.truncate("1mo"), pl.lit(read.first))
    told = {
        "record_key": pl.lit(f"purged/{purge}"),
        record.date_column: day if read.by_day else pl.min_horizontal(day, month),
    }
    return rows.select(
        told[name].cast(kind).alias(name) if name in told else pl.col(name) if name in stay else _blank(name, kind)
        for name, kind in rows.schema.items()
    )


def _blank(name: str, kind: pl.DataType) -> pl.Expr:
    nothing = 0 if name == "content_hash" else "" if name == "delivery" else None
    return pl.lit(nothing).cast(kind).alias(name)
