"""The attack: what can be worked out about withheld cells from all that is public.

The attacker knows every published cell of this release and of every earlier one that is still public, every sum
that holds among cells, that counts are whole and not negative, and (more than a real one does) by how much each
cell changed from release to release. What each cell could still be is therefore a set of whole-number tables z,
told as deviations from the true one: `sums @ z = 0`, z = 0 where a cell is public, z ≥ lower where it is withheld.
A secret is safe when two such tables differ in its cell by at least the width: an interval audit as in Fischetti
and Salazar (2000), for which sdcTable (`attack`) solves two linear programs a cell. Here whole-number solutions are
kept as witnesses, so that one program settles many cells, and a cell is called safe only on whole-number proof;
where a program ends in fractions, a mixed-integer one decides.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from openhalo.disclosure.programs import FRACTION, Program, TimeBudget

FAR = 10**6
"""Stands for "no limit" on a deviation."""


@dataclass(frozen=True)
class System:
    """All that the attacker has: cells of all releases as one lattice, told as deviations from the truth."""

    keys: list[str]
    value: NDArray[np.int64]
    """True counts, of the newest release that has the cell."""
    sums: csr_array
    public: NDArray[np.bool_]
    lower: NDArray[np.int64]
    """The least that a withheld cell can deviate by, 0 or less."""
    secret: NDArray[np.bool_]
    width: NDArray[np.int64]
    """How far apart the values must be that a secret could have."""


@dataclass(frozen=True)
class Exposed:
    """A secret that the attacker gets too close to: he knows it to lie from `low` to `high`."""

    cell: int
    low: int
    high: int


def propagate(system: System, rounds: int = 50) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Narrow what each cell can deviate by, one sum at a time, until nothing moves or `rounds` are over.

    Returns lower and upper bounds of the deviations. They are valid but not always the best: linear programs
    over several sums at once may know more.
    """
    low = np.where(system.public, 0.0, np.maximum(system.lower, -FAR))
    high = np.where(system.public, 0.0, float(FAR))
    matrix = system.sums.tocoo()
    row, column, sign = matrix.row, matrix.col, matrix.data
    equations = matrix.shape[0]
    for _ in range(rounds):
        least = np.where(sign > 0, low[column], -high[column])
        most = np.where(sign > 0, high[column], -low[column])
        rest_least = np.bincount(row, least, equations)[row] - least
        rest_most = np.bincount(row, most, equations)[row] - most
        new_low, new_high = low.copy(), high.copy()
        np.maximum.at(new_low, column, np.where(sign > 0, -rest_most, rest_least))
        np.minimum.at(new_high, column, np.where(sign > 0, -rest_least, rest_most))
        if (new_low == low).all() and (new_high == high).all():
            break
        low, high = new_low, new_high
    return low, high


class Witnesses:
    """Whole tables that the attacker cannot rule out, kept as the least and most that each cell deviates in them."""

    def __init__(self, cells: int) -> None:
        self.least, self.most = np.zeros(cells, np.int64), np.zeros(cells, np.int64)

    def add(self, system: System, cells: NDArray[np.int64], deviation: NDArray[np.float64]) -> bool:
        """Keep a table, given by the deviations of some cells; False if it is not one, checked in whole numbers."""
        whole = deviation.round()
        if np.abs(deviation - whole).max(initial=0) > FRACTION:
            return False
        z = np.zeros(len(system.keys), np.int64)
        z[cells] = whole
        if (z < system.lower).any() or z[system.public].any() or (system.sums @ z).any():
            return False
        np.minimum(self.least, z, out=self.least)
        np.maximum(self.most, z, out=self.most)
        return True

    def unsettled(self, system: System) -> NDArray[np.int64]:
        """Return the secrets that no two of these tables hold apart by their width."""
        return np.flatnonzero(system.secret & (self.most - self.least < system.width))


def intervals(system: System, cells: NDArray[np.int64], budget: TimeBudget) -> NDArray[np.float64]:
    """Return for each cell the lowest and highest whole count that is consistent with all that is public.

    Shape: cells × 2; `inf` where nothing limits a cell from above.
    """
    low, high = propagate(system)
    found = np.empty((len(cells), 2))
    part_of = {int(cell): part for part in components(system) for cell in part.cells}
    for index, cell in enumerate(cells):
        part = part_of.get(int(cell))
        ends = [0.0, 0.0] if part is None else [part.extreme(low, high, int(cell), way, budget)[0] for way in (-1, 1)]
        found[index] = [value if abs(value) < FAR / 2 else np.inf for value in ends]
    return found + system.value[cells][:, None]


def exposed(system: System, budget: TimeBudget, witnesses: Witnesses | None = None) -> list[Exposed]:
    """Return the secrets that are known to within less than their width; none means that every secret is safe.

    Raises:
        ReleaseError: the attack takes longer than its budget.
    """
    low, high = propagate(system)
    kept = witnesses or Witnesses(len(system.keys))
    near = system.secret & ((high - low < system.width) | system.public)
    found = [Exposed(int(i), *_known(system, int(i), low[i], high[i])) for i in np.flatnonzero(near)]
    parts = components(system)
    settle(system, kept, budget, parts)
    open_ = np.setdiff1d(kept.unsettled(system), np.flatnonzero(near))
    for part in parts:
        for cell in open_[np.isin(open_, part.cells)]:
            ends, width = [kept.least[cell], kept.most[cell]], int(system.width[cell])
            for index, way in enumerate((-1, 1)):
                if ends[1] - ends[0] < width:
                    ends[index], z = part.extreme(low, high, int(cell), way, budget, width)
                    kept.add(system, part.cells, z)
            if ends[1] - ends[0] < width:
                found.append(Exposed(int(cell), *_known(system, int(cell), *ends)))
    return found


def settle(system: System, kept: Witnesses, budget: TimeBudget, parts: "list[Component]") -> None:
    """Find tables that hold many secrets apart at once: all moved up, then up and down by the toss of a coin."""
    low, high = propagate(system)
    coin = np.random.default_rng(7)
    unsettled = kept.unsettled(system)
    for part in parts:
        at = np.flatnonzero(np.isin(part.cells, unsettled))
        for attempt in range(40):
            open_ = at[(kept.most - kept.least < system.width)[part.cells[at]]]
            if open_.size == 0:
                break
            goal, ceiling, floor = np.zeros(len(part.cells)), high[part.cells].copy(), low[part.cells].copy()
            goal[open_] = 1 if attempt == 0 else coin.choice([-1.0, 1.0], open_.size)
            width = system.width[part.cells[open_]]
            ceiling[open_], floor[open_] = np.minimum(ceiling[open_], width), np.maximum(floor[open_], -width)
            z = part.program.furthest(goal, floor, ceiling, budget)
            if z is not None and not kept.add(system, part.cells, z):
                near = part.program.whole_near(z, goal, floor, ceiling, budget)
                if near is not None:
                    kept.add(system, part.cells, near)
            left = (kept.most - kept.least < system.width)[part.cells[open_]].sum()
            if attempt > 2 and left > 0.9 * open_.size:
                break


def _known(system: System, cell: int, low: float, high: float) -> tuple[int, int]:
    return int(system.value[cell] + low), int(system.value[cell] + min(high, FAR))


@dataclass
class Component:
    """Withheld cells that hang together by sums, and these sums."""

    cells: NDArray[np.int64]
    sums: csr_array

    @cached_property
    def program(self) -> Program:
        """Return the component's linear program, made when it is first asked."""
        return Program(self.sums)

    def extreme(
        self,
        low: NDArray[np.float64],
        high: NDArray[np.float64],
        cell: int,
        way: int,
        budget: TimeBudget,
        cap: float = FAR,
    ) -> tuple[float, NDArray[np.float64]]:
        """Return the most (way 1) or least (way −1) that a cell can deviate by in whole numbers, up to `cap`."""
        i = int(np.searchsorted(self.cells, cell))
        goal, floor, ceiling = np.zeros(len(self.cells)), low[self.cells].copy(), high[self.cells].copy()
        goal[i], floor[i], ceiling[i] = way, max(floor[i], -cap), min(ceiling[i], cap)
        z = self.program.furthest(goal, floor, ceiling, budget)
        if z is None or np.abs(z - z.round()).max() > FRACTION:
            z = self.program.furthest_whole(goal, floor, ceiling, budget)
        assert z is not None, "the true table is always one"
        return float(z[i].round()), z


def components(system: System, movable: NDArray[np.bool_] | None = None) -> list[Component]:
    """Return the withheld (or the movable) cells in groups that no sum joins, largest first."""
    hidden = np.flatnonzero(~system.public if movable is None else movable)
    if hidden.size == 0 or system.sums.shape[0] == 0:
        return [Component(hidden[i : i + 1], csr_array((0, 1))) for i in range(hidden.size)]
    sums = csr_array(system.sums[:, hidden].astype(np.float64))
    sums = csr_array(sums[np.flatnonzero(np.diff(sums.indptr))])
    _, label = connected_components(_joins(sums), directed=False)
    label = label[sums.shape[0] :]
    order = np.argsort(label, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(label[order])) + 1)
    found = []
    by_column = sums.tocsc()
    for group in groups:
        own = by_column[:, group]
        rows = np.unique(own.indices)
        found.append(Component(hidden[group], csr_array(own.tocsr()[rows])))
    return sorted(found, key=lambda part: -len(part.cells))


def _joins(sums: csr_array) -> csr_array:
    """Return the graph whose nodes are sums and cells, with an edge where a cell stands in a sum."""
    entries, size = sums.tocoo(), sum(sums.shape)
    return csr_array((np.abs(entries.data), (entries.row, entries.col + sums.shape[0])), shape=(size, size))
