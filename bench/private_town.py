"""What a release of private records takes: a town of 6,000 stops over three years, neighborhoods within precincts."""

import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

import openhalo

_SETTINGS = """
title: Bench
publisher: {kind: agency, name: Bench Police Department}
agencies: {bench: {name: Bench Police Department, zone: America/Chicago}}
"""
_POLICY = """
k: 10
units: [persons, officers]
closed_periods: quarter
tables:
  - {measure: stops/stops, grain: month}
  - {measure: stops/stops, by: [race], grain: quarter}
  - {measure: stops/stops, by: [race], grain: all}
  - {measure: stops/stops, by: [gender], grain: year}
  - {measure: stops/stops, by: [race, precinct], grain: year}
  - {measure: stops/stops, by: [race, reason], grain: year}
  - {measure: stops/stops, by: [precinct, reason], grain: year}
  - {measure: stops/stops, by: [precinct], grain: quarter}
  - {measure: stops/stops, by: [neighborhood], grain: year}
  - {measure: stops/search_share, by: [race], grain: all}
  - {measure: stops/search_share, by: [race], grain: year}
  - {measure: stops/search_share, by: [precinct], grain: year}
  - {measure: stops/searches, by: [race], grain: year}
  - {measure: stops/traffic_stop_share, by: [precinct], grain: year}
"""
DAYS = (date(2023, 5, 10), date(2023, 8, 10), date(2024, 2, 10))


def made_stops(rows: int, seed: int = 1) -> pl.DataFrame:
    """Return stops as the template has them, with `known`: the day on which each came in; a tenth comes late."""
    coin = np.random.default_rng(seed)
    place = coin.choice(30, rows, p=coin.dirichlet(np.full(30, 0.8)))
    day = np.sort(coin.integers(0, 3 * 365, rows))
    late = coin.choice([0, 45, 120], rows, p=[0.9, 0.06, 0.04])
    start = date(2021, 1, 1)
    drawn = {
        "race": {"WHITE": 0.5, "BLACK": 0.26, "HISP": 0.15, "ASIAN": 0.05, "AIAN": 0.01, "": 0.03},
        "gender": {"MALE": 0.68, "FEMALE": 0.29, "NONBINARY": 0.01, "": 0.02},
        "reason": {"TRAFFIC": 0.5, "SUSPICIOUS": 0.3, "WARRANT": 0.12, "OTHER": 0.04, "": 0.04},
        "search_conducted": {"yes": 0.18, "no": 0.8, "": 0.02},
    }
    return pl.DataFrame(
        {
            "id": [str(number) for number in range(rows)],
            "occurred_at": [f"{start + timedelta(int(one))} {8 + one % 12:02}:00:00" for one in day],
            "known": [start + timedelta(int(one)) for one in day + late],
            **{name: coin.choice([*of], rows, p=[*of.values()]) for name, of in drawn.items()},
            "officer": [f"U{one:02}" for one in coin.choice(40, rows, p=coin.dirichlet(np.ones(40)))],
            "neighborhood": [f"n{one:02}" for one in place],
            "precinct": [f"p{one % 5}" for one in place],
        }
    )


def row(rows: int = 6_000) -> tuple[str, float, str]:
    """Return what was done, the seconds of the third release, and the bar."""
    stops = made_stops(rows)
    with tempfile.TemporaryDirectory(prefix="openhalo-bench-") as work:
        town = Path(work) / "town"
        town.mkdir()
        (town / "agency.yaml").write_text(_SETTINGS, encoding="utf-8")
        (town / "disclosure.yaml").write_text(_POLICY, encoding="utf-8")
        site = openhalo.open_site(town)
        for day in DAYS:
            file = Path(work) / f"{day}.csv"
            columns = ["id", *site.catalogue.record_type("stops/stop").written]
            bare = [pl.lit("").alias(name) for name in columns if name not in stops.columns]
            stops.filter(pl.col("known") <= day).with_columns(bare).select(columns).write_csv(file)
            site.import_file("template:stops/stop", file)
            start = time.perf_counter()
            site.publish(today=day)
            taken = time.perf_counter() - start
    return f"disclosure: {rows:,} private stops, 14 tables, third release", taken, "< 60 s"
