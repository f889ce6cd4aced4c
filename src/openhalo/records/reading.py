"""Records of one store version as Ibis tables, ready for conditions: to-one links joined, to-many counted."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import ibis

from openhalo.base.errors import MeasureError, Problem
from openhalo.base.provenance import hash_facts
from openhalo.catalogue.conditions import Node
from openhalo.catalogue.index import Catalogue
from openhalo.catalogue.record_types import ColumnType, RecordType
from openhalo.engines.columns import DUCKDB, IBIS
from openhalo.engines.connect import cursor
from openhalo.engines.ibis_expressions import to_ibis
from openhalo.records import counting
from openhalo.records.linked import clocks, joined, looking_through
from openhalo.records.manifest import Coverage, Manifest
from openhalo.records.purging import purges
from openhalo.records.sql import identifier, scan
from openhalo.records.store import Store


@dataclass
class Records:
    """All records of a store version, as they were known by a date (None: as they are)."""

    store: Store
    manifest: Manifest
    catalogue: Catalogue
    known_by: date | None = None
    authoritative: dict[str, list[str]] = field(default_factory=dict)
    """Record type → its sources, the one that counts first, where two cover the same days."""
    visitor_places: dict[str, list[str]] = field(default_factory=dict)
    """Field → places where visitors outnumber residents, so that no resident rate is given."""
    least_told: int = 10
    """A number of people below this is not told where it could give one away: the k of the site's policy."""
    said: dict[str, dict[str, int]] = field(default_factory=dict)
    """Record type → field → how many records say it, as far as somebody has asked."""
    _tables: dict[str, Any] = field(default_factory=dict)
    _coverage: dict[str, list[Coverage]] = field(default_factory=dict)

    def table(self, record: str) -> Any:
        """Return the Ibis table of the records that count, with every column that the definition names.

        Raises:
            MeasureError: two sources cover the same days and the site does not say which counts, or the record
                type cannot say what was known by the date.
        """
        if record not in self._tables:
            definition = self.catalogue.record_type(record)
            followed = [definition.fields[definition.follows.partition(".")[0]].to] if definition.follows else []
            problems = [problem for one in (record, *followed) for problem in self.undecided(one)]
            if problems:
                raise MeasureError(problems)
            self._tables[record] = self._open(self.catalogue.record_type(record))
        return self._tables[record]

    def undecided(self, record: str) -> list[Problem]:
        """Return where two sources cover the same days and the site does not say which one counts."""
        return counting.undecided(record, self.manifest, self.authoritative)

    def held(self, record: str) -> Any:
        """Return the Ibis table of all records held: also of those that give way to another source."""
        return self._open(self.catalogue.record_type(record), every_source=True)

    def relation(self, record: str) -> "Relation":
        """Return a relation on which conditions of this record type can be evaluated."""
        return Relation(self, record, self.table(record))

    def knowledge(self, record: str) -> dict[str, Any]:
        """Return whether an answer as of `known_by` is time-honest.

        Returns:
            `time_honest`: no record went in without the date on which it was learned; `without_date`: how many did.
        """
        if self.known_by is None or record not in self.manifest.tables:
            return {"time_honest": True, "without_date": 0}
        table = self.table(record)
        undated = counting.undated(self.catalogue.record_type(record))
        row = cursor().execute(f"SELECT count(*) FROM {identifier(table.get_name())} WHERE {undated}").fetchone()
        assert row is not None
        return {"time_honest": row[0] == 0, "without_date": row[0]}

    def purges(self) -> list[str]:
        """Return the purges that took records out of this version: its figures can no longer be recomputed."""
        return [purge.purge for purge in purges(self.store) if self.manifest.version in purge.versions]

    def coverage(self, record: str) -> list[Coverage]:
        """Return what each source holds of a record type, with the days that its records lie in.

        Records that take their time from the record they belong to lie where that one lies; a source none of whose
        records has a time is left out.
        """
        table = self.manifest.tables.get(record)
        if table is None:
            return []
        if not self.catalogue.record_type(record).follows:
            held = [cover for cover in table.coverage if cover.first <= cover.last]
        elif record in self._coverage:
            held = self._coverage[record]
        else:
            day = identifier(self.catalogue.record_type(record).date_column)
            query = f"""
                SELECT agency, source, count({day}), min({day}), max({day})
                FROM {identifier(self.table(record).get_name())} GROUP BY ALL HAVING min({day}) IS NOT NULL ORDER BY ALL
            """
            units = {(cover.agency, cover.source): cover.unit for cover in table.coverage}
            held = self._coverage[record] = [
                Coverage(agency=a, source=s, unit=units[a, s], rows=n, first=first, last=last)
                for a, s, n, first, last in cursor().execute(query).fetchall()
            ]
        sources = self.catalogue.sources
        ends = [sources[cover.source].scope.last if cover.source in sources else None for cover in held]
        return [
            cover if end is None or end <= cover.last else cover.model_copy(update={"last": end})
            for cover, end in zip(held, ends, strict=True)
        ]

    def _open(self, record: RecordType, every_source: bool = False) -> Any:
        """Make a view over the version's files; columns that older files lack are null."""
        if self.known_by is not None:
            counting.must_declare_knowledge(record)
        columns = record.columns()
        query = self._rows(record, looking_through(record), every_source)
        # Named by its own text: two threads that ask alike share a view, and no one's view changes under them.
        name = f"{record.id}@{self.manifest.version}:{hash_facts([query])[:32]}"
        cursor().execute(f"CREATE VIEW IF NOT EXISTS {identifier(name)} AS {query}")
        return ibis.table({column: IBIS[kind] for column, kind in columns.items()}, name=name)

    def _origin(self, record: str) -> str:
        """Return the SQL of what a record type is read from; empty where there is nothing."""
        files = self.store.files(self.manifest, record)
        return scan(files) if files else ""

    def _rows(self, record: RecordType, through: Collection[str], every_source: bool, masked: bool = True) -> str:
        """Return the SQL of the rows that count, with some of the fields that look through a link filled."""
        columns, conditions, hidden = record.columns(), [], {}
        origin = self._origin(record.id)
        held = set(cursor().sql(f"SELECT * FROM {origin} LIMIT 0").columns) if origin else set()
        cells = ", ".join(f"{_cell(column, kind, held)} AS {identifier(column)}" for column, kind in columns.items())
        own = f"SELECT {cells} {f'FROM {origin}' if origin else 'WHERE false'}"
        if not every_source:
            way = counting.giving_way(record, self.manifest, self.authoritative.get(record.id, []))
            conditions += [f"NOT coalesce({way}, false)"] if way != "false" else []
        if self.known_by is not None and record.known_at:
            conditions.append(counting.known(record, self.known_by))
            hidden = counting.masks(record, self.known_by) if masked else {}

        def linked(target: str, masked: bool) -> str:
            return self._rows(self.catalogue.record_type(target), (), every_source, masked)

        asked = {*through, *(clocks(record) & set(looking_through(record)) if conditions else ())}
        rows = joined(record, own, sorted(asked), self.catalogue.schema, linked)
        chosen = ", ".join(f"{hidden.get(column, identifier(column))} AS {identifier(column)}" for column in columns)
        return f"SELECT {chosen} FROM ({rows}) WHERE {' AND '.join(conditions) or 'true'}"


def _cell(column: str, kind: ColumnType, held: set[str]) -> str:
    """Return the SQL of a stored column; files leave out what their source does not fill."""
    stored = identifier(column) if column in held else f"CAST(NULL AS {DUCKDB[kind]})"
    if not column.endswith("_missing"):
        return stored
    why = f"coalesce({stored}, 'not_collected')"
    value = column.removesuffix("_missing")
    return f"CASE WHEN {identifier(value)} IS NULL THEN {why} END" if value in held else why


class Relation:
    """One record type's table; asking for a linked field joins it, asking for a count aggregates it first.

    A join to many records would count a record more than once, so to-many links are always reduced to one row
    per record before they are joined.
    """

    def __init__(self, records: Records, record: str, table: Any) -> None:
        self.records = records
        self.record = record
        self.table = table
        self._counts: dict[tuple[str, Node | None], str] = {}

    def field(self, path: str, suffix: str = "") -> Any:
        """Return the column of a field, joined from a linked record where the path says so."""
        *links, _ = path.split(".")
        if links and path + suffix not in self.table.columns:
            self._join(path, suffix)
        return ibis._[path + suffix]

    def count(self, link: str, condition: Node | None) -> Any:
        """Return how many linked records make the condition true: 0, never null, where there is none."""
        key = (link, condition)
        if key not in self._counts:
            self._counts[key] = self._add_count(link, condition)
        return ibis._[self._counts[key]]

    def _join(self, path: str, suffix: str) -> None:
        link, rest = path.split(".", 1)
        schema = self.records.catalogue.schema
        target = self.records.relation(schema.record_types[self.record].fields[link].to)
        column, key = target.field(rest, suffix), f"key:{path}{suffix}"
        side = target.table.select(column.name(path + suffix), ibis._.record_key.name(key))
        # The key stays: another projection over a wide table would cost more than the join itself.
        self.table = self.table.left_join(side, self.table[link] == side[key])

    def _add_count(self, link: str, condition: Node | None) -> str:
        inverse = self.records.catalogue.schema.inverses(self.record)[link]
        many = self.records.relation(inverse.record)
        test = to_ibis(condition, many) if condition is not None else None
        rows = many.table.filter(test) if test is not None else many.table
        name = f"count:{len(self._counts)}"
        side = rows.group_by(_one=ibis._[inverse.link]).agg(_many=ibis._.count())
        joined = self.table.left_join(side, self.table.record_key == side["_one"])
        self.table = joined.mutate(ibis._["_many"].fill_null(0).name(name)).drop("_one", "_many")
        return name


def must_hold(records: Records, record: str) -> None:
    """Refuse a question about a record type of which nothing was delivered."""
    if record not in records.manifest.tables:
        raise MeasureError(
            Problem(record, "no records of this type have been imported", todo="openhalo import SITE SOURCE FILE")
        )
