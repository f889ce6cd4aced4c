"""Tables become cells and sums; small cells are small by their protection unit."""

import polars as pl
import pytest

from openhalo.base.errors import ReleaseError
from openhalo.disclosure.intervals import small_changes, sums_over_days
from openhalo.disclosure.lattice import ALL, CountTable, Lattice, count_table
from openhalo.disclosure.policy import Rule
from openhalo.disclosure.suppression import primary, protect

RECORDS = pl.DataFrame(
    {
        "race": ["B"] * 30 + ["W"] * 40 + ["A"] * 4 + [None] * 12,
        "period": (["Q1", "Q2"] * 43),
        "searched": (["yes"] + ["no"] * 5) * 14 + ["no"] * 2,
        "officer": [1] * 30 + list(range(56)),
    }
)
ROLL = {"period": {"H1": ("Q1", "Q2")}}


def build(*dims, units=None):
    return count_table(RECORDS, "stops", dims, units or {}, ROLL if "period" in dims else {}, ["period"])


def named(lattice, marks):
    return set(lattice.cells["key"].filter(marks.tolist()))


def test_linked_tables_share_their_cells_and_sums_hold():
    lattice = Lattice.of([build("race", "period"), build("race", "searched", "period")])
    keys = lattice.cells["key"]
    assert keys.n_unique() == len(keys) == 5 * 3 * 3
    assert not (lattice.sums @ lattice.n).any()
    assert lattice.cells.row(by_predicate=pl.col("key") == "stops|period=H1", named=True)["n"] == 86


def test_cells_are_small_by_their_unit_and_complements_are_cells():
    lattice = Lattice.of([build("race", units={"officers": "officer"})])
    found = named(lattice, primary(lattice, Rule(k=5, units={"officers": 5})))
    assert found == {"stops|race=A", "stops|race=B"}, "30 stops of one officer are one officer"
    few_unsearched = pl.DataFrame({"race": ["B"] * 40, "searched": ["yes"] * 38 + ["no"] * 2})
    lattice = Lattice.of([count_table(few_unsearched, "stops", ["race", "searched"])])
    assert "stops|race=B|searched=no" in named(lattice, primary(lattice, Rule(k=5)))
    safe = protect(lattice, Rule(k=5, width=3))
    assert {"stops|race=B|searched=no", "stops|race=B|searched=yes"} <= named(lattice, safe.withheld)


def test_zeros_follow_the_stated_policy():
    lattice = Lattice.of([CountTable("t", ("a",), pl.DataFrame({"a": ["x", "y", ALL], "n": [0, 20, 20]}))])
    assert named(lattice, primary(lattice, Rule(zeros_shown=False))) == {"t|a=x"}
    assert named(lattice, primary(lattice, Rule(zeros_shown=True))) == set()


def test_one_large_contributor_dominates():
    counts = pl.DataFrame({"a": ["x", ALL], "n": [100, 100], "officers": [12, 12]})
    lattice = Lattice.of(
        [CountTable("t", ("a",), counts.with_columns(officers_largest=pl.lit(85), officers_second=pl.lit(5)))]
    )
    assert not primary(lattice, Rule(units={"officers": 10}, dominance=0.1)).any()
    assert primary(lattice, Rule(units={"officers": 10}, dominance=0.2)).all()


def test_what_does_not_fit_is_told():
    with pytest.raises(ReleaseError, match="do not add up"):
        Lattice.of([CountTable("t", ("a",), pl.DataFrame({"a": ["x", ALL], "n": [3, 4]}))])
    with pytest.raises(ReleaseError, match="differently"):
        Lattice.of([CountTable("t", (), pl.DataFrame({"n": [3]})), CountTable("t", (), pl.DataFrame({"n": [4]}))])
    with pytest.raises(ReleaseError, match="do not count 'persons'"):
        primary(Lattice.of([build("race")]), Rule(units={"persons": 10}))


def test_a_table_goes_out_without_its_withheld_cells():
    table = build("race")
    safe = protect(Lattice.of([table]), Rule(k=10, width=5))
    out = safe.table(table)
    assert out.filter(pl.col("race") == "A")["n"].to_list() == [None]
    assert out.filter("withheld")["n"].null_count() == out["withheld"].sum() >= 2


def test_small_changes_of_a_released_period_wait():
    table = build("race", "period")
    safe = protect(Lattice.of([table]), Rule(k=10, width=5))
    late = pl.concat([RECORDS, RECORDS.filter(pl.col("period") == "Q1", pl.col("race") == "W").head(3)])
    now = Lattice.of([count_table(late, "stops", ("race", "period"), {}, ROLL, ["period"])])
    assert small_changes(now.cells, [safe.told()], 10) == ["H1", "Q1"]
    assert small_changes(now.cells, [safe.told()], 3) == []


def test_the_same_cells_have_their_sums_in_the_same_order():
    days = ["2021-01-01..2021-01-31", "2021-02-01..2021-02-28", "2021-03-01..2021-03-31"]
    months = [["2021-01-01..2021-03-31", *days[:2], days[2], f"2022-{i:02}-01..2022-{i:02}-02"] for i in range(1, 13)]
    keys = pl.Series("key", [f"stops|period={day}|race=r{i}" for i, some in enumerate(months) for day in some])
    orders = {tuple(sums_over_days(keys).indices.tolist()) for _ in range(20)}
    assert len(orders) == 1
