"""Ratios, standardised shares, the funnel and the audit on real records, against pandas and statsmodels."""

import numpy as np
import polars as pl
import pytest

from openhalo.analyses.runner import run_plan
from tests.copies import with_plan
from tests.libraries import library

pd = library("pandas")
sm = library("statsmodels.api")


RACES = {"A": "ASIAN_PACIFIC", "B": "BLACK", "P": "HISP", "Q": "HISP", "W": "WHITE", "Z": "OTHER", "I": "AIAN"}
PLAN = """
written: 2026-11-22
author: Tests
because: Shares by group and place.
tests:
  - {analysis: stops/search_share_ratio, reference: WHITE, compare: [BLACK, HISP]}
  - {analysis: stops/search_share_funnel}
  - {analysis: stops/search_share_standardised}
"""


@pytest.fixture(scope="module")
def results(searches, tmp_path_factory):
    site = with_plan(searches, tmp_path_factory.mktemp("shares"), PLAN)
    return {one.context.spec.kind: one for one in run_plan(site.plan, site._open(None, None))}


@pytest.fixture(scope="module")
def raw(data):
    columns = ["race", "searched", "addrpct"]
    frame = pd.read_csv(data / "nyc_sqf" / "sqf_2014.csv.gz", dtype=str, usecols=columns)
    frame = frame.apply(lambda column: column.str.strip())
    return frame.assign(group=frame["race"].map(RACES), hit=(frame["searched"] == "Y").astype(int))


def test_the_ratio_within_precincts_is_that_of_statsmodels(results, raw):
    for one in results["rate_ratio"].contrasts:
        both = raw[raw["group"].isin([one.group, "WHITE"])]
        cells = both.groupby(["addrpct", "group"])["hit"].agg(["sum", "count"]).reset_index()
        held = cells.groupby("addrpct")["group"].transform("count").eq(2)
        cells = cells[held & (cells.groupby("addrpct")["sum"].transform("sum") > 0)]
        design = pd.get_dummies(cells["addrpct"], dtype=float)
        design.insert(0, "group", (cells["group"] == one.group).astype(float))
        model = sm.GLM(cells["sum"], design, family=sm.families.Poisson(), offset=np.log(cells["count"]))
        assert np.log(one.estimate) == pytest.approx(model.fit(scale="X2").params["group"], abs=1e-7)
        assert one.bounds[0] <= one.estimate <= one.bounds[1]
        assert one.adjusted >= one.p


def test_the_funnel_counts_every_precinct_against_the_whole(results, raw):
    result = results["funnel"]
    by_place = raw.groupby("addrpct")["hit"].agg(["sum", "count"])
    expected = by_place["count"] * raw["hit"].mean()
    ours = {one.group: one for one in result.contrasts}
    assert len(ours) == 77
    for place in by_place.index:
        assert ours[place].estimate == pytest.approx(by_place["sum"][place] / expected[place])
    assert result.facts["stand_out"] == sum(one.adjusted < 0.05 for one in result.contrasts)
    assert f"{result.facts['stand_out']} of 77 places differ" in result.sentence()
    assert "It is no ranking." in result.sentence()
    assert len(result.pictures()[0].spec()["data"]["values"]) == 77


def test_places_alike_in_their_mix_keep_their_own_share(results, raw):
    """The file has one reason for all stops, so that standardising changes nothing."""
    share = raw.groupby("addrpct")["hit"].mean()
    found = [one for one in results["standardised_rates"].contrasts if share[one.group] > 0]
    assert len(found) >= 70
    for one in found:
        assert one.estimate == pytest.approx(share[one.group]) and one.low < one.estimate < one.high


def test_standardising_by_hand(city):
    result = city.analyse("stops/search_share_standardised")
    stops = city.records("stops/stop", where="not missing(search_conducted)").collect().drop_nulls("precinct")
    weights = stops.group_by("reason").agg(size=pl.len())
    cells = stops.group_by("precinct", "reason").agg(share=pl.col("search_conducted").mean())
    joined = cells.join(weights, on="reason").group_by("precinct").agg((pl.col("share") * pl.col("size")).sum())
    expected = dict(joined.with_columns(pl.col("share") / stops.height).iter_rows())
    assert {one.group: one.estimate for one in result.contrasts} == pytest.approx(expected)


def test_a_comparison_is_refused_where_race_is_recorded_by_the_outcome(city):
    result = city.analyse("stops/search_share_ratio")
    assert "96% of the records with the outcome and 76% of the others" in result.refusal
    assert "would mislead" in result.headline()


def test_a_funnel_of_five_places_is_refused(city):
    assert "fewer than 10" in city.analyse("stops/search_share_funnel").refusal


def test_the_audit_finds_the_known_traps(city):
    result = city.analyse("stops/recording_audit")
    looks = {(one["check"], one["field"]) for one in result.facts["look"]}
    uneven = "Recording that depends on the outcome"
    assert (uneven, "Race as the officer saw it") in looks
    assert not any(check == "Rounded times" for check, _field in looks)
    assert result.detail.height == 12 and result.detail["records"].sum() == 51_920
    assert "checks of the recording ask for a look" in result.headline()
    assert len(result.tables()[0].rows) > len(result.facts["look"])
