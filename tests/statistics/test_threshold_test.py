"""The threshold test: its gradient, what it refuses, and that it finds the thresholds of made-up stops."""

import numpy as np
import pytest
from scipy.special import expit

from openhalo.statistics import threshold_test as test
from openhalo.statistics.results import Refused
from tests.libraries import needs

pytestmark = needs("numba", "nutpie")

PRIORS = {"fast": test.FAST, "original": test.ORIGINAL, "open policing": test.open_policing()}


def stops(groups, places, size, seed):
    """Return cells drawn from the model, and the true threshold of each."""
    chance = np.random.default_rng(seed)
    group, place = (x.ravel() for x in np.meshgrid(range(groups), range(places)))
    odds = chance.normal(-2, 0.3, groups)[group] + np.r_[0, chance.normal(0, 0.1, places - 1)][place]
    delta = np.exp(np.log(chance.uniform(1.5, 2, groups))[group] + np.r_[0, chance.normal(0, 0.1, places - 1)][place])
    t = chance.normal(chance.normal(1.3, 0.2, groups)[group], 0.1)
    searched, hit = test._predicted(t, odds, delta)
    n = chance.poisson(size, len(group)) + 200
    s = chance.binomial(n, searched)
    return group, place, n, s, chance.binomial(s, hit), expit(odds + delta * t - delta**2 / 2)


@pytest.mark.parametrize("prior", PRIORS.values(), ids=PRIORS)
def test_gradient_is_the_slope(prior):
    cells = test.kept_cells(*stops(3, 8, 1000, 1)[:5], ("A", "B", "C"))
    model = test._Model(cells, prior)
    q = model.start() + 0.1 * np.random.default_rng(2).normal(size=model.size)
    step = 1e-5
    slope = [(model.density(q + step * e)[0] - model.density(q - step * e)[0]) / (2 * step) for e in np.eye(len(q))]
    assert model.density(q)[1] == pytest.approx(np.array(slope), rel=1e-5, abs=1e-3)


def fitted(cells, prior):
    """Fit the model. Where learned spreads are near 0, one fit in four is refused; one of eight seeds must do."""
    draws, tune = (1200, 400) if prior.learned else (2400, 200)
    for seed in range(1, 9):
        try:
            return test.threshold_test(
                cells, prior, draws=draws, tune=tune, chains=2, seed=seed, worst_rhat=1.06, least_ess=60
            )
        except Refused:
            if not prior.learned:
                raise
    raise AssertionError("no seed settled")


SLOW = {"original": pytest.mark.ci}


@pytest.mark.parametrize(
    "prior", [pytest.param(prior, id=name, marks=SLOW.get(name, ())) for name, prior in PRIORS.items()]
)
def test_finds_the_thresholds_of_made_up_stops(margin, prior):
    *counts, truth = stops(3, 12, 2000, 3 if prior.learned else 2)
    cells = test.kept_cells(*counts, ("A", "B", "C"))
    found = fitted(cells, prior)
    weight, off = np.bincount(cells.place, cells.stops)[cells.place], []
    for g, one in enumerate(found.by_place.groups):
        mine = cells.group == g
        off.append((one.estimate - np.average(truth[mine], weights=weight[mine])) / ((one.high - one.low) / 3.92))
    margin("thresholds off the truth, in deviations", off, -2.5, 2.5)
    margin("error of shares searched", found.search_error, most=0.02)
    margin("surprising cells", max(found.surprising), most=0.1)


@pytest.mark.soak
@pytest.mark.parametrize("prior", PRIORS.values(), ids=PRIORS)
def test_as_many_cells_as_a_state_settle(prior):
    cells = test.kept_cells(*stops(4, 100, 2000, 3)[:5], ("A", "B", "C", "D"))
    found = test.threshold_test(cells, prior)
    assert found.draws.rhat < 1.01
    assert found.draws.ess > 400


def test_refuses_too_few_places_and_chains_that_disagree():
    with pytest.raises(Refused, match="needs 5 places"):
        test.kept_cells(*stops(3, 4, 1000, 1)[:5], ("A", "B", "C"))
    with pytest.raises(ValueError, match="searches"):
        test.kept_cells([0, 1] * 5, list(range(5)) * 2, [5] * 10, [6] * 10, [1] * 10, ("A", "B"))
    cells = test.kept_cells(*stops(2, 6, 500, 1)[:5], ("A", "B"))
    with pytest.raises(Refused, match="did not settle"):
        test.threshold_test(cells, draws=10, tune=20, chains=2)


@pytest.mark.soak
def test_thresholds_hold_the_truth_as_often_as_they_say():
    """Forty made-up departments of 20 places whose truths are drawn from the priors: 95 of 100 intervals hold them."""
    held, refused = [], 0
    for seed in range(40):
        cells, truth = from_the_prior(test.open_policing(), 3, 20, 3000, seed)
        try:
            found = test.threshold_test(cells, test.open_policing(), draws=500, chains=2, worst_rhat=1.1, least_ess=40)
        except Refused:
            refused += 1
            continue
        weight = np.bincount(cells.place, cells.stops)[cells.place]
        for g, one in enumerate(found.by_place.groups):
            mine = cells.group == g
            held.append(one.low < np.average(truth[mine], weights=weight[mine]) < one.high)
    error = np.sqrt(0.95 * 0.05 / (40 - refused))  # the groups of one department share their level: count departments
    assert np.mean(held) == pytest.approx(0.95, abs=3 * error)
    assert refused <= 10


def from_the_prior(prior, groups, places, size, seed):
    """Return cells whose parameters are drawn from a prior, and the true threshold of each."""
    for attempt in range(1000):
        rng = np.random.default_rng([seed, attempt])
        group, place = (x.ravel() for x in np.meshgrid(range(groups), range(places)))
        effects = []
        for scale in (prior.group_odds, prior.group_size):
            level = rng.normal(0, prior.mean)
            of_group = level + np.r_[0, rng.normal(0, scale, groups - 1)]
            effects.append(of_group[group] + np.r_[0, rng.normal(0, prior.place_odds, places - 1)][place])
        odds, delta = effects[0], np.exp(effects[1])
        centre, spread = rng.normal(0, prior.threshold, groups), abs(rng.normal(0, prior.spread))
        t = rng.normal(centre[group], spread)
        searched, hit = test._predicted(t, odds, delta)
        n = rng.poisson(size, len(group)) + 200
        s = rng.binomial(n, searched)
        h = rng.binomial(s, hit)
        if (s > 0).all():  # a place without a search is left out, which would bend the truth
            cells = test.kept_cells(group, place, n, s, h, tuple("ABC"[:groups]))
            return cells, expit(odds + delta * t - delta**2 / 2)
    raise AssertionError("no department has a search in every cell")
