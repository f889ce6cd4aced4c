"""Multilevel regression and post-stratification: its gradient, sums by another way, coverage, refusals."""

import numpy as np
import pytest
from scipy.special import expit

from openhalo.statistics import multilevel
from openhalo.statistics.posteriors import compiled
from openhalo.statistics.results import Refused

pytest.importorskip("numba")
pytest.importorskip("nutpie")


def made_up(seed, areas=8, groups=4, answers=600):
    """Return kinds of people, their answers, the census, and the true share of each area."""
    rng = np.random.default_rng(seed)
    codes = np.array([(a, g) for a in range(areas) for g in range(groups)])
    spreads = np.abs(rng.normal(0, 1, 2))
    truth = expit(rng.normal(0, 1.5) + spreads[0] * rng.normal(size=areas)[codes[:, 0]]
                  + spreads[1] * rng.normal(size=groups)[codes[:, 1]])  # fmt: skip
    asked = rng.multinomial(answers, rng.dirichlet(np.ones(len(codes))))
    people = rng.integers(100, 5000, len(codes))
    shares = np.array([np.average(truth[codes[:, 0] == a], weights=people[codes[:, 0] == a]) for a in range(areas)])
    return codes, rng.binomial(asked, truth), asked, people, shares


def test_gradient_is_the_slope():
    codes, yes, asked, *_ = made_up(1)
    run, ends = compiled(multilevel.density), np.array([0, 8, 12])
    rng = np.random.default_rng(2)
    q, common = 0.3 * rng.normal(size=15), np.concatenate([rng.dirichlet(np.ones(n)) for n in (8, 4)])
    at = lambda x: run(x, codes, yes.astype(float), asked.astype(float), ends, common, 1.5, 1.0)  # noqa: E731
    slope = [(at(q + 1e-5 * e)[0] - at(q - 1e-5 * e)[0]) / 2e-5 for e in np.eye(15)]
    assert at(q)[1] == pytest.approx(np.array(slope), abs=1e-5)


def test_shares_are_those_of_sums_over_the_prior():
    """The same posterior by weighting 300,000 draws of the prior by their likelihood: no gradient, no chain."""
    yes, asked, people = np.array([10, 25, 20, 3]), np.array([30, 40, 50, 5]), np.array([10, 30, 20, 40])
    codes = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    rng = np.random.default_rng(3)
    level, spread = rng.normal(0, 1.5, 300_000), np.abs(rng.normal(size=(2, 300_000)))
    effect = spread[:, None, :] * rng.normal(size=(2, 2, 300_000))
    odds = np.stack([level + effect[0, a] + effect[1, g] for a, g in codes])
    likely = (yes[:, None] * odds - asked[:, None] * np.logaddexp(0, odds)).sum(axis=0)
    weight = np.exp(likely - likely.max())
    shares = expit(odds)
    expected = [np.average(people[at] @ shares[at] / people[at].sum(), weights=weight) for at in ([0, 1], [2, 3])]
    model = multilevel.fit(codes, yes, asked, (2, 2), draws=1000, chains=2, worst_rhat=1.05, least_ess=150)
    found = multilevel.post_stratified(model, codes, people, 0, ("North", "South"))
    assert [one.estimate for one in found] == pytest.approx(expected, abs=0.01)
    assert [one.n for one in found] == [70, 55]


def test_refusals():
    codes = np.array([[0], [1]])
    with pytest.raises(Refused, match="too few"):
        multilevel.fit(codes, [1, 2], [5, 5], (2,))
    with pytest.raises(Refused, match="alike"):
        multilevel.fit(codes, [0, 0], [500, 500], (2,))
    with pytest.raises(ValueError, match="yes"):
        multilevel.fit(codes, [6, 2], [5, 5], (2,))


@pytest.mark.soak
def test_intervals_hold_the_truth_as_often_as_they_say():
    """Truths drawn from the prior: 95 of 100 intervals must hold them, within what chance allows over 40 surveys."""
    held = []
    for seed in range(40):
        codes, yes, asked, people, truth = made_up(100 + seed)
        model = multilevel.fit(codes, yes, asked, (8, 4), draws=600, chains=2, worst_rhat=1.1, least_ess=50)
        found = multilevel.post_stratified(model, codes, people, 0, [str(a) for a in range(8)])
        held.append(np.mean([one.low < share < one.high for one, share in zip(found, truth, strict=True)]))
    assert np.mean(held) == pytest.approx(0.95, abs=3 * np.std(held) / np.sqrt(40))
