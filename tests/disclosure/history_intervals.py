"""How closely an attacker who has all releases of a history knows what they withhold, by linear programs."""

import itertools
from functools import cached_property

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array

from tests.disclosure.history_attack import CONDITIONS, Leak, Target, blank, sets_of


class Intervals:
    """How closely the attacker knows a withheld count, where he is granted how each count changed between releases.

    The unknowns are how far running totals of the same codes could be from the true ones: whatever is counted between
    two days is the difference of two of them, so what adds up over days adds up by itself.
    """

    def __init__(self, attack):
        self.attack, self.place, self._together = attack, {}, {}
        self.equal, self.less = [], []
        joining = {
            dims: sorted({end for some in tables for end in attack.families[some]})
            for dims, tables in attack.joining.items()
        }
        families = {**joining, **attack.families}
        codes_of_dims = {dims: self._codes(dims) for dims in families}
        for dims, ends in families.items():
            for first, after in itertools.pairwise(ends):
                for codes in codes_of_dims[dims]:
                    self.less.append((self._between(codes, first, after), self._least(codes, first, after)))
                for i, dim in enumerate(dims):
                    for rest in codes_of_dims[dims[:i] + dims[i + 1 :]]:
                        parts = [tuple(sorted([*rest, (dim, code)])) for code in self.present[dim]]
                        parts = [part for part in parts if self._has(part)]
                        moved = [(v, -sign) for part in parts for v, sign in self._between(part, first, after)]
                        self.equal.append([*self._between(rest, first, after), *moved])
        for _number, one in attack.releases:
            shown = [cell for cell in one.shown if cell.record == attack.record and self._has(cell.codes)]
            self.equal += [self._between(cell.codes, cell.first, cell.after) for cell in shown]
            if one.zeros_shown:
                for cell in (c for c in one.withheld if c.record == attack.record and self._has(c.codes)):
                    n = attack.number(cell.codes, cell.first, cell.after, cell.state)
                    self.less.append((self._between(cell.codes, cell.first, cell.after), max(n - 1, 0)))

    @cached_property
    def present(self):
        """Return the codes of each dimension, also those that nobody has: whether somebody does is not known."""
        return {
            dim: sorted({one[i] for one in held})
            for dims, held in self.attack.joined.items()
            for i, dim in enumerate(dims)
        }

    def _has(self, codes):
        """Return whether codes go together."""
        if codes not in self._together:
            said = dict(codes)
            self._together[codes] = all(
                any(all(said.get(dim, code) == code for dim, code in zip(dims, one, strict=True)) for one in held)
                for dims, held in self.attack.joined.items()
                if {*dims} & {*said}
            )
        return self._together[codes]

    def _codes(self, dims):
        every = itertools.product(*(self.present[dim] for dim in dims))
        return [codes for chosen in every if self._has(codes := tuple(zip(dims, chosen, strict=True)))]

    def _between(self, codes, first, after):
        return [(self.place.setdefault((codes, day), len(self.place)), s) for day, s in ((after, 1), (first, -1))]

    @cached_property
    def _states(self):
        """Return, for each set of dimensions, the states that some table tells of it, and on which days."""
        found = {}
        for _number, one in self.attack.releases:
            first, after = one.days[self.attack.record]
            for cell in (c for c in [*one.shown, *one.withheld] if c.record == self.attack.record):
                dims = tuple(dim for dim, _code in cell.codes)
                for size in range(len(dims) + 1):
                    for some in itertools.combinations(dims, size):
                        found.setdefault(some, {})[cell.state, first, after] = None
        joining = {
            d: {one: None for some in tables for one in found[some]} for d, tables in self.attack.joining.items()
        }
        return {**joining, **found}

    def _least(self, codes, first, after):
        states = self._states[tuple(dim for dim, _code in codes)]
        told = [state for state, start, end in states if start <= first and after <= end]
        return min((self.attack.number(codes, first, after, state) for state in told), default=10**4)

    def _matrix(self, rows):
        entries = [(i, v, sign) for i, row in enumerate(rows) for v, sign in row]
        at, columns, signs = zip(*entries, strict=True) if entries else ((), (), ())
        return coo_array((signs, (at, columns)), shape=(len(rows), len(self.place))).tocsr()

    def secrets(self):
        """Return the withheld cells of the newest release that count too few records or officers."""
        attack, found = self.attack, []
        _number, newest = attack.releases[-1]
        before = {(c.codes, c.first, c.after, n) for _n, one in attack.releases for c, n in one.shown.items()}
        for cell in (c for c in newest.withheld if c.record == attack.record and not blank(c.codes)):
            n, officers = attack.count(Target(sets_of(cell.codes), cell.first, cell.after, (cell.state,)))
            few = {*dict(cell.codes)} - {*CONDITIONS} and len(officers) < newest.officers
            if n and (n < newest.k or few) and (cell.codes, cell.first, cell.after, n) not in before:
                target = Target(sets_of(cell.codes), cell.first, cell.after, (cell.state,))
                found.append((cell.codes, target, n))
        return found

    def zeros(self):
        """Return the withheld cells of the newest release that count nobody, where that is a secret."""
        told = self.attack.zeros(self.attack.releases[-1][1])
        known = {(c.codes, c.first, c.after) for _n, one in self.attack.releases for c, n in one.shown.items() if not n}
        cells = [(tuple((dim, *code) for dim, code in one.codes), one) for one in told]
        return [(codes, one, 0) for codes, one in cells if (codes, one.first, one.after) not in known]

    def too_close(self, secrets, most):
        """Yield the secrets, out of so many tried, that are known more closely than half of the smallest k."""
        coin = self.attack.coin
        number, _newest = self.attack.releases[-1]
        width = max(2, min(-(-one.k // 2) for _number, one in self.attack.releases))
        equal, less = self._matrix(self.equal), -self._matrix([row for row, _n in self.less])
        room = np.array([n for _row, n in self.less], float)
        for i in coin.permutation(len(secrets))[:most]:
            codes, target, n = secrets[i]
            goal = np.zeros(len(self.place))
            for variable, sign in self._between(codes, target.first, target.after):
                goal[variable] += sign
            ends = []
            for sign in (1, -1):
                known = {"A_eq": equal, "b_eq": np.zeros(equal.shape[0]), "A_ub": less, "b_ub": room}
                answer = linprog(sign * goal, **known, bounds=(-(10**4), 10**4), method="highs")
                assert answer.status == 0, answer.message
                ends.append(sign * answer.fun)
            low, high = n + np.ceil(ends[0] - 1e-6), n + np.floor(ends[1] + 1e-6)
            if high - low < width:
                yield Leak("close", number, target, n, f"{low} to {high}, width {width}")
