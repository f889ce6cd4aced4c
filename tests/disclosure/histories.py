"""Random histories of private departments: what the public has of all releases, and what the departments knew."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from openhalo.base.errors import ReleaseError
from tests.disclosure.changing_department import ARRESTS, STOPS, Department
from tests.disclosure.subtraction import days_of
from tests.disclosure.ways_to_publish import said_of


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
    read: list[tuple[frozenset[str], frozenset[int]]] = field(default_factory=list)
    """For each table of stops the fields that it reads, and of which store versions."""


@dataclass
class History:
    """Releases of one department, the reasons for which some were refused, and what it knew at each store version."""

    releases: list[Published] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    versions: dict[int, dict[str, list[dict[str, str]]]] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    """What happened, to read."""
    bare: dict[int, tuple[int, frozenset[str]]] = field(default_factory=dict)
    """Store version that held a record purged since → the version as it is counted now where a table reads more than
    was told of it, and which fields were told."""

    def read_of(self, *versions):
        """Return the fields of stops that releases told of store versions."""
        told = (fields for one in self.releases for fields, read in one.read if read & {*versions})
        return frozenset().union(*told)

    def purge(self, name, before, now):
        """Take a stop out of the newest version, and leave of it in the others what was told."""
        for version in [v for v in self.versions if any(row["id"] == name for row in self.versions[v].get(STOPS, ()))]:
            if version in {number for number, _told in self.bare.values()}:
                continue
            number, earlier = self.bare.get(version, (version + LATER, None))
            told = self.read_of(version, number)
            held = self.versions.get(number, self.versions[version])
            less = dict.fromkeys({*FIELD.values(), *PLAIN} - told, "")
            rows = [{**row, **less} if row["id"] == name else row for row in held[STOPS]]
            self.versions[number] = {**held, STOPS: rows}
            self.bare[version] = number, told if earlier is None else told & earlier
        held = self.versions[before]
        self.versions[now] = {**held, STOPS: [row for row in held[STOPS] if row["id"] != name]}


LATER = 1000
"""What makes of a store version's number that of the version as it is counted since a purge."""
PLAIN = ("race", "gender", "precinct", "neighborhood")
FIELD = {"searched": "search_conducted", "traffic": "reason", "traffic or suspicious": "reason"}
"""What an attacker calls a condition → the field that it reads."""


def _span(text):
    return date.fromisoformat(text[:10]), date.fromisoformat(text[12:]) + timedelta(1)


def published(release, redefined, bare):
    """Return what a release says, cell by cell: counts, or that they are withheld."""
    days = {record: _span(text) for record, text in release.days.items()}
    policy = release.policy
    found = Published(policy.k, policy.k_officers, policy.zeros == "shown", days)
    states = {}
    for table, versions in release.versions.items():
        measure, by, _grain = table
        asked = {*by, *(dim for one in said_of(measure, redefined) for dim, _code in one)}
        read = {FIELD.get(dim, dim) for dim in asked} if measure.startswith("stops") else set()
        now = {old: number for old, (number, told) in bare.items() if not read <= told}
        stretches = tuple((*_span(text), now.get(version, version)) for text, version in versions.items())
        states[table] = State(stretches)
        found.read.append((frozenset(read), frozenset(version for *_days, version in stretches)))
    for row in release.rows:
        record = ARRESTS if row.measure.startswith("arrests") else STOPS
        state = states[row.measure, row.by, row.grain]
        first, after = days_of(row.grain, row.period, release.days[record])
        codes = {name: "?" if code is None else code for name, code in zip(row.by, row.codes, strict=True)}
        said = row.says or [(one, None) for one in said_of(row.measure, redefined)]
        for more, n in said:
            cell = Cell(record, state, tuple(sorted({**codes, **dict(more)}.items())), first, after)
            if n is None:
                found.withheld.append(cell)
            else:
                found.shown[cell] = n
    return found


def step(town, way, made, day, number):
    """Deliver and publish once what a department has on a day."""
    for name in town.to_purge:
        before = way.version
        way.purge(name)
        made.purge(name, before, way.version)
    town.to_purge = []
    way.redefine(town.redefined)
    before, brought = made.versions.get(way.version, {}), town.deliver(day)
    way.deliver(brought, day)
    made.versions[way.version] = {**before, **brought}
    made.releases.append(published(way.publish(town.policy(day), day, number), town.redefined, made.bare))


def history(way, seed, releases=4):
    """Let things happen to a department, and publish after each; return all that became public, and the truth."""
    town, found = Department(seed), History()
    day = date(2021, 7, 10) + timedelta(int(town.coin.integers(0, 210)))
    for number in range(1, releases + 1):
        found.told.append(f"{day}: {town.happen(day) if number > 1 else 'first'}")
        try:
            step(town, way, found, day, f"{number:04}")
        except ReleaseError as error:
            found.refused.append(str(error))
        day += timedelta(int(town.coin.integers(30, 150)))
    return found
