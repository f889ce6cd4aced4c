"""Audits of recording: each finds what was planted, and keeps quiet where nothing was."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openhalo.statistics import audit, recording
from openhalo.statistics.interrupted_series import interrupted_series, newey_west
from openhalo.statistics.regression import fit
from openhalo.statistics.results import Refused
from tests.libraries import library

sm = library("statsmodels.api")


def test_months_with_too_few_known_values_are_found():
    assert audit.thin_months([10, 49, 50, 0, 0], [10, 100, 100, 5, 0]) == [1, 3]


@given(st.integers(3, 9), st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_a_lasting_change_is_found_at_its_month(at, seed):
    total = np.full(12, 400)
    rate = np.where(np.arange(12) < at, 0.95, 0.6)
    found = audit.largest_shift(np.random.default_rng(seed).binomial(total, rate), total)
    assert found.sure and abs(found.at - at) <= 1
    assert found.before > 0.85 and found.after < 0.75


def test_chance_alone_is_seldom_called_a_change():
    rng = np.random.default_rng(1)
    total = np.full(24, 300)
    called = sum(audit.largest_shift(rng.binomial(total, 0.8), total).sure for _ in range(400))
    assert called <= 20  # at most 5 % by Bonferroni, and fewer because of the tolerance


def test_too_few_months_say_nothing():
    assert audit.largest_shift([1] * 5, [2] * 5) is None
    assert audit.spikes([1, 2, 99]) == []


def test_full_and_half_hours_stand_out():
    # Nashville's recorded stops: 4.66 % on each of the two, where 3.33 % would be all of both.
    even = np.full(60, 1000.0)
    assert audit.heaping(even)[0] == pytest.approx(1.0)
    heaped = even.copy()
    heaped[[0, 30]] = 3000
    times, z = audit.heaping(heaped)
    assert times == pytest.approx(6000 / 64000 * 30) and z > 20
    with pytest.raises(Refused, match="no record has a time"):
        audit.heaping(np.zeros(60))


def test_a_week_of_a_campaign_is_a_spike():
    rng = np.random.default_rng(2)
    weeks = rng.poisson(200, 104)
    assert audit.spikes(weeks) == []
    weeks[40] = 900
    assert audit.spikes(weeks) == [40]


def test_a_code_that_replaces_another_is_found_twice():
    shares = np.array([[0.4] * 6 + [0.0] * 6, [0.0] * 6 + [0.4] * 6, [0.6] * 12])
    assert audit.new_or_gone(shares) == [(0, 6), (1, 6)]


def test_recording_by_outcome_is_refused_and_even_recording_is_not():
    with pytest.raises(Refused, match="recorded for 96% of searches and 76% of the others"):
        recording.refuse_uneven_recording((5574, 5826), (28906, 37873), "searches")
    recording.refuse_uneven_recording((960, 1000), (9590, 10000), "searches")


def test_newey_west_errors_are_those_of_statsmodels():
    rng = np.random.default_rng(3)
    noise = np.convolve(rng.normal(size=64), [0.5, 0.3, 0.2], "valid")
    time = np.arange(len(noise))
    y = rng.poisson(np.exp(3 + 0.3 * (time > 30) + noise))
    design = np.column_stack([np.ones(len(y)), (time > 30).astype(float), time / len(y)])
    for lags in (0, 1, 4):
        hac = {"cov_type": "HAC", "cov_kwds": {"maxlags": lags, "use_correction": False}}
        expected = sm.GLM(y, design, family=sm.families.Poisson()).fit(**hac).cov_params()
        assert newey_west(fit(design, y, "poisson"), design, y, lags) == pytest.approx(expected, rel=1e-7)


def test_linked_errors_never_narrow_an_interval():
    rng = np.random.default_rng(4)
    y, after = rng.poisson(50, 60), np.arange(60) >= 30
    plain, linked = interrupted_series(y, after), interrupted_series(y, after, lags=4)
    assert plain.estimate == linked.estimate
    assert linked.high / linked.low >= plain.high / plain.low
    with pytest.raises(ValueError, match="lags"):
        interrupted_series(y, after, lags=60)
