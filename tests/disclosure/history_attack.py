"""An attacker who has all releases of a history, and knows linear algebra: what follows exactly from them.

It shares no code with the library. Each published number is a sum over codes, days and states of the records; what
is known exactly is what is a sum of such sums, with any weights. All that is kept of a sum of atoms is how many atoms
two of them share, which is a product over the dimensions: so no atom is ever written down.
"""

import itertools
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.linalg import lapack, solve_triangular

SEARCHED = "searched"
CONDITIONS = {
    SEARCHED: ("search_conducted", {"yes": "yes", "no": "no"}),
    "traffic": ("reason", {"TRAFFIC": "yes"}),
    "traffic or suspicious": ("reason", {"TRAFFIC": "yes", "SUSPICIOUS": "yes"}),
}
"""What is asked of a field, and which of its values is a yes; others are a no, but a blank."""
JOINED = [
    ["race"],
    ["gender"],
    ["precinct", "neighborhood"],
    ["reason", "traffic", "traffic or suspicious"],
    [SEARCHED],
]
"""Dimensions of which one tells of the other: whoever knows the city, and what conditions say, adds them up."""
BY_DESIGN = ("sum of codes", "sum of days")
"""Counts of several withheld cells together: these are no secrets, as the decision on disclosure says."""


@dataclass(frozen=True)
class Target:
    """A count of some codes on some days; less another state's count of the same, where there are two states."""

    codes: tuple[tuple[str, frozenset[str]], ...]
    first: object
    after: object
    states: tuple


class Truth:
    """What the department knew of one record type at each store version."""

    def __init__(self, versions, record):
        self.rows = {version: brought.get(record, []) for version, brought in versions.items()}
        self._held, self._days = {}, {}

    def held(self, version, codes):
        """Return the records with these codes: (id, day, officer), by day."""
        key = version, codes
        if key not in self._held:
            said = [
                (row["id"], row["occurred_at"][:10], row["officer"])
                for row in self.rows[version]
                if all(code_of(row, dim) in among for dim, among in codes)
            ]
            self._held[key] = sorted(said, key=lambda one: one[1])
            self._days[key] = np.array([day for _id, day, _officer in self._held[key]], "U10")
        return self._held[key], self._days[key]

    def records(self, codes, first, after, state):
        """Return the records of a cell in a state."""
        found = set()
        for start, end, version in state.stretches:
            low, high = max(first, start), min(after, end)
            if low < high:
                held, days = self.held(version, codes)
                found |= {*held[np.searchsorted(days, str(low)) : np.searchsorted(days, str(high))]}
        return found


def code_of(row, dim):
    """Return the code of a record, as releases tell it."""
    if dim not in CONDITIONS:
        return row.get(dim) or "?"
    name, said = CONDITIONS[dim]
    return said.get(row[name], "no") if row.get(name) else "?"


def codes_of(row, dims):
    """Return the codes of a record in several dimensions."""
    return tuple(code_of(row, dim) for dim in dims)


def _read(dims):
    return {CONDITIONS[dim][0] for dim in dims if dim in CONDITIONS}


def blank(codes):
    """Return whether a cell counts the records that do not say what is asked: their number is no secret."""
    return any(dim in CONDITIONS and code in ("?", frozenset("?")) for dim, code in codes)


def sets_of(codes):
    """Return the codes of a cell, each as a set of one."""
    return tuple((dim, frozenset([code])) for dim, code in codes)


class Known:
    """What follows from published counts of one record type by linear algebra."""

    def __init__(self, cells, days, versions, levels):
        self.days, self.versions, self.levels, self._masks = days, versions, levels, {}
        basis = {Target(sets_of(c.codes), c.first, c.after, (c.state,)): n for c, n in cells.items()}
        self.basis = [one for one in basis if all(self._mask(dims, one.codes).any() for dims in levels)]
        if not self.basis:
            return
        self.values = np.array([basis[one] for one in self.basis], float)
        self.vectors = self._vectors(self.basis)
        gram = self._shared(self.vectors, self.vectors)
        self.norm = np.sqrt(np.diag(gram))
        factor, pivot, rank, _info = lapack.dpstrf(gram / np.outer(self.norm, self.norm), tol=1e-9, lower=1)
        self.rank, self.pivot = rank, pivot - 1
        self.factor = np.tril(factor)[:rank, :rank]

    def _vectors(self, targets):
        times = np.zeros((len(targets), len(self.versions), len(self.days)))
        for i, one in enumerate(targets):
            for sign, state in zip((1, -1), one.states, strict=False):
                for start, end, version in state.stretches:
                    low = np.searchsorted(self.days, max(start, one.first))
                    high = np.searchsorted(self.days, min(end, one.after))
                    times[i, self.versions[version], low:high] += sign
        codes = {
            dims: np.array([self._mask(dims, one.codes) for one in targets]) / np.sqrt(len(level))
            for dims, level in self.levels.items()
        }
        return times.reshape(len(targets), -1), codes

    def _mask(self, dims, codes):
        """Return which codes of joined dimensions a target counts."""
        asked = dims, tuple(one for one in codes if one[0] in dims)
        if asked not in self._masks:
            among = dict(asked[1])
            told = [
                all(c in among.get(dim, [c]) for dim, c in zip(dims, level, strict=True)) for level in self.levels[dims]
            ]
            self._masks[asked] = np.array(told, float)
        return self._masks[asked]

    def _shared(self, some, others):
        found = some[0] @ others[0].T
        for dim in self.levels:
            found = found * (some[1][dim] @ others[1][dim].T)
        return found

    def told(self, targets):
        """Return for each target what it is known to be; nan where it is not known."""
        if not targets or not self.basis:
            return np.full(len(targets), np.nan)
        vectors = self._vectors(targets)
        own = np.einsum("ij,ij->i", vectors[0], vectors[0])
        for dim in self.levels:
            own = own * np.einsum("ij,ij->i", vectors[1][dim], vectors[1][dim])
        use = self.pivot[: self.rank]
        shared = self._shared(self.vectors, vectors)[use] / self.norm[use, None]
        half = solve_triangular(self.factor, shared, lower=True)
        left = own - (half**2).sum(axis=0)
        weights = solve_triangular(self.factor.T, half, lower=False)
        value = weights.T @ (self.values[use] / self.norm[use])
        return np.where((left < 1e-7 * own) & (own > 0), value, np.nan)


def _some_of(dims):
    return [some for size in range(len(dims) + 1) for some in itertools.combinations(dims, size)]


@dataclass(frozen=True)
class Leak:
    """Something that may not be known, and how."""

    kind: str
    release: int
    target: Target
    value: float
    note: str = ""


class Attack:
    """All attacks on one record type of one history."""

    def __init__(self, history, record, seed=0):
        self.releases = [(number, one) for number, one in enumerate(history.releases) if record in one.days]
        self.truth, self.record = Truth(history.versions, record), record
        self.coin = np.random.default_rng(seed)
        self.cells = [c for _n, one in self.releases for c in [*one.shown, *one.withheld] if c.record == record]
        ends = {end for cell in self.cells for end in (cell.first, cell.after)}
        ends |= {end for cell in self.cells for start, last, _v in cell.state.stretches for end in (start, last)}
        self.days = np.array(sorted(ends), dtype=object)
        self.versions = {version: i for i, version in enumerate(history.versions)}
        used = {version for cell in self.cells for *_days, version in cell.state.stretches}
        rows = [row for version, held in self.truth.rows.items() if version in used for row in held]
        named = {(dim, code) for cell in self.cells for dim, code in cell.codes}
        used = [[dim for dim in dims if dim in {d for d, _code in named}] for dims in JOINED]
        listed = [
            {CONDITIONS.get(dim, (dim,))[0]: code} for dim, code in named if dim not in CONDITIONS and code != "?"
        ]
        of_records = {dims: {codes_of(row, dims) for row in rows} for dims in map(tuple, used) if dims}
        # Those that no record has too. A place that nobody ever was in lies nowhere.
        self.joined = {
            dims: sorted(held | {codes_of(row, dims) for row in listed if {*row} & {*dims, *_read(dims)}})
            for dims, held in of_records.items()
        }
        self.levels = {
            dim: sorted({level[at] for level in held})
            for dims, held in self.joined.items()
            for at, dim in enumerate(dims)
        }

    @cached_property
    def families(self):
        """Return, for each set of dimensions that some cell has, the days on which one of its cells begins or ends."""
        found = {}
        for cell in self.cells:
            for some in _some_of(tuple(dim for dim, _code in cell.codes)):
                found.setdefault(some, set()).update((cell.first, cell.after))
        return {dims: sorted(ends) for dims, ends in found.items()}

    @cached_property
    def joining(self):
        """Return dimensions that no table has together, and that join two tables: with the tables that they join."""
        tabled = {tuple(dim for dim, _code in cell.codes) for cell in self.cells}
        found = {}
        for one, other in itertools.combinations(sorted(tabled), 2):
            for dims in self.joined:
                for pair in itertools.product({*one} & {*dims}, {*other} & {*dims}):
                    if pair[0] != pair[1]:
                        for some in _some_of(tuple(sorted({*pair} | ({*one} & {*other})))):
                            if {*pair} <= {*some}:
                                found.setdefault(some, set()).update((one, other))
        return found

    def count(self, target):
        """Return the true value of a target, and the officers behind it (behind what is not the same in both)."""
        held = [self.truth.records(target.codes, target.first, target.after, state) for state in target.states]
        if len(held) == 1:
            return len(held[0]), {officer for _id, _day, officer in held[0]}
        often = [Counter(name for name, _day, _officer in some) for some in held]
        officers = {o for some in held for name, _day, o in some if often[0][name] != often[1][name]}
        return len(held[0]) - len(held[1]), officers

    def codes(self, dims):
        """Return all codes of these dimensions that records have, and the codes together that some table hides."""
        rows = [row for held in self.truth.rows.values() for row in held]
        every = {tuple((dim, frozenset([code_of(row, dim)])) for dim in dims) for row in rows}
        return [codes for codes in every if not blank(codes)]

    def number(self, codes, first, after, state):
        """Return how many records a cell has in a state; the codes are single ones."""
        found = 0
        for start, end, version in state.stretches:
            low, high = max(first, start), min(after, end)
            if low < high:
                _held, days = self.truth.held(version, sets_of(codes))
                found += int(np.searchsorted(days, str(high)) - np.searchsorted(days, str(low)))
        return found

    def hidden_together(self):
        """Return what a table leaves out: codes of one dimension, two or more, that are nowhere shown at a time."""
        shown = {}
        for _n, one in self.releases:
            for cell in (c for c in one.shown if c.record == self.record):
                for i, (dim, code) in enumerate(cell.codes):
                    rest = cell.codes[:i] + cell.codes[i + 1 :]
                    shown.setdefault((cell.state, rest, dim, cell.first, cell.after), set()).add(code)
        found = {}
        for (_state, rest, dim, first, after), codes in shown.items():
            left = frozenset(self.levels[dim]) - codes
            if len(left) > 1 and dim not in CONDITIONS and not blank(rest):
                found[tuple(sorted([*sets_of(rest), (dim, left)])), first, after] = None
        return list(found)

    def exact(self, most=2500):
        """Yield what is known exactly and may not be, release by release."""
        self._check()
        cells, before, states, spans = {}, None, {}, {}
        for number, one in self.releases:
            fresh = {c.state: one.days[self.record] for c in [*one.shown, *one.withheld] if c.record == self.record}
            cells |= {cell: n for cell, n in one.shown.items() if cell.record == self.record}
            known = Known(cells, self.days, self.versions, self.joined)
            spans |= fresh
            yield from self._first_day(number, one, cells)
            secret = self._secrets(one, fresh, {**states, **fresh}, spans)
            secret = [secret[i] for i in self.coin.permutation(len(secret))[:most]]
            told = known.told([target for target, _kind, _n in secret])
            found = [each for each, value in zip(secret, told, strict=True) if not np.isnan(value)]
            values = told[~np.isnan(told)]
            already = before.told([t for t, _k, _n in found]) if before else np.full(len(found), np.nan)
            for (target, kind, n), value, was in zip(found, values, already, strict=True):
                assert abs(value - n) < 1e-3, ("the attacker is wrong", target, value, n)
                if np.isnan(was) and (len(target.states) > 1 or not self._said(before, states, target, n)):
                    yield Leak(kind, number, target, n)
            before, states = known, {**states, **fresh}

    def _first_day(self, number, one, cells):
        """Yield records that are known to be gone because the first day of which a release speaks is later."""
        first, _after = one.days[self.record]
        gaps = {cell.state: cell.first for cell in sorted(cells, key=lambda cell: cell.first, reverse=True)}
        for state, start in gaps.items():
            if start < first and 0 < (n := self.number((), start, first, state)) < one.k:
                yield Leak("first day", number, Target((), start, first, (state,)), n)

    def _check(self):
        """Make sure that the attacker and the releases count alike."""
        for _number, one in self.releases:
            for cell, n in one.shown.items():
                if cell.record == self.record:
                    assert self.number(cell.codes, cell.first, cell.after, cell.state) == n, (cell, n)

    def _said(self, before, states, target, n):
        """Return whether the same count of the same days was known before."""
        if before is None:
            return False
        asked = [Target(target.codes, target.first, target.after, (state,)) for state in states]
        return any(abs(value - n) < 1e-3 for value in before.told(asked))

    def _secrets(self, one, fresh, states, spans):
        """Return what a release may not give away: targets, what they are, and their true values."""
        pairs = {frozenset((a, b)): (a, b) for a in fresh for b in states if a != b}.values()
        single = [
            (codes, a, b)
            for dims, ends in self.families.items()
            for codes in self.codes(dims)
            for a, b in itertools.combinations(ends, 2)
        ]
        found = []
        for codes, first, after in [*single, *self.hidden_together()]:
            within = {state for state, (start, end) in spans.items() if start <= first and after <= end}
            for state in within:
                target = Target(codes, first, after, (state,))
                n, officers = self.count(target)
                few = {*dict(codes)} - {*CONDITIONS} and len(officers) < one.officers
                if n and (n < one.k or few):
                    found.append((target, self._kind(target), n))
            for pair in pairs:
                if within.issuperset(pair):
                    target = Target(codes, first, after, pair)
                    n, officers = self.count(target)
                    if n and (abs(n) < one.k or len(officers) < one.officers):
                        found.append((target, "change" if abs(n) < one.k else "few officers", n))
        return found + [(target, "zero", 0) for target in self.zeros(one)]

    def zeros(self, one):
        """Return what a release withholds and nobody has, where that is a secret: not that a field is never blank."""
        cells = [] if one.zeros_shown else [c for c in one.withheld if c.record == self.record]
        told = [
            Target(sets_of(c.codes), c.first, c.after, (c.state,)) for c in cells if "?" not in dict(c.codes).values()
        ]
        return [target for target in dict.fromkeys(told) if not self.count(target)[0]]

    def _kind(self, target):
        """Return "count" for what some table counts, or a piece between two; other days and codes are sums of these."""
        if any(len(among) > 1 for _dim, among in target.codes):
            return "sum of codes"
        told = (tuple((dim, *among) for dim, among in target.codes), target.first, target.after) in self.told_of
        dims = tuple(dim for dim, _among in target.codes)
        ends = sorted({end for _n, one in self.releases for end in one.days[self.record]})
        pieces = {*itertools.pairwise(ends), *itertools.pairwise(self.families[dims])}
        return "count" if told or (target.first, target.after) in pieces else "sum of days"

    @cached_property
    def told_of(self):
        """Return the codes and days of every row of every release."""
        return {(cell.codes, cell.first, cell.after) for cell in self.cells}
