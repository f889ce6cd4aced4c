"""Random private sites, and the series of releases that they publish."""

import numpy as np
import polars as pl

from openhalo.base.errors import ReleaseError
from openhalo.disclosure.intervals import small_changes
from openhalo.disclosure.lattice import Lattice, count_table
from openhalo.disclosure.policy import Rule
from openhalo.disclosure.suppression import Protected, primary, protect

PERIODS = ("2021-01-01..2021-03-31", "2021-04-01..2021-06-30", "2021-07-01..2021-09-30")
FAMILIES = [("race", "searched", "period"), ("place", "period"), ("race", "place", "period")]
CHILDREN = {"period": {"2021-01-01..2021-06-30": PERIODS[:2]}}


def records(coin, size):
    races, places = coin.integers(2, 5), coin.integers(2, 5)
    weights = coin.dirichlet(np.ones(races) * 0.7)
    return pl.DataFrame(
        {
            "race": [f"r{i}" for i in coin.choice(races, size, p=weights)],
            "place": [f"p{i}" for i in coin.integers(0, places, size)],
            "searched": list(coin.choice(["yes", "no"], size, p=[0.2, 0.8])),
            "period": list(coin.choice(PERIODS, size)),
            "officer": coin.integers(0, 15, size),
            "known_in": coin.choice(4, size, p=[0.8, 0.1, 0.07, 0.03]),
            "corrected_in": coin.choice(40, size),
        }
    )


def as_of(frame, release):
    """The records of closed periods that had come in, as they then were: late ones and corrections later."""
    late = pl.col("period").replace_strict(dict(zip(PERIODS, (0, 0, 1), strict=True)), return_dtype=pl.Int64)
    corrected = (pl.col("corrected_in") <= release) & (pl.col("corrected_in") > 0)
    return frame.filter(late <= release, pl.col("known_in") <= release).with_columns(
        pl.when(corrected).then(pl.lit("r0")).otherwise(pl.col("race")).alias("race")
    )


def lattice(frame):
    unit = {"officers": "officer"}
    return Lattice.of([count_table(frame, "stops", dims, unit, CHILDREN, ["period"]) for dims in FAMILIES])


def held_periods(now, published, k):
    """Return the periods whose late changes are too few; of a longer one, all its parts."""
    small = small_changes(now.cells, [one.told() for one in published], k)
    return {part for code in small for part in CHILDREN["period"].get(code, (code,))}


def publish_series(seed, releases, size, rule, complementary=True):
    """Publish releases one after the other; a period whose changes cannot go out is counted as it was before."""
    coin = np.random.default_rng(seed)
    frame = records(coin, size)
    snapshot = {}
    published = []
    for number in range(releases):
        fresh = as_of(frame, number)
        current = {**{period: number for period in PERIODS}}
        held = held_periods(lattice(fresh), published, rule.k)
        for _ in range(2):
            snapshot_now = {p: snapshot.get(p, number) if p in held else current[p] for p in PERIODS}
            taken = pl.concat([as_of(frame, when).filter(pl.col("period") == p) for p, when in snapshot_now.items()])
            cells = lattice(taken)
            if not complementary:
                secret = primary(cells, rule)
                published.append(Protected(cells, secret, secret, rule))
                break
            try:
                published.append(protect(cells, rule, published))
                break
            except ReleaseError:
                assert held != set(snapshot), "periods published as before can always be protected"
                held = set(snapshot)
        else:
            break
        snapshot |= {p: when for p, when in snapshot_now.items() if p in set(taken["period"])}
    return published


def rule(coin):
    k = int(coin.integers(3, 12))
    return Rule(k, max(2, k // 2), {"officers": k}, bool(coin.integers(0, 2)), None, 60)
