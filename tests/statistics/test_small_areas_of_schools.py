"""A known truth: shares of 57 counties from 200 schools, against all 6,194 schools of the frame.

`frozen/api_counties.csv`: library(survey); data(api); aggregate(cbind(schools=1, awards=awards=="Yes",
schoolwide=sch.wide=="Yes") ~ cname + stype, apipop, sum)
"""

import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from openhalo.statistics import small_area_estimate
from tests.libraries import needs

pytestmark = needs("numba", "nutpie")

FRAME = pl.read_csv(Path(__file__).parent / "frozen" / "api_counties.csv")
COUNTIES, TYPES = sorted(FRAME["cname"].unique()), ["E", "H", "M"]
DRAWN = {"E": 100, "H": 50, "M": 50}
NUMBERED = [
    pl.col("cname").replace_strict(COUNTIES, range(57), return_dtype=pl.Int64),
    pl.col("stype").replace_strict(TYPES, range(3), return_dtype=pl.Int64),
]


def truth(fact):
    by = FRAME.group_by("cname").agg(pl.col("schools", fact).sum()).sort("cname")
    return (by[fact] / by["schools"]).to_numpy()


def modelled(cells, fact, **more):
    """Shares of each draw and county, from counts by county and kind of school: expected, and of so many schools.

    Some counties have three schools, and their real share is one of four numbers: a draw from what is expected.
    """
    model = small_area_estimate.fit(cells.select(NUMBERED), cells[fact], cells["n"], (57, 3), **more)
    kinds = FRAME.select(NUMBERED).to_numpy()
    drawn = np.random.default_rng(2).binomial(FRAME["schools"], model.shares(kinds))
    county = kinds[:, [0]] == range(57)
    return small_area_estimate.by_area(model, kinds, FRAME["schools"], 0), drawn @ county / (
        FRAME["schools"].to_numpy() @ county
    )


def judged(cells, fact, shares):
    """Mean error of the model and of the raw shares where there are any, and how many intervals hold."""
    expected, of_so_many = shares
    real, (low, high) = truth(fact), np.quantile(of_so_many, (0.025, 0.975), axis=0)
    by = cells.group_by("cname").agg(pl.col(fact, "n").sum()).sort("cname")
    there = np.isin(COUNTIES, by["cname"].to_list())
    raw = (by[fact] / by["n"]).to_numpy()
    held = (low <= real) & (real <= high)
    return abs(expected.mean(axis=0) - real)[there].mean(), abs(raw - real[there]).mean(), held.mean()


@pytest.mark.ci
@pytest.mark.parametrize(("fact", "column"), [("awards", "awards"), ("schoolwide", "sch.wide")])
def test_two_hundred_schools_tell_more_of_each_county_than_its_own_do(margin, fact, column):
    folder = os.environ.get("OPENHALO_DATA")
    if folder is None:
        pytest.skip("OPENHALO_DATA is not set")
    rows = pl.read_csv(
        Path(folder) / "reference" / "survey_apistrat.csv.gz", null_values="NA", infer_schema_length=None
    )
    cells = rows.group_by("cname", "stype").agg(n=pl.len(), **{fact: (pl.col(column) == "Yes").sum()})
    error, raw, held = judged(cells, fact, modelled(cells.sort("cname", "stype"), fact, draws=2000))
    margin("error over the raw shares' own", error / raw, most=0.6)
    margin("counties held", held, least=0.9)


@pytest.mark.soak
def test_intervals_hold_the_counties_of_many_samples_as_often_as_they_say():
    """30 samples of 200 schools, drawn by type as the real one was."""
    rng, found = np.random.default_rng(1), []
    each = FRAME.with_columns(no=pl.col("schools") - pl.col("awards"))
    for _sample in range(30):
        parts = []
        for kind, n in DRAWN.items():
            of = each.filter(stype=kind)
            drawn = rng.multivariate_hypergeometric(np.r_[of["awards"], of["no"]], n)
            parts.append(
                of.select("cname", "stype", awards=drawn[: of.height], n=drawn[: of.height] + drawn[of.height :])
            )
        cells = pl.concat(parts).filter(pl.col("n") > 0)
        found.append(
            judged(
                cells, "awards", modelled(cells, "awards", draws=600, tune=600, chains=2, worst_rhat=1.1, least_ess=50)
            )
        )
    error, raw, held = np.mean(found, axis=0)
    print(error, raw, held)
    assert error < 0.6 * raw and 0.9 < held <= 1
