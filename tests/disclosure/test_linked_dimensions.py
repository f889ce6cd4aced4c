"""Places within places, and conditions on a field that is a group: what one table withholds no other gives away."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from openhalo.publications.protection import late_changes
from tests.disclosure.private_department import deliver, department, stops

NESTED = """
k: {k}
zeros: {zeros}
tables:
  - {{measure: stops/stops, by: [precinct], grain: year}}
  - {{measure: stops/stops, by: [neighborhood], grain: year}}
"""
REASONS = """
k: {k}
zeros: {zeros}
tables:
  - {{measure: stops/stops, by: [reason, precinct], grain: all}}
  - {{measure: stops/traffic_stop_share, by: [precinct], grain: all}}
"""
DAY = date(2023, 2, 10)


def city(folder, policy, seed, size=1500):
    """A site of two years whose neighborhoods, some of them small, lie in precincts."""
    site, coin = department(folder, policy=policy), np.random.default_rng(seed)
    shares = coin.dirichlet(np.full(12, 0.35))
    rows = []
    for row in stops(seed, size, years=2):
        at = int(coin.choice(12, p=shares))
        reason = str(coin.choice(["TRAFFIC", "SUSPICION", "CALL", "OTHER"], p=[0.55, 0.3, 0.1, 0.05]))
        rows.append({**row, "neighborhood": f"n{at:02}", "precinct": f"p{at % 4}", "reason": reason})
    deliver(site, rows, DAY)
    figures = pl.read_parquet(site.publish(today=DAY) / "data/figures.parquet")
    return rows, figures


def exposed_places(rows, figures):
    """Return the small neighborhoods that precincts and the other neighborhoods leave too little room for."""
    found = []
    shown = {
        (row["group"], row["code"], row["period"]): int(row["n"])
        for row in figures.filter(pl.col("n").is_not_null(), pl.col("status") != "withheld", grain="year").to_dicts()
    }
    counts = {}
    for row in rows:
        place = row["precinct"], row["neighborhood"], row["occurred_at"][:4]
        counts[place] = counts.get(place, 0) + 1
    for (precinct, place, year), n in counts.items():
        beside = {name for p, name, _year in counts if p == precinct}
        hidden = [name for name in beside if ("neighborhood", name, year) not in shown]
        whole = shown.get(("precinct", precinct, year))
        if whole is not None and n < 10:
            rest = whole - sum(shown.get(("neighborhood", name, year), 0) for name in beside)
            found += [(place, year, n, rest)] if hidden == [place] or rest < 5 else []
    return found


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.ci), pytest.param(3, marks=pytest.mark.ci)])
def test_places_within_places_do_not_give_each_other_away(tmp_path, seed):
    assert exposed_places(*city(tmp_path / "city", NESTED, seed)) == []


def test_without_the_crosses_they_do(tmp_path, monkeypatch):
    for made in ("crosses", "joints"):
        monkeypatch.setattr(late_changes, made, lambda *_: [])
    assert sum(len(exposed_places(*city(tmp_path / str(seed), NESTED, seed))) for seed in (1, 2)) > 0


def test_a_share_of_a_code_and_the_count_of_that_code_hide_the_same(tmp_path):
    rows, figures = city(tmp_path / "city", REASONS, 4)
    table = figures.filter(measure="stops/stops", group="reason", group2="precinct")
    counts = {(row["code"], row["code2"]): row["n"] for row in table.to_dicts()}
    shares = figures.filter(measure="stops/traffic_stop_share", group="precinct").to_dicts()
    assert any(n is None for n in counts.values()) and len(rows) == 1500
    for row in shares:
        hidden = counts.get(("TRAFFIC", row["code"])) is None
        assert not hidden or row["numerator"] is None, row["code"]


def test_tables_too_large_to_be_joined_are_named_on_the_page(tmp_path, monkeypatch):
    monkeypatch.setattr(late_changes, "MAX_CROSS", 10)
    site = department(tmp_path / "city", policy=NESTED)
    rows = [{**row, "neighborhood": f"n{index % 5}"} for index, row in enumerate(stops(1, 600, years=1))]
    deliver(site, rows, DAY)
    page = (site.publish(today=DAY) / "pages/stops/stops.html").read_text("utf-8")
    assert "too many cells to be tried together" in page
