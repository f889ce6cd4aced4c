"""The internal benchmark: places by name, officers only as a number."""

import json
from datetime import date

import numpy as np
import pytest

from openhalo.statistics.internal_benchmark import benchmark
from tests.libraries import library

from .made import DECLARED, days, made_site, stops

pd = library("pandas")

PLAN = "tests:\n  - analysis: stops/search_share_by_officer\n  - analysis: stops/search_share_benchmark\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Twelve officers with 200 stops each; officer zz07 searches three times as often."""
    rng = np.random.default_rng(3)
    when = days(date(2022, 1, 1), [200] * 12, rng)
    officer = np.array([f"zz{at:02d}" for at in range(12)])[rng.permutation(np.repeat(np.arange(12), 200))]
    precinct = rng.choice(["1", "2", "3"], len(when))
    searched = rng.random(len(when)) < np.where(officer == "zz07", 0.45, 0.15)
    gender = rng.choice(["Male", "Female"], len(when))
    frame = stops(when, searched, rng, officer=officer, precinct=precinct, gender=gender, reason="Traffic violation")
    return made_site(tmp_path_factory.mktemp("benchmark"), PLAN, DECLARED, stops__stop=frame)


def test_officers_are_counted_and_never_named(made):
    found = made.analyse("stops/search_share_by_officer")
    # Against stops of which one in eleven is by the officer who searches most, the others lie a little low.
    assert found.facts["compared"] == 12 and found.facts["more"] == 1 and found.facts["fewer"] <= 2
    out = found.facts["more"] + found.facts["fewer"]
    assert f"{out} of 12 officers differ from others at similar stops" in found.sentence()
    assert "(more often: 1; less often: " in found.sentence()
    assert "It is no ranking." in found.sentence() and found.contrasts == () and found.detail.height == 1
    assert "zz0" not in json.dumps(found.to_dict(), default=str) and "zz0" not in str(found.tables())
    assert found.chart() is None and found.notes and found.assumptions


@pytest.mark.ci
def test_the_release_names_no_officer_and_has_a_page_in_each_language(made):
    release = made.publish()
    for page in ("pages", "es/pages"):
        text = (release / page / "analyses/stops/search_share_by_officer.html").read_text("utf-8")
        assert "zz0" not in text and "Ridgeway and MacDonald" in text
    assert "no es una clasificación" in text.lower() or "clasifica" in text.lower()
    assert "of 12 officers differ" in (release / "pages/analyses/stops/search_share_by_officer.html").read_text("utf-8")
    assert not any("zz0" in one.read_text("utf-8") for one in (release / "data/analyses").rglob("*.csv"))
    assert "zz0" not in (release / "data/analyses.csv").read_text("utf-8")


def test_precincts_are_compared_as_by_the_statistic_on_the_file(searches, data):
    found = searches.analyse("stops/search_share_benchmark")
    columns = ["datestop", "timestop", "searched", "addrpct", "sex"]
    raw = pd.read_csv(data / "nyc_sqf" / "sqf_2014.csv.gz", dtype=str, usecols=columns).apply(
        lambda one: one.str.strip()
    )
    raw = raw[raw["timestop"].str.len() > 0].dropna()
    day = pd.to_datetime(raw["datestop"].str.zfill(8), format="%m%d%Y")
    hour = raw["timestop"].str.zfill(4).str[:2].astype(int)
    names = sorted(raw["addrpct"].unique())
    sex = raw["sex"].map({"M": 1, "F": 2}).fillna(0).astype(int)
    ours = {one.group: one for one in found.contrasts}
    theirs = benchmark(
        raw["searched"] == "Y", raw["addrpct"].map(names.index), [hour], [sex, day.dt.day_of_week], least=50
    )
    assert len(ours) == len(theirs.compared) >= 70
    for one in theirs.compared:
        mine = ours[names[one.officer]]
        assert mine.n == pytest.approx(one.stops, abs=2)
        assert mine.estimate == pytest.approx(one.difference, abs=2e-3)
    assert f"of {len(ours)} places differ" in found.sentence()
    assert len(found.pictures()[0].spec()["data"]["values"]) == len(ours)


def test_a_single_officer_has_nobody_to_be_compared_with(tmp_path):
    rng = np.random.default_rng(1)
    when = days(date(2022, 1, 1), [100], rng)
    frame = stops(when, rng.random(100) < 0.2, rng, officer="a", reason="Traffic violation")
    site = made_site(tmp_path, stops__stop=frame)
    assert "no others" in site.analyse("stops/search_share_by_officer").refusal
