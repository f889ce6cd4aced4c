"""Random private departments, and all that happens to one between two releases; nothing here reads or publishes."""

from datetime import date, timedelta

import numpy as np

from tests.disclosure.private_department import RACES, stops

STOPS, ARRESTS = "stops/stop", "arrests/arrest"
TABLES = [
    ("stops/stops", [], ["month", "quarter", "year"]),
    ("stops/stops", ["race"], ["all", "quarter", "year"]),
    ("stops/stops", ["gender"], ["quarter", "year"]),
    ("stops/stops", ["precinct"], ["month", "quarter", "all"]),
    ("stops/stops", ["race", "precinct"], ["year", "all"]),
    ("stops/searches", ["race"], ["quarter", "year"]),
    ("stops/search_share", ["race"], ["all", "year", "quarter"]),
    ("stops/search_share", ["precinct"], ["all", "quarter"]),
    ("stops/search_share", ["precinct", "gender"], ["year"]),
    ("stops/search_share_ratio", ["race"], ["all", "year"]),
]
PLACES = [
    ("stops/stops", ["neighborhood"], ["quarter", "year", "all"]),
    ("stops/search_share", ["neighborhood"], ["year", "all"]),
]
REASONS = [
    ("stops/stops", ["reason"], ["quarter", "year", "all"]),
    ("stops/stops", ["gender", "reason"], ["year", "all"]),
    ("stops/traffic_stop_share", ["precinct"], ["quarter", "year", "all"]),
    ("stops/traffic_stop_share", ["gender"], ["year", "all"]),
]
ARREST_TABLES = [
    ("arrests/arrests", ["race"], ["quarter", "year", "all"]),
    ("arrests/arrests", [], ["month", "quarter"]),
    ("arrests/arrests", ["race", "precinct"], ["year", "all"]),
]
WHY, WHY_SHARES = ("TRAFFIC", "SUSPICIOUS", "WARRANT", "OTHER", ""), (0.5, 0.3, 0.12, 0.04, 0.04)


class Department:
    """A private department to which things happen."""

    def __init__(self, seed):
        self.coin = np.random.default_rng(seed)
        size = int(self.coin.integers(150, 900))
        late_by = {0: 0.9, 40: 0.05, 100: 0.05} if self.coin.random() < 0.5 else {0: 0.995, 60: 0.005}
        self.coming = [self._placed(row) for row in stops(seed, size, years=2, late_by=late_by)]
        self.arrests = [{**row, "id": f"a{row['id']}"} for row in stops(seed + 1, size // 2, 2, {0: 0.97, 60: 0.03})]
        self.k, self.zeros = int(self.coin.integers(3, 12)), str(self.coin.choice(["withheld", "shown"]))
        self.closed = str(self.coin.choice(["month", "quarter", "quarter"]))
        self.makes_arrests = bool(self.coin.random() < 0.3)
        self.known_tables = TABLES + PLACES * (self.coin.random() < 0.25) + REASONS * (self.coin.random() < 0.25)
        self.tables = self._some(self.known_tables, int(self.coin.integers(1, 4)))
        self.arrest_tables = self._some(ARREST_TABLES, 2)
        self.with_arrests, self.without_stops, self.redefined, self.made = False, False, False, 0
        self.delivered, self.to_purge = {}, []

    def _placed(self, row):
        """Return a stop with a reason, and one of three neighborhoods of its precinct, of which some are small."""
        at = f"{row['precinct']}-{self.coin.choice(3, p=[0.6, 0.34, 0.06])}"
        return {**row, "neighborhood": at, "reason": str(self.coin.choice(WHY, p=WHY_SHARES))}

    def _some(self, tables, number):
        chosen = [tables[i] for i in self.coin.choice(len(tables), min(number, len(tables)), replace=False)]
        return [(measure, by, str(self.coin.choice(grains))) for measure, by, grains in chosen]

    def happen(self, day):
        """Let several things happen, and return what."""
        every = [self.late, self.late, self.withdrawn, self.corrected, self.early, self.one_officer, self.new_k]
        every += [self.new_periods, self.other_tables, self.other_tables, self.other_grains]
        every += [self.purged, self.zeros_otherwise]
        every += [self.arrests_come, self.arrests_go, self.arrests_withdrawn, self.stops_are_left_out] * (
            self.makes_arrests
        )
        every += [self.traffic_means_more] * any(one in self.known_tables for one in REASONS)
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
            row = {
                "known": str(day),
                "id": f"more{self.made}",
                "occurred_at": f"{on} 12:00:00",
                "officer": f"U{self.coin.integers(0, officers):02}",
                "race": str(self.coin.choice(RACES[:5])),
                "gender": str(self.coin.choice(["MALE", "FEMALE"])),
                "search_conducted": str(self.coin.choice(["yes", "no", "no"])),
                "precinct": str(self.coin.choice(["1", "2", "3"])),
            }
            self.coming.append(self._placed(row))

    def late(self, day):
        self._add(int(self.coin.choice([1, 2, 3, 15, 40])), date(2021, 1, 10), day - timedelta(100), day)

    def one_officer(self, day):
        start = date(2021, 2, 1) + timedelta(int(self.coin.integers(0, 120)))
        number, last = int(self.coin.integers(self.k, self.k + 12)), start + timedelta(20)
        self._add(number, start, last, day, int(self.coin.integers(1, 3)))

    def early(self, day):
        self._add(int(self.coin.choice([1, 3, 30])), date(2020, 11, 20), date(2020, 12, 31), day)

    def _known(self, rows, day, number):
        known = [row for row in rows if row["known"] <= str(day)]
        return [known[i] for i in self.coin.choice(len(known), min(number, len(known)), replace=False)]

    def withdrawn(self, day):
        gone = {row["id"] for row in self._known(self.coming, day, int(self.coin.choice([1, 2, 12, 25])))}
        self.coming = [row for row in self.coming if row["id"] not in gone]

    def purged(self, _day):
        """Purge records that were delivered, and are still there."""
        here = [row for row in self.coming if row["id"] in self.delivered.get(STOPS, ())]
        gone = [row["id"] for row in self._known(here, date.max, int(self.coin.choice([1, 1, 2])))]
        self.coming, self.to_purge = [row for row in self.coming if row["id"] not in gone], gone

    def corrected(self, day):
        for row in self._known(self.coming, day, int(self.coin.choice([1, 2, 4, 20]))):
            said = {"race": RACES[:5], "precinct": ["1", "2", "3", "Lake"], "search_conducted": ["yes", "no", ""]}
            said["reason"] = WHY
            name = str(self.coin.choice([*said, "occurred_at"]))
            moved = date.fromisoformat(row["occurred_at"][:10]) + timedelta(int(self.coin.integers(0, 60)))
            new = f"{min(moved, day)} 12:00:00" if name == "occurred_at" else str(self.coin.choice(said[name]))
            now = {**row, name: new}
            now = self._placed(now) if name == "precinct" else now
            self.coming = [now if one["id"] == row["id"] else one for one in self.coming]

    def new_k(self, _day):
        self.k = int(self.coin.integers(3, 14))

    def zeros_otherwise(self, _day):
        if self.coin.random() < 0.3:
            self.zeros = "shown" if self.zeros == "withheld" else "withheld"

    def new_periods(self, _day):
        self.closed = str(self.coin.choice(["month", "quarter", "year"]))

    def other_tables(self, _day):
        kept = [table for table in self.tables if self.coin.random() < 0.6]
        self.tables = list({repr(one): one for one in [*kept, *self._some(self.known_tables, 2)]}.values())[:4]

    def other_grains(self, _day):
        grains = {(measure, tuple(by)): every for measure, by, every in self.known_tables}
        new = [(measure, by, str(self.coin.choice(grains[measure, tuple(by)]))) for measure, by, _ in self.tables]
        self.tables = list({repr(one): one for one in new}.values())

    def traffic_means_more(self, _day):
        self.redefined = not self.redefined

    def arrests_come(self, _day):
        self.with_arrests, self.arrest_tables = True, self._some(ARREST_TABLES, 2)

    def arrests_go(self, _day):
        self.with_arrests = False

    def arrests_withdrawn(self, day):
        gone = {row["id"] for row in self._known(self.arrests, day, int(self.coin.choice([1, 2, 12])))}
        self.arrests = [row for row in self.arrests if row["id"] not in gone]

    def stops_are_left_out(self, _day):
        self.without_stops = self.with_arrests = True

    def deliver(self, day):
        """Return all that is known on a day: what it does not hold is withdrawn."""
        wanted = {STOPS: self.coming, **({ARRESTS: self.arrests} if self.with_arrests else {})}
        brought = {record: [row for row in rows if row["known"] <= str(day)] for record, rows in wanted.items()}
        self.delivered |= {record: {row["id"] for row in rows} for record, rows in brought.items()}
        return brought

    def policy(self, day):
        """Return the disclosure policy of a day, as it is written."""
        tables = [*([] if self.without_stops else self.tables), *(self.arrest_tables if self.with_arrests else [])]
        closed = "quarter" if self.closed == "year" and day < date(2022, 2, 1) else self.closed
        said = {"k": self.k, "zeros": self.zeros, "closed_periods": closed, "units": ["persons", "officers"]}
        said["attack_seconds"] = 20
        return {**said, "tables": [{"measure": m, "by": [*by], "grain": grain} for m, by, grain in tables]}
