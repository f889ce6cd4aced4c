"""Which cells to withhold so that the attack finds no secret, and nothing that need not be withheld.

Primary: cells that count too few of a protection unit. The complement of a numerator is a cell of the lattice, so a
share of all but two people is found by the same rule. Agencies use 3 to 5 (OECD), 10 (ONS, UK LLC, ACRO's default);
zeros count as small in UK LLC and ACRO. Complementary: for each exposed secret, the cheapest way in which another
table could also be true is found by one linear program over the lattice, and the cells in which that table differs
are withheld too. sdcTable warns that its methods may leave tables under-protected; so the attack has the last word:
`protect` returns only what it could not break.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack, vstack

from openhalo.base.errors import Problem, ReleaseError
from openhalo.disclosure.attack import FAR, Component, System, Witnesses, components, exposed, settle
from openhalo.disclosure.lattice import CountTable, Lattice, cell_keys, without_repeats
from openhalo.disclosure.policy import Rule
from openhalo.disclosure.programs import Numbers, Program, TimeBudget

MAX_PASSES = 30
Move = tuple[NDArray[np.int64], NDArray[np.float64]]


@dataclass(frozen=True)
class Protected:
    """The cells of one release, and which of them are withheld. Holds true counts: it never leaves the site."""

    lattice: Lattice
    secret: NDArray[np.bool_]
    withheld: NDArray[np.bool_]
    zeros_shown: bool
    published: NDArray[np.bool_] | None = None
    """Which cells some table shows unless they are withheld; the others only stand between them. None: all."""

    def cells(self) -> pl.DataFrame:
        """Return `key`, `n` (null where withheld) and `withheld`: what may be said about each cell."""
        withheld = pl.Series("withheld", self.withheld)
        return self.lattice.cells.select("key", "n").with_columns(
            pl.when(withheld).then(None).otherwise(pl.col("n")).alias("n"), withheld
        )

    def table(self, table: CountTable) -> pl.DataFrame:
        """Return the dims of a table, `n` (null where withheld) and `withheld`: what may be said of it.

        All that belongs to a withheld cell (share, rate, denominator, interval, mark on a chart) is withheld with
        it. Cells that the table does not list count 0 and are in `cells()`.
        """
        keyed = table.counts.select(*table.dims, cell_keys(table.of, table.dims).alias("key"))
        return keyed.join(self.cells(), on="key", how="left", maintain_order="left").drop("key")


def primary(lattice: Lattice, rule: Rule) -> NDArray[np.bool_]:
    """Return which cells count too few of a protection unit, or are dominated by one of them.

    `rule.units` names columns of the lattice; a cell is as small as the smallest of its numbers. Dominance is the
    p % rule: the second largest contributor could work out the largest to within p %.
    """
    cells = lattice.cells
    missing = [unit for unit in rule.units if unit not in cells.columns]
    if missing:
        problems = [Problem("units", f"the tables do not count '{unit}'", todo="count it") for unit in missing]
        raise ReleaseError(problems)
    least = cells.select(pl.min_horizontal("n", *rule.units)).to_series().to_numpy()
    count = lattice.n
    small = (least < rule.k) & ((count > 0) | (not rule.zeros_shown))
    if rule.dominance is not None:
        for unit in rule.units:
            largest, second = (cells[f"{unit}_{rank}"].to_numpy() for rank in ("largest", "second"))
            small |= (count > 0) & (count - largest - second < rule.dominance * largest)
    return np.asarray(small, dtype=np.bool_)


def joined(current: Protected, earlier: Sequence[Protected]) -> System:
    """Return what the attacker has once `current` is public beside every earlier release still public.

    A cell that stands in several releases is one unknown: the attacker is granted the change between them. So it is
    public when any release shows it, and its least value is the strictest that any release allows.
    """
    releases = [*earlier, current]
    stacked = pl.concat([release.lattice.cells.select("key", "n") for release in releases])
    unique = stacked.group_by("key", maintain_order=True).agg(pl.col("n").last())
    keys, size = unique["key"], len(unique)
    public, secret, lower = np.zeros(size, np.bool_), np.zeros(size, np.bool_), np.full(size, -FAR, np.int64)
    parts = []
    for release in releases:
        place = _places(keys, release.lattice)
        public[place] |= ~release.withheld
        secret[place] |= release.secret
        least = int(release.zeros_shown) - release.lattice.n
        lower[place] = np.maximum(lower[place], np.minimum(least, 0))
        entries = release.lattice.sums.tocoo()
        parts.append(csr_array((entries.data, (entries.row, place[entries.col])), shape=(entries.shape[0], size)))
    sums = without_repeats(csr_array(vstack(parts)))
    return System(keys.to_list(), unique["n"].to_numpy().astype(np.int64), sums, public, lower, secret)


def protect(
    lattice: Lattice, rule: Rule, earlier: Sequence[Protected] = (), published: NDArray[np.bool_] | None = None
) -> Protected:
    """Withhold cells until the attack finds no secret of this release or of an earlier one.

    Args:
        lattice: all tables of the release.
        rule: the policy's numbers.
        earlier: every release still public, oldest first, as this function returned them.
        published: which cells the tables show; the others are not public to begin with. None: all.

    Raises:
        ReleaseError: a secret cannot be protected because what an earlier release shows gives it away (publish
            those periods as before: see `held_periods`), or the attack takes longer than its budget.
    """
    return withhold(lattice, primary(lattice, rule), rule, earlier, published)


def withhold(
    lattice: Lattice,
    secret: NDArray[np.bool_],
    rule: Rule,
    earlier: Sequence[Protected] = (),
    published: NDArray[np.bool_] | None = None,
) -> Protected:
    """Protect given secrets, as `protect` does for those that it finds itself."""
    budget = TimeBudget(rule.attack_seconds)
    may_hide = ((lattice.n > 0) | (not rule.zeros_shown)) & ~_known_empty(lattice, earlier)
    secret = secret & may_hide
    unseen = np.zeros_like(secret) if published is None else ~published
    withheld = (secret | unseen | _named(lattice, earlier, hidden=True)) & may_hide
    system = joined(Protected(lattice, secret, withheld, rule.zeros_shown), earlier)
    place = _places(pl.Series("key", system.keys), lattice)
    free = np.zeros(len(system.keys), np.bool_)
    free[place] = ~_named(lattice, earlier, hidden=False) & may_hide
    kept, others, whole = Witnesses(len(system.keys)), _OtherTables(system, free), False
    for _ in range(MAX_PASSES):
        settle(system, rule.width, kept, budget, components(system))
        hidden, hopeless = int(system.public.sum()), []
        for cell in kept.unsettled(system, rule.width):
            if kept.most[cell] - kept.least[cell] >= rule.width:
                continue
            moves = others.cheapest(int(cell), rule.width, whole, budget)
            if not moves:
                hopeless.append(_cannot_hide(system.keys[cell]))
            for cells, deviation in moves:
                system.public[cells] = False
                kept.add(system, cells, deviation)
        if hopeless:
            raise ReleaseError(hopeless[:20])
        whole = hidden == int(system.public.sum())
        if whole and not exposed(system, rule.width, budget, kept):
            return Protected(lattice, secret, ~system.public[place], rule.zeros_shown, published)
    raise ReleaseError(Problem("disclosure", f"no safe set of cells was found in {MAX_PASSES} passes"))


def _places(keys: pl.Series, lattice: Lattice) -> NDArray[np.int64]:
    known = pl.DataFrame({"key": keys}).with_row_index("at")
    places = lattice.cells.select("key").join(known, on="key", how="left", maintain_order="left")["at"]
    return places.to_numpy().astype(np.int64)


def _named(lattice: Lattice, earlier: Sequence[Protected], hidden: bool) -> NDArray[np.bool_]:
    """Return which cells some earlier release withholds (or shows)."""
    keys = [r.lattice.cells["key"].filter(pl.Series(_stood(r) & (r.withheld == hidden))) for r in earlier]
    if not keys:
        return np.zeros(len(lattice.cells), np.bool_)
    return np.asarray(lattice.cells["key"].is_in(pl.concat(keys).unique().implode()).to_numpy(), dtype=np.bool_)


def _stood(release: Protected) -> NDArray[np.bool_]:
    """Return which cells stood in a table, shown or withheld, or were shown because they are empty."""
    every = np.ones_like(release.withheld)
    return every if release.published is None else release.published | ~release.withheld


def _known_empty(lattice: Lattice, earlier: Sequence[Protected]) -> NDArray[np.bool_]:
    """Return which cells count nobody, as a release that is still public says by not having their group.

    A group that first comes up in a new period brings empty cells into the periods before it. Releases of these
    periods gave all groups and their total, so everyone knows that it was empty there.
    """
    ours = _codes(lattice).filter(pl.col("n") == 0)
    empty = np.zeros(len(lattice.cells), np.bool_)
    for release in earlier:
        theirs = _codes(release.lattice)
        new = ours.join(theirs, on=["of", "period", "dim", "code"], how="anti")
        empty[new.join(theirs, on=["of", "period", "dim"], how="semi")["at"].to_numpy()] = True
    return empty


def _codes(lattice: Lattice) -> pl.DataFrame:
    """Return the codes of each cell beside its period: `at`, `n`, `of`, `period`, `dim`, `code`."""
    named = lattice.cells.select("n", pl.col("key").str.split("|").alias("parts")).with_row_index("at")
    of, rest = pl.col("parts").list.first().alias("of"), pl.col("parts").list.slice(1)
    period = rest.list.filter(pl.element().str.starts_with("period=")).list.first().alias("period")
    each = named.select("at", "n", of, period.fill_null(""), rest.alias("part")).explode("part").drop_nulls("part")
    split = pl.col("part").str.splitn("=", 2)
    dims = each.with_columns(split.struct.field("field_0").alias("dim"), split.struct.field("field_1").alias("code"))
    return dims.filter(pl.col("dim") != "period").drop("part")


def _cannot_hide(key: str) -> Problem:
    return Problem(
        key, "this cell can be worked out from releases that are public", todo="publish its period as before"
    )


class _OtherTables:
    """The other tables that could also be true if more cells were withheld, and which of them is cheapest."""

    def __init__(self, system: System, free: NDArray[np.bool_]) -> None:
        self.system = system
        self.parts = components(system, free | ~system.public)
        self.part_of = {int(cell): part for part in self.parts for cell in part.cells}
        self.programs: dict[int, Program] = {}

    def cheapest(self, cell: int, width: int, whole: bool, budget: TimeBudget) -> list[Move]:
        """Return where and by how much the cheapest tables differ that leave `cell` open by the width.

        What it costs to move a published cell is its count; withheld cells move for nothing. One table is enough
        where the cell can be the width more, or less; else it takes one of each. Empty: there are none.
        """
        part = self.part_of.get(cell)
        if part is None:
            return []
        for step in (width, -width):
            if (moved := self._move(part, cell, step, whole, budget)) is not None:
                return [moved]
        up = self._most(part, cell, budget)
        both = [self._move(part, cell, step, whole, budget) for step in (up, up - width)]
        return [move for move in both if move is not None] if None not in both else []

    def _move(self, part: Component, cell: int, step: int, whole: bool, budget: TimeBudget) -> Move | None:
        if step < self.system.lower[cell]:
            return None
        size = len(part.cells)
        price = np.where(self.system.public[part.cells], 1.0 + self.system.value[part.cells], 0.0)
        floor, ceiling, at = self._bounds(part, cell)
        floor[[at, size + at]] = ceiling[[at, size + at]] = max(step, 0), max(-step, 0)
        program = self._program(part)
        ask = program.furthest_whole if whole else program.furthest
        z = ask(np.r_[-price, -price], floor, ceiling, budget)
        if z is None:
            return None
        deviation = z[:size] - z[size:]
        moved = np.abs(deviation) > 1e-7
        return part.cells[moved], deviation[moved]

    def _most(self, part: Component, cell: int, budget: TimeBudget) -> int:
        """Return the most whole units that a cell can be more, if it takes all cells that may be withheld."""
        floor, ceiling, at = self._bounds(part, cell)
        size = len(part.cells)
        ceiling[size + at] = 0
        goal = np.zeros(2 * size)
        goal[at] = 1
        z = self._program(part).furthest(goal, floor, ceiling, budget)
        return 0 if z is None else int(z[at] + 1e-6)

    def _bounds(self, part: Component, cell: int) -> tuple[Numbers, Numbers, int]:
        size = len(part.cells)
        ceiling = np.r_[np.full(size, float(FAR)), -self.system.lower[part.cells].astype(np.float64)]
        return np.zeros(2 * size), ceiling, int(np.searchsorted(part.cells, cell))

    def _program(self, part: Component) -> Program:
        if id(part) not in self.programs:
            self.programs[id(part)] = Program(csr_array(hstack([part.sums, -part.sums])))
        return self.programs[id(part)]


def held_periods(lattice: Lattice, earlier: Sequence[Protected], k: int, periods: Sequence[str]) -> list[str]:
    """Return the periods of which late records and corrections must wait: their figures go out as before.

    A difference between two releases is a count too: of records that came late or were changed. Where any cell that
    an earlier release shows would now show a change of fewer than k, the whole period waits until it is more, and is
    counted from the store version of that release, so that no sum over periods lets the difference out.

    Args:
        lattice: the tables as counted now.
        earlier: the releases still public, oldest first.
        k: the policy's k.
        periods: codes of the dimension `period`, finest first where one contains another.
    """
    now = lattice.cells.select("key", "n")
    held: list[str] = []
    for release in earlier:
        shown = release.cells().filter(~pl.col("withheld")).join(now, on="key", suffix="_now")
        small = shown.filter((pl.col("n") != pl.col("n_now")) & ((pl.col("n") - pl.col("n_now")).abs() < k))
        found = small.select(pl.col("key").str.extract(r"\|period=([^|]*)").unique())["key"].to_list()
        held += [period for period in periods if period in found and period not in held]
    return held
