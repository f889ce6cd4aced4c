"""Multilevel regression and post-stratification: its gradient, sums by another way, coverage, refusals."""

import numpy as np
import pytest
from scipy.special import expit

from openhalo.statistics import small_area_estimate
from openhalo.statistics.posteriors import compiled
from openhalo.statistics.predictive_check import LEAST, misfits, reproduced
from openhalo.statistics.results import Refused
from tests.libraries import needs

pytestmark = needs("numba", "nutpie")


def made_up(seed, areas=8, groups=4, answers=600):
    """Return kinds of people, their answers, the census, and the true share of each area."""
    rng = np.random.default_rng(seed)
    codes = np.array([(a, g) for a in range(areas) for g in range(groups)])
    spreads = np.abs(rng.normal(0, 1, 2))
    truth = expit(
        rng.normal(0, 1.5)
        + spreads[0] * rng.normal(size=areas)[codes[:, 0]]
        + spreads[1] * rng.normal(size=groups)[codes[:, 1]]
    )
    asked = rng.multinomial(answers, rng.dirichlet(np.ones(len(codes))))
    people = rng.integers(100, 5000, len(codes))
    shares = np.array([np.average(truth[codes[:, 0] == a], weights=people[codes[:, 0] == a]) for a in range(areas)])
    return codes, rng.binomial(asked, truth), asked, people, shares


def post_stratified(model, codes, people, factor, names):
    """Return the share of each area, as the analysis makes it."""
    shares = small_area_estimate.by_area(model, codes, people, factor)
    asked = model.answers[factor]
    return [small_area_estimate.result(model, shares[:, at], name, asked[at]) for at, name in enumerate(names)]


def test_gradient_is_the_slope():
    codes, yes, asked, *_ = made_up(1)
    run, ends = compiled(small_area_estimate.density), np.array([0, 8, 12])
    rng = np.random.default_rng(2)
    q, common = 0.3 * rng.normal(size=15), np.concatenate([rng.dirichlet(np.ones(n)) for n in (8, 4)])
    at = lambda x: run(x, codes, yes.astype(float), asked.astype(float), ends, common, 1.5, 1.0)  # noqa: E731
    slope = [(at(q + 1e-5 * e)[0] - at(q - 1e-5 * e)[0]) / 2e-5 for e in np.eye(15)]
    assert at(q)[1] == pytest.approx(np.array(slope), abs=1e-5)


@pytest.mark.ci
def test_shares_are_those_of_sums_over_the_prior(margin):
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
    model = small_area_estimate.fit(codes, yes, asked, (2, 2), draws=1000, chains=2, worst_rhat=1.05, least_ess=150)
    found = post_stratified(model, codes, people, 0, ("North", "South"))
    margin("shares off", np.subtract([one.estimate for one in found], expected), -0.01, 0.01)
    assert [one.n for one in found] == [70, 55]


@pytest.mark.ci
def test_shares_and_intervals_are_those_of_plain_sums_on_a_grid(margin):
    """One factor, where the posterior is a sum over level, spread and each effect alone. One area has no answers."""
    yes, asked = np.array([12, 30, 4, 45, 9, 0]), np.array([40, 50, 6, 60, 30, 0])
    level, spread, z = np.linspace(-4, 4, 161), np.linspace(0.0025, 4, 160), np.linspace(-5, 5, 201)
    odds = level[:, None, None] + spread[:, None] * z  # level × spread × effect in units of the spread
    share, of_z = expit(odds), np.exp(-(z**2) / 2) / np.exp(-(z**2) / 2).sum()
    kept = [of_z * share**k * (1 - share) ** (n - k) for k, n in zip(yes, asked, strict=True)]
    alone = np.array([one.sum(axis=2) for one in kept])
    prior = np.exp(-(level[:, None] ** 2) / (2 * 1.5**2) - spread**2 / 2)
    model = small_area_estimate.fit(np.arange(6)[:, None], yes, asked, (6,))
    found = post_stratified(model, np.arange(6)[:, None], np.ones(6), 0, list("ABCDEF"))
    off, ends_off = [], []
    for area, one in enumerate(found):
        weights = kept[area] * (prior * np.prod(np.delete(alone, area, axis=0), axis=0))[:, :, None]
        order = np.argsort(share, axis=None)
        below = np.cumsum(weights.ravel()[order]) / weights.sum()
        low, high = np.interp((0.025, 0.975), below, share.ravel()[order])
        mean = (weights * share).sum() / weights.sum()
        spread = np.sqrt((weights * (share - mean) ** 2).sum() / weights.sum())
        off.append((one.estimate - mean) / spread)
        ends_off += [(one.low - low) / spread, (one.high - high) / spread]
        assert one.n == asked[area]
    margin("shares off, in deviations", off, -0.12, 0.12)
    margin("ends of intervals off, in deviations", ends_off, -0.35, 0.35)


def test_weights_count_as_far_as_kinds_do_not_explain_them():
    rng = np.random.default_rng(4)
    codes = np.column_stack([rng.integers(0, 6, 3000), rng.integers(0, 3, 3000)])
    explained = np.array([1, 2, 3, 4, 5, 6])[codes[:, 0]] * np.array([1.0, 10, 0.2])[codes[:, 1]]
    weights, effect = small_area_estimate.leftover_weights(explained, codes)
    assert weights == pytest.approx(1) and effect == 1
    noise = np.where(rng.random(3000) < 0.5, 1.0, 3.0)
    weights, effect = small_area_estimate.leftover_weights(explained * noise, codes)
    assert effect == pytest.approx(1 + 1 / 4, abs=0.02)  # mean 2, standard deviation 1
    assert np.bincount(codes[:, 0], weights) == pytest.approx(np.bincount(codes[:, 0]))
    # Every answer a kind of its own: nothing is left over to tell kinds and weights apart by chance.
    assert small_area_estimate.leftover_weights([1.0, 2.0, 5.0], np.arange(3)[:, None]) == (pytest.approx(1), 1)


@pytest.mark.ci
def test_what_the_model_leaves_out_shows_in_answers_drawn_from_it(margin):
    """Chances of a larger misfit are spread over 0 to 1 where the model holds, and vanish where kinds interact."""
    codes = np.array([(a, g) for a in range(10) for g in range(2)])
    asked, rng = np.full(20, 40), np.random.default_rng(5)
    odds = {
        "holds": 0.5 * rng.normal(size=10)[codes[:, 0]] + 0.4 * codes[:, 1],
        "turns": np.where((codes[:, 0] + codes[:, 1]) % 2, 1.0, -1.0),
    }
    cuts = {"area": (0,), "group": (1,), "both": (0, 1)}
    found = {}
    for name, at in odds.items():
        yes = rng.binomial(asked, expit(at))
        model = small_area_estimate.fit(codes, yes, asked, (10, 2), draws=3000, chains=2, worst_rhat=1.1, least_ess=50)
        found[name] = misfits(model, codes, yes, asked, cuts)
    margin("least chance where the model holds", min(found["holds"].values()), least=0.05)
    margin("chance of both where kinds interact", found["turns"]["both"], most=LEAST)
    # Of each area as many said yes as in any.
    margin("chance of the area where kinds interact", found["turns"]["area"], least=0.05)
    assert reproduced(0.5, "Gender").state == "met" and reproduced(0.001, "Gender", "Ward").state == "not met"


def test_refusals():
    codes = np.array([[0], [1]])
    with pytest.raises(Refused, match="too few"):
        small_area_estimate.fit(codes, [1, 2], [5, 5], (2,))
    with pytest.raises(Refused, match="alike"):
        small_area_estimate.fit(codes, [0, 0], [500, 500], (2,))
    with pytest.raises(ValueError, match="yes"):
        small_area_estimate.fit(codes, [6, 2], [5, 5], (2,))


@pytest.mark.soak
def test_intervals_hold_the_truth_as_often_as_they_say():
    """Truths drawn from the prior: 95 of 100 intervals must hold them, within what chance allows over 40 surveys."""
    held = []
    for seed in range(40):
        codes, yes, asked, people, truth = made_up(100 + seed)
        model = small_area_estimate.fit(codes, yes, asked, (8, 4), draws=600, chains=2, worst_rhat=1.1, least_ess=50)
        found = post_stratified(model, codes, people, 0, [str(a) for a in range(8)])
        held.append(np.mean([one.low < share < one.high for one, share in zip(found, truth, strict=True)]))
    assert np.mean(held) == pytest.approx(0.95, abs=3 * np.std(held) / np.sqrt(40))
