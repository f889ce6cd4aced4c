"""Records of which some days are read from an earlier store version, and those that were changed since."""

from dataclasses import dataclass, field
from typing import Any, Self

import ibis

from openhalo.base.periods import Period
from openhalo.records.purged_counts import RecordsAsTold
from openhalo.records.reading import Records


@dataclass(frozen=True, eq=False)
class RecordsAsOf(Records):
    """Records as a release counts them: each stretch of days from the store version that it is published from."""

    stretches: list[tuple[Period, int]] = field(default_factory=list)
    """Days, and the store version that they are read from; days that stand nowhere hold no record."""
    only: frozenset[str] = frozenset()
    """The record types that this is about; all others are read from the newest version, whole."""

    @classmethod
    def of(cls, records: Records, stretches: list[tuple[Period, int]], only: frozenset[str]) -> Self:
        """Return the records of a store version with some record types read stretch by stretch."""
        return cls(
            records.store,
            records.manifest,
            records.catalogue,
            records.known_by,
            records.authoritative,
            records.visitor_places,
            engine=records.engine,
            stretches=stretches,
            only=only,
        )

    def table(self, record: str) -> Any:
        """Return the Ibis table of the records that count, each day from the version that it is published from."""
        if record not in self.only or record not in self.manifest.tables:
            return super().table(record)
        if record not in self._tables:
            day = self.catalogue.record_type(record).date_column
            parts = [
                _of_days(table, day, periods)
                for version, periods in self._by_version().items()
                if (table := self._whole(version, record)) is not None
            ]
            self._tables[record] = _together(parts) if parts else _of_days(super().table(record), day, [])
        return self._tables[record]

    def _whole(self, version: int, record: str) -> Any | None:
        """Return the records of a version; None where it has none of this type."""
        if version == self.manifest.version:
            return super().table(record)
        if record not in self.store.manifest(version).tables:
            return None
        earlier = RecordsAsTold(
            self.store,
            self.store.manifest(version),
            self.catalogue,
            self.known_by,
            self.authoritative,
            self.visitor_places,
            engine=self.engine,
        )
        return earlier.table(record)

    def _by_version(self) -> dict[int, list[Period]]:
        found: dict[int, list[Period]] = {}
        for period, version in self.stretches:
            found.setdefault(version, []).append(period)
        return found


@dataclass(frozen=True, eq=False)
class RecordsChanged(RecordsAsOf):
    """Records that came, went or were changed on some days (`stretches`) from a store version to a later state."""

    since: int = 0
    """The store version that they are held against."""

    def table(self, record: str) -> Any:
        """Return the Ibis table of these records: as they are (`_moved` 1), and as they were (−1)."""
        if record not in self.only or record not in self.manifest.tables:
            return super().table(record)
        if record not in self._tables:
            now, before = super().table(record), self._whole(self.since, record)
            if before is None:
                self._tables[record] = now.mutate(_moved=ibis.literal(1))
            else:
                day = self.catalogue.record_type(record).date_column
                then = _of_days(before, day, [period for period, _version in self.stretches])
                came, went = now.anti_join(then, _SAME), then.anti_join(now, _SAME)
                moved = [came.mutate(_moved=ibis.literal(1)), went.mutate(_moved=ibis.literal(-1))]
                self._tables[record] = _together(moved)
        return self._tables[record]


_SAME = ("record_key", "content_hash")


def _of_days(table: Any, day: str, periods: list[Period]) -> Any:
    return table.filter(ibis.or_(ibis.literal(False), *(table[day].between(p.first, p.last) for p in periods)))


def _together(parts: list[Any]) -> Any:
    return ibis.union(*parts) if len(parts) > 1 else parts[0]
