"""Ratios of shares on real records, against statsmodels."""

import numpy as np
import pytest

from tests.libraries import library

pd = library("pandas")
sm = library("statsmodels.api")


def test_the_ratio_within_precincts_is_that_of_statsmodels(search_shares, raw_searches):
    for one in search_shares["rate_ratio"].contrasts:
        both = raw_searches[raw_searches["group"].isin([one.group, "WHITE"])]
        cells = both.groupby(["addrpct", "group"])["hit"].agg(["sum", "count"]).reset_index()
        held = cells.groupby("addrpct")["group"].transform("count").eq(2)
        cells = cells[held & (cells.groupby("addrpct")["sum"].transform("sum") > 0)]
        design = pd.get_dummies(cells["addrpct"], dtype=float)
        design.insert(0, "group", (cells["group"] == one.group).astype(float))
        model = sm.GLM(cells["sum"], design, family=sm.families.Poisson(), offset=np.log(cells["count"]))
        assert np.log(one.estimate) == pytest.approx(model.fit(scale="X2").params["group"], abs=1e-7)
        assert one.bounds[0] <= one.estimate <= one.bounds[1]
        assert one.adjusted >= one.p


def test_a_comparison_is_refused_where_race_is_recorded_by_the_outcome(city):
    result = city.analyse("stops/search_share_ratio")
    assert "96% of the records with the outcome and 76% of the others" in result.refusal
    assert "would mislead" in result.headline()
