"""Intervals against published numbers, and against scipy and statsmodels as independent computations."""

import numpy as np
import pytest
from scipy import stats

from openhalo.statistics import means, proportions, rates
from openhalo.statistics.estimates import holm
from tests.libraries import library

multitest, proportion = library("statsmodels.stats.multitest"), library("statsmodels.stats.proportion")

PAIRS = [(0, 1), (1, 1), (0, 10), (10, 10), (3, 10), (48, 80), (56, 70), (5826, 43699), (1, 100_000)]


def test_poisson_interval_of_r():
    assert rates.rate(137, 24.19893).low == pytest.approx(4.75312480, abs=5e-9)
    assert rates.rate(137, 24.19893).high == pytest.approx(6.69270933, abs=5e-9)


def test_rate_ratio_of_r():
    found = rates.ratio(11, 800, 21, 3011)
    assert found.value == pytest.approx(1.97148810, abs=5e-9)
    assert (found.low, found.high) == (pytest.approx(0.85842640, abs=5e-9), pytest.approx(4.27726594, abs=5e-9))


def test_stop_rates_of_philadelphia_2017():
    stops, people = [7504, 204420, 29999, 4529, 50698], [110864, 648846, 221777, 39858, 548312]
    value = rates.rate(stops, people).value
    assert value == pytest.approx([0.0677, 0.315, 0.135, 0.114, 0.0925], abs=5e-4)
    assert rates.ratio(204420, 648846, 50698, 548312).value == pytest.approx(3.407, abs=5e-4)


def test_newcombe_1998_table_two():
    found = proportions.difference([56, 9, 10], [70, 10, 10], [48, 3, 0], [80, 10, 20])
    assert found.low == pytest.approx([0.0524, 0.1705, 0.6791], abs=5e-5)
    assert found.high == pytest.approx([0.3339, 0.8090, 1.0000], abs=5e-5)


def test_koopman_1984_example():
    found = proportions.ratio(36, 40, 16, 80)
    assert (found.low, found.high) == (pytest.approx(2.94, abs=5e-3), pytest.approx(7.15, abs=5e-3))


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
def test_wilson_is_that_of_statsmodels(confidence):
    k, n = np.array(PAIRS).T
    found = proportions.wilson(k, n, confidence)
    low, high = proportion.proportion_confint(k, n, 1 - confidence, method="wilson")
    assert found.low == pytest.approx(low, abs=1e-12)
    assert found.high == pytest.approx(high, abs=1e-12)


@pytest.mark.parametrize(("one", "other"), [((36, 40), (16, 80)), ((3, 10), (48, 80)), ((0, 10), (5, 20))])
def test_score_ratio_is_that_of_statsmodels(one, other):
    found = proportions.ratio(*one, *other)
    low, high = proportion.confint_proportions_2indep(
        *one, *other, method="score", compare="ratio", alpha=0.05, correction=False
    )
    assert (found.low, found.high) == (pytest.approx(low, rel=1e-4, abs=1e-6), pytest.approx(high, rel=1e-4))


def test_score_ratio_holds_the_values_that_the_score_test_does_not_refuse():
    found = proportions.ratio(30, 200, 20, 300)
    for end in (found.low, found.high):
        _, p = proportion.test_proportions_2indep(
            30, 200, 20, 300, value=float(end), compare="ratio", method="score", correction=False
        )
        assert p == pytest.approx(0.05, abs=1e-9)


def test_two_shares_of_one_still_have_an_interval():
    found = proportions.ratio(16, 16, 17, 17)
    assert found.high == pytest.approx(1 + 1.959964**2 / 17, rel=1e-6)
    assert found.low == pytest.approx(1 / (1 + 1.959964**2 / 16), rel=1e-6)


def test_rates_are_those_of_scipy():
    for events, exposure, other, other_exposure in [(11, 800, 21, 3011), (1, 5, 400, 20), (60, 1.5, 61, 1.5)]:
        found = rates.ratio(events, exposure, other, other_exposure)
        share = stats.binomtest(events, events + other).proportion_ci(0.95, "exact")
        ends = [p / (1 - p) * other_exposure / exposure for p in share]
        assert [found.low, found.high] == [pytest.approx(end, rel=1e-10) for end in ends]
        low, high = stats.chi2.ppf(0.025, 2 * events) / 2, stats.chi2.ppf(0.975, 2 * events + 2) / 2
        single = rates.rate(events, exposure)
        assert (single.low, single.high) == (pytest.approx(low / exposure), pytest.approx(high / exposure))


def test_an_estimated_denominator_never_narrows_the_interval():
    k, cv = np.meshgrid([0, 1, 5, 40, 10_000], [0.001, 0.05, 0.3])
    exact, found = rates.rate(k, 100.0), rates.rate(k, 100.0, cv)
    assert np.all(found.low <= exact.low) and np.all(found.high > exact.high)
    large = rates.rate(10_000, 100.0, 0.05)
    by_delta = 100 * np.exp(1.959964 * np.sqrt(1 / 10_000 + 0.05**2))
    assert large.high == pytest.approx(by_delta, rel=1e-3)
    assert rates.ratio(11, 800, 21, 3011, 0.1).high > 4.27726594


def test_means_are_those_of_scipy():
    values = np.array([3.5, 4.0, 9.25, 1.0, 7.75])
    found = means.mean(values.mean(), values.var(ddof=1), values.size)
    low, high = stats.t.interval(0.95, 4, values.mean(), stats.sem(values))
    assert (found.low, found.high) == (pytest.approx(low, abs=1e-12), pytest.approx(high, abs=1e-12))


def test_tests_of_equality_are_those_of_scipy():
    a, b = np.array([3.5, 4.0, 9.25, 1.0]), np.array([7.75, 9.0, 8.0, 12.0, 6.5])
    p = means.equality(a.mean(), a.var(ddof=1), a.size, b.mean(), b.var(ddof=1), b.size)
    assert p == pytest.approx(stats.ttest_ind(a, b, equal_var=False).pvalue, abs=1e-12)
    table = [[36, 4], [16, 64]]
    expected = stats.chi2_contingency(table, correction=False).pvalue
    assert proportions.equality(36, 40, 16, 80) == pytest.approx(expected, rel=1e-9)
    share = 800 / 3811
    below, above = stats.binom.cdf(11, 32, share), stats.binom.sf(10, 32, share)
    assert rates.equality(11, 800, 21, 3011) == pytest.approx(2 * min(below, above), rel=1e-9)
    p = [0.01, 0.04, 0.03, 0.5]
    assert holm(p) == pytest.approx(multitest.multipletests(p, method="holm")[1])


def test_what_cannot_be_estimated_is_refused():
    assert np.isnan(proportions.wilson(0, 0).low)
    assert np.isnan(proportions.ratio(3, 10, 0, 10).value) and np.isnan(proportions.ratio(0, 0, 1, 10).high)
    assert np.isnan(rates.ratio(3, 10, 0, 10).high) and np.isnan(rates.ratio(3, 0, 1, 10).value)
    assert np.isnan(rates.rate(3, 0).high) and np.isnan(rates.rate(3, np.nan).value)
    assert np.isnan(means.mean(3.0, 0.0, 1).low)
    assert proportions.ratio(0, 10, 3, 10).value == 0 and rates.ratio(0, 10, 3, 10).low == 0
    for wrong in (lambda: proportions.wilson(3, 2), lambda: proportions.wilson(1, 2, 1.0), lambda: rates.rate(-1)):
        with pytest.raises(ValueError, match=r"must"):
            wrong()
