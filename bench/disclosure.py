"""What it takes to prove that three tables of the same stops give nobody away together, against an audit cell by cell.

The rival is the interval audit as sdcTable has it: the least and the most that each secret can be, two integer programs
each, over the joint cells, with SciPy's HiGHS. It is given what to withhold; ours finds that, too.
"""

import statistics
import time
from dataclasses import replace
from itertools import combinations, product

import numpy as np
import polars as pl
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from openhalo.disclosure.joint_cells import JointCells
from openhalo.disclosure.lattice import Lattice, count_table
from openhalo.disclosure.policy import Rule
from openhalo.disclosure.suppression import Protected, primary, withhold_together

CODES = {"race": 6, "precinct": 8, "reason": 7}
PAIRS = tuple(combinations(CODES, 2))
RULE = Rule(k=10, width=5, attack_seconds=600)


def made_stops(rows: int, seed: int = 1) -> pl.DataFrame:
    """Return stops of one year by three fields: a few codes hold most, and reasons differ from place to place."""
    coin = np.random.default_rng(seed)
    race = coin.choice(CODES["race"], rows, p=coin.dirichlet(np.full(CODES["race"], 0.7)))
    precinct = coin.choice(CODES["precinct"], rows, p=coin.dirichlet(np.full(CODES["precinct"], 2.0)))
    by_place = coin.dirichlet(np.full(CODES["reason"], 0.7), CODES["precinct"])
    reason = (by_place.cumsum(axis=1)[precinct] < coin.random(rows)[:, None]).sum(axis=1)
    fields = {"race": race, "precinct": precinct, "reason": reason}
    return pl.DataFrame({name: [f"{name}{code}" for code in of] for name, of in fields.items()})


def joint_cells(stops: pl.DataFrame) -> JointCells:
    """Return the cells by all three fields."""
    every = list(product(*([f"{name}{code}" for code in range(size)] for name, size in CODES.items())))
    grid = pl.DataFrame(every, schema=list(CODES), orient="row")
    counts = stops.group_by(list(CODES)).agg(pl.len().cast(pl.Int64).alias("n"))
    filled = grid.join(counts, on=list(CODES), how="left").with_columns(pl.col("n").fill_null(0), period=pl.lit("*"))
    return JointCells("stops", tuple(CODES), filled, {}, PAIRS)


def protected(stops: pl.DataFrame, joints: list[JointCells]) -> Protected:
    """Return the three tables with what is withheld of them."""
    codes = {name: [f"{name}{code}" for code in range(size)] for name, size in CODES.items()}
    lattice = Lattice.of([replace(count_table(stops, "stops", dims), codes=codes) for dims in PAIRS])
    secret = primary(lattice, RULE)
    return withhold_together([Protected(lattice, secret, secret, RULE)], (), joints)[0]


def audited(joint: JointCells, known: Protected) -> int:
    """Return how many secrets an audit finds closer than the width: two integer programs a secret."""
    named = known.lattice.cells["key"].to_list()
    asked = [dict(part.split("=") for part in key.split("|")[1:]) for key in named]
    cells = joint.counts.select(*CODES).to_dicts()
    lies_in = csr_array([[float(cell.items() >= one.items()) for cell in cells] for one in asked])
    n, shown = known.lattice.n.astype(float), ~known.withheld
    limits = LinearConstraint(lies_in, np.where(shown, n, 0.0), np.where(shown, n, np.inf))
    close = 0
    for at in np.flatnonzero(known.secret):
        row = lies_in[[at]].toarray()[0]
        ends = [
            milp(sign * row, constraints=limits, integrality=np.ones(len(row)), bounds=Bounds(0, n.max())).fun
            for sign in (1, -1)
        ]
        close += round(-ends[1] - ends[0]) < RULE.width
    return close


def row(rounds: int, rows: int = 2_000) -> tuple[str, float, float, str, str]:
    """Return what was done, our seconds (median of the rounds) and the rival's, the bar, and who the rival is."""
    stops = made_stops(rows)
    joint = joint_cells(stops)
    known = protected(stops, [joint])
    start = time.perf_counter()
    assert audited(joint, known) == 0
    rival = time.perf_counter() - start
    ours = statistics.median(_seconds(stops, joint) for _ in range(rounds))
    name = f"disclosure: {rows:,} stops, {int(known.secret.sum())} secrets of {len(known.secret)} cells, jointly"
    return name, ours, rival, "> 1", "an interval audit, SciPy's HiGHS"


def _seconds(stops: pl.DataFrame, joint: JointCells) -> float:
    start = time.perf_counter()
    protected(stops, [joint])
    return time.perf_counter() - start
