"""What a condition may not say, and what the writer is told."""

from datetime import date, datetime

import pytest

from openhalo.catalogue.condition_parser import parse
from openhalo.catalogue.conditions import And, Compare, Field, In, Missing, Not, fields_of, links_of
from openhalo.catalogue.record_types import RecordType
from openhalo.catalogue.schema import Schema
from openhalo.catalogue.vocabularies import Vocabulary


def field(kind, **more):
    return {"type": kind, "label": "x", "privacy": "public", "source": "x", **more}


def record_type(name, **fields):
    fields = {"occurred_at": field("time", required=True), **fields}
    return RecordType(
        id=f"d/{name}",
        label="x",
        plural="x",
        description="",
        source="",
        units={"x": "x"},
        time="occurred_at",
        fields=fields,
        example={},
    )


@pytest.fixture(scope="module")
def schema():
    codes = {
        name: Vocabulary(id=name, label="x", description="", source="", codes={c: {"label": c} for c in given})
        for name, given in {"race": ("WHITE", "BLACK"), "action": ("SEARCH", "ARREST")}.items()
    }
    stop = record_type(
        "stop",
        searched=field("boolean"),
        age=field("integer"),
        speed=field("number"),
        note=field("text"),
        race=field("code", vocabulary="race"),
        reason=field("code", vocabulary="action"),
        actions=field("codes", vocabulary="action"),
        born=field("date"),
        officer=field("link", to="d/officer", inverse="stops"),
    )
    officer = record_type("officer", race=field("code", vocabulary="race"), hired=field("date"))
    return Schema({"d/stop": stop, "d/officer": officer}, codes)


REFUSED = {
    "": "the condition is empty",
    "searched;": "a ';', which would end the statement",
    "searched; drop table stops": "a ';', which would end the statement",
    "select 1": "cannot read the condition after 'select'",
    "case = 1": "cannot read the condition after 'case = 1'",
    "age = 1 or": "cannot read the condition after 'age = 1 or'",
    "searched -- or true": "a comment: 'or true'",
    "searched /* yes */": "a comment: 'yes'",
    "race in (select race from officer)": "no list of values after 'in'",
    "race in ()": "no list of values after 'in'",
    "race in (null)": "'race' compared with null, which is always unknown",
    "race = null": "'race' compared with null, which is always unknown",
    "null = race": "'race' compared with null, which is always unknown",
    "race between null and 'A'": "'race' compared with null, which is always unknown",
    "race in (reason)": "'reason' where a value is expected",
    "exists(select 1)": "is not part of a condition",
    "any(select 1)": "is not part of a condition",
    "age + 1 = 2": "'age + 1' where a field is expected",
    "age = 1 + 1": "'1 + 1' where a value is expected",
    "age::text = '1'": "where a field is expected",
    "cast(age as text) = '1'": "where a field is expected",
    "lower(note) = 'a'": "where a field is expected",
    "note like 'a%'": "is not part of a condition",
    "read_csv('/etc/passwd')": "is not part of a condition",
    "has_any(actions, 'SEARCH')": "'has_any()' is not part of a condition",
    "case when searched then true end": "is not part of a condition",
    "note = e'a'": "where a value is expected",
    "note = $$a$$": "where a value is expected",
    "note = ?": "where a value is expected",
    "note = 'a": "a quote is not closed",
    "note = 'a\0b'": "compared with a text",
    "age between symmetric 1 and 2": "'between symmetric'",
    "age is true": "'age IS TRUE'",
    "searched is true": "'searched IS TRUE'",
    "searched is distinct from true": "is not part of a condition",
    "age": "'age' is a integer, not a yes/no field",
    "true": "'TRUE' is not part of a condition",
    "1 = 1": "'1' where a field is expected",
    "agee = 1": "d/stop has no field 'agee'",
    "age = '1'": "'1' compared with a integer",
    "age = 1.5": "1.5 compared with a integer",
    "age = 1e400": "inf compared with a integer",
    "age = 99999999999999999999": "99999999999999999999 compared with a integer",
    "age = true": "true compared with a integer",
    "searched = 1": "1 compared with a boolean",
    "note > 'a'": "'>' on 'note', which is a text",
    "race between 'A' and 'B'": "unknown code 'A'",
    "race = 'BLAK'": "unknown code 'BLAK' of vocabulary 'race'",
    "has(actions, 'SEARCHED')": "unknown code 'SEARCHED' of vocabulary 'action'",
    "has(race, 'WHITE')": "has() on 'race', which is a code",
    "actions = 'SEARCH'": "'actions' is a codes and cannot be compared",
    "officer = 'x'": "'officer' is a link and cannot be compared",
    "born = '2017-02-30'": "'2017-02-30' compared with a date",
    "born = '20170203'": "'20170203' compared with a date",
    "born = '2017-02-03 10:00'": "'2017-02-03 10:00' compared with a date",
    "occurred_at > '2017-02-03T10:00:00Z'": "compared with a time",
    "occurred_at in ('2017-02-03', '2017-02-03 10:00')": "days and times in one list",
    "age = note": "'age' is a integer and 'note' a text",
    "race = reason": "'race' has codes of 'race', 'reason' of 'action'",
    "officer.rank = 1": "d/stop has no field 'officer.rank'",
    "stops.age = 1": "d/stop has no field 'stops.age'",
    "any(officer)": "any() over 'officer', which is no link of d/stop to many records",
    "count(officer) > 1": "count() over 'officer'",
    "missing(age, 'why not')": "unknown reason 'why not'",
    "missing(occurred_at, 'unknown')": "'occurred_at' is required, so no reason is kept for it",
    "(" * 21 + "searched" + ")" * 21: "the condition is nested too deeply",
    "(" * 5000 + "searched" + ")" * 5000: "the condition is nested too deeply",
    "age = " + "-" * 200 + "1": "a comment",
    "age = " + "- " * 5000 + "1": "",
    "not " * 300 + "searched": "a condition of",
    " or ".join(["searched"] * 5000): "a condition of",
    "age in (" + "1," * 6000 + "1)": "a condition of",
    "[" * 3000 + "1" + "]" * 3000 + " = 1": "",
    "case " * 3000: "",
    "a" + ".b" * 4000 + " = 1": "",
}


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: text[:40].replace("\0", "0"))
def test_what_is_not_a_condition_is_refused_in_words(schema, text):
    node, problems = parse(text, "d/stop", schema)
    assert node is None
    assert REFUSED[text] in problems[0].found
    assert "Error" not in problems[0].found
    assert len(problems[0].found) < 300


def test_links_to_many_are_told_how_to_be_asked(schema):
    _, problems = parse("stops.age > 3", "d/officer", schema)
    assert problems[0].found == "'stops' leads to many records"
    assert problems[0].allowed == "any(stops, condition) or count(stops, condition)"
    for text in ("count(stops)", "any(stops, age > 1, age > 2)", "any(stop)", "any(stops, agee = 1)"):
        assert parse(text, "d/officer", schema)[0] is None


def test_every_problem_of_a_condition_is_reported(schema):
    _, problems = parse("race in ('A', 'WHITE', 'B') and not (agee = 1 or note > 'x')", "d/stop", schema)
    assert [problem.found for problem in problems] == [
        "unknown code 'A' of vocabulary 'race'",
        "unknown code 'B' of vocabulary 'race'",
        "d/stop has no field 'agee'",
        "'>' on 'note', which is a text",
    ]
    assert problems[2].todo == "did you mean 'age'?"


def test_values_take_the_type_of_their_field(schema):
    def right(text):
        node, problems = parse(text, "d/stop", schema)
        assert not problems, problems
        return node.right

    assert right("note = 'it''s \\ \"x\" é'") == 'it\'s \\ "x" é'
    assert type(right("speed = 3")) is float
    assert type(right("age = 3.0")) is int
    assert right("age = (-3)") == -3
    assert right("born = '2017-02-03'") == date(2017, 2, 3)
    assert right("occurred_at < '2017-02-03 10:00'") == datetime(2017, 2, 3, 10)
    assert parse("'2017-02-03' <= occurred_at", "d/stop", schema)[0] == Compare(
        ">=", Field("occurred_at", "date", "_date"), date(2017, 2, 3)
    )
    assert parse("race not in ('WHITE')", "d/stop", schema)[0] == Not(In(Field("race", "code"), ("WHITE",)))
    assert parse("not race is null", "d/stop", schema)[0] == Not(Missing(Field("race", "code")))
    assert parse("age between 1 and 2", "d/stop", schema)[0] == And(
        Compare(">=", Field("age", "integer"), 1), Compare("<=", Field("age", "integer"), 2)
    )


def test_a_condition_says_what_it_reads(schema):
    node, _ = parse("(age > 3 or officer.race = race) and not has(actions, 'SEARCH')", "d/stop", schema)
    assert (fields_of(node), links_of(node)) == ({"age", "officer.race", "race", "actions"}, set())
    node, _ = parse("any(stops, age > 3) or 2 < count(stops) or hired is null", "d/officer", schema)
    assert (fields_of(node), links_of(node)) == ({"hired"}, {"stops"})
    assert fields_of(None) == links_of(None) == set()
