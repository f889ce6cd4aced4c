"""Records whose group was not written down: what they leave open, equal to the guard's bounds, and said plainly."""

import numpy as np
import pytest

from tests.copies import with_plan

from .made import DECLARED, days, made_site, stops

ANALYSIS = "stops/search_share_unknown_race"
PLAN = f"tests:\n  - {{analysis: {ANALYSIS}, reference: WHITE}}\n"
HEAD = "written: 2026-11-22\nauthor: Tests\nbecause: Tests.\n"
COUNTS = {"WHITE": (1027, 11703), "BLACK": (3375, 15220), None: (252, 9219)}
"""Searches and stops of the real records below, counted apart from OpenHALO."""


@pytest.fixture(scope="module")
def real(city, tmp_path_factory):
    """A site where race is written down far more often when there was a search."""
    return with_plan(city, tmp_path_factory.mktemp("real"), HEAD + PLAN)


def made_up(folder, known=0.5, searched=(0.3, 0.1), n=4000, plan=PLAN):
    """A site with as many black as white people stopped, of whom only a part has a race written down."""
    rng = np.random.default_rng(1)
    black = rng.random(n) < 0.5
    race = np.where(rng.random(n) < known, np.where(black, "Black", "White"), "")
    when = days(np.datetime64("2024-01-01").item(), [n], rng)
    frame = stops(when, rng.random(n) < np.where(black, *searched), rng, race=race, precinct="1")
    return made_site(folder, plan, DECLARED, stops__stop=frame)


def test_real_records_hold_one_comparison_and_leave_the_others_open(real):
    found = real.analyse(ANALYSIS)
    assert found.sentence().startswith(
        "Race or ethnicity was not written down for 21 of every 100 stops (9,219 of 43,699). Whatever it was: among "
        "Black people, between 14 and 23 of every 100 stops had a search; among white people, between 5 and 11. The "
        "share is higher among Black people than among white people by 3.3 to 18.5 percentage points, whatever was "
        "not written down."
    )
    assert "for these groups: Asian people, East African people, Hispanic" in found.answers()[0]
    assert len(found.answers()) == 1
    counted = {group: (yes, of) for group, yes, of, *_ in found.detail.rows()}
    assert {group: counted[group] for group in COUNTS} == COUNTS
    (black, n), (white, m), (yes, of) = COUNTS["BLACK"], COUNTS["WHITE"], COUNTS[None]
    low = black / (n + of - yes) - (white + yes) / (m + yes)
    high = (black + yes) / (n + yes) - white / (m + of - yes)
    (row,) = found.detail.filter(group="BLACK").rows(named=True)
    assert (row["difference_low"], row["difference_high"]) == pytest.approx((low, high))
    assert row["difference_surely_low"] < low and high < row["difference_surely_high"]
    assert "95.7% of the stops that had a search (5,574 of 5,826), and for 76.3%" in found.notes[0]
    assert "8,221 stops" in found.notes[-1]


def test_bounds_are_those_of_the_measure(real):
    """One rule for both: a page of the measure and this analysis can never disagree."""
    figures = real.measure("stops/search_share", by="race").figures
    ends = {race: (low, high) for race, low, high in figures["race", "bound_low", "bound_high"].iter_rows()}
    for one in real.analyse(ANALYSIS).contrasts:
        assert ends[one.group] == pytest.approx(one.bounds)


def test_few_unknown_records_leave_little_open(searches, tmp_path):
    found = with_plan(searches, tmp_path, HEAD + PLAN).analyse(ANALYSIS)
    assert "1 of every 100 people stopped (300 of 45,787)" in found.headline()
    assert "between 15.0 and 15.3 of every 100 people stopped had a search" in found.headline()
    black, hispanic = (found.detail.filter(group=group).rows(named=True)[0] for group in ("BLACK", "HISP"))
    assert black["difference_low"] > 0 > black["difference_surely_low"]
    assert hispanic["difference_surely_low"] > 0.02


def test_what_the_records_cannot_tell_is_said(tmp_path):
    open_ = made_up(tmp_path / "a", known=0.5, searched=(0.2, 0.18)).analyse(ANALYSIS)
    assert "cannot tell among which of the two the share is higher" in open_.headline()
    lower = made_up(tmp_path / "b", known=0.99, searched=(0.1, 0.3)).analyse(ANALYSIS)
    assert "lower among Black people" in lower.headline() and "Chance" not in lower.headline()
    chance = made_up(tmp_path / "c", known=0.995, searched=(0.16, 0.13), n=900).analyse(ANALYSIS)
    gap = chance.detail.filter(group="BLACK").rows(named=True)[0]
    assert gap["difference_low"] > 0 > gap["difference_surely_low"]
    assert "Chance alone could still give this." in chance.headline()


def test_records_that_all_say_it_leave_nothing_open(tmp_path):
    found = made_up(tmp_path, known=1.1).analyse(ANALYSIS)
    assert found.headline() == "Race or ethnicity was written down for all 4,000 stops, so nothing is left open."
    assert [one.bounds for one in found.contrasts] == [None, None] and not found.answers()


@pytest.mark.parametrize(
    ("known", "searched", "said"),
    [
        (0.005, (0.3, 0.1), "fewer than 30 records of white people"),
        (0.5, (0.0, 0.0), "recorded for all or for none"),
    ],
)
def test_what_would_mislead_is_refused(tmp_path, known, searched, said):
    assert said in made_up(tmp_path, known, searched).analyse(ANALYSIS).refusal


@pytest.mark.ci
def test_a_release_has_a_page_in_both_languages(tmp_path):
    release = made_up(tmp_path).publish()
    text = (release / f"pages/analyses/{ANALYSIS}.html").read_text("utf-8")
    assert "was not written down for" in text and "With unknown group, between" in text and "<svg" in text
    assert "They do not show what is likely." in text
    spanish = (release / f"es/pages/analyses/{ANALYSIS}.html").read_text("utf-8")
    assert "was not written down" not in spanish and "de cada 100" in spanish
