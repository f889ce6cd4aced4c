"""The closed list of inputs never used: each is refused by name, at its line, with the reason."""

import pytest

from openhalo.catalogue.index import examine, load
from openhalo.catalogue.never_inputs import NEVER_INPUTS, forbidden_name

RECORD = """
label: Note
plural: notes
description: Something that was noted about an officer.
source: test
units: {{note: notes}}
time: noted_on
known_at: {{received: noted_on}}
fields:
  noted_on: {{type: date, required: true, label: Day, known_at: received, privacy: internal, source: test}}
  officer: {{type: link, to: officers/officer, inverse: notes, label: Officer, privacy: internal, source: test}}
  {field}: {{type: boolean, label: Field, privacy: internal, source: test}}
example: {{noted_on: "2020-01-01"}}
"""
INDICATOR = """
kind: count
label: Notes
question: How many notes?
why: Test.
direction: risk
record: {record}
known_at: {known_at}
where: "{where}"
sources: [test]
author: test
reviewed: 2026-01-01
next_review: 2027-01-01
"""


def problems(tmp_path, where, record="records/note", field="noted", known_at="received", more=""):
    for place, text in (
        (f"{record}.yaml", RECORD.format(field=field) if record.startswith("records/") else ""),
        ("indicators/mine.yaml", INDICATOR.format(record=record, where=where, known_at=known_at) + more),
    ):
        if text:
            (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / place).write_text(text, encoding="utf-8")
    return examine(tmp_path)[1]


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("ethnicity", "race"),
        ("gender", "gender"),
        ("age", "age"),
        ("military_service", "military service"),
        ("on_sick_leave", "leave"),
        ("union_member", "union activity"),
        ("filed_by_officer", "complaints the officer filed"),
        ("was_victim", "being a victim"),
        ("peer_support_visit", "peer support and wellness use"),
        ("wellness_program", "peer support and wellness use"),
        ("peer_intervention", "peer interventions"),
    ],
)
def test_a_field_that_is_never_an_input_is_refused(tmp_path, field, name):
    (found,) = problems(tmp_path, f"not {field}", field=field)
    assert found.found.startswith(f"'{field}' is {name}: it is never an input of early intervention")
    assert found.where.endswith("indicators/mine.yaml:9")
    assert problems(tmp_path, "noted", field="noted") == []


def test_every_kind_of_the_closed_list_has_a_reason_and_is_told_by_its_words():
    assert [kind.name for kind in NEVER_INPUTS] == [
        "race",
        "gender",
        "age",
        "military service",
        "leave",
        "union activity",
        "complaints the officer filed",
        "being a victim",
        "peer support and wellness use",
        "peer interventions",
    ]
    for kind in NEVER_INPUTS:
        assert kind.reason
        assert all(forbidden_name(f"some/{word}_of_day") is kind for word in kind.words)
    assert forbidden_name("usage") is forbidden_name("language") is forbidden_name("filed_by_employee") is None


@pytest.mark.parametrize(
    ("record", "where", "known_at", "name"),
    [
        ("complaints/allegation", "officer.race = 'WHITE'", "received", "race"),
        ("complaints/allegation", "has(complaint.complainant_races, 'BLACK')", "received", "race"),
        ("force/force_report", "gender = 'MALE'", "received", "gender"),
        ("training/training_record", "has(topics, 'WELLNESS')", "received", "peer support and wellness use"),
        ("officers/commendation", "kind in ('MERIT', 'INTEGRITY')", "received", "peer interventions"),
    ],
)
def test_shipped_records_offer_no_way_around_the_list(tmp_path, record, where, known_at, name):
    found = problems(tmp_path, where, record=record, known_at=known_at)
    assert any(f" is {name}: it is never an input" in problem.found for problem in found)


def test_a_record_type_about_leave_cannot_be_counted_at_all(tmp_path):
    (found,) = problems(tmp_path, "", record="records/sick_leave")
    assert "'records/sick_leave' is leave" in found.found


def test_what_is_learned_later_cannot_be_read_as_if_it_were_known(tmp_path):
    (found,) = problems(tmp_path, "finding = 'SUSTAINED'", record="complaints/allegation")
    assert "'finding' is learned with 'finding', after 'received'" in found.found
    assert problems(tmp_path, "finding = 'SUSTAINED'", record="complaints/allegation", known_at="finding") == []


def test_the_shipped_indicators_cover_what_the_policies_name():
    catalogue = load()
    assert len(catalogue.indicators) >= 25
    assert {one.kind for one in catalogue.indicators.values()} == {"count", "ratio", "sum", "time_since"}
    assert {one.direction for one in catalogue.indicators.values()} == {"risk", "protective", "context"}
    assert len(catalogue.rules) >= 2


def test_a_ratio_and_a_rule_stand_on_counts_over_the_same_months(tmp_path):
    ratio = INDICATOR.replace("kind: count", "kind: ratio").replace('where: "{where}"\n', "")
    ratio = ratio.replace("record: {record}\nknown_at: {known_at}\n", "of: allegations\nper: shift\nmonths: [7]\n")
    (tmp_path / "indicators" / "rules").mkdir(parents=True)
    (tmp_path / "indicators" / "mine.yaml").write_text(ratio, encoding="utf-8")
    (tmp_path / "indicators" / "rules" / "ours.yaml").write_text(
        "label: Ours\nany_of: [{indicator: allegations, months: 7, at_least: 2}]\nsources: [test]\n", encoding="utf-8"
    )
    found = [problem.found for problem in examine(tmp_path)[1]]
    assert "a look-back of 7 months" in found
    assert "there is no indicator 'shift'" in found
    assert "allegations does not look back 7 months" in found
