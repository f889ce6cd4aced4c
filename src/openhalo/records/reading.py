"""Records of one store version as Ibis tables, ready for conditions: to-one links joined, to-many counted."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Self

import ibis
import polars as pl

from openhalo.base.errors import MeasureError, Problem
from openhalo.catalogue.conditions import Node
from openhalo.catalogue.index import Catalogue
from openhalo.catalogue.record_types import RecordType
from openhalo.engines.duckdb_engine import DuckDBEngine
from openhalo.engines.engine import Engine
from openhalo.engines.ibis_expressions import to_ibis
from openhalo.records import counting
from openhalo.records.linked import joined, looking_through, sides, time_fields
from openhalo.records.manifest import Coverage, Manifest
from openhalo.records.purging import purges
from openhalo.records.store import Store


@dataclass(frozen=True, eq=False)
class Records:
    """All records of a store version, as they were known by a date (None: as they are)."""

    store: Store
    manifest: Manifest
    catalogue: Catalogue = field(repr=False)
    known_by: date | None = None
    authoritative: dict[str, list[str]] = field(default_factory=dict)
    """Record type → its sources, the one that counts first, where two cover the same days."""
    visitor_places: dict[str, list[str]] = field(default_factory=dict)
    """Field → places where visitors outnumber residents, so that no resident rate is given."""
    least_told: int = 10
    """A number of people below this is not told where it could give one away: the k of the site's policy."""
    messages: tuple[Path, ...] = ()
    """Folders of the site's own message files: what it translates takes the place of ours."""
    engine: Engine = field(default_factory=DuckDBEngine)
    """What reads the store's files and answers questions."""
    # What was read or counted holds for one instance: `dataclasses.replace` makes another one, which knows nothing yet.
    said: dict[str, dict[str, int]] = field(default_factory=dict, init=False, repr=False, compare=False)
    """Record type → field → how many records say it, as far as somebody has asked."""
    _tables: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    _coverage: dict[str, list[Coverage]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def fetch(self, expression: Any) -> pl.DataFrame:
        """Return the rows of an Ibis expression over these tables, with the types that it promises."""
        return self.engine.fetch(expression)

    def as_known_by(self, day: date | None) -> Self:
        """Return these records as they were known by a date (None: as they are)."""
        return replace(self, known_by=day)

    def at_version(self, version: int | None) -> Self:
        """Return the records of another store version (None: of the newest), read in the same way.

        Raises:
            StoreError: the store no longer has the version.
        """
        return replace(self, manifest=self.store.manifest(version))

    def in_language(self, catalogue: Catalogue) -> Self:
        """Return these records with their definitions in another language.

        Args:
            catalogue: this one's translation (`catalogue.translating`). Only texts differ, so what was read and
                counted so far holds in every language.
        """
        spoken = replace(self, catalogue=catalogue)
        spoken.said.update(self.said)
        spoken._tables.update(self._tables)
        spoken._coverage.update(self._coverage)
        return spoken

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
        undated = table.filter(counting.undated(table, self.catalogue.record_type(record)))
        without = int(self.fetch(undated.aggregate(n=ibis._.count())).item())
        return {"time_honest": without == 0, "without_date": without}

    def purges(self) -> list[str]:
        """Return the purges that took records out of this version: its figures are not what they were."""
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
            rows = self.table(record)
            day = rows[self.catalogue.record_type(record).date_column]
            spans = rows.group_by("agency", "source").agg(rows=day.count(), first=day.min(), last=day.max())
            lying = self.fetch(spans).drop_nulls("first").sort("agency", "source")
            units = {(cover.agency, cover.source): cover.unit for cover in table.coverage}
            held = self._coverage[record] = [
                Coverage(agency=a, source=s, unit=units[a, s], rows=n, first=first, last=last)
                for a, s, n, first, last in lying.select("agency", "source", "rows", "first", "last").rows()
            ]
        sources = self.catalogue.sources
        ends = [sources[cover.source].scope.last if cover.source in sources else None for cover in held]
        return [
            cover if end is None or end <= cover.last else cover.model_copy(update={"last": end})
            for cover, end in zip(held, ends, strict=True)
        ]

    def _open(self, record: RecordType, every_source: bool = False) -> Any:
        """Return a view of the version's rows; columns that older files lack are null."""
        if self.known_by is not None:
            counting.must_declare_knowledge(record)
        return self._rows(record, looking_through(record), every_source)

    def _files(self, record: str) -> list[str]:
        """Return the Parquet files that a record type is read from."""
        return self.store.files(self.manifest, record)

    def _rows(
        self,
        record: RecordType,
        through: Collection[str],
        every_source: bool,
        masked: bool = True,
        only: Collection[str] = (),
    ) -> Any:
        """Return a view of the rows that count, with some of the fields that look through a link filled.

        With `only`, other fields may be left out: what is short is soon made.
        """
        stored = self.engine.table(self._files(record.id), record.columns())
        own = self.engine.view([stored.get_name(), "reasons"], lambda: _with_reasons(stored))
        order = self.authoritative.get(record.id, [])
        weaker = [] if every_source else counting.giving_way(record, self.manifest, order)
        day = self.known_by if record.known_at else None
        cut = bool(weaker) or day is not None
        asked = {*through, *(time_fields(record) & set(looking_through(record)) if cut else ())}
        if not asked and not cut:
            return own
        linked = sides(record, sorted(asked), self.catalogue.schema)
        targets = [self.catalogue.record_type(side.target) for side in linked]
        rows = [
            self._rows(target, (), every_source, side.masked, side.asked)
            for target, side in zip(targets, linked, strict=True)
        ]
        kept = _narrowed(own, record, {*only, *time_fields(record), *(side.link for side in linked)}) if only else own
        facts = [
            [one.model_dump_json() for one in (record, *targets)],
            [table.get_name() for table in (own, *rows)],
            [(agency, source, str(period)) for agency, source, period in weaker],
            [str(day), masked, sorted(asked), sorted(kept.columns)],
        ]

        def counted() -> Any:
            found = joined(record, kept, dict(zip(linked, rows, strict=True))) if linked else kept
            if weaker:
                found = found.filter(~counting.gives_way(found, record, weaker).fill_null(False))
            if day is not None:
                found = found.filter(counting.known(found, record, day))
                found = found.mutate(**counting.masks(found, record, day)) if masked else found
            return found

        return self.engine.view(facts, counted)


def _narrowed(rows: Any, record: RecordType, fields: Collection[str]) -> Any:
    """Return the rows without the columns of other fields."""
    left = [column for name, spec in record.fields.items() if name not in fields for column in spec.columns(name)]
    return rows.drop(*left)


def _with_reasons(rows: Any) -> Any:
    """Return the rows with a reason wherever a value is missing; files leave out what their source does not fill."""
    reasons = {}
    for column in rows.columns:
        value = column.removesuffix("_missing")
        if value != column:
            why = rows[column].fill_null("not_collected")
            reasons[column] = ibis.ifelse(rows[value].isnull(), why, None) if value in rows.columns else why
    return rows.mutate(**reasons) if reasons else rows


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
