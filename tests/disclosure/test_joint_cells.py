"""Tables of fields that say nothing of each other are sums of the same cells, and hide no less for it."""

from dataclasses import replace
from datetime import date
from itertools import combinations, product

import numpy as np
import polars as pl
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from openhalo.disclosure.joint_cells import JointCells
from openhalo.disclosure.lattice import ALL, Lattice, count_table
from openhalo.disclosure.policy import Rule
from openhalo.disclosure.suppression import Protected, primary, withhold_together
from openhalo.publications.protection import joint_lattice
from tests.disclosure.private_department import deliver, department, stops

DIMS = ("a", "b", "c")
PAIRS = tuple(combinations(DIMS, 2))


def people(seed, shape, size):
    """People by three codes, most of them in few cells, so that there is much to work out."""
    coin = np.random.default_rng(seed)
    chances = coin.dirichlet(np.full(int(np.prod(shape)), 0.3))
    codes = np.unravel_index(coin.choice(chances.size, size, p=chances), shape)
    return pl.DataFrame({dim: [f"{dim}{code}" for code in of] for dim, of in zip(DIMS, codes, strict=True)})


def joint(records, codes):
    every = pl.DataFrame(list(product(*codes.values())), schema=list(DIMS), orient="row")
    counts = records.group_by(DIMS).agg(pl.len().cast(pl.Int64).alias("n"))
    filled = every.join(counts, on=DIMS, how="left").with_columns(pl.col("n").fill_null(0), pl.lit(ALL).alias("period"))
    return JointCells("people", DIMS, filled, {}, PAIRS)


def told_by_three_tables(records, shape, rule, joints):
    """Return the codes, count and whether it is secret and shown, of each cell of three tables of two dimensions."""
    codes = {dim: [f"{dim}{code}" for code in range(size)] for dim, size in zip(DIMS, shape, strict=True)}
    tables = [replace(count_table(records, "people", dims), codes=codes) for dims in PAIRS]
    lattice = Lattice.of(tables)
    secret = primary(lattice, rule)
    part = Protected(lattice, secret, secret, rule)
    done = withhold_together([part], (), [joint(records, codes)] if joints else [])[0]
    for key, n, small, hidden in zip(lattice.cells["key"], lattice.n, secret, done.withheld, strict=True):
        yield dict(part.split("=") for part in key.split("|")[1:]), int(n), bool(small), not hidden


def known_too_well(shape, rule, cells):
    """Return the secrets that whole people by all three codes leave less room than the width, worked out one by one."""
    every = [
        dict(zip(DIMS, (f"{d}{i}" for d, i in zip(DIMS, at, strict=True)), strict=True)) for at in np.ndindex(shape)
    ]
    lies_in = np.array([[all(one[dim] == code for dim, code in cell.items()) for one in every] for cell, *_ in cells])
    shown = np.array([show for *_, show in cells])
    n = np.array([count for _, count, *_ in cells], dtype=float)
    least = np.where(shown, n, 1.0 if rule.zeros_shown else 0.0)
    limits = LinearConstraint(lies_in.astype(float), least, np.where(shown, n, np.inf))
    found = []
    for row, (cell, count, small, _show) in zip(lies_in, cells, strict=True):
        if small:
            ends = [
                milp(
                    sign * row, constraints=limits, integrality=np.ones(len(every)), bounds=Bounds(0, 10 * n.sum())
                ).fun
                for sign in (1, -1)
            ]
            if round(-ends[1] - ends[0]) < rule.width:
                found.append((cell, count))
    return found


def leaks(seeds, k, width, joints):
    """Return what is known too well of made-up people, every second time where zeros are shown."""
    found = []
    for seed in seeds:
        rule, shape = Rule(k=k, width=width, zeros_shown=seed % 2 == 0), (3, 3, 2 + seed % 3)
        cells = list(told_by_three_tables(people(seed, shape, 40 + 20 * (seed % 5)), shape, rule, joints))
        found += [(seed, *one) for one in known_too_well(shape, rule, cells)]
    return found


def test_tables_that_are_tried_by_themselves_give_away_together_what_they_withhold():
    assert leaks([4, 54], 3, 2, joints=False)
    assert leaks([30], 10, 5, joints=False)


def test_tables_that_are_tried_with_the_cells_they_are_made_of_do_not():
    assert leaks([0, 4, 54], 3, 2, joints=True) == []
    assert leaks([30, 31, 32], 10, 5, joints=True) == []


@pytest.mark.ci
@pytest.mark.parametrize(("k", "width"), [(10, 5), (3, 2)])
def test_no_made_up_people_are_known_too_well(k, width):
    assert leaks(range(150), k, width, joints=True) == []


NATURAL = """
k: 10
zeros: withheld
tables:
  - {{measure: stops/stops, by: [race, precinct], grain: year}}
  - {{measure: stops/stops, by: [race, reason], grain: year}}
  - {{measure: stops/stops, by: [precinct, reason], grain: year}}
"""
DAY = date(2024, 2, 10)
REASONS = ("TRAFFIC", "REASONABLE_SUSPICION", "PROBABLE_CAUSE", "WARRANT", "OTHER")


def town(folder, size):
    coin, site = np.random.default_rng(3), department(folder, policy=NATURAL)
    reasons = coin.choice(REASONS, size, p=[0.5, 0.28, 0.15, 0.05, 0.02])
    deliver(site, [{**row, "reason": why} for row, why in zip(stops(5, size), reasons, strict=True)], DAY)
    return site.publish(today=DAY)


@pytest.mark.ci
def test_race_precinct_and_reason_by_two_are_publishable(tmp_path):
    release = town(tmp_path / "town", 6000)
    figures = pl.read_parquet(release / "data/figures.parquet").filter(pl.col("group2").is_not_null())
    assert figures["n"].sum() > 0.9 * 3 * 6000
    assert "too many cells to be tried together" not in (release / "pages/stops/stops.html").read_text("utf-8")


def test_a_joint_lattice_too_large_to_be_tried_is_named_on_the_page(tmp_path, monkeypatch):
    monkeypatch.setattr(joint_lattice, "MAX_JOINT_CELLS", 10)
    release = town(tmp_path / "town", 600)
    assert "too many cells to be tried together" in (release / "pages/stops/stops.html").read_text("utf-8")
