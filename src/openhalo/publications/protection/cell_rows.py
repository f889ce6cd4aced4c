"""Records as rows of what cells are cut by, read once for each store version that some table counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any

import ibis
import polars as pl

from openhalo.base.periods import Period
from openhalo.disclosure.lattice import RECORDS, UNKNOWN
from openhalo.disclosure.policy import Policy
from openhalo.engines.ibis_expressions import to_ibis
from openhalo.publications.protection.cells import DAY, NO, UNIT, YES, Counted, as_named, dimension
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
    _read: dict[tuple[str, int, bool], pl.DataFrame] = field(default_factory=dict, init=False)

    def state(self, record: str, stretches: Stretches) -> pl.DataFrame:
        """Return the records of each stretch of days as its store version has them."""
        return self._cut(record, stretches, changed=False)

    def changed(self, record: str, since: Stretches) -> pl.DataFrame:
        """Return the records that came, went or were changed since; one that was changed stands there twice."""
        return self._cut(record, since, changed=True)

    def _cut(self, record: str, stretches: Stretches, changed: bool) -> pl.DataFrame:
        by_version: dict[int, list[Period]] = {}
        for days, version in stretches:
            by_version.setdefault(version, []).append(days)
        parts = [
            rows.filter(reduce(or_, (pl.col(DAY).is_between(one.first, one.last) for one in days)))
            for version, days in by_version.items()
            for rows in [self._rows(record, version, changed)]
        ]
        return pl.concat(parts) if parts else self._rows(record, self.records.manifest.version, changed).clear()

    def _rows(self, record: str, version: int, changed: bool) -> pl.DataFrame:
        asked = record, version, changed
        if asked not in self._read:
            newest = version == self.records.manifest.version
            stretches = [(days, version) for days in self.used.get(version, [])]
            kind = RecordsChanged if changed else RecordsAsOf
            whole = newest and not changed
            source = self.records if whole else kind.of(self.records, stretches, frozenset([record]))
            self._read[asked] = self._fetch(source, record)
        return self._read[asked]

    def _fetch(self, records: Records, record: str) -> pl.DataFrame:
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
        table = relation.table.select(**rows)
        found = records.fetch(table.group_by(list(rows)).agg(**{RECORDS: ibis._.count()}))
        told = [as_named(pl.col(f"_field{i}").alias(path)) for i, path in enumerate(fields)]
        for i, text in enumerate(conditions):
            code = pl.when(pl.col(f"_if{i}")).then(pl.lit(YES)).when(~pl.col(f"_if{i}")).then(pl.lit(NO))
            told.append(code.otherwise(pl.lit(UNKNOWN)).alias(dimension(text)))
        return found.select(*told, *units, RECORDS, DAY)
