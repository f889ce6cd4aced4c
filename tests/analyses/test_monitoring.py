"""Charts that watch: against a plain loop on real records, and on made-up ones whose truth is known."""

import calendar
from datetime import date

import numpy as np
import pytest

from openhalo.analyses.runner import run_one
from openhalo.sites.opened_site import open_records
from openhalo.statistics import monitoring
from tests.copies import with_plan
from tests.libraries import library

from .made import days, made_site, stops

pd = library("pandas")

FORCE = "tests:\n  - {analysis: force/monthly_watch, within: 2018-07..2021-08}\n"
SINCE = date(2020, 1, 1)


@pytest.fixture(scope="module")
def force(city, tmp_path_factory):
    plan = f"written: 2026-11-22\nauthor: T\nbecause: T\n{FORCE}"
    site = with_plan(city, tmp_path_factory.mktemp("force"), plan)
    return run_one("force/monthly_watch", site.plan, open_records(site))


def test_the_chart_is_that_of_a_plain_loop_over_the_file(force, data):
    raw = pd.read_csv(data / "minneapolis" / "force_2016_2021.csv.gz", dtype=str)
    month = pd.to_datetime(raw["response_datetime"]).dt.strftime("%Y-%m")
    counted = month[(month >= "2018-07") & (month <= "2021-08")].value_counts().sort_index()
    length = np.array([calendar.monthrange(*map(int, one.split("-")))[1] for one in counted.index])
    expected = length * counted[:18].sum() / length[:18].sum()
    spread = ((counted - expected)[:18] ** 2 / expected[:18]).sum() / 17
    whole = force.detail.filter(force.detail["place"].is_null())
    assert whole["counted"].to_list() == counted.to_list()
    assert whole["expected"].to_list() == pytest.approx(expected.tolist())
    limit, level, alarms = whole["rise_limit"][0], 0.0, []
    for at in range(18, 38):
        level = max(0.0, level + (counted.iloc[at] * np.log(1.3) - expected[at] * 0.3) / spread)
        assert whole["rise"][at] == pytest.approx(level)
        if level >= limit:
            alarms.append(f"{counted.index[at]}-01")
            level = 0.0
    assert [one["month"] for one in force.facts["alarms"] if (one["place"], one["for"]) == ("", "rise")] == alarms
    assert whole["running"][37] == pytest.approx((counted - expected)[18:].sum())
    # Higher than a chart needs that knows what is usual, because this one learnt it from 18 months.
    assert limit > 1.1 * monitoring.poisson_limit(expected.mean(), 1.3, 60, dispersion=spread)


def test_the_answer_says_when_and_not_why(force):
    said = force.sentence()
    rises = [one for one in force.facts["alarms"] if (one["place"], one["for"]) == ("", "rise")]
    assert f"The chart for a rise gave {len(rises)} alarms, the first in September 2020." in said and len(rises) > 5
    assert "It does not say why, and some alarms are chance." in said
    assert any("about one false alarm in 60 months" in note for note in force.notes)
    assert [row[0] for row in force.tables()[0].rows] == ["All", "1", "2", "3", "4", "5"]
    drawn = force.pictures()[0].spec()["data"]["values"]
    months = {one["month"] for one in force.facts["alarms"] if not one["place"]}
    assert len(drawn) == 38 and sum(one["shape"] == "diamond" for one in drawn) == len(months)
    assert "La primera" in force.sentence("es") or "la primera en septiembre de 2020" in force.sentence("es")
    assert {state for _, state in force.assumptions} == {"not testable"} and force.methods


def watch(folder, share, mix):
    """Watch three years of 300 stops a month with these shares searched, by reason and month."""
    rng = np.random.default_rng(5)
    when = days(SINCE, [300] * 36, rng)
    month = np.repeat(np.arange(36), 300)
    traffic = rng.random(len(when)) < mix[month]
    searched = rng.random(len(when)) < np.where(traffic, share[0][month], share[1][month])
    reason = np.where(traffic, "Traffic violation", "Reasonable suspicion of a crime")
    site = made_site(folder, stops__stop=stops(when, searched, rng, reason=reason))
    return site.analyse("stops/search_share_watch")


def test_a_share_that_rises_gives_an_alarm(tmp_path):
    after = np.arange(36) >= 24
    found = watch(tmp_path, (np.where(after, 0.2, 0.1), np.full(36, 0.3)), np.full(36, 0.7))
    alarms = found.facts["alarms"]
    assert alarms and {one["for"] for one in alarms} == {"rise"}
    assert "2022-01-01" <= alarms[0]["month"] <= "2022-04-01"


def test_another_mix_of_stops_is_no_alarm_where_the_reason_is_allowed_for(tmp_path):
    mix = np.where(np.arange(36) >= 24, 0.3, 0.7)
    found = watch(tmp_path, (np.full(36, 0.1), np.full(36, 0.3)), mix)
    assert found.facts["alarms"] == []
    assert "Small changes can go unseen" in found.sentence()
    rows = found.detail
    assert rows["counted"][-12:].sum() > 1.4 * rows["counted"][:12].sum()  # a chart of the number would cry out
    assert rows["expected"][-12:].sum() == pytest.approx(rows["counted"][-12:].sum(), rel=0.1)


@pytest.mark.parametrize(("counts", "said"), [([90] * 17, "18 are needed"), ([2] * 30, "fewer than 30")])
def test_too_little_to_know_what_is_usual_is_refused(tmp_path, counts, said):
    rng = np.random.default_rng(1)
    when = days(SINCE, counts, rng)
    site = made_site(tmp_path, stops__stop=stops(when, np.ones(len(when), bool), rng, reason="Traffic violation"))
    assert said in site.analyse("stops/search_share_watch").refusal
