"""The outcome test on real searches, each number held against pandas on the same file."""

import numpy as np
import polars as pl
import pytest

from tests.libraries import library

pd = library("pandas")
sm = library("statsmodels.api")

GROUPS = {"A": "ASIAN_PACIFIC", "B": "BLACK", "P": "HISP", "Q": "HISP", "W": "WHITE", "Z": "OTHER", "I": "AIAN"}
FOUND = ["contrabn", "pistol", "riflshot", "asltweap", "knifcuti", "machgun", "othrweap"]


@pytest.fixture(scope="module")
def result(searches):
    return searches.analyse("stops/hit_rates")


@pytest.fixture(scope="module")
def raw(data):
    frame = pd.read_csv(data / "nyc_sqf" / "sqf_2014.csv.gz", dtype=str).apply(lambda column: column.str.strip())
    frame["group"] = frame["race"].map(GROUPS)
    frame["hit"] = frame[FOUND].isin(["Y", "1"]).any(axis=1)
    return frame


def test_every_stop_is_there(searches, raw):
    stops = searches.records("stops/stop").collect()
    assert (stops.height, stops["precinct"].n_unique()) == (45_787, 77)
    written = raw["datestop"].str.zfill(8) + raw["timestop"].str.zfill(4)
    times = pd.to_datetime(written, format="%m%d%Y%H%M")
    assert stops["occurred_at_local"].min() == times.min()
    assert stops["occurred_at_local"].sort().to_list() == sorted(times)
    assert stops["contraband_found"].sum() == raw["hit"].sum()
    assert stops["frisk_performed"].sum() == (raw["frisked"] == "Y").sum()


def test_pooled_hit_rates_are_those_of_pandas(result, raw):
    expected = raw[raw["searched"] == "Y"].groupby("group")["hit"].agg(["sum", "count", "mean"])
    ours = result.detail.filter(pl.col("place").is_null())
    assert result.facts["places"] == 77
    for group, hits, searches, rate in ours.select("group", "hits", "searches", "rate").iter_rows():
        assert (hits, searches) == tuple(expected.loc[group, ["sum", "count"]]), group
        assert rate == pytest.approx(expected.loc[group, "mean"])


def test_the_three_ways_agree_with_plain_computations(result, raw):
    searched = raw[raw["searched"] == "Y"]
    k, n = (
        searched.pivot_table(index="addrpct", columns="group", values="hit", aggfunc=how, fill_value=0)
        for how in ("sum", "count")
    )
    rows = {(row["group"], row["way"]): row for row in result.to_polars().to_dicts()}
    for group in ("BLACK", "HISP", "ASIAN_PACIFIC", "OTHER"):
        a, m, b, m0 = (frame[name].to_numpy(float) for name in (group, "WHITE") for frame in (k, n))
        both = (m > 0) & (m0 > 0)
        tables = [
            np.array([[x, y - x], [u, v - u]]) for x, y, u, v in zip(a[both], m[both], b[both], m0[both], strict=True)
        ]
        weight = m[both] * m0[both] / (m + m0)[both]
        within = np.sum(weight * (a[both] / m[both] - b[both] / m0[both])) / weight.sum()
        assert rows[group, "within places"]["estimate"] == pytest.approx(within)
        # The Mantel-Haenszel odds ratio of an independent library lies on the same side of equality.
        assert (np.log(sm.stats.StratifiedTable(tables).oddsratio_pooled) > 0) == (within > 0)
        assert rows[group, "pooled"]["estimate"] == pytest.approx(a.sum() / m.sum() - b.sum() / m0.sum())
        large = (m >= 10) & (m0 >= 10)
        if large.sum() > 1:
            gap = np.mean(a[large] / m[large] - b[large] / m0[large])
            assert rows[group, "average of places"]["estimate"] == pytest.approx(gap)


def test_bounds_for_unknown_race_stand_beside_every_comparison(result):
    for one in result.contrasts:
        low, high = one.bounds
        assert low <= one.estimate <= high
    # All 43 unknown searches put where they hurt most: 9 hits to the one group, 34 misses to the other.
    pooled = next(one for one in result.contrasts if (one.group, one.way) == ("BLACK", "pooled"))
    assert pooled.bounds[0] == pytest.approx(968 / (3682 + 34) - (293 + 9) / (759 + 9))
    assert pooled.bounds[1] == pytest.approx((968 + 9) / (3682 + 9) - 293 / (759 + 34))


def test_the_sentence_says_no_more_than_the_test(result):
    said = result.sentence()
    assert "Searches of Black people found something 12.8 percentage points less often than searches of white" in said
    assert "infra-marginality" in said
    assert not any(word in said.lower() for word in ("bias", "racis", "prove that officers", "discriminat"))


def test_small_groups_are_named_and_not_compared(result):
    assert "AIAN" not in {one.group for one in result.contrasts}
    assert any("Native American people" in note for note in result.notes)


def test_the_chart_has_a_square_a_group_and_a_circle_a_precinct(result):
    chart = result.pictures()[0].spec("narrow")
    assert [square["title"]["text"] for square in chart["concat"]] == [
        "Asian and Pacific Islander people",
        "Black people",
        "Hispanic or Latino people",
    ]
    black = chart["concat"][1]["layer"][1]["data"]["values"]
    assert all(0 <= point["x"] <= 1 and 0 <= point["y"] <= 1 and point["n"] >= 20 for point in black)


def test_searches_without_a_recorded_basis_are_refused(city):
    result = city.analyse("stops/hit_rates")
    assert result.contrasts == () and result.chart() is None
    assert result.subject.standing == "exploratory"
    assert "free to leave a search is known for only 0% of the searches" in result.sentence()


def test_all_groups_at_once_are_told_beside_the_comparisons(result):
    """The chi-squared of equal hit rates, which the plan's rule does not count."""
    told = next(note for note in result.notes if "Knowles, Persico and Todd" in note)
    assert "differ by more than chance explains" in told and "p under 0.001" in told
    assert f"{result.facts['equal_rates']['statistic']:.1f}" in told


def test_the_sentence_speaks_a_language_by_its_tag(result):
    said = result.sentence("es")
    assert "azar" in said and said != result.sentence() == result.sentence("en")
