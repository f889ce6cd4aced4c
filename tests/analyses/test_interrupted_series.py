"""The interrupted series on real records, against an independent fit of the same model."""

import math
from datetime import date

import numpy as np
import polars as pl
import pytest
from scipy import stats

from openhalo.analyses.months import whole_months
from openhalo.base.periods import Period
from tests.libraries import library

pd = library("pandas")
sm = library("statsmodels.api")


@pytest.fixture(scope="module")
def change(city):
    return city.analyse("force/level_change")


def test_months_are_those_of_the_file(change, data):
    raw = pd.read_csv(data / "minneapolis" / "force_2016_2021.csv.gz", dtype=str)
    month = pd.to_datetime(raw["response_datetime"]).dt.strftime("%Y-%m")
    expected = month[(month >= "2018-07") & (month <= "2021-08")].value_counts().sort_index()
    ours = change.detail
    assert ours["counted"].to_list() == expected.to_list()
    assert [f"{day:%Y-%m}" for day in ours["month"]] == expected.index.to_list()
    assert ours.filter(pl.col("after")).height == 15


def test_the_change_of_level_agrees_with_statsmodels(change):
    detail = change.detail
    time = np.arange(1, detail.height + 1)
    angle = 2 * np.pi * (time - 1 + 7) / 12
    seasons = [part(h * angle) for h in (1, 2) for part in (np.sin, np.cos)]
    design = np.column_stack([np.ones(len(time)), detail["after"].to_numpy().astype(float), time, *seasons])
    model = sm.GLM(detail["counted"].to_numpy(), design, family=sm.families.Poisson())
    quasi = model.fit(scale="X2")
    hac = model.fit(cov_type="HAC", cov_kwds={"maxlags": 3, "use_correction": False})
    one = change.contrasts[0]
    assert one.estimate == pytest.approx(math.exp(quasi.params[1]))
    # Student's t, and never narrower than either; errors that carry over may widen it further, within reason.
    error = math.log(one.high / one.low) / 2 / stats.t.ppf(0.975, 38 - 7)
    narrowest = max(quasi.bse[1], hac.bse[1])
    assert narrowest * (1 - 1e-6) <= error < 2 * narrowest


def test_the_chart_draws_each_month_and_the_event(change):
    chart = change.pictures()[0].spec()
    assert len(chart["data"]["values"]) == 38
    assert chart["layer"][0]["data"]["values"] == [{"at": "2020-06-01T00:00:00Z"}]


def test_only_whole_months_are_compared():
    assert [f"{day:%Y-%m}" for day in whole_months(Period(date(2019, 12, 2), date(2020, 2, 28)))] == ["2020-01"]
    assert whole_months(Period(date(2020, 1, 2), date(2020, 1, 30))) == []
