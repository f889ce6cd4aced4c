"""Which cells to withhold so that the attack finds no secret, and nothing that need not be withheld.

Primary: cells that count too few of a protection unit. The complement of a numerator is a cell of the lattice, so a
share of all but two people is found by the same rule. Agencies use 3 to 5 (OECD), 10 (ONS, UK LLC, ACRO's default);
zeros count as small in UK LLC and ACRO. Complementary: for each exposed secret, the cheapest way in which another
table could also be true is found by one linear program over the lattice, and the cells in which that table differs
are withheld too. sdcTable warns that its methods may leave tables under-protected; so the attack has the last word:
`protect` returns only what it could not break.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack, vstack

from openhalo.base.errors import Problem, ReleaseError
from openhalo.disclosure.attack import FAR, Component, System, Witnesses, components, exposed, settle
from openhalo.disclosure.intervals import period, sums_over_days
from openhalo.disclosure.joint_cells import JointCells, with_joint
from openhalo.disclosure.lattice import TOGETHER, CountTable, Lattice, cell_keys, without_repeats
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
    rule: Rule
    published: NDArray[np.bool_] | None = None
    """Which cells some table shows unless they are withheld; the others only stand between them. None: all."""

    @property
    def stood(self) -> NDArray[np.bool_]:
        """Return which cells stood in a table, shown or withheld, or were shown because they are empty."""
        every = np.ones_like(self.withheld)
        return every if self.published is None else self.published | ~self.withheld

    def told(self) -> pl.DataFrame:
        """Return `key`, `n`, `of`, `period` of all that can be known of this release.

        These are the cells that are no secrets, since what is not shown of them may be worked out, each under its own
        key (`of`); and what a shown total leaves for all its withheld parts together: these share an `of`.
        """
        cells = self.lattice.cells.select("key", "n").with_row_index("at")
        declared = ~self.lattice.cells["joint"].to_numpy()
        open_ = cells.filter(pl.Series(~self.secret & declared)).select("key", "n", of="key", period=period())
        sums = self.lattice.sums.tocoo()
        entries = pl.DataFrame({"row": sums.row, "at": sums.col, "sign": sums.data}).with_columns(
            pl.col("at").cast(pl.UInt32), hidden=pl.Series(self.withheld[sums.col])
        )
        totals = entries.filter(pl.col("sign") > 0, ~pl.col("hidden")).select("row", total="at")
        undeclared = entries.filter(~pl.Series(declared[sums.col])).select("row").unique()
        parts = (
            entries.filter(pl.col("sign") < 0, "hidden")
            .join(undeclared, on="row", how="anti")
            .join(totals, on="row")
            .join(cells, on="at")
        )
        named = cells.select(period=period(), total="at")
        left = parts.join(named, on="total").select("key", "n", of=pl.format("rest {}", "row"), period="period")
        return pl.concat([open_, left])

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

    `rule.units` names columns of the lattice, each with the least that a cell needs of them. Dominance is the
    p % rule: the second largest contributor could work out the largest to within p %.
    """
    cells = lattice.cells
    missing = [unit for unit in rule.units if unit not in cells.columns]
    if missing:
        problems = [Problem("units", f"the tables do not count '{unit}'", todo="count it") for unit in missing]
        raise ReleaseError(problems)
    few = [pl.col("n") < rule.k, *((pl.col(unit) < least).fill_null(False) for unit, least in rule.units.items())]
    count = lattice.n
    small = cells.select(pl.any_horizontal(few)).to_series().to_numpy() & ((count > 0) | (not rule.zeros_shown))
    if rule.dominance is not None:
        for unit in rule.units:
            largest, second = (cells[f"{unit}_{rank}"].to_numpy() for rank in ("largest", "second"))
            small = small | ((count > 0) & (count - largest - second < rule.dominance * largest))
    return np.asarray(small, dtype=np.bool_)


def joined(releases: Sequence[Protected]) -> System:
    """Return what the attacker has once all these releases are public, oldest first.

    A cell that stands in several releases is one unknown: the attacker is granted the change between them. So it is
    public when any release shows it, and its least value is the strictest that any release allows.
    """
    stacked = pl.concat([release.lattice.cells.select("key", "n") for release in releases])
    unique = stacked.group_by("key", maintain_order=True).agg(pl.col("n").last())
    keys, size = unique["key"], len(unique)
    public, secret, lower = np.zeros(size, np.bool_), np.zeros(size, np.bool_), np.full(size, -FAR, np.int64)
    width = np.full(size, FAR, np.int64)
    parts = [sums_over_days(keys)] if len(releases) > 1 else []
    for release in releases:
        place = _places(keys, release.lattice)
        public[place] |= ~release.withheld
        secret[place] |= release.secret
        # What went out under a narrower rule is no safer today.
        width[place] = np.minimum(width[place], np.where(release.secret, release.rule.width, FAR))
        # That no record leaves a field blank is told, so everyone knows of one that is withheld that it is not empty.
        blank = release.lattice.cells["key"].str.contains("=?", literal=True).to_numpy()
        least = (blank & (release.lattice.n > 0) | release.rule.zeros_shown) - release.lattice.n
        lower[place] = np.maximum(lower[place], np.minimum(least, 0))
        entries = release.lattice.sums.tocoo()
        parts.append(csr_array((entries.data, (entries.row, place[entries.col])), shape=(entries.shape[0], size)))
    sums = without_repeats(csr_array(vstack(parts)))
    return System(keys.to_list(), unique["n"].to_numpy().astype(np.int64), sums, public, lower, secret, width)


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
            those periods as before: see `small_changes`), or the attack takes longer than its budget.
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
    return withhold_together([Protected(lattice, secret, secret, rule, published)], earlier)[0]


def withhold_together(
    parts: Sequence[Protected], earlier: Sequence[Protected] = (), joints: Sequence[JointCells] = ()
) -> list[Protected]:
    """Protect a release that counts some tables from one state of the records, and some from another.

    Args:
        parts: the tables of each state, with their secrets, and the least that they withhold; the rest of it is found
            here. A cell that several have is withheld in all of them or in none.
        earlier: every release still public, oldest first.
        joints: cells that nobody tells, of which the tables are made; they come in once the tables by themselves are
            safe, since programs with them take long.
    """
    rule = parts[0].rule
    budget = TimeBudget(rule.attack_seconds)
    least = [part.withheld for part in parts]
    parts = [replace(part, secret=_still_secret(part, earlier), withheld=np.ones_like(part.secret)) for part in parts]
    system = joined([*earlier, *parts])
    free = _choose(system, parts, earlier, least)
    _withhold(system, free, parts, earlier, (), budget)
    if joints:
        whole = with_joint(system, joints)
        more = np.zeros(len(whole.keys) - len(system.keys), np.bool_)
        _withhold(whole, np.r_[free, more], parts, earlier, joints, budget)
        system = whole
    places = [_places(pl.Series("key", system.keys), part.lattice) for part in parts]
    return [replace(part, withheld=~system.public[place]) for part, place in zip(parts, places, strict=True)]


def _withhold(
    system: System,
    free: NDArray[np.bool_],
    parts: Sequence[Protected],
    earlier: Sequence[Protected],
    joints: Sequence[JointCells],
    budget: TimeBudget,
) -> None:
    """Take cells that are free off what is public until the attack finds no secret."""
    kept, others, whole = Witnesses(len(system.keys)), _OtherTables(system, free), False
    for _ in range(MAX_PASSES):
        settle(system, kept, budget, components(system))
        shown, hopeless = int(system.public.sum()), list[int]()
        for cell in kept.unsettled(system):
            width = int(system.width[cell])
            if kept.most[cell] - kept.least[cell] >= width:
                continue
            moves = others.cheapest(int(cell), width, whole, budget)
            if not moves:
                hopeless.append(int(cell))
            for cells, deviation in moves:
                system.public[cells] = False
                kept.add(system, cells, deviation)
        told_before = _told_before(system, parts, earlier, joints, hopeless, budget)
        hopeless = [cell for cell in hopeless if cell not in told_before]
        if hopeless:
            raise ReleaseError([_cannot_hide(system.keys[cell]) for cell in hopeless[:20]])
        whole = shown == int(system.public.sum())
        if whole and not exposed(system, budget, kept):
            return
    raise ReleaseError(Problem("disclosure", f"no safe set of cells was found in {MAX_PASSES} passes"))


def _choose(
    system: System, parts: Sequence[Protected], earlier: Sequence[Protected], least: Sequence[NDArray[np.bool_]]
) -> NDArray[np.bool_]:
    """Make public what is no secret and stands in a table, and return which cells may be withheld all the same."""
    keys, size = pl.Series("key", system.keys), len(system.keys)
    here, may_hide, seen, hidden, shown = (np.zeros(size, np.bool_) for _ in range(5))
    for part, withheld in zip(parts, least, strict=True):
        place = _places(keys, part.lattice)
        here[place] = True
        hidden[place] |= withheld
        may_hide[place] |= _may_hide(part, earlier)
        seen[place] |= True if part.published is None else part.published
    for release in earlier:
        place = _places(keys, release.lattice)
        hidden[place] |= release.stood & release.withheld
        shown[place] |= release.stood & ~release.withheld
    system.public[here & ~((system.secret | ~seen | hidden) & may_hide)] = True
    return here & ~shown & may_hide


def _told_before(
    system: System,
    parts: Sequence[Protected],
    earlier: Sequence[Protected],
    joints: Sequence[JointCells],
    cells: Sequence[int],
    budget: TimeBudget,
) -> set[int]:
    """Return which of these secrets the earlier releases give away by themselves, and take them off the list.

    A lower k lets numbers out that are secrets today. What is told anyway is not told by this release, as long as it
    shows the same number or none.
    """
    if not earlier or not cells:
        return set()
    known = with_joint(joined(earlier), joints)
    place = {key: at for at, key in enumerate(known.keys)}
    shown = {key: n for part in parts for key, n in _shown_counts(part).iter_rows()}
    same = [
        cell
        for cell in cells
        if (at := place.get(system.keys[cell])) is not None
        and shown.get(system.keys[cell], known.value[at]) == known.value[at]
    ]
    secret = np.zeros(len(known.keys), np.bool_)
    secret[[place[system.keys[cell]] for cell in same]] = True
    width = known.width.copy()
    width[secret] = max(part.rule.width for part in parts)
    out = {known.keys[one.cell] for one in exposed(replace(known, secret=secret, width=width), budget)}
    told = {cell for cell in same if system.keys[cell] in out}
    system.secret[sorted(told)] = False
    return told


def _shown_counts(part: Protected) -> pl.DataFrame:
    cells = part.lattice.cells.select("key", "n")
    return cells if part.published is None else cells.filter(pl.Series(part.published))


def _may_hide(part: Protected, earlier: Sequence[Protected]) -> NDArray[np.bool_]:
    return ((part.lattice.n > 0) | (not part.rule.zeros_shown)) & ~_known_empty(part.lattice, earlier)


def _still_secret(part: Protected, earlier: Sequence[Protected]) -> NDArray[np.bool_]:
    """Return the secrets of a part that can be kept: not those that an earlier release told, at a lower k perhaps."""
    secret = part.secret & _may_hide(part, earlier)
    cells = part.lattice.cells.select("key", "n")
    for release in earlier:
        told = release.lattice.cells.select("key", "n").filter(pl.Series(release.stood & ~release.withheld))
        secret &= (
            ~cells.select(pl.struct("key", "n").is_in(told.select(pl.struct("key", "n")).to_series().implode()))
            .to_series()
            .to_numpy()
        )
    return np.asarray(secret, dtype=np.bool_)


def _places(keys: pl.Series, lattice: Lattice) -> NDArray[np.int64]:
    known = pl.DataFrame({"key": keys}).with_row_index("at")
    places = lattice.cells.select("key").join(known, on="key", how="left", maintain_order="left")["at"]
    return places.to_numpy().astype(np.int64)


def _known_empty(lattice: Lattice, earlier: Sequence[Protected]) -> NDArray[np.bool_]:
    """Return which cells count nobody, as a release that is still public says by not having their group.

    A group that first comes up in a new period brings empty cells into the periods before it. Releases of these
    periods gave all groups and their total, so everyone knows that it was empty there.
    """
    ours, empty = _codes(lattice).filter(pl.col("n") == 0), np.zeros(len(lattice.cells), np.bool_)
    for release in earlier:
        theirs = _codes(release.lattice).select("of", "period", "dim", "code", there=pl.lit(True)).unique()
        cut_so = ours.join(theirs, on=["of", "period", "dim"], how="semi")
        known = cut_so.join(theirs, on=["of", "period", "dim", "code"], how="left")
        # Of codes that have one cell together, all must be new.
        new = known.group_by("at", "dim").agg(pl.col("there").is_null().all()).filter("there")
        empty[new["at"].to_numpy()] = True
    return empty


def _codes(lattice: Lattice) -> pl.DataFrame:
    """Return each code of each cell beside its period: `at`, `n`, `of`, `period`, `dim`, `code`."""
    named = lattice.cells.select("n", pl.col("key").str.split("|").alias("parts")).with_row_index("at")
    of, rest = pl.col("parts").list.first().alias("of"), pl.col("parts").list.slice(1)
    period = rest.list.filter(pl.element().str.starts_with("period=")).list.first().alias("period")
    each = named.select("at", "n", of, period.fill_null(""), rest.alias("part")).explode("part").drop_nulls("part")
    split = pl.col("part").str.splitn("=", 2)
    dims = each.with_columns(split.struct.field("field_0").alias("dim"), split.struct.field("field_1").alias("code"))
    single = pl.col("code").str.split(TOGETHER)
    return dims.filter(pl.col("dim") != "period").drop("part").with_columns(single).explode("code")


def _cannot_hide(key: str) -> Problem:
    todo = "keep the tables, the periods and the k of the release before, or leave out the tables in which it stands"
    return Problem(key, "this cell can be worked out from releases that are public", todo=todo)


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
