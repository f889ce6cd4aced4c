"""Hit rates, shrinkage and funnels, against scipy, statsmodels, made data with a known truth, and real searches."""

import csv
import gzip

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from openhalo.statistics import funnel, local_false_discovery, shrinkage
from openhalo.statistics.outcome_test import Unrecorded, outcome_test
from openhalo.statistics.results import Refused
from tests.libraries import library

sm = library("statsmodels.api")

GROUPS = ("Black", "white", "Hispanic")


def ways(found, group):
    return {gap.way: gap for gap in found.gaps if gap.group == group}


def test_chi_squared_is_pearsons():
    hits, searches = np.array([5073, 4415, 367]), np.array([32311, 21227, 4645])
    found = outcome_test(hits[:, None], searches[:, None], GROUPS, "white", discretionary=True)
    other = stats.chi2_contingency([hits, searches - hits], correction=False)
    assert found.statistic == pytest.approx(other.statistic)
    assert found.p == pytest.approx(other.pvalue)
    assert found.rates == pytest.approx([0.157, 0.208, 0.079], abs=5e-4)
    assert "infra-marginality" in found.sentence()
    assert all("infra-marginality" in gap.sentence() for gap in found.gaps)
    assert set(ways(found, "Black")) == {"pooled"}


def test_the_same_standard_in_places_that_differ_is_seen_within_places_only():
    """Two places with hit rates 10 % and 40 %, alike for both groups, who are searched in different ones."""
    searches = np.array([[900, 100], [100, 900]])
    hits = np.array([[90, 40], [10, 360]])
    found = ways(outcome_test(hits, searches, ("Black", "white"), "white", discretionary=True), "Black")
    assert found["pooled"].high < -0.15
    assert found["within places"].estimate == pytest.approx(0, abs=1e-12)
    assert found["average of places"].estimate == pytest.approx(0, abs=1e-12)
    assert "less often" in found["pooled"].sentence()
    assert "no proof" in found["within places"].sentence()


def test_one_odd_place_moves_the_pooled_rate_and_not_the_others():
    searches = np.array([[500, 500, 20], [500, 500, 4000]])
    hits = np.array([[100, 100, 1], [100, 100, 100]])
    found = ways(outcome_test(hits, searches, ("Black", "white"), "white", discretionary=True), "Black")
    assert found["pooled"].low > 0.1
    assert abs(found["within places"].estimate) < 0.01


def test_one_place_gives_the_plain_difference_and_its_variance():
    searches, hits = np.array([[120, 0], [200, 0]]), np.array([[30, 0], [80, 0]])
    found = ways(outcome_test(hits, searches, ("Black", "white"), "white", discretionary=True), "Black")[
        "within places"
    ]
    error = np.sqrt(0.25 * 0.75 / 120 + 0.4 * 0.6 / 200)
    assert found.estimate == pytest.approx(-0.15)
    assert found.high - found.low == pytest.approx(2 * stats.norm.ppf(0.975) * error)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6))
def test_order_of_places_does_not_matter_and_swapping_groups_turns_the_sign(seed):
    rng = np.random.default_rng(seed)
    searches = rng.integers(15, 200, (2, 6))
    hits = rng.binomial(searches, 0.3)
    order = rng.permutation(6)
    one = ways(outcome_test(hits, searches, ("A", "B"), "B", discretionary=True), "A")
    same = ways(outcome_test(hits[:, order], searches[:, order], ("A", "B"), "B", discretionary=True), "A")
    turned = ways(outcome_test(hits, searches, ("A", "B"), "A", discretionary=True), "B")
    assert len(one) == 3
    for way, gap in one.items():
        assert same[way].low == pytest.approx(gap.low, abs=1e-12)
        assert turned[way].low == pytest.approx(-gap.high, abs=1e-12)


def test_outcome_test_refuses_what_would_mislead():
    hits, searches = np.array([[40], [50]]), np.array([[200], [220]])
    with pytest.raises(Refused, match="had to make"):
        outcome_test(hits, searches, ("A", "B"), "B", discretionary=False)
    with pytest.raises(Refused, match="who was"):
        outcome_test(hits, searches, ("A", "B"), "B", discretionary=True, unrecorded=Unrecorded(5, 200))
    assert outcome_test(hits, searches, ("A", "B"), "B", discretionary=True, unrecorded=Unrecorded(5, 20)).gaps
    with pytest.raises(Refused, match="fewer than 30"):
        outcome_test(hits // 10, searches // 10, ("A", "B"), "B", discretionary=True)
    with pytest.raises(Refused, match="cannot differ"):
        outcome_test(hits * 0, searches, ("A", "B"), "B", discretionary=True)
    with pytest.raises(ValueError, match="reference"):
        outcome_test(hits, searches, ("A", "B"), "C", discretionary=True)


def test_real_searches_of_2014_by_precinct(data):
    with gzip.open(data / "nyc_sqf" / "sqf_2014.csv.gz", "rt", encoding="latin-1", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 45_787
    codes, races = sorted({row["pct"].strip() for row in rows}), ("B", "W", "Q")
    searches, hits = np.zeros((3, len(codes))), np.zeros((3, len(codes)))
    weapons = ("contrabn", "pistol", "riflshot", "asltweap", "knifcuti", "machgun", "othrweap")
    for row in rows:
        if row["searched"] == "Y" and row["race"] in races:
            at = races.index(row["race"]), codes.index(row["pct"].strip())
            searches[at] += 1
            hits[at] += any(row[name] == "Y" for name in weapons)
    found = outcome_test(hits, searches, GROUPS, "white", discretionary=True)
    assert found.statistic == pytest.approx(
        stats.chi2_contingency([hits.sum(1), (searches - hits).sum(1)], correction=False).statistic
    )
    assert len(found.gaps) == 6
    assert all(0 < shares.prior.mean < 1 for shares in found.by_place)


def test_beta_prior_is_where_scipys_likelihood_is_highest():
    rng = np.random.default_rng(4)
    n = rng.integers(1, 80, 300)
    k = rng.binomial(n, rng.beta(4, 12, 300))
    found = shrinkage.beta_binomial(k, n)

    def likelihood(mean, weight):
        return stats.betabinom.logpmf(k, n, mean * weight, (1 - mean) * weight).sum()

    mean, weight = found.prior
    best = likelihood(mean, weight)
    for dm, dw in ((1e-3, 0), (-1e-3, 0), (0, 0.05), (0, -0.05)):
        assert likelihood(mean + dm, weight * (1 + dw)) < best
    assert mean == pytest.approx(0.25, abs=0.03)
    assert np.all((found.value - found.own) * (mean - found.own) >= 0)
    assert np.all((found.low < found.value) & (found.value < found.high))


def test_gamma_prior_is_the_negative_binomial_of_statsmodels():
    rng = np.random.default_rng(5)
    exposure = rng.uniform(50, 500, 400)
    events = rng.poisson(exposure * rng.gamma(3, 0.02 / 3, 400))
    found = shrinkage.gamma_poisson(events, exposure)
    other = sm.NegativeBinomial(events, np.ones(400), exposure=exposure).fit(disp=0, gtol=1e-10, maxiter=500)
    assert found.prior.mean == pytest.approx(np.exp(other.params[0]), rel=1e-5)
    assert found.prior.weight * found.prior.mean == pytest.approx(1 / other.params[1], rel=1e-3)
    assert found.value[0] == pytest.approx(
        (events[0] + found.prior.mean * found.prior.weight) / (exposure[0] + found.prior.weight), rel=1e-9
    )


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.01, 100))
def test_rates_scale_with_the_unit_of_exposure(seed, scale):
    rng = np.random.default_rng(seed)
    exposure = rng.uniform(5, 50, 60)
    events = rng.poisson(exposure * rng.gamma(4, 0.1, 60)) + 1
    one, other = shrinkage.gamma_poisson(events, exposure), shrinkage.gamma_poisson(events, exposure * scale)
    assert other.value * scale == pytest.approx(one.value, rel=1e-5)


def test_units_alike_are_drawn_together_and_too_few_are_refused():
    found = shrinkage.beta_binomial([10] * 20, [100] * 20)
    assert found.value == pytest.approx(np.full(20, 0.1), abs=1e-4)
    with pytest.raises(Refused, match="fewer than 5"):
        shrinkage.beta_binomial([1, 2], [5, 5])
    with pytest.raises(Refused, match="no event"):
        shrinkage.gamma_poisson([0] * 9, [5] * 9)


def test_funnel_by_hand():
    observed, expected = np.array([9, 16, 25, 4, 9, 16, 9, 36, 9, 9]), np.full(10, 9.0)
    found = funnel.funnel(observed, expected, winsor=0)
    z = 2 * (np.sqrt(observed) - 3)
    assert found.z[0] == pytest.approx(z)
    assert found.dispersion == pytest.approx(np.mean(z**2))
    # All errors are 1/6: τ² is the mean square of √(o/e) − 1 about 0, less what chance gives.
    between = (np.mean(z**2) - 1) / 36
    assert found.between**2 == pytest.approx(between)
    assert found.z[1] == pytest.approx((np.sqrt(observed) / 3 - 1) / np.sqrt(1 / 36 + between))


def test_funnel_allows_for_how_much_units_usually_differ():
    rng = np.random.default_rng(8)
    expected = rng.uniform(20, 200, 300)
    chance = funnel.funnel(rng.poisson(expected), expected)
    assert chance.between < 0.05
    assert chance.dispersion < 1.1
    observed = rng.poisson(expected * rng.gamma(25, 1 / 25, 300))
    usual = funnel.funnel(observed, expected, winsor=0)
    assert funnel.funnel(observed, expected).between == pytest.approx(usual.between, abs=0.01)
    # The square root halves the relative spread of 0.2.
    assert usual.between == pytest.approx(0.1, abs=0.015)
    assert np.sum(usual.adjusted < 0.05) <= 3 < np.sum(np.abs(usual.z[0]) > 3)
    assert usual.adjusted == pytest.approx(sm.stats.multipletests(usual.p, method="fdr_bh")[1])
    assert "no ranking" in usual.sentence()
    with pytest.raises(Refused, match="fewer than 10"):
        funnel.funnel([1, 2], [1, 2])


def test_funnel_limits_leave_out_what_they_should():
    expected = np.array([5.0, 50.0, 500.0])
    low, high = funnel.funnel_limits(expected, confidence=0.95)
    assert np.all(stats.poisson.sf(np.floor(high * expected), expected) <= 0.025)
    assert np.all(stats.poisson.cdf(np.ceil(low * expected) - 1, expected) <= 0.025)
    assert np.all((low < 1) & (high > 1))
    wider = funnel.funnel_limits(expected, between=0.2, confidence=0.95)
    assert np.all(wider[1] > high)
    near = funnel.funnel_limits(expected, between=1e-9, confidence=0.95)
    assert near[1][2] == pytest.approx(high[2], rel=0.01)


def test_local_rates_learn_a_null_that_is_not_the_theoretical_one():
    rng = np.random.default_rng(9)
    z = np.concatenate([rng.normal(0.2, 1.4, 2850), rng.normal(7, 1, 150)])
    found = local_false_discovery.local_false_discovery(z)
    assert found.centre == pytest.approx(0.2, abs=0.15)
    assert found.spread == pytest.approx(1.4, abs=0.15)
    assert found.ordinary == pytest.approx(0.95, abs=0.05)
    truth = 0.95 * stats.norm.pdf(z, 0.2, 1.4)
    truth /= truth + 0.05 * stats.norm.pdf(z, 7, 1)
    assert np.mean(np.abs(found.local - truth)) < 0.05
    assert np.mean(found.local[2850:] < 0.2) > 0.9
    assert np.mean(found.local[:2850] < 0.2) < 0.01
    with pytest.raises(Refused, match="fewer than 200"):
        local_false_discovery.local_false_discovery(z[:100])
