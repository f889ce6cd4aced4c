"""Two ways to publish what a changing department delivers: through a real site, and through memory.

In memory no file is imported and no figure made: the records stand in Polars frames, one for each store version, and
what is public is read from the outlines of tables and from their cells. All that decides on these is the product's own.
"""

import csv
import json
import tempfile
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import polars as pl
import pytest
import yaml

from openhalo.base.progress import silent
from openhalo.disclosure.lattice import RECORDS, UNKNOWN
from openhalo.disclosure.policy import Policy
from openhalo.engines.polars_expressions import to_polars
from openhalo.intake.template import source_id
from openhalo.publications.protection import late_changes, protected_tables, release_days
from openhalo.publications.protection.cell_rows import CellRows
from openhalo.publications.protection.cells import DAY, KEY, MOVED, NO, UNIT, YES, as_named, dimension
from openhalo.publications.protection.earlier_releases import Kept, View, keep, still_public
from openhalo.publications.protection.late_changes import LateChanges
from openhalo.publications.protection.release_protection import declared, guard
from openhalo.publications.protection.still_read import fields_read
from openhalo.publications.tables.release_figures import needed
from openhalo.records.manifest import Coverage, TableVersion, first_manifest
from openhalo.records.reading import Records
from openhalo.records.store import Store
from openhalo.releases.register import Entry
from openhalo.sites.open_site import open_site
from openhalo.sites.opened_site import open_records
from openhalo.sites.publishing import precaution_of
from tests.disclosure.changing_department import STOPS
from tests.disclosure.private_department import department

SHARE = "stops/traffic_stop_share"
TRAFFIC, MORE_TRAFFIC = "reason = 'TRAFFIC'", "reason = 'TRAFFIC' or reason = 'SUSPICIOUS'"
CONDITIONS = {"search_conducted": "searched", TRAFFIC: "traffic", MORE_TRAFFIC: "traffic or suspicious"}
"""What measures ask → how an attacker calls it."""
ARREST_MEASURE = """
kind: count
label: Arrests
question: How many arrests did officers make?
answer: "Officers recorded {value} arrests in {period}."
record: arrests/arrest
unit: arrest
groups: [race, precinct]
periods: [year, quarter, month]
direction: neither
why_it_matters: They are counted.
limits: [Only arrests that were recorded are counted.]
sources: [tests]
author: OpenHALO
reviewed: 2026-11-21
next_review: 2027-11-21
example:
  records: {arrests/arrest: [{occurred_at: "2017-01-01 10:00", race: BLACK}]}
  by: [race]
  expect: [{race: BLACK, n: 1, numerator: 1, value: 1, bound_low: 1, bound_high: 1}]
"""


@dataclass(frozen=True)
class Row:
    """One row of a table: its cells by what they look for, each with its count; None where that is withheld."""

    measure: str
    by: tuple[str, ...]
    grain: str
    period: str
    codes: tuple[str | None, ...]
    says: tuple[tuple[tuple[tuple[str, str], ...], int], ...] | None


@dataclass
class Release:
    """What the public has of a release."""

    policy: Policy
    days: dict[str, str]
    """Record type → days."""
    versions: dict[tuple[str, tuple[str, ...], str], dict[str, int]]
    """Table → days → store version that they are counted from."""
    rows: list[Row]


def said_of(measure, redefined):
    """Return what the figures of a measure look for: conditions as an attacker calls them, with the code of each."""
    if measure == "stops/searches":
        return [(("searched", "yes"),)]
    if measure not in (SHARE, "stops/search_share", "stops/search_share_ratio"):
        return [()]
    name = CONDITIONS[(MORE_TRAFFIC if redefined else TRAFFIC) if measure == SHARE else "search_conducted"]
    return [(), ((name, "yes"),), ((name, "no"),), ((name, "?"),)]


class ThroughSite:
    """A real site, with its imports and figures; without pages, which tell nothing that figures do not."""

    def __init__(self, folder):
        department(folder)
        measures = folder / "catalogue" / "arrests" / "measures"
        measures.mkdir(parents=True)
        (measures / "arrests.yaml").write_text(ARREST_MEASURE, encoding="utf-8")
        self.site, self.redefined = open_site(folder), False

    @property
    def version(self):
        """Return the newest store version."""
        return self.site.store.manifest().version

    def redefine(self, redefined):
        """Let traffic stops mean more, or what they meant before."""
        if redefined != self.redefined:
            mine = self.site.path / "catalogue" / f"{SHARE.replace('/', '/measures/')}.yaml"
            mine.parent.mkdir(parents=True, exist_ok=True)
            shipped = self.site.catalogue.measures[SHARE]
            said = {**shipped.model_dump(mode="json", exclude_defaults=True, exclude={"id"}), "numerator": MORE_TRAFFIC}
            mine.unlink(missing_ok=True)
            if redefined:
                mine.write_text(yaml.safe_dump(said), encoding="utf-8")
            self.site, self.redefined = open_site(self.site.path), redefined

    def deliver(self, brought, day):
        """Import all that is known."""
        for record, rows in brought.items():
            header = ["id", *self.site.catalogue.record_type(record).written]
            file = self.site.path / f"{record.replace('/', '-')}-{day}.csv"
            with file.open("w", encoding="utf-8", newline="") as out:
                writer = csv.DictWriter(out, header, restval="", extrasaction="ignore")
                writer.writeheader()
                writer.writerows(rows)
            self.site.import_file(f"template:{record}", file, period="2020-01-01..2023-12-31", withdraw=True)

    def purge(self, name):
        """Purge a stop."""
        self.site.purge(f"millbrook/{source_id(STOPS)}/{name}", authority="court order 12")

    def publish(self, policy, day, number):
        """Publish through protection, without pages."""
        (self.site.path / "disclosure.yaml").write_text(yaml.safe_dump(policy), encoding="utf-8")
        records, precaution = open_records(self.site), precaution_of(self.site, number, day)
        measures = {table.measure for table in precaution.policy.tables}
        specs = [spec for name, spec in sorted(self.site.catalogue.measures.items()) if name in measures]
        done = guard([spec for spec in specs if not needed(spec, records)], records, precaution, silent)
        precaution.keep(done.kept)
        folder = self.site.path / "releases" / number
        folder.mkdir(parents=True)
        entry = {"number": number, "created": datetime.now(UTC), "store_version": records.manifest.version}
        self.site.register.add(Entry(**entry, release_hash="", state="public"))
        (folder / "datapackage.json").write_text(json.dumps({"disclosure": done.facts()}), encoding="utf-8")
        rows = [
            self._row(answer.spec, result.by, result.grain, row)
            for answer in done.answers
            for result in answer.results
            for row in result.figures.to_dicts()
        ]
        return Release(precaution.policy, done.facts()["closed_days"], versions_of(done.facts()), rows)

    def _row(self, spec, by, grain, row):
        said = said_of(spec.id, self.redefined)
        yes, both = row["numerator"] or 0, row["denominator"] or 0
        counts = [row["n"], yes, both - yes, row["missing"]][: len(said)]
        shown = None if row["status"] == "withheld" else tuple((s, int(n)) for s, n in zip(said, counts, strict=True))
        return Row(spec.id, tuple(by), grain, row["period"], tuple(row[name] for name in by), shown)


class ThroughWholePages(ThroughSite):
    """A real site that publishes as a user does; what is public is read from the files of the release."""

    def publish(self, policy, day, number):
        """Publish all pages, and read the figures."""
        (self.site.path / "disclosure.yaml").write_text(yaml.safe_dump(policy), encoding="utf-8")
        folder = self.site.publish(today=day)
        facts = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))["disclosure"]
        rows = []
        for row in pl.read_parquet(folder / "data" / "figures.parquet").to_dicts():
            by = [row[name] for name in ("group", "group2") if row[name]]
            codes = dict(zip(("group", "group2"), (row["code"], row["code2"]), strict=True))
            told = {**row, **{row[at]: code or None for at, code in codes.items() if row[at]}}
            spec = self.site.catalogue.measures[row["measure"]]
            if (spec.id, tuple(by), row["grain"]) in versions_of(facts):
                rows.append(self._row(spec, by, row["grain"], told))
        return Release(Policy.model_validate(policy), facts["closed_days"], versions_of(facts), rows)


def versions_of(facts):
    """Return from which store version each table counts which days."""
    return {
        (measure, tuple(by), grain): view["versions"]
        for view in facts["counted_from"]
        for measure, by, grain in view["tables"]
    }


@dataclass(frozen=True, eq=False)
class RecordsInMemory(Records):
    """Records of a store that has no files."""

    frames: dict[int, dict[str, pl.DataFrame]] = field(default_factory=dict)
    """Store version → record type → its records."""


class RowsInMemory(CellRows):
    """The rows that cells are counted from, out of frames."""

    def _rows(self, record, version, since):
        asked = record, version, since
        if asked not in self._read:
            newest = since is None and version == self.records.manifest.version
            used = None if newest else self.used.get(version if since is None else since, [])
            now = self._frame(record, version, used)
            if since is not None:
                then = self._frame(record, since, used)
                same = {"on": now.columns, "how": "anti", "nulls_equal": True}
                came = now.join(then, **same).with_columns(pl.lit(1).alias(MOVED))
                went = then.join(now, **same).with_columns(pl.lit(-1).alias(MOVED))
                now = pl.concat([came, went])
            self._read[asked] = self._coded(record, now)
        return self._read[asked]

    def _frame(self, record, version, days):
        frame = self.records.frames[version].get(record, EMPTY)
        within = [pl.col(DAY).is_between(one.first, one.last) for one in days or []]
        return frame if days is None else frame.filter(pl.any_horizontal(pl.lit(False), *within))

    def _coded(self, record, frame):
        spec = self.records.catalogue.record_type(record)
        sides = [side for side in self.sides if side.record == record]
        told = {path: as_named(pl.col(path)) for side in sides for path in side.fields}
        for text in {text for side in sides for text in (*side.where, *side.says)}:
            holds = to_polars(self.records.catalogue.condition(record, text))
            code = pl.when(holds).then(pl.lit(YES)).when(~holds).then(pl.lit(NO)).otherwise(pl.lit(UNKNOWN))
            told[dimension(text)] = code
        units = {f"{UNIT}{unit}": path for unit, path in spec.protects.items() if path}
        told |= {unit: pl.col(path) for unit, path in units.items() if unit[len(UNIT) :] in self.policy.least(record)}
        told |= {name: pl.col(name) for name in (KEY, MOVED, DAY) if name in frame.columns}
        if MOVED not in told:
            told.pop(KEY)
        rows = frame.select(code.alias(name) for name, code in told.items())
        return rows.group_by(rows.columns).agg(pl.len().cast(pl.Int64).alias(RECORDS))


FIELDS = ("officer", "race", "gender", "precinct", "neighborhood", "reason")
EMPTY = pl.DataFrame(
    schema={KEY: pl.String, DAY: pl.Date, **dict.fromkeys(FIELDS, pl.String), "search_conducted": pl.Boolean}
)


def frame_of(rows):
    """Return rows of a delivery as a store has them."""
    told = [
        {KEY: row["id"], DAY: date.fromisoformat(row["occurred_at"][:10])}
        | {name: row.get(name) or None for name in FIELDS}
        | {"search_conducted": {"yes": True, "no": False}.get(row["search_conducted"])}
        for row in rows
    ]
    return pl.DataFrame(told, schema=EMPTY.schema)


@cache
def catalogues():
    """Return the definitions of such a site, and these with the other meaning of traffic stops."""
    with tempfile.TemporaryDirectory() as folder:
        found = ThroughSite(Path(folder)).site.catalogue
    spec = found.measures[SHARE].model_copy(update={"numerator": MORE_TRAFFIC})
    return found, replace(found, measures={**found.measures, SHARE: spec})


class ThroughMemory:
    """A department whose store is in memory; what is kept of releases stands in a folder, as a site has it."""

    def __init__(self, folder):
        self.folder, self.redefined, self.purges = folder, False, 0
        self.manifest, self.frames = first_manifest(), {0: {}}

    @property
    def version(self):
        """Return the newest store version."""
        return self.manifest.version

    def redefine(self, redefined):
        """Let traffic stops mean more, or what they meant before."""
        self.redefined = redefined

    def deliver(self, brought, _day):
        """Make a store version of each record type that is brought and is no longer as it was."""
        for record, rows in brought.items():
            frame = frame_of(rows)
            if not frame.sort(KEY).equals(self.frames[self.version].get(record, EMPTY).sort(KEY)):
                self._hold(record, frame)

    def _hold(self, record, frame):
        facts = {"agency": "millbrook", "source": source_id(record), "unit": record.partition("/")[2]}
        cover = Coverage(**facts, rows=len(frame), first=frame[DAY].min(), last=frame[DAY].max())
        table = TableVersion(delta_version=0, rows=len(frame), coverage=[cover])
        more = {"version": self.version + 1, "tables": {**self.manifest.tables, record: table}}
        self.manifest = self.manifest.model_copy(update=more)
        self.frames[self.version] = {**self.frames[self.version - 1], record: frame}

    def purge(self, name):
        """Take a stop out of every version; what figures that are out count of it stays there, under no key."""
        self.purges += 1
        told, newest = self._kept(), self.version
        spec = catalogues()[self.redefined].record_type(STOPS)
        for version, frames in self.frames.items():
            if STOPS in frames:
                rows, gone = frames[STOPS].filter(pl.col(KEY) != name), frames[STOPS].filter(pl.col(KEY) == name)
                read = fields_read(told, catalogues()[self.redefined], spec, version) if gone.height else None
                if read is not None:
                    month = pl.max_horizontal(pl.col(DAY).dt.truncate("1mo"), pl.lit(read.first))
                    bare = gone.with_columns(
                        pl.lit(f"purged/{self.purges}").alias(KEY),
                        pl.min_horizontal(DAY, month).alias(DAY),
                        *(pl.lit(None).alias(one) for one in EMPTY.columns[2:] if one not in read.fields),
                    )
                    rows = pl.concat([rows, bare.cast(EMPTY.schema)])
                self.frames[version] = {**frames, STOPS: rows}
        newest_rows = self.frames[newest][STOPS].filter(~pl.col(KEY).str.starts_with("purged/"))
        self._hold(STOPS, newest_rows)

    def _kept(self):
        return still_public(self.folder / "disclosure", self.folder / "releases")

    def publish(self, policy, day, number):
        """Protect, keep, and return what is public."""
        earlier, made = self._kept(), Policy.model_validate(policy)
        catalogue = catalogues()[self.redefined]
        records = RecordsInMemory(Store(self.folder), self.manifest, catalogue, frames=self.frames)
        measures = {table.measure for table in made.tables}
        specs = [spec for name, spec in sorted(catalogue.measures.items()) if name in measures]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(late_changes, "CellRows", RowsInMemory)
            patch.setattr(release_days, "CellRows", RowsInMemory)
            tables = declared(specs, made, catalogue)
            days = release_days.release_days(tables, records, made, earlier, day)
            tables = [replace(table, days=release_days.told_days(table, records, made, days)) for table in tables]
            late, states = protected_tables.protect_tables(LateChanges(records, made, earlier, tables, days))
        views = [View(state.stretches, tuple(one.table.name for one in state.outlines)) for state in states]
        sides = [side for table in late.tables for side in table.sides]
        kept = Kept([state.protected for state in states], views, day, days, sides)
        keep(kept, self.folder / "disclosure", number)
        facts = {
            "closed_days": {record: str(one) for record, one in days.items()},
            "counted_from": [view.told() for view in kept.views],
        }
        release = self.folder / "releases" / number
        release.mkdir(parents=True)
        (release / "datapackage.json").write_text(json.dumps({"disclosure": facts}), encoding="utf-8")
        rows = [row for state in states for one in state.outlines if one.periods for row in self._told(one, state)]
        return Release(made, facts["closed_days"], versions_of(facts), rows)

    def _told(self, outline, state):
        rows, cells = outline.rows, state.protected.cells()
        spec, by = outline.table.spec, outline.table.by
        hidden = outline.marks(rows, cells)
        counts = []
        for _role, keys in outline.keys(rows):
            looked = keys.to_frame("key").join(cells, on="key", how="left", maintain_order="left")
            counts.append(looked["n"].fill_null(0).to_list())
        if spec.traits.compares_groups:  # beside a group to compare with that is withheld, nothing stands
            gone = [h and row[spec.across] == spec.reference for h, row in zip(hidden, rows.to_dicts(), strict=True)]
            beside = {row["period"] for one, row in zip(gone, rows.to_dicts(), strict=True) if one}
            hidden = hidden | rows["period"].is_in(list(beside))
        said = said_of(spec.id, self.redefined)
        if len(counts) == 1:
            said = said[:1]
        for row, mark, each in zip(rows.to_dicts(), hidden, zip(*counts, strict=True), strict=True):
            told = None if mark else tuple(zip(said, each, strict=True))
            yield Row(spec.id, by, outline.table.grain, row["period"], tuple(row[name] for name in by), told)
