"""Sunset to the second, R's splines and regression to ten digits, and published counts.

How the numbers of R (4.2.2, Debian's r-base) were made; the stops are `made_stops` written as a table:

    stops <- read.csv("made_stops.csv")    # minute, dark, place, season, group as whole numbers
    print(splines::ns(stops$minute, df = 6)[c(2, 100, 5000), ], digits = 16)
    model <- group ~ dark + splines::ns(minute, df = 6)    # then + factor(place), then + factor(season)
    fit <- glm(model, binomial, stops, control = glm.control(epsilon = 1e-15, maxit = 100))
    # Once more from its own answer, since the errors glm prints are those of the last step but one.
    fit <- glm(model, binomial, stops, start = coef(fit), control = glm.control(epsilon = 1e-15, maxit = 100))
    print(summary(fit)$coefficients["dark", 1:2], digits = 16)
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openhalo.statistics.regression import fit
from openhalo.statistics.results import Refused
from openhalo.statistics.splines import natural_spline
from openhalo.statistics.sun import clock_changes, evening
from openhalo.statistics.veil_of_darkness import raw_log_odds, veil_of_darkness

PHILADELPHIA = (39.9525839, -75.1652215, "America/New_York")
SAN_DIEGO = (33.02573574851674, -116.74773330323929, "America/Los_Angeles")


def made_stops():
    """Six thousand stops from plain arithmetic, so that any language can remake them."""
    i = np.arange(6000)
    minute = 1020 + (i * 7919) % 240
    minute = minute + (minute % 3 == 0)
    dark = ((i * 104729) % 997) / 997 < (minute - 1000) / 280
    place, season = (i * 31) % 7, (i // 11) % 4
    log_odds = -0.3 - 0.2 * dark + 0.002 * (minute - 1100) + 0.15 * (place - 3) + 0.05 * season
    group = ((i * 15485863) % 32452843) / 32452843 < 1 / (1 + np.exp(-log_odds))
    return minute, dark, place, season, group


def as_veil(minute, dark, **kwargs):
    """Give each stop the dusk that makes it dark or light, with a window that holds them all."""
    window = [900.0, 1400.0]
    # Two stops far from any time compared, whose dusk opens the window.
    dusk = np.where(dark, minute - 5.0, minute + 40.0)
    dusk = np.concatenate([dusk, window])
    at = np.concatenate([minute, [0, 0]])
    for name in ("place", "season", "in_group"):
        if name in kwargs:
            kwargs[name] = np.concatenate([kwargs[name], [0, 0]])
    return veil_of_darkness(at, dusk - 30, dusk, **kwargs)


@pytest.mark.parametrize(
    ("where", "day", "sunset", "dusk"),
    [
        (PHILADELPHIA, "2017-06-27", "20:34:40", "21:07:26"),
        (PHILADELPHIA, "2017-12-07", "16:36:53", "17:07:09"),
        (SAN_DIEGO, "2019-06-28", "20:00:53", "20:29:35"),
        (SAN_DIEGO, "2019-12-03", "16:41:28", "17:08:31"),
        (SAN_DIEGO, "2019-12-04", "16:41:26", "17:08:31"),
    ],
)
def test_sunset_and_dusk_to_the_second(where, day, sunset, dusk):
    found = evening([day], *where)
    assert (clock(found.sunset[0]), clock(found.dusk[0])) == (sunset, dusk)


def clock(minute):
    seconds = int(minute * 60)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def test_the_sun_may_not_set():
    found = evening(["2017-06-21", "2017-03-21"], 69.6, 18.9, "Europe/Oslo")
    assert np.isnan(found.sunset[0])
    assert found.sunset[1] < found.dusk[1]
    with pytest.raises(ValueError, match="latitude"):
        evening(["2017-06-21"], 96, 0, "UTC")


def test_clock_changes_of_2017():
    days = np.arange("2017-01-01", "2018-01-01", dtype="datetime64[D]")
    near = days[clock_changes(days, "America/New_York", within=2)]
    spring, autumn = np.datetime64("2017-03-12"), np.datetime64("2017-11-05")
    assert near.tolist() == [*np.arange(spring - 2, spring + 3).tolist(), *np.arange(autumn - 2, autumn + 3).tolist()]
    assert not clock_changes(days, "America/Phoenix").any()


def test_spline_of_r():
    """R 4.2.2: splines::ns(minute, df = 6) on the made stops, rows 2, 100 and 5000."""
    minute = made_stops()[0]
    basis = natural_spline(minute, 6)
    wanted = [
        [0, 0, 0, -0.14336987417833810, 0.427710126732862128, 0.715659747445476002],
        [
            0.0151244813278,
            0.4427353950163,
            0.5138835999938,
            0.0262138631475938,
            0.0060937947566549,
            -0.0040511342421520,
        ],
        [0.1752875747756733, 2.626050420168077e-06, 0, -0.1702946507517823, 0.5080338325774877, -0.3377391818257054],
    ]
    assert basis[[1, 99, 4999]] == pytest.approx(np.array(wanted), abs=1e-13)
    values, counts = np.unique(minute, return_counts=True)
    assert natural_spline(values, 6, counts)[np.searchsorted(values, minute)] == pytest.approx(basis, abs=1e-14)


def test_veil_of_darkness_of_r():
    """R 4.2.2: glm(group ~ dark + ns(minute, df = 6) [+ factor(place) [+ factor(season)]], binomial).

    Fitted again from its own answer until nothing changed, so that its standard errors have settled too.
    """
    minute, dark, place, season, group = made_stops()
    found = as_veil(minute, dark, in_group=group, variant="strict")
    assert found.estimate == pytest.approx(-0.23639690846074546, abs=1e-12)
    assert found.error == pytest.approx(0.06010561429770012, abs=1e-12)
    found = as_veil(minute, dark, in_group=group, place=place, variant="strict")
    assert found.estimate == pytest.approx(-0.2557971965580633, abs=1e-12)
    assert found.error == pytest.approx(0.0608988037633512, abs=1e-12)
    found = as_veil(minute, dark, in_group=group, place=place, season=season, variant="strict")
    assert found.estimate == pytest.approx(-0.25812075506182186, abs=1e-12)
    assert found.error == pytest.approx(0.06104999223806416, abs=1e-12)
    assert found.n == 6000


def test_curve_coefficients_of_r():
    minute, dark, _, _, group = made_stops()
    columns = np.column_stack([np.ones(6000), dark, natural_spline(minute, 6)])
    wanted = [-0.3539017038340068, -0.2363969084607471, 0.1501097865749639, 0.1782501461917687]
    wanted += [0.3364970729822311, 0.3260859116582698, 0.5572971888540614, 0.4281289173475042]
    assert fit(columns, group, "binomial").coefficients == pytest.approx(wanted, abs=1e-10)


def test_raw_log_odds_of_san_diego_2019():
    assert raw_log_odds((1029, 2038), (766, 1414)) == (pytest.approx(0.0704, abs=5e-5), pytest.approx(0.0590, abs=5e-5))
    with pytest.raises(Refused, match="never stopped"):
        raw_log_odds((10, 0), (5, 5))


def test_variants_differ_at_the_edges():
    """At sunset, inside twilight, at dusk; the earliest and the latest dusk open the window."""
    rng = np.random.default_rng(3)
    minute = rng.integers(1000, 1201, 4000)
    dusk = rng.choice([1000.0, 1060.0, 1120.0, 1200.0], 4000)
    group = rng.random(4000) < 0.4
    strict = veil_of_darkness(minute, dusk - 30, dusk, group, variant="strict")
    rounded = veil_of_darkness(minute, dusk - 30, dusk, group, variant="rounded")
    edge = int(np.sum((minute == dusk) | (minute == dusk - 30)))
    assert edge > 0
    assert strict.n - rounded.n == edge
    assert strict.window == rounded.window == (1000.0, 1200.0)
    assert strict.estimate != rounded.estimate
    with pytest.raises(ValueError, match="variant"):
        veil_of_darkness(minute, dusk - 30, dusk, group, variant="loose")


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_order_of_stops_does_not_matter_and_swapping_groups_turns_the_sign(seed):
    rng = np.random.default_rng(seed)
    size = 1500
    minute, dusk = rng.integers(1000, 1200, size), rng.uniform(1000, 1200, size)
    place, group = rng.integers(0, 5, size), rng.random(size) < 0.4
    one = veil_of_darkness(minute, dusk - 25, dusk, group, place=place)
    order = rng.permutation(size)
    again = veil_of_darkness(minute[order], dusk[order] - 25, dusk[order], group[order], place=place[order])
    assert (again.estimate, again.error) == (
        pytest.approx(one.estimate, abs=1e-10),
        pytest.approx(one.error, abs=1e-10),
    )
    other = veil_of_darkness(minute, dusk - 25, dusk, ~group, place=place)
    assert other.estimate == pytest.approx(-one.estimate, abs=1e-9)
    assert other.low == pytest.approx(-one.high, abs=1e-9)


def test_refuses_rather_than_misleads():
    rng = np.random.default_rng(5)
    minute, dusk = rng.integers(1000, 1200, 3000), rng.uniform(1000, 1200, 3000)
    group = rng.random(3000) < 0.4
    with pytest.raises(Refused, match="too few"):
        veil_of_darkness(minute[:80], dusk[:80] - 25, dusk[:80], group[:80])
    with pytest.raises(Refused, match="never stopped"):
        veil_of_darkness(minute, dusk - 25, dusk, minute >= dusk)
    with pytest.raises(Refused, match="separation"):
        season = rng.integers(0, 3, 3000)
        veil_of_darkness(minute, dusk - 25, dusk, group | (season == 2), season=season)
    with pytest.raises(ValueError, match="place"):
        veil_of_darkness(minute, dusk - 25, dusk, group, place=np.full(3000, -1))


def test_places_of_one_group_are_left_out_and_said():
    rng = np.random.default_rng(6)
    minute, dusk = rng.integers(1000, 1200, 3000), rng.uniform(1000, 1200, 3000)
    place = rng.integers(0, 4, 3000)
    group = (rng.random(3000) < 0.4) & (place != 3)
    found = veil_of_darkness(minute, dusk - 25, dusk, group, place=place)
    kept = place != 3
    same = veil_of_darkness(minute[kept], dusk[kept] - 25, dusk[kept], group[kept], place=place[kept])
    assert found.n == same.n
    assert found.estimate == pytest.approx(same.estimate, abs=0.02)
    assert "Not met" in found.sentence()
    assert "same clock time" in found.sentence() or "no proof" in found.sentence()
