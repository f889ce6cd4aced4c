"""Each kind of analysis takes its own settings, and every problem is said at its line."""

import pytest

from openhalo.catalogue.analysis_kinds import KINDS
from openhalo.catalogue.index import examine, load

HEAD = """label: A
question: B?
record: stops/stop
why_it_matters: C
limits: [D]
sources: [E]
author: F
reviewed: 2026-01-01
next_review: 2027-01-01
"""
START = "start: {record: training/training_record, unit: officer, day: %s, label: x}\nunit: officer\n"


def problems(folder, settings):
    file = folder / "stops" / "analyses" / "mine.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(HEAD + settings, encoding="utf-8")
    return [str(problem) for problem in examine(folder)[1]]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("", "'kind' is missing"),
        ("kind: funel\noutcome: search_conducted\nplace: precinct\n", "did you mean 'funnel'"),
        ("kind: funnel\nplace: precinct\n", "'outcome' is missing"),
        ("kind: funnel\noutcome: search_conducted\nplace: precinct\nharmonics: 2\n", "unknown key 'harmonics'"),
        ("kind: funnel\noutcome: searched\nplace: precinct\n", "searched"),
        ("kind: funnel\noutcome: search_conducted\nplace: precinc\n", "has no field 'precinc'"),
        ("kind: audit\nfields: [race, rase]\n", "there is no field of stops/stop 'rase'"),
        ("kind: audit\nfields: []\n", "at least 1 entries"),
        ("kind: monitoring\nstrata: [reason]\n", "'strata' without 'outcome'"),
        ("kind: internal_benchmark\noutcome: search_conducted\n", "one of 'place' and 'unit'"),
        (
            "kind: internal_benchmark\noutcome: search_conducted\nunit: search_conducted\n",
            "'search_conducted' is a bool",
        ),
        ("kind: survey_estimate\nstatement: x\n", "'answer' or 'items'"),
        ("kind: survey_estimate\nstatement: x\nitems: [age]\n", "two or more questions"),
        (
            "kind: survey_estimate\nstatement: x\nanswer: search_conducted\nmargins: [{field: rase, by: race}]\n",
            "there is no field of stops/stop 'rase'",
        ),
        (
            "kind: survey_estimate\nstatement: x\nanswer: search_conducted\nmargins: [{field: race, by: rase}]\n",
            "there is no field of population/group_population 'rase'",
        ),
        ("kind: staggered\n" + START % "topics", "'topics' is a codes"),
        ("kind: staggered\n" + START % "officer.left_on", "has no field 'officer.left_on'"),
        ("kind: count_change\nevent: {start: 2020-06-02, label: a, because: b}\n", "not the first day of a month"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, settings, said):
    found = problems(tmp_path, settings)
    assert any(said in one for one in found), found


def test_whole_ones_are_read(tmp_path):
    assert problems(tmp_path, "kind: staggered\n" + START % "completed_on") == []


def test_every_kind_is_shipped_in_some_analysis():
    assert {analysis.kind for analysis in load().analyses.values()} == set(KINDS)


def test_a_plan_may_not_set_what_a_test_does_not_take(tmp_path):
    from openhalo.sites.analysis_plan import check_plan

    text = "written: 2026-01-01\nauthor: A\nbecause: B\ntests:\n  - {analysis: force/monthly_watch, reference: WHITE}\n"
    (tmp_path / "analysis_plan.yaml").write_text(text, encoding="utf-8")
    assert any("'reference' for a test of kind monitoring" in str(one) for one in check_plan(tmp_path, load()))
