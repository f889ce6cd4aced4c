"""Records as rows of what cells are cut by, read once for each store version that some table counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import or_
from typing import Any

import ibis
import polars as pl

from openhalo.base.periods import Period
from openhalo.disclosure.lattice import RECORDS, UNKNOWN
from openhalo.disclosure.policy import Policy
from openhalo.engines.ibis_expressions import to_ibis
from openhalo.publications.protection.cells import DAY, KEY, MOVED, NO, UNIT, YES, Counted, as_named, dimension
from openhalo.publications.protection.earlier_releases import Stretches
from openhalo.records.as_of import RecordsAsOf, RecordsChanged
from openhalo.records.reading import Records


@dataclass
class CellRows:
    """Rows of some record types: a day, the code of each field and condition, who stands behind it, and how many."""

    records: Records
    sides: Sequence[Counted]
    """All that is counted, so that one reading serves every table."""
    policy: Policy
    """Names the protection units of each record type."""
    used: Mapping[int, Sequence[Period]]
    """Store version → the days that some table has counted from it; the newest is read whole."""
    _read: dict[tuple[str, int, int | None], pl.DataFrame] = field(default_factory=dict, init=False)

    def state(self, record: str, stretches: Stretches) -> pl.DataFrame:
        """Return the records of each stretch of days as its store version has them."""
        by_version: dict[int, list[Period]] = {}
        for days, version in stretches:
            by_version.setdefault(version, []).append(days)
        return self._cut(record, {(version, None): days for version, days in by_version.items()})

    def changed(self, record: str, since: Stretches, until: Stretches) -> pl.DataFrame:
        """Return the records that came, went or were changed from one state to another, on the days of both.

        They stand there as they are (`_moved` 1) and as they were (−1), each with its `_key`.
        """
        forth, back = dict[tuple[int, int | None], list[Period]](), dict[tuple[int, int | None], list[Period]]()
        for days, before in since:
            for later, now in until:
                both = days.overlap(later)
                if both is not None and before != now:
                    newer, older = max(now, before), min(now, before)
                    (forth if now == newer else back).setdefault((newer, older), []).append(both)
        if not back:
            return self._cut(record, forth)
        returned = self._cut(record, back).with_columns(-pl.col(MOVED))
        return pl.concat([self._cut(record, forth), returned]) if forth else returned

    def codes(self, record: str, dim: str) -> set[str]:
        """Return the codes that some record has in a dimension, in the newest version or in one that was told."""
        versions = {self.records.manifest.version, *self.used}
        return {code for version in versions for code in self._rows(record, version, None)[dim].unique()}

    def units(self, record: str) -> set[str]:
        """Return the protection units that some record tells apart."""
        rows = self._rows(record, self.records.manifest.version, None)
        columns = {name for name in rows.columns if name.startswith(UNIT) and rows[name].null_count() < len(rows)}
        return {name.removeprefix(UNIT) for name in columns}

    def _cut(self, record: str, asked: Mapping[tuple[int, int | None], Sequence[Period]]) -> pl.DataFrame:
        parts = [
            rows.filter(reduce(or_, (pl.col(DAY).is_between(one.first, one.last) for one in days)))
            for (version, since), days in asked.items()
            for rows in [self._rows(record, version, since)]
        ]
        return pl.concat(parts) if parts else self._rows(record, self.records.manifest.version, None).clear()

    def _rows(self, record: str, version: int, since: int | None) -> pl.DataFrame:
        asked = record, version, since
        if asked not in self._read:
            used = self.used.get(version if since is None else since, [])
            stretches, only = [(days, version) for days in used], frozenset([record])
            if since is not None:
                changed = replace(RecordsChanged.of(self.records, stretches, only), since=since)
                self._read[asked] = self._fetch(changed, record, changed=True)
            elif version == self.records.manifest.version:
                self._read[asked] = self._fetch(self.records, record)
            else:
                self._read[asked] = self._fetch(RecordsAsOf.of(self.records, stretches, only), record)
        return self._read[asked]

    def _fetch(self, records: Records, record: str, changed: bool = False) -> pl.DataFrame:
        spec, relation = records.catalogue.record_type(record), records.relation(record)
        sides = [side for side in self.sides if side.record == record]
        fields = list(dict.fromkeys(path for side in sides for path in side.fields))
        conditions = list(dict.fromkeys(text for side in sides for text in (*side.where, *side.says)))
        rows: dict[str, Any] = {DAY: relation.field(spec.date_column)}
        rows |= {f"_field{i}": relation.field(path) for i, path in enumerate(fields)}
        for i, text in enumerate(conditions):
            node = records.catalogue.condition(record, text)
            assert node is not None
            rows[f"_if{i}"] = to_ibis(node, relation)
        counted = self.policy.least(record)
        units = {f"{UNIT}{unit}": path for unit, path in spec.protects.items() if path and unit in counted}
        rows |= {column: relation.field(path) for column, path in units.items()}
        told_apart = {KEY: relation.table.record_key, MOVED: relation.table[MOVED]} if changed else {}
        rows |= told_apart
        table = relation.table.select(**rows)
        found = records.fetch(table.group_by(list(rows)).agg(**{RECORDS: ibis._.count()}))
        told = [as_named(pl.col(f"_field{i}").alias(path)) for i, path in enumerate(fields)]
        for i, text in enumerate(conditions):
            code = pl.when(pl.col(f"_if{i}")).then(pl.lit(YES)).when(~pl.col(f"_if{i}")).then(pl.lit(NO))
            told.append(code.otherwise(pl.lit(UNKNOWN)).alias(dimension(text)))
        return found.select(*told, *units, *told_apart, RECORDS, DAY)
