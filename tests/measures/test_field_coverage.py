"""What the records can say: fields that nobody filled, days outside a form's life, groups without a word."""

from datetime import date

import pytest

from openhalo.base.errors import CatalogueError, MeasureError
from openhalo.base.periods import Period
from openhalo.catalogue.index import load
from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.catalogue.sources import Recorded
from openhalo.measures.evaluation import evaluate
from openhalo.measures.field_coverage import codes_said, limits, rests_on, told_within, unsaid
from openhalo.measures.planning import Question
from openhalo.publications.tables.release_figures import needed, release_figures

from .example_records import hold

CATALOGUE = load()


def measure(name):
    return CATALOGUE.measures[name]


def force(source="minneapolis_force"):
    rows = [
        {
            "occurred_at": f"{day} 10:00",
            "force_type": "FIREARM_POINTED" if number % 4 == 0 else "STRIKE",
            "subject_injury": number % 2 == 0 if day < "2018-06-04" else None,
            "precinct": str(number % 2),
        }
        for number, day in enumerate(["2017-03-01"] * 16 + ["2018-06-03"] * 4 + ["2019-03-01"] * 12)
    ]
    return hold(CATALOGUE, {"force/force_application": rows}, source=source)


def test_a_measure_rests_on_what_decides_it_not_on_what_it_asks_the_absence_of():
    records = force()
    assert rests_on(measure("force/passive_resistance_share"), records) == ["resistance"]
    assert rests_on(measure("force/resistance_recorded_share"), records) == []
    assert rests_on(measure("force/subject_age_mean"), records) == ["age"]
    assert rests_on(measure("stops/contraband_found_share"), records) == ["search_conducted", "contraband_found"]


def test_a_field_that_no_record_says_keeps_a_measure_from_being_published():
    records = force()
    assert unsaid(measure("force/subject_injury_share"), records) == []
    assert unsaid(measure("force/officer_injury_share"), records) == ["officer_injury"]
    assert needed(measure("force/officer_injury_share"), records) == ["force/force_application.officer_injury"]
    nobody = release_figures(measure("force/reason_recorded_share"), records).total
    assert nobody.totals["value"].to_list() == [0.0], "that nothing is recorded is itself a figure"


def test_figures_speak_only_for_the_days_on_which_the_form_asked():
    records = force()
    assert told_within(measure("force/firearm_share"), records) == Period(date(2017, 3, 1), date(2018, 6, 3))
    assert told_within(measure("force/strike_share"), records) is None
    guns = evaluate(Question(measure("force/firearm_share"), [], "year"), records)
    assert guns.figures.select("period", "n", "numerator").rows() == [("2017", 16, 4.0), ("2018", 4, 1.0)]
    assert [f.text.split(",")[0] for f in guns.guard_notes if f.guard == "series"] == [
        "Pointing a gun is recorded only until June 3"
    ]
    hurt = evaluate(Question(measure("force/subject_injury_share"), [], "all"), records)
    assert hurt.totals.select("n", "missing", "denominator").rows() == [(20, 0, 20.0)]
    assert release_figures(measure("force/firearm_share"), records).all_days.last == date(2018, 6, 3)
    with pytest.raises(MeasureError, match="is not recorded in 2019"):
        within = Period.parse("2019")
        evaluate(Question(measure("force/firearm_share"), [], "all", within), records)


def test_groups_that_the_form_did_not_always_know_carry_no_headline():
    by_type = Question(measure("force/applications"), ["force_type"], "all")
    severities = {f.severity for f in evaluate(by_type, force()).guard_notes if f.guard == "series"}
    assert severities == {"headline"}
    early = Question(measure("force/applications"), ["precinct"], "all")
    assert not [f for f in evaluate(early, force()).guard_notes if f.guard == "series"]


def test_an_unknown_source_limits_nothing():
    records = force(source="elsewhere")
    assert limits(measure("force/firearm_share"), records) == []
    assert told_within(measure("force/firearm_share"), records) is None
    assert codes_said("force/force_application", "race", records) is None


def test_the_codes_that_a_source_can_say():
    assert codes_said("force/force_application", "race", force()) == {
        "ASIAN",
        "BLACK",
        "AIAN",
        "OTHER",
        "NHPI",
        "WHITE",
    }
    assert codes_said("force/force_application", "precinct", force()) is None


@pytest.mark.parametrize(
    ("pairs", "found"),
    [
        ([["race"]], "1 groups in a pair"),
        ([["race", "race"]], "2 groups in a pair"),
        ([["race", "raze"]], "'raze' is none of 'groups'"),
        ([["race", "precinct"], ["precinct", "race"]], "the same pair twice"),
    ],
)
def test_a_pair_is_two_groups_of_the_measure(pairs, found):
    spec = measure("stops/search_share").model_dump() | {"pairs": pairs}
    assert [misfit.found for misfit in MeasureSpec.model_validate(spec).misfits()] == [found]
    ratio = measure("stops/search_share_ratio").model_dump() | {"pairs": [["reason", "precinct"]]}
    assert [misfit.found for misfit in MeasureSpec.model_validate(ratio).misfits()] == [
        "a pair without 'race', which is compared"
    ]


def test_days_without_an_end_or_in_the_wrong_order_are_refused():
    for days in ({}, {"since": date(2018, 1, 2), "until": date(2018, 1, 1)}):
        assert len(list(Recorded(field="race", note="?", **days).misfits())) == 1


def test_what_a_source_records_must_exist(tmp_path):
    spec = CATALOGUE.sources["minneapolis_stops"].model_dump_json(by_alias=True, exclude={"id"}, exclude_defaults=True)
    path = tmp_path / "sources" / "minneapolis_stops.yaml"
    path.parent.mkdir()
    path.write_text(spec.replace('"field":"citation_issued"', '"field":"citation"'), encoding="utf-8")
    with pytest.raises(CatalogueError, match="no field of stops/stop 'citation'"):
        load(tmp_path)


def test_pairs_are_crossed_in_a_release():
    rows = [
        {"occurred_at": "2017-03-01 10:00", "race": race, "reason": reason, "precinct": "1", "search_conducted": True}
        for race in ("BLACK", "WHITE", None)
        for reason in ("TRAFFIC", "SUSPICIOUS")
    ]
    found = release_figures(measure("stops/search_share"), hold(CATALOGUE, {"stops/stop": rows}))
    crossed = {tuple(one.by): one for one in found.more if len(one.by) == 2}
    assert set(crossed) == {("race", "reason"), ("race", "precinct")}
    assert crossed["race", "reason"].figures.height == 6
