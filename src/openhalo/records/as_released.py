"""Records of which some types are read from the incident files of a release instead of from the store."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import polars as pl

from openhalo.base.periods import Period
from openhalo.records.reading import Records


@dataclass(frozen=True)
class Released:
    """The incident file of one record type: its Parquet, and the days that it speaks for."""

    path: Path
    days: Period


@dataclass(frozen=True, eq=False)
class RecordsAsReleased(Records):
    """Records as anyone can read them: what an incident file does not hold is not known, nor what it is linked to."""

    files: Mapping[str, Released] = field(default_factory=dict)

    @classmethod
    def of(cls, records: Records, files: Mapping[str, Released]) -> Self:
        """Return the records of a store version, with these types read from their files."""
        tables = dict(records.manifest.tables)
        for record, one in files.items():
            rows = pl.scan_parquet(one.path, glob=False).select(pl.len()).collect().item()
            covers = [
                cover.model_copy(update={"rows": 0, "first": one.days.first, "last": one.days.last})
                for cover in tables[record].coverage
            ]
            tables[record] = tables[record].model_copy(update={"rows": rows, "coverage": covers})
        manifest = records.manifest.model_copy(update={"tables": tables})
        # A file was made of the records that count; nothing in it gives way to anything.
        order = {record: [cover.source for cover in tables[record].coverage] for record in files}
        return cls(
            records.store,
            manifest,
            records.catalogue,
            None,
            {**records.authoritative, **order},
            records.visitor_places,
            engine=records.engine,
            files=files,
        )

    def at_version(self, version: int | None) -> Self:
        """Return the records of another store version, with the same types read from their files."""
        return type(self).of(super().at_version(version), self.files)

    def _files(self, record: str) -> list[str]:
        return [self.files[record].path.as_posix()] if record in self.files else super()._files(record)
