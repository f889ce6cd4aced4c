"""Medians and concentrations: their intervals hold what they promise, and agree with the slow way."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openhalo.statistics.concentration import by_chance, top_share
from openhalo.statistics.quantiles import median


def kinds(values):
    return np.unique(np.asarray(values), return_counts=True)


@given(st.lists(st.integers(0, 30), min_size=1, max_size=60))
def test_a_median_is_that_of_all_values_and_lies_in_its_interval(values):
    value, low, high, _ = median(*kinds(values))
    assert value[0] == np.median(values)
    if len(values) >= 6:
        assert low[0] <= value[0] <= high[0]
        assert {low[0], high[0]} <= set(values)
    else:
        assert np.isnan(low[0])


def test_a_medians_interval_runs_between_the_published_ranks():
    # Conover (1999), table of ranks for n = 20 at 95 %: 6th and 15th.
    _, low, high, _ = median(range(1, 21), np.ones(20))
    assert (low[0], high[0]) == (6, 15)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=80), st.sampled_from([0.1, 0.25, 0.5]))
def test_a_concentration_is_what_sorting_gives(held, top):
    ordered = np.sort(held)[::-1]
    whole = top * len(held)
    slow = ordered[: int(whole)].sum() + (whole % 1) * (ordered[int(whole)] if whole % 1 else 0)
    value, low, high, _ = top_share(*kinds(held), top)
    assert value[0] == pytest.approx(slow / sum(held))
    assert top - 1e-9 <= value[0] <= 1
    assert np.isnan(low[0]) or low[0] <= value[0] <= high[0]


def test_everyone_alike_holds_their_part():
    assert top_share([3], [40]).value[0] == pytest.approx(0.1)


def test_a_concentrations_interval_holds_the_truth_about_as_often_as_it_says():
    chance = np.random.default_rng(7)
    everyone = chance.negative_binomial(1.0, 0.2, size=200_000)
    everyone = everyone[everyone > 0]
    truth = top_share(*kinds(everyone)).value[0]
    found = [top_share(*kinds(chance.choice(everyone, 800))) for _ in range(400)]
    held = np.mean([one.low[0] <= truth <= one.high[0] for one in found])
    assert 0.91 <= held <= 0.98


@pytest.mark.parametrize("mean", [1.0, 1.2, 3.0, 20.0])
def test_chance_alone_gives_what_a_simulation_gives(mean):
    chance = np.random.default_rng(3)
    rates = np.linspace(1e-3, mean, 2000)
    rate = rates[np.argmin(np.abs(rates / -np.expm1(-rates) - mean))]
    drawn = chance.poisson(rate, size=400_000)
    drawn = drawn[drawn > 0] if mean > 1 else np.ones(10)
    assert by_chance(mean) == pytest.approx(top_share(*kinds(drawn)).value[0], abs=4e-3)


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="above 0"):
        top_share([0, 1], [3, 4])
    with pytest.raises(ValueError, match="at least 1"):
        by_chance(0.5)
    with pytest.raises(ValueError, match="top"):
        top_share([1], [1], 1.0)
