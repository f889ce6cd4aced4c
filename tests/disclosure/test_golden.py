"""The 4 × 4 table with which sdcTable shows that two withheld cells in every line are not enough."""

import time

import numpy as np
import polars as pl
import pytest

from openhalo.base.errors import ReleaseError
from openhalo.disclosure.attack import Exposed, exposed, intervals
from openhalo.disclosure.lattice import ALL, CountTable, Lattice
from openhalo.disclosure.policy import Rule
from openhalo.disclosure.programs import TimeBudget
from openhalo.disclosure.suppression import Protected, joined, withhold

INNER = {"w": [30, 47, 64, 89], "x": [90, 124, 5, 31], "y": [92, 100, 59, 85], "z": [800, 991, 651, 685]}
WITHHELD = {"wa", "wb", "wc", "xa", "xc", "yb", "yd", "zb", "zd"}


@pytest.fixture(scope="module")
def lattice():
    inner = pl.DataFrame(
        [(row, column, n) for row, cells in INNER.items() for column, n in zip("abcd", cells, strict=True)],
        schema=["r", "c", "n"],
        orient="row",
    )
    frames = [inner]
    for over in (["r"], ["c"], ["r", "c"]):
        frames.append(inner.with_columns(pl.lit(ALL).alias(name) for name in over).group_by("r", "c").agg(pl.sum("n")))
    return Lattice.of([CountTable("t", ("r", "c"), pl.concat(frames))])


def mark(lattice, names):
    keys = {f"t|c={name[1]}|r={name[0]}" for name in names}
    return lattice.cells["key"].is_in(list(keys)).to_numpy()


def system(lattice, withheld, width=10):
    return joined([Protected(lattice, mark(lattice, WITHHELD), mark(lattice, withheld), Rule(width=width))])


def test_one_cell_is_known_exactly_although_every_line_has_two(lattice):
    attacked = system(lattice, WITHHELD, 1)
    cells = np.flatnonzero(mark(lattice, WITHHELD))
    found = dict(
        zip((attacked.keys[i] for i in cells), intervals(attacked, cells, TimeBudget(20)).tolist(), strict=True)
    )
    assert found.pop("t|c=b|r=w") == [47, 47]
    assert all(high - low >= 69 for low, high in found.values())
    assert [(attacked.keys[one.cell], one.low, one.high) for one in exposed(attacked, TimeBudget(20))] == [
        ("t|c=b|r=w", 47, 47)
    ]
    assert isinstance(exposed(attacked, TimeBudget(20))[0], Exposed)


def test_one_more_withheld_cell_makes_all_safe_and_is_found(lattice):
    assert exposed(system(lattice, WITHHELD | {"xb"}), TimeBudget(20)) == []
    inner = {row + column for row in INNER for column in "abcd"}
    fixes = {name for name in inner - WITHHELD if exposed(system(lattice, WITHHELD | {name}), TimeBudget(20)) == []}
    assert {"xb", "xd", "yc", "wd"} <= fixes
    assert len(fixes) == 7
    safe = withhold(lattice, mark(lattice, WITHHELD), Rule(width=10))
    added = set(lattice.cells["key"].filter((safe.withheld & ~mark(lattice, WITHHELD)).tolist()))
    assert added == {"t|c=d|r=x"}, "the cheapest by count"


def test_a_set_beyond_the_budget_is_refused(lattice):
    with pytest.raises(ReleaseError, match="longer than its"):
        withhold(lattice, mark(lattice, WITHHELD), Rule(width=10, attack_seconds=1e-6))


def test_the_golden_attack_is_quick(lattice):
    start = time.perf_counter()
    exposed(system(lattice, WITHHELD, 1), TimeBudget(20))
    assert time.perf_counter() - start < 2
