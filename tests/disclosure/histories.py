"""Random private departments, and what the public has of the releases that they make while everything changes."""

import csv
import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import numpy as np
import yaml

from openhalo.base.errors import ReleaseError
from openhalo.base.progress import silent
from openhalo.publications.protection.release_protection import guard
from openhalo.publications.tables.release_figures import needed
from openhalo.releases.register import Entry
from openhalo.sites.open_site import open_site
from openhalo.sites.premises import open_records
from openhalo.sites.publishing import precaution_of
from tests.disclosure.private_department import RACES, department, stops
from tests.disclosure.subtraction import days_of

STOPS, ARRESTS = "stops/stop", "arrests/arrest"
SEARCHED = "searched"
SEARCHES = {"yes": "yes", "no": "no", "": "?"}
TABLES = [
    ("stops/stops", [], ["month", "quarter", "year"]),
    ("stops/stops", ["race"], ["all", "quarter", "year"]),
    ("stops/stops", ["gender"], ["quarter", "year"]),
    ("stops/stops", ["precinct"], ["month", "quarter", "all"]),
    ("stops/stops", ["race", "precinct"], ["year", "all", "quarter"]),
    ("stops/searches", ["race"], ["quarter", "year"]),
    ("stops/search_share", ["race"], ["all", "year", "quarter"]),
    ("stops/search_share", ["precinct"], ["all", "quarter"]),
    ("stops/search_share", ["precinct", "gender"], ["year"]),
    ("stops/search_share_ratio", ["race"], ["all", "year"]),
]
ARREST_TABLES = [
    ("arrests/arrests", ["race"], ["quarter", "year", "all"]),
    ("arrests/arrests", [], ["month", "quarter"]),
]
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
class State:
    """Days, from a first to the day before another, and the store version that they are counted from."""

    stretches: tuple[tuple[date, date, int], ...]


@dataclass(frozen=True)
class Cell:
    """What a row of a release counts: records of a type with these codes, on days, in a state of the records."""

    record: str
    state: State
    codes: tuple[tuple[str, str], ...]
    first: date
    after: date


@dataclass
class Published:
    """All that the public has of one release, and the numbers of its policy."""

    k: int
    officers: int
    zeros_shown: bool
    days: dict[str, tuple[date, date]]
    shown: dict[Cell, int] = field(default_factory=dict)
    withheld: list[Cell] = field(default_factory=list)


@dataclass
class History:
    """Releases of one department, the reasons for which some were refused, and what it knew at each store version."""

    releases: list[Published] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    versions: dict[int, dict[str, list[dict[str, str]]]] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    """What happened, to read."""


class Department:
    """A private department to which things happen."""

    def __init__(self, root, seed):
        self.coin = np.random.default_rng(seed)
        size = int(self.coin.integers(150, 900))
        late_by = {0: 0.9, 40: 0.05, 100: 0.05} if self.coin.random() < 0.5 else {0: 0.995, 60: 0.005}
        self.coming = stops(seed, size, years=2, late_by=late_by)
        self.arrests = [{**row, "id": f"a{row['id']}"} for row in stops(seed + 1, size // 2, 2, {0: 0.97, 60: 0.03})]
        self.k, self.zeros = int(self.coin.integers(3, 12)), str(self.coin.choice(["withheld", "shown"]))
        self.closed = str(self.coin.choice(["month", "quarter", "quarter"]))
        self.tables = self._some(TABLES, int(self.coin.integers(1, 4)))
        self.makes_arrests = bool(self.coin.random() < 0.3)
        self.with_arrests, self.without_stops, self.made = False, False, 0
        department(root)
        measures = root / "catalogue" / "arrests" / "measures"
        measures.mkdir(parents=True)
        (measures / "arrests.yaml").write_text(ARREST_MEASURE, encoding="utf-8")
        self.site = open_site(root)

    def _some(self, tables, number):
        chosen = [tables[i] for i in self.coin.choice(len(tables), min(number, len(tables)), replace=False)]
        return [(measure, by, str(self.coin.choice(grains))) for measure, by, grains in chosen]

    def happen(self, day):
        """Let several things happen, and return what."""
        every = [self.late, self.late, self.withdrawn, self.corrected, self.early, self.one_officer, self.new_k]
        every += [self.new_periods, self.other_tables, self.other_tables, self.other_grains]
        every += [self.arrests_come, self.stops_are_left_out] * self.makes_arrests
        self.without_stops = False
        found = []
        for i in sorted(self.coin.choice(len(every), int(self.coin.integers(2, 6)), replace=False)):
            every[i](day)
            found.append(every[i].__name__)
        return ", ".join(found)

    def _add(self, number, first, last, day, officers=40):
        for _ in range(number):
            self.made += 1
            on = first + timedelta(int(self.coin.integers(0, max(1, (last - first).days))))
            self.coming.append(
                {
                    "known": str(day),
                    "id": f"more{self.made}",
                    "occurred_at": f"{on} 12:00:00",
                    "officer": f"U{self.coin.integers(0, officers):02}",
                    "race": str(self.coin.choice(RACES[:5])),
                    "gender": str(self.coin.choice(["MALE", "FEMALE"])),
                    "search_conducted": str(self.coin.choice(["yes", "no", "no"])),
                    "precinct": str(self.coin.choice(["1", "2", "3"])),
                }
            )

    def late(self, day):
        self._add(int(self.coin.choice([1, 2, 3, 15, 40])), date(2021, 1, 10), day - timedelta(100), day)

    def one_officer(self, day):
        start = date(2021, 2, 1) + timedelta(int(self.coin.integers(0, 120)))
        number, last = int(self.coin.integers(self.k, self.k + 12)), start + timedelta(20)
        self._add(number, start, last, day, int(self.coin.integers(1, 3)))

    def early(self, day):
        self._add(int(self.coin.choice([1, 3, 30])), date(2020, 11, 20), date(2020, 12, 31), day)

    def _known(self, day, number):
        known = [row for row in self.coming if row["known"] <= str(day)]
        return [known[i] for i in self.coin.choice(len(known), min(number, len(known)), replace=False)]

    def withdrawn(self, day):
        gone = {row["id"] for row in self._known(day, int(self.coin.choice([1, 2, 12, 25])))}
        self.coming = [row for row in self.coming if row["id"] not in gone]

    def corrected(self, day):
        for row in self._known(day, int(self.coin.choice([1, 2, 4, 20]))):
            said = {"race": RACES[:5], "precinct": ["1", "2", "3", "Lake"], "search_conducted": ["yes", "no", ""]}
            name = str(self.coin.choice([*said, "occurred_at"]))
            moved = date.fromisoformat(row["occurred_at"][:10]) + timedelta(int(self.coin.integers(0, 60)))
            new = f"{min(moved, day)} 12:00:00" if name == "occurred_at" else str(self.coin.choice(said[name]))
            self.coming = [{**one, name: new} if one["id"] == row["id"] else one for one in self.coming]

    def new_k(self, _day):
        self.k = int(self.coin.integers(3, 14))

    def new_periods(self, _day):
        self.closed = str(self.coin.choice(["month", "quarter", "year"]))

    def other_tables(self, _day):
        kept = [table for table in self.tables if self.coin.random() < 0.6]
        self.tables = list({repr(one): one for one in [*kept, *self._some(TABLES, 2)]}.values())[:4]

    def other_grains(self, _day):
        grains = {(measure, tuple(by)): every for measure, by, every in TABLES}
        new = [(measure, by, str(self.coin.choice(grains[measure, tuple(by)]))) for measure, by, _ in self.tables]
        self.tables = list({repr(one): one for one in new}.values())

    def arrests_come(self, _day):
        self.with_arrests = True

    def stops_are_left_out(self, _day):
        self.without_stops = self.with_arrests = True

    def deliver(self, day):
        """Bring all that is known on a day, so that what it does not hold is withdrawn; return it."""
        wanted = {STOPS: self.coming, **({ARRESTS: self.arrests} if self.with_arrests else {})}
        brought = {record: [row for row in rows if row["known"] <= str(day)] for record, rows in wanted.items()}
        for record, rows in brought.items():
            header = ["id", *self.site.catalogue.record_type(record).written]
            file = self.site.path / f"{record.replace('/', '-')}-{day}.csv"
            with file.open("w", encoding="utf-8", newline="") as out:
                writer = csv.DictWriter(out, header, restval="", extrasaction="ignore")
                writer.writeheader()
                writer.writerows(rows)
            self.site.import_file(f"template:{record}", file, period="2020-01-01..2023-12-31", withdraw=True)
        return brought

    def policy(self, day):
        """Write the disclosure policy of a day."""
        tables = [] if self.without_stops else self.tables
        tables = [*tables, *([(m, by, grains[0]) for m, by, grains in ARREST_TABLES] if self.with_arrests else [])]
        closed = "quarter" if self.closed == "year" and day < date(2022, 2, 1) else self.closed
        said = {"k": self.k, "zeros": self.zeros, "closed_periods": closed, "units": ["persons", "officers"]}
        said["tables"] = [{"measure": m, "by": [*by], "grain": grain} for m, by, grain in tables]
        (self.site.path / "disclosure.yaml").write_text(yaml.safe_dump(said), encoding="utf-8")

    def publish(self, day, number):
        """Publish through protection, without pages, and return what the public has of it."""
        self.policy(day)
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
        return public(done.answers, done.facts(), precaution.policy)


def _span(text):
    return date.fromisoformat(text[:10]), date.fromisoformat(text[12:]) + timedelta(1)


def public(answers, facts, policy):
    """Return what the figures of a release say, row by row: counts of cells, or that they are withheld."""
    days = {record: _span(text) for record, text in facts["closed_days"].items()}
    found = Published(policy.k, policy.k_officers, policy.zeros == "shown", days)
    state_of = {}
    for view in facts["counted_from"]:
        state = State(tuple((*_span(text), version) for text, version in view["versions"].items()))
        state_of |= {(measure, tuple(by), grain): state for measure, by, grain in view["tables"]}
    for answer in answers:
        record = ARRESTS if answer.spec.id.startswith("arrests") else STOPS
        for result in answer.results:
            state = state_of[answer.spec.id, tuple(result.by), result.grain]
            for row in result.figures.to_dicts():
                first, after = days_of(result.grain, row["period"], facts["closed_days"][record])
                codes = {name: "?" if row[name] is None else row[name] for name in result.by}
                for more, n in _said(answer.spec, row):
                    cell = Cell(record, state, tuple(sorted({**codes, **more}.items())), first, after)
                    if row["status"] == "withheld":
                        found.withheld.append(cell)
                    else:
                        found.shown[cell] = int(n)
    return found


def _said(spec, row):
    """Yield the conditions beside its groups, and the count, of all that a row says."""
    if spec.id == "stops/searches":
        return [({SEARCHED: "yes"}, row["n"])]
    if spec.kind not in ("share", "ratio"):
        return [({}, row["n"])]
    yes, both = row["numerator"] or 0, row["denominator"] or 0
    said = [({}, row["n"]), ({SEARCHED: "yes"}, yes), ({SEARCHED: "no"}, both - yes)]
    return [*said, ({SEARCHED: "?"}, row["missing"])]


def history(root, seed, releases=4):
    """Let things happen to a department, and publish after each; return all that became public, and the truth."""
    town, found = Department(root, seed), History()
    day = date(2021, 7, 10) + timedelta(int(town.coin.integers(0, 210)))
    for number in range(1, releases + 1):
        found.told.append(f"{day}: {town.happen(day) if number > 1 else 'first'}")
        brought = town.deliver(day)
        found.versions[town.site.store.manifest().version] = brought
        try:
            found.releases.append(town.publish(day, f"{number:04}"))
        except ReleaseError as error:
            found.refused.append(str(error))
        day += timedelta(int(town.coin.integers(30, 150)))
    return found
