"""Officers against similar stops, on made-up stops whose truth is known."""

import numpy as np
import pytest

from openhalo.statistics.internal_benchmark import benchmark
from openhalo.statistics.results import Refused
from openhalo.statistics.splines import natural_spline
from tests.libraries import library

sm = library("statsmodels.api")


def made(seed=0, officers=40, stops=12_000, biased=()):
    """Officers work in places and at hours of their own, and places differ in whom one meets there."""
    rng = np.random.default_rng(seed)
    officer = rng.integers(0, officers, stops)
    place = (officer + rng.integers(0, 3, stops)) % 6
    hour = np.clip(np.round(rng.normal(8 + 8 * (officer % 3) / 2, 4, stops)), 0, 23)
    reason = rng.integers(0, 3, stops)
    odds = -1 + 0.35 * place + 0.8 * np.sin(hour / 4) + 0.3 * reason + 1.2 * np.isin(officer, biased)
    return rng.random(stops) < 1 / (1 + np.exp(-odds)), officer, [hour], [place, reason]


def test_finds_the_two_officers_and_no_other():
    y, officer, hour, kinds = made(officers=120, stops=36_000, biased=(7, 20))
    found = benchmark(y, officer, hour, kinds)
    out = {one.officer for one, p in zip(found.compared, found.adjusted, strict=True) if p < 0.05}
    assert out == {7, 20}
    assert len(found.refused) <= 2 and all("separation" in why for why in found.refused.values())
    assert found.local is None
    assert max(one.imbalance for one in found.compared) < 0.05
    assert f"2 of {len(found.compared)} officers" in found.sentence() and "no ranking" in found.sentence()
    # The plain comparison of shares calls out nearly everybody: places differ, not officers.
    share = y.mean()
    plain = [abs(y[officer == one].mean() - share) / np.sqrt(share * (1 - share) / 300) > 1.96 for one in range(120)]
    assert np.mean(plain) > 0.5


def test_the_difference_is_that_of_two_regressions_in_statsmodels():
    y, officer, (hour,), kinds = made(seed=3, officers=8, stops=2_000)
    found = next(one for one in benchmark(y, officer, [hour], kinds).compared if one.officer == 2)
    own = officer == 2
    shared = np.isin(kinds[0], kinds[0][own])
    curve = natural_spline(hour, 4)[shared]
    codes = [(kind == level)[shared] for kind in kinds for level in np.unique(kind[shared])[1:]]
    design = np.column_stack([np.ones(shared.sum()), curve, *codes]).astype(float)
    chance = sm.Logit(own[shared].astype(float), design).fit(disp=0).predict(design)
    weight = np.where(own[shared], 1.0, chance / (1 - chance))
    other = sm.WLS(y[shared].astype(float), np.column_stack([own[shared], design]), weights=weight).fit(cov_type="HC0")
    assert found.difference == pytest.approx(other.params[0], abs=1e-8)
    assert found.error == pytest.approx(other.bse[0], rel=1e-6)


def test_chance_alone_calls_nobody_out_more_often_than_it_should():
    p = np.concatenate([benchmark(*made(seed=seed, stops=6_000)).p for seed in range(8)])
    assert len(p) > 280
    assert np.mean(p < 0.05) < 0.085


def test_who_works_alone_or_seldom_is_not_compared():
    y, officer, hour, (place, reason) = made(officers=10, stops=3_000)
    place = np.where(officer == 4, 99, place)
    officer = np.where((officer == 5) & (np.cumsum(officer == 5) > 20), 6, officer)
    found = benchmark(y, officer, hour, [place, reason])
    assert set(found.refused) == {4, 5}
    assert all("fewer than 50 stops" in why for why in found.refused.values())
    with pytest.raises(Refused, match="which stops are similar"):
        benchmark(y, officer)
    with pytest.raises(ValueError, match="one length"):
        benchmark(y, officer[:-1], hour)
