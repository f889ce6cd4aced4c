"""The veil of darkness on real records, against an independent fit of the same model."""

import math
import shutil
from datetime import date
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from openhalo.sites.open_site import open_site
from openhalo.statistics.splines import natural_spline
from openhalo.statistics.sun import evening
from tests.libraries import library

pd = library("pandas")
sm = library("statsmodels.api")

CATALOGUE = Path(str(files("openhalo_catalogue")))


@pytest.fixture(scope="module")
def dark(city):
    return city.analyse("stops/veil_of_darkness")


def test_darkness_agrees_with_a_row_by_row_regression(city, dark):
    """Logistic regression on single stops with a dummy a precinct, by statsmodels, on what Python's dates give."""
    stops = city.records("stops/stop", where="reason = 'TRAFFIC' and race in ('BLACK', 'WHITE')").collect()
    local = stops["occurred_at_local"].to_list()
    minute = np.array([one.hour * 60 + one.minute for one in local])
    sunset, dusk = np.empty(len(local)), np.empty(len(local))
    cells = list(zip((stops["latitude"] / 0.1).round(), (stops["longitude"] / 0.1).round(), strict=True))
    for cell in set(cells):
        at = np.array([index for index, one in enumerate(cells) if one == cell])
        days = np.array([local[index].date() for index in at], "datetime64[D]")
        sunset[at], dusk[at] = evening(days, cell[0] * 0.1, cell[1] * 0.1, "America/Chicago")
    kept = (minute >= dusk.min()) & (minute <= dusk.max()) & ~((minute >= sunset) & (minute <= dusk))
    clock = 5 * np.round(minute[kept] / 5)
    black = (stops["race"] == "BLACK").to_numpy()[kept]
    places = pd.get_dummies(pd.Series(stops["precinct"].fill_null("").to_list())[kept], dtype=float)
    design = np.column_stack([(minute >= dusk)[kept].astype(float), natural_spline(clock, 6), places])
    model = sm.GLM(black.astype(float), design, family=sm.families.Binomial()).fit()
    ours = dark.facts["log_odds"][0]
    assert ours["group"] == "BLACK"
    assert ours["estimate"] == pytest.approx(model.params[0], abs=1e-6)
    assert ours["error"] == pytest.approx(model.bse[0], abs=1e-6)


def test_darkness_is_shown_as_odds_ratios_with_bounds(dark):
    for one, log in zip(dark.contrasts, dark.facts["log_odds"], strict=True):
        assert one.estimate == pytest.approx(math.exp(log["estimate"]))
        assert one.neutral == 1.0 and one.low < one.estimate < one.high
        assert one.bounds[0] <= one.estimate <= one.bounds[1]
    assert any(text == "the group is recorded as often in darkness as in daylight" for text, _ in dark.assumptions)


def test_an_interval_that_holds_one_is_no_proof_of_equal_treatment(dark):
    assert {one.direction for one in dark.contrasts} == {"neither"}
    assert "None of the 3 comparisons shows more than chance explains. That does not prove" in dark.sentence()


def test_around_the_clock_changes_only_those_stops_count_and_the_season_is_held_equal(city):
    """The second variant of the veil of darkness: 30 days on either side of the days on which clocks change."""
    shipped = (CATALOGUE / "stops/analyses/veil_of_darkness.yaml").read_text(encoding="utf-8")
    mine = city.path / "catalogue" / "stops" / "analyses" / "clock_changes.yaml"
    mine.parent.mkdir(parents=True, exist_ok=True)
    settings = "reference: WHITE\ncompare: [BLACK]\naround_clock_changes: true\nseason: true\n"
    mine.write_text(shipped + settings, encoding="utf-8")
    try:
        found = open_site(city.path).analyse("stops/clock_changes")
    finally:
        shutil.rmtree(city.path / "catalogue" / "stops")
    near = {date(2017, 3, 12), date(2017, 11, 5)}
    stops = city.records("stops/stop", where="reason = 'TRAFFIC' and race in ('BLACK', 'WHITE')").collect()
    days = [min(abs((day - one).days) for one in near) <= 30 for day in stops["occurred_at_date"]]
    one = found.contrasts[0]
    assert 500 < one.n < sum(days) and one.low < one.estimate < one.high
    whole = next(other for other in city.analyse("stops/veil_of_darkness").contrasts if other.group == "BLACK")
    assert one.n < whole.n and one.high / one.low > whole.high / whole.low
