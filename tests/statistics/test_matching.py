"""Help that does nothing looks like help in a before and after; against equals it does not."""

import numpy as np
import pytest

from openhalo.statistics.matching import Side, matched_effect
from openhalo.statistics.results import Refused


def drawn(seed, left=1.0, officers=3000):
    """Half of those with three events or more get help; `left`: what help leaves of their later events.

    Rates differ between officers and stay as they are (gamma-Poisson), so a high count falls by itself.
    """
    draw = np.random.default_rng(seed)
    rate = draw.gamma(1.0, 0.8, officers)
    before = draw.poisson(rate)
    helped = (before >= 3) & (draw.random(officers) < 0.5)
    after = draw.poisson(np.where(helped, left * rate, rate))
    unit = np.arange(officers)
    effect = (left - 1) * rate[helped].mean()
    sides = (Side(before[some], unit[some], before[some], after[some]) for some in (helped, ~helped))
    return *sides, effect


def test_without_an_effect_the_naive_fall_is_large_and_ours_is_none():
    found = [matched_effect(*drawn(seed)[:2]) for seed in range(400)]
    assert np.mean([one.naive_high < 0 for one in found]) > 0.99, "before and after sees help that is not there"
    assert np.mean([one.naive for one in found]) < -1
    covered = np.mean([one.low <= 0 <= one.high for one in found])
    assert 0.93 <= covered <= 0.985
    assert abs(np.mean([one.estimate for one in found])) < 0.02
    assert all(one.equals_before == pytest.approx(one.before) for one in found), "equals begin as high"
    assert np.mean([one.equals_after - one.equals_before for one in found]) < -1, "and fall without help"


def test_a_true_effect_is_recovered():
    both = [(matched_effect(helped, others), effect) for helped, others, effect in (drawn(s, 0.6) for s in range(400))]
    # Those with the highest counts have no equals and are left out, so what is estimated is a little less.
    assert np.mean([one.estimate - effect for one, effect in both]) == pytest.approx(0, abs=0.04)
    assert 0.93 <= np.mean([one.low <= effect <= one.high for one, effect in both]) <= 0.99
    assert np.mean([one.high < 0 for one, _effect in both]) > 0.9


def test_numbers_are_those_of_a_plain_loop_and_reused_equals_widen_the_interval():
    helped, others, _effect = drawn(5)
    found = matched_effect(helped, others)
    differences, spread, used = [], 0.0, {}
    for stratum, after in zip(helped.stratum, helped.after, strict=True):
        equal = np.flatnonzero(others.stratum == stratum)
        if len(equal) >= 5:
            values = others.after[equal]
            differences.append(after - values.mean())
            spread += values.var(ddof=1)
            for one in equal:
                used[one] = used.get(one, 0.0) + values.std(ddof=1) / len(equal)
    n = len(differences)
    error = np.sqrt(spread + sum(part**2 for part in used.values())) / n
    assert (found.n, found.equals, found.unmatched) == (n, len(used), len(helped.stratum) - n)
    assert found.estimate == pytest.approx(np.mean(differences))
    assert (found.high - found.low) / 2 == pytest.approx(1.96 * error, rel=0.02)
    twice = Side(*(np.concatenate([part, part]) for part in others))
    again = matched_effect(helped, twice)
    assert again.estimate == pytest.approx(found.estimate)
    assert again.high - again.low == pytest.approx(found.high - found.low, rel=0.01), (
        "the same people twice teach nothing"
    )


def test_too_few_equals_are_refused():
    helped, others, _effect = drawn(5, officers=60)
    with pytest.raises(Refused, match="fewer than 20"):
        matched_effect(helped, others)
    none = Side(others.stratum + 100, others.unit, others.before, others.after)
    with pytest.raises(Refused):
        matched_effect(drawn(5)[0], none)
