"""Interrupted series, staggered adoption and control charts, against printed numbers."""

import csv
import gzip

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openhalo.statistics import monitoring, staggered
from openhalo.statistics.interrupted_series import interrupted_series
from openhalo.statistics.results import Refused
from tests.libraries import library

sm = library("statsmodels.api")


@pytest.fixture(scope="module")
def sicily(data):
    with (data / "reference" / "its_sicily.csv").open() as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([float(row[name]) for row in rows]) for name in ("aces", "smokban", "stdpop")}


def test_sicily_as_printed(sicily):
    plain = interrupted_series(sicily["aces"], sicily["smokban"], sicily["stdpop"], dispersion=False)
    assert [round(x, 4) for x in (plain.estimate, plain.low, plain.high)] == [0.8944, 0.8647, 0.9251]
    assert "Not met" in plain.sentence()
    quasi = interrupted_series(sicily["aces"], sicily["smokban"], sicily["stdpop"], student=False)
    assert [round(x, 4) for x in (quasi.estimate, quasi.low, quasi.high)] == [0.8944, 0.8392, 0.9532]
    assert quasi.dispersion == pytest.approx(3.559, abs=5e-4)
    columns = np.column_stack([np.ones(59), sicily["smokban"], np.arange(59)])
    other = sm.GLM(sicily["aces"], columns, family=sm.families.Poisson(), offset=np.log(sicily["stdpop"]))
    assert quasi.dispersion == pytest.approx(other.fit(scale="X2", tol=1e-13).scale, rel=1e-9)
    season = interrupted_series(sicily["aces"], sicily["smokban"], sicily["stdpop"], harmonics=2, student=False)
    assert [round(x, 4) for x in (season.estimate, season.low, season.high)] == [0.8851, 0.8394, 0.9332]
    assert season.dispersion == pytest.approx(2.262, abs=5e-4)
    assert "lower than the earlier trend" in season.sentence()
    assert "Anything else that changed" in season.sentence()


def test_change_of_slope_agrees_with_statsmodels():
    rng = np.random.default_rng(2)
    time = np.arange(1, 61)
    after = time > 30
    y = rng.poisson(np.exp(3 + 0.01 * time - 0.3 * after + 0.02 * np.where(after, time - 31, 0)))
    found = interrupted_series(y, after, slope=True)
    columns = np.column_stack([np.ones(60), after, time, np.where(after, time - 31, 0)])
    other = sm.GLM(y, columns, family=sm.families.Poisson()).fit(scale="X2", tol=1e-12)
    got = np.log([found.estimate, found.trend, found.slope])
    assert got == pytest.approx(other.params[1:], abs=1e-9)
    kept = columns.copy()
    kept[:, [1, 3]] = 0
    assert found.expected == pytest.approx(np.exp(kept @ other.params), rel=1e-8)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.1, 1000))
def test_the_ratio_does_not_depend_on_the_units_of_exposure(seed, scale):
    y = np.random.default_rng(seed).poisson(20, 40)
    after = np.arange(40) >= 20
    one, other = interrupted_series(y, after, 5.0), interrupted_series(y, after, 5.0 * scale)
    assert other.estimate == pytest.approx(one.estimate, rel=1e-8)
    assert other.high == pytest.approx(one.high, rel=1e-8)


def test_series_that_are_too_short_or_empty_are_refused():
    with pytest.raises(Refused, match="8 periods"):
        interrupted_series([5] * 20, [False] * 15 + [True] * 5)
    with pytest.raises(Refused, match="no event"):
        interrupted_series([0] * 10 + [5] * 10, [False] * 10 + [True] * 10)
    with pytest.raises(ValueError, match="stay true"):
        interrupted_series([5] * 20, [False] * 8 + [True] * 8 + [False] * 4)


@pytest.fixture(scope="module")
def panel(data):
    with gzip.open(data / "reference" / "staggered_training_chicago.csv.gz", "rt") as file:
        header = file.readline().strip().split(",")
        body = np.loadtxt(
            file,
            delimiter=",",
            usecols=[header.index(c) for c in ("uid", "period", "first_trained", "complaints", "force", "sustained")],
        )
    body = body[np.lexsort([body[:, 1], body[:, 0]])].reshape(-1, 72, 6)
    return {
        name: body[:, :, column]
        for column, name in enumerate(("uid", "period", "first", "complaints", "force", "sustained"))
    }


def reduced(panel, outcome):
    return staggered.reduce_panel(panel[outcome], panel["first"][:, 0], panel["period"][0])


@pytest.mark.parametrize(
    ("average", "method", "estimate", "error"),
    [
        ("simple", "efficient", -0.001126981, 0.002115194),
        ("cohort", "efficient", -0.001084689, 0.002261011),
        ("calendar", "efficient", -0.00187198, 0.00255863),
        ("simple", "not-yet-treated", -0.005176818, 0.003928735),
        ("simple", "last-treated", 0.01153851, 0.01730161),
    ],
)
def test_training_and_complaints_as_printed(panel, average, method, estimate, error):
    found = staggered.effect(reduced(panel, "complaints"), average, method)
    assert found.estimate == pytest.approx(
        estimate, abs=6e-10 if average != "calendar" and method != "last-treated" else 6e-9
    )
    assert found.error == pytest.approx(
        error, abs=6e-10 if average != "calendar" and method != "last-treated" else 6e-9
    )
    if average == "simple" and method == "efficient":
        assert found.neyman_error == pytest.approx(0.002119248, abs=6e-10)
    assert "no proof" in found.sentence()


def test_event_study_as_printed(panel):
    cohorts = reduced(panel, "complaints")
    wanted = [3.083575e-04, 2.591678e-03, -4.872562e-05, 2.043434e-03, 2.977076e-03, 7.979656e-04]
    assert [staggered.event_study(cohorts, k).estimate for k in range(6)] == pytest.approx(wanted, rel=3e-7)


@pytest.mark.parametrize(
    ("average", "method", "estimate", "error"),
    [
        ("simple", "efficient", -0.006914568, 0.003559825),
        ("cohort", "efficient", -0.007487974, 0.003782051),
        ("calendar", "efficient", -0.006044126, 0.003104475),
        ("simple", "not-yet-treated", -0.01058211, 0.005018164),
    ],
)
def test_training_and_force_as_printed(panel, average, method, estimate, error):
    found = staggered.effect(reduced(panel, "force"), average, method)
    assert found.estimate == pytest.approx(estimate, abs=6e-9)
    assert found.error == pytest.approx(error, abs=6e-10)


def test_permutation_p_of_the_package_within_its_own_noise(panel):
    """500 shuffles gave .642; the standard error of such a share is .021."""
    p = staggered.permutation_p(panel["complaints"], panel["first"][:, 0], panel["period"][0], draws=100)
    assert p == pytest.approx(0.642, abs=4 * np.hypot(0.021, 0.048))


def made_panel(seed, units=240, effect=0.0):
    rng = np.random.default_rng(seed)
    level = rng.normal(0, 1, (units, 1))
    y = level + rng.normal(0, 1, (units, 10)) + 0.1 * np.arange(10)
    first = rng.choice([4.0, 6.0, 8.0, np.inf], units)
    return y + effect * (np.arange(1, 11) >= first[:, None]), first, np.arange(1, 11)


def test_shuffling_units_computes_the_same_moments_as_the_cohorts():
    y, first, periods = made_panel(1)
    cohorts = staggered.reduce_panel(y, first, periods)
    for method in ("efficient", "not-yet-treated", "last-treated"):
        plan = staggered._plan(cohorts, staggered._weights(cohorts, "simple"), method)
        direct = staggered._solve(plan, staggered._from_cohorts(plan, cohorts))
        units = staggered._solve(plan, staggered._from_units(plan, y[np.argsort(first, kind="stable")]))
        assert units == pytest.approx(direct, rel=1e-10)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.floats(-5, 5), st.floats(0.1, 10))
def test_estimate_follows_shift_scale_and_order(seed, shift, scale):
    y, first, periods = made_panel(seed)
    one = staggered.effect(staggered.reduce_panel(y, first, periods))
    order = np.random.default_rng(seed).permutation(len(y))
    other = staggered.effect(staggered.reduce_panel(shift + scale * y[order], first[order], periods))
    assert other.estimate == pytest.approx(scale * one.estimate, abs=1e-8)
    assert other.error == pytest.approx(scale * one.error, rel=1e-6)


def test_panels_without_comparison_are_refused():
    y = np.zeros((4, 3))
    with pytest.raises(Refused, match="different times"):
        staggered.reduce_panel(y, [2, 2, 2, 2], [1, 2, 3])
    with pytest.raises(ValueError, match="full matrix"):
        staggered.reduce_panel(np.full((4, 3), np.nan), [2, 2, 3, 3], [1, 2, 3])
    with pytest.raises(ValueError, match="without a gap"):
        staggered.reduce_panel(y, [2, 2, 3, 3], [1, 2, 4])
    y = np.random.default_rng(1).normal(size=(5, 3))
    assert staggered.reduce_panel(y, [2, 2, 3, 3, np.inf], [1, 2, 3]).dropped == 1


def test_poisson_cusum_by_hand():
    found = monitoring.poisson_cusum([2, 2, 6, 8, 1], [2, 2, 2, 2, 2], 2.0, 3.0)
    log = np.log(2)
    assert found.path == pytest.approx([0, 0, 6 * log - 2, 14 * log - 4, 0])
    assert found.alarms == (3,)
    assert "first at observation 4" in found.sentence()


def test_bernoulli_cusum_and_running_excess_by_hand():
    y, p = [1, 1, 0], [0.1, 0.5, 0.2]
    found = monitoring.bernoulli_cusum(y, p, 2.0, 10.0)
    steps = [np.log(2) - np.log(1.1), np.log(2) - np.log(1.5), -np.log(1.2)]
    assert found.path == pytest.approx(np.cumsum(steps))
    assert found.alarms == ()
    assert monitoring.running_excess(y, p) == pytest.approx([0.9, 1.4, 1.2])
    with pytest.raises(ValueError, match="0 or 1"):
        monitoring.bernoulli_cusum([2], [0.5], 2.0, 10.0)


def test_run_length_agrees_with_the_markov_chain():
    """Poisson counts of mean 1 against ρ = e: steps of y − (e − 1); on a fine grid the chain gives the exact length."""
    expected, ratio, limit = 1.0, 2.0, 3.0
    cells = 1500
    middle = (np.arange(cells) + 0.5) * limit / cells
    step = np.log(ratio) * np.arange(40) - expected * (ratio - 1)
    chance = np.exp(-expected) * np.cumprod(np.r_[1, expected / np.arange(1, 40)])
    chain = np.zeros((cells + 1, cells + 1))
    for row, level in enumerate(np.r_[0.0, middle]):
        new = np.maximum(0.0, level + step)
        inside = new < limit
        column = np.where(new == 0, 0, 1 + np.minimum((new / limit * cells).astype(int), cells - 1))
        np.add.at(chain[row], column[inside], chance[inside])
    exact = np.linalg.solve(np.eye(cells + 1) - chain, np.ones(cells + 1))[0]
    found = monitoring.poisson_run_length(expected, ratio, limit, draws=4000)
    assert found.average == pytest.approx(exact, abs=4 * found.error + 0.02 * exact)


def test_limits_give_the_run_length_asked_for_and_changes_are_found_sooner():
    h = monitoring.poisson_limit(2.0, 2.0, 100, draws=500)
    calm = monitoring.poisson_run_length(2.0, 2.0, h, draws=2000, seed=9)
    assert calm.average == pytest.approx(100, abs=5 * np.hypot(calm.error, 2 * calm.error))
    assert monitoring.poisson_run_length(2.0, 2.0, h, shift=2.0, draws=500).average < 20
    risk = [0.05, 0.1, 0.3]
    h = monitoring.bernoulli_limit(risk, 2.0, 100, draws=500)
    assert monitoring.bernoulli_run_length(risk, 2.0, h, shift=3.0, draws=500).average < 50
