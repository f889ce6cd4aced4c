"""Two rates against each other, against printed numbers and against statsmodels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t

from openhalo.statistics import comparisons, count_change, rate_ratio, standardised_rates
from openhalo.statistics.rates import rate
from openhalo.statistics.results import Refused
from tests.libraries import library

sm = library("statsmodels.api")
reference = library("statsmodels.stats.rates")

COUNTS = st.integers(1, 60)
TIMES = st.floats(0.5, 50)


def test_e_test_as_printed_by_krishnamoorthy_and_thomson():
    assert count_change.e_test(6, 2) == pytest.approx(0.1748748, abs=5e-8)


@pytest.mark.parametrize(("a", "t1", "b", "t0"), [(6, 1, 2, 1), (3, 2.0, 9, 1.5), (40, 10, 22, 8), (1, 1, 0, 3)])
def test_e_test_agrees_with_statsmodels(a, t1, b, t0):
    other = reference.test_poisson_2indep(a, t1, b, t0, method="etest").pvalue
    assert count_change.e_test(a, b, t1, t0) == pytest.approx(other, rel=1e-9)


def test_e_test_refuses_nothing_and_too_much():
    with pytest.raises(Refused, match="no event"):
        count_change.e_test(0, 0)
    with pytest.raises(Refused, match="score interval"):
        count_change.e_test(15_000, 15_000)


@pytest.mark.parametrize(
    ("a", "t1", "b", "t0"), [(11, 800, 21, 3011), (3, 2.0, 9, 1.5), (400, 10, 220, 8), (0, 1, 4, 3)]
)
def test_score_ratio_agrees_with_statsmodels(a, t1, b, t0):
    found = count_change.score_ratio(a, t1, b, t0)
    low, high = reference.confint_poisson_2indep(a, t1, b, t0, method="score", compare="ratio")
    assert found.high == pytest.approx(high, rel=1e-6)
    if a:
        assert found.low == pytest.approx(low, rel=1e-6)
    else:
        assert found.low == 0
    assert found.p == pytest.approx(reference.test_poisson_2indep(a, t1, b, t0, method="score").pvalue, rel=1e-9)


def test_mid_p_lies_inside_the_exact_interval_and_agrees_with_statsmodels():
    found = count_change.mid_p_ratio(11, 800, 21, 3011)
    assert 0.85842640 < found.low < found.high < 4.27726594
    other = reference.test_poisson_2indep(11, 800, 21, 3011, method="cond-midp", alternative="larger").pvalue
    assert found.p == pytest.approx(2 * other, rel=1e-9)
    at_low = reference.test_poisson_2indep(11, 800, 21, 3011, value=found.low, method="cond-midp", alternative="larger")
    assert at_low.pvalue == pytest.approx(0.025, rel=1e-6)


@settings(max_examples=60, deadline=None)
@given(COUNTS, TIMES, COUNTS, TIMES, st.sampled_from(["score_ratio", "mid_p_ratio"]))
def test_ratios_turn_over_with_their_sides(a, t1, b, t0, name):
    one, other = getattr(count_change, name)(a, t1, b, t0), getattr(count_change, name)(b, t0, a, t1)
    assert one.estimate == pytest.approx(1 / other.estimate)
    assert (one.low, one.high) == (pytest.approx(1 / other.high, rel=1e-7), pytest.approx(1 / other.low, rel=1e-7))
    assert one.p == pytest.approx(other.p)
    assert one.low < one.estimate < one.high


@settings(max_examples=40, deadline=None)
@given(COUNTS, COUNTS, st.floats(0.5, 3), st.floats(0.5, 3))
def test_e_test_does_not_care_about_sides(a, b, t1, t0):
    assert count_change.e_test(a, b, t1, t0) == pytest.approx(count_change.e_test(b, a, t0, t1), rel=1e-8)


def test_adjusted_ratio_is_that_of_a_full_regression_with_a_column_a_place():
    rng = np.random.default_rng(11)
    place, group = np.repeat(np.arange(12), 2), np.tile([0, 1], 12)
    exposure = rng.uniform(50, 500, 24)
    events = rng.poisson(exposure * np.exp(-2 + 0.1 * place + 0.4 * group))
    found = rate_ratio.adjusted_ratio(events, exposure, group, place)
    columns = np.column_stack([group, np.eye(12)[place]])
    other = sm.GLM(events, columns, family=sm.families.Poisson(), offset=np.log(exposure)).fit(scale="X2", tol=1e-12)
    assert np.log(found.estimate) == pytest.approx(other.params[0], rel=1e-9)
    spread = max(1.0, other.scale)
    half = np.log(found.high / found.low) / 2
    assert half == pytest.approx(t.ppf(0.975, 11) * other.bse[0] * np.sqrt(spread / other.scale), rel=1e-7)


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False))
def test_adjusted_ratio_does_not_care_about_order_nor_about_how_finely_cells_are_cut(random):
    rng = np.random.default_rng(random.randint(0, 10**6))
    place, group = np.repeat(np.arange(5), 8), np.tile([0, 1], 20)
    exposure, events = rng.uniform(5, 50, 40), rng.poisson(6, 40)
    one = rate_ratio.adjusted_ratio(events, exposure, group, place)
    order = rng.permutation(40)
    two = rate_ratio.adjusted_ratio(events[order], exposure[order], group[order], place[order])
    key = place * 2 + group
    summed = rate_ratio.adjusted_ratio(
        np.bincount(key, events), np.bincount(key, exposure), np.tile([0, 1], 5), np.repeat(np.arange(5), 2)
    )
    assert two.estimate == pytest.approx(one.estimate, rel=1e-9)
    assert summed.estimate == pytest.approx(one.estimate, rel=1e-9)
    assert summed.high == pytest.approx(one.high, rel=1e-9)


def test_adjusted_ratio_refuses_what_cannot_be_compared():
    with pytest.raises(Refused, match="both groups"):
        rate_ratio.adjusted_ratio([3, 4], [10, 10], [0, 1], [0, 1])
    with pytest.raises(Refused, match="no event"):
        rate_ratio.adjusted_ratio([3, 0], [10, 10], [0, 1], [0, 0])


def test_disparity_index_of_philadelphia_2017():
    people = 110864 + 648846 + 221777 + 39858 + 548312
    stops = 7504 + 204420 + 29999 + 4529 + 50698
    assert comparisons.disparity_index(204420, stops, 648846 / people).estimate == pytest.approx(1.664, abs=5e-4)
    sure = comparisons.disparity_index(40, 100, 0.3)
    unsure = comparisons.disparity_index(40, 100, 0.3, 0.03)
    assert unsure.low < sure.low < sure.high < unsure.high
    other = comparisons.disparity_index(60, 100, 0.7)
    assert sure.estimate / other.estimate == pytest.approx((40 / 0.3) / (60 / 0.7))


def test_weighted_displacement_as_printed():
    found = comparisons.weighted_displacement((20, 20), (20, 10))
    assert found.estimate == -10
    assert "8.3666" in found.method
    assert (found.low, found.high) == (pytest.approx(-23.762, abs=5e-4), pytest.approx(3.762, abs=5e-4))
    assert "no proof" in found.sentence()


def test_sentence_says_what_the_interval_shows_and_no_more():
    sure = count_change.score_ratio(400, 10, 220, 10).sentence()
    assert "higher than the other" in sure
    assert "does not show its cause" in sure
    assert "95 % interval" in sure
    unsure = count_change.score_ratio(4, 10, 3, 10).sentence()
    assert "higher" not in unsure
    assert "Chance alone" in unsure


def test_gamma_interval_is_garwoods_where_weights_are_equal():
    found = standardised_rates.direct([100, 37], [10.0, 14.19893], [10.0, 14.19893])
    assert found.estimate == pytest.approx(137 / 24.19893)
    assert (found.low, found.high) == (pytest.approx(4.75312480, abs=5e-9), pytest.approx(6.69270933, abs=5e-9))


def test_direct_standardisation_recovers_the_standards_own_rate_and_ignores_its_scale():
    k, e, s = [3, 40, 9], [120.0, 900.0, 60.0], [1.0, 1.0, 2.0]
    found, scaled = standardised_rates.direct(k, e, s), standardised_rates.direct(k, e, [7.0, 7.0, 14.0])
    assert found.estimate == pytest.approx((3 / 120 + 40 / 900 + 2 * 9 / 60) / 4)
    assert scaled.low == pytest.approx(found.low)
    assert standardised_rates.direct(k[::-1], e[::-1], s[::-1]).high == pytest.approx(found.high)
    with pytest.raises(Refused, match="nobody"):
        standardised_rates.direct(k, [0, 900, 60], s)
    with pytest.raises(Refused, match="no event"):
        standardised_rates.direct([0, 0], [1, 1], [1, 1])


def test_observed_over_expected_is_exact():
    found = standardised_rates.indirect(137, [10.0, 14.19893], [1.0, 1.0])
    exact = rate(137, 24.19893)
    assert (found.low, found.high) == (pytest.approx(exact.low.item()), pytest.approx(exact.high.item()))
    assert found.p < 1e-10
    with pytest.raises(Refused):
        standardised_rates.indirect(1, [0.0], [1.0])
