"""Chances of each race from last name and ZIP code, against the package whose tables both use, on the same people."""

import statistics
import time
from collections.abc import Callable

import numpy as np
import polars as pl

from openhalo.statistics import bisg


def made_people(rows: int, seed: int = 1) -> pl.DataFrame:
    """Return last names and ZIP codes of the census tables, in any combination."""
    rng = np.random.default_rng(seed)
    tables = {"surname": "prob_race_given_surname_2010", "zcta": "prob_zcta_given_race_2010"}
    listed = {name: bisg._table(table).to_series(0) for name, table in tables.items()}
    return pl.DataFrame({name: one.gather(rng.integers(0, one.len(), rows)) for name, one in listed.items()})


def row(rounds: int, rows: int = 200_000) -> tuple[str, float, float, str, str]:
    """Return what was done, our seconds and the rival's (median of the rounds), the bar, and who the rival is."""
    import pandas as pd
    import surgeo

    people, model = made_people(rows), surgeo.SurgeoModel()
    theirs = [pd.Series(people[name].to_list()) for name in people.columns]
    ours = _median(rounds, lambda: bisg.add_chances(people.lazy(), "surname", "zcta", "chances").collect())
    rival = _median(rounds, lambda: model.get_probabilities(*theirs))
    return f"statistics: chances of {rows:,} names", ours, rival, "< 1 s", "surgeo, tables loaded"


def _median(rounds: int, work: Callable[[], object]) -> float:
    taken = []
    for _ in range(rounds + 1):  # the first round loads tables and is not counted
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken[1:])
