"""A field may look through a link: the linked record is the one place where the value stands."""

from datetime import date

import polars as pl
import pytest

from openhalo.base.errors import CatalogueError
from openhalo.catalogue.index import load

CASE = """
label: Case
plural: cases
description: A test
source: test
units: {case: cases}
time: opened_on
known_at: {received: opened_on, closed: closed_on}
fields:
  opened_on: {type: date, required: true, label: Opened, known_at: received, privacy: public, source: test}
  closed_on: {type: date, label: Closed, known_at: closed, privacy: public, source: test}
  days: {type: integer, label: Days, unit: days, known_at: closed, privacy: public, source: test}
  races: {type: codes, vocabulary: race, through: people.race, basis: record, label: R, privacy: public, source: test}
example: {opened_on: "2017-01-01"}
"""
PART = """
label: Part
plural: parts
description: A test
source: test
units: {part: parts}
time: opened_on
known_at: {received: opened_on, closed: found_on}
fields:
  case: {type: link, to: test/case, inverse: parts, required: true, label: Case, privacy: public, source: test}
  opened_on: {type: date, through: case.opened_on, label: Opened, known_at: received, privacy: public, source: test}
  found_on: {type: date, through: case.closed_on, label: Found, known_at: closed, privacy: public, source: test}
  kept: {type: boolean, label: Kept, known_at: closed, privacy: public, source: test}
  penalty: {type: integer, label: Penalty, unit: days, known_at: closed, privacy: public, source: test}
example: {case: "1"}
"""
PERSON = """
label: Person
plural: people
description: A test
source: test
units: {person: people}
time: opened_on
fields:
  case: {type: link, to: test/case, inverse: people, required: true, label: Case, privacy: public, source: test}
  opened_on: {type: date, through: case.opened_on, label: Opened, privacy: public, source: test}
  race: {type: code, vocabulary: race, basis: record, label: Race, privacy: public, source: test}
example: {case: "1"}
"""
HEAD = """
label: Test
record: test/{record}
publisher: tests
licence: none
reference: none
unit: {record}
zone: America/Chicago
key: [id]
scope: {{mode: replace, period: all}}
fields:
"""
SOURCES = {
    "cases": HEAD.format(record="case")
    + """
  opened_on: {from: opened, formats: ["%Y-%m-%d"]}
  closed_on: {from: closed, formats: ["%Y-%m-%d"]}
  days: {days: [opened_on, closed_on]}
""",
    "parts": HEAD.format(record="part")
    + """
  case: {from: case, target: cases}
  found_on: {from: found, formats: ["%Y-%m-%d"]}
  kept: {from: kept, any_case: true, true: ["Yes"], false: ["No"]}
  penalty: {from: penalty, any_case: true, numbers: {one day: 1, two days: 2}, missing: {NONE: not_applicable}}
""",
    "people": HEAD.format(record="person")
    + """
  case: {from: case, target: cases}
  race: {from: race, codes: {B: BLACK, W: WHITE}}
""",
}
FILES = {
    "cases": "id,opened,closed\n1,2016-12-30,2017-03-01\n2,2017-05-01,\n3,2017-06-01,2017-05-01\n",
    "parts": "id,case,found,kept,penalty\na,1,,YES,One Day\nb,1,2017-02-01,no,none\nc,2,,,\nd,9,,yes,12\n",
    "people": "id,case,race\np,1,W\nq,1,B\nr,1,B\ns,2,\nt,9,B\n",
}


@pytest.fixture
def site(make_site):
    domain = {"test/case.yaml": CASE, "test/part.yaml": PART, "test/person.yaml": PERSON}
    return make_site(domain | {f"sources/{name}.yaml": text for name, text in SOURCES.items()})


def deliver(site, **files):
    for source, text in files.items():
        file = site.path / f"{source}.csv"
        file.write_text(text, encoding="utf-8")
        receipt = site.import_file(source, file, withdraw=True)
        assert receipt.rows_rejected == 0


def parts(site, **more):
    rows = site.records("test/part", **more).collect().with_columns(pl.col("record_key").str.slice(-1).alias("id"))
    return {row["id"]: row for row in rows.to_dicts()}


@pytest.mark.parametrize("order", [("cases", "parts", "people"), ("people", "parts", "cases")])
def test_whichever_file_comes_first_the_linked_record_says_the_time(site, order):
    deliver(site, **{source: FILES[source] for source in order})
    found = parts(site)
    assert {key: row["opened_on"] for key, row in found.items()} == {
        "a": date(2016, 12, 30),
        "b": date(2016, 12, 30),
        "c": date(2017, 5, 1),
        "d": None,
    }
    assert found["a"]["found_on"] == date(2017, 3, 1)
    assert found["b"]["found_on"] == date(2017, 2, 1), "what the record says itself comes first"
    assert (found["c"]["found_on"], found["c"]["found_on_missing"]) == (None, "not_collected")
    assert found["a"]["found_on_missing"] is None


def test_a_correction_of_the_linked_record_is_seen_everywhere(site):
    deliver(site, **FILES)
    deliver(site, cases=FILES["cases"].replace("2016-12-30", "2017-01-02"))
    assert parts(site)["a"]["opened_on"] == date(2017, 1, 2)


def test_the_list_over_a_link_to_many_has_each_code_once(site):
    deliver(site, **FILES)
    cases = site.records("test/case").sort("record_key").collect()
    assert cases["races"].to_list() == [["BLACK", "WHITE"], None, None]
    assert cases["races_missing"].to_list() == [None, "not_collected", "not_collected"]
    assert site.records("test/case", where="has(races, 'BLACK')").collect().height == 1


def test_days_between_turned_dates_are_missing_and_words_become_numbers(site):
    deliver(site, **FILES)
    assert site.records("test/case").sort("record_key").collect()["days"].to_list() == [61, None, None]
    found = parts(site)
    assert [found[key]["penalty"] for key in "abcd"] == [1, None, None, 12]
    assert found["b"]["penalty_missing"] == "not_applicable"
    assert [found[key]["kept"] for key in "abcd"] == [True, False, None, True]


MEASURE = """
kind: count
label: Parts
question: How many?
answer: "{value}"
record: test/part
unit: part
groups: [kept, case.races]
direction: neither
why_it_matters: test
limits: [test]
sources: [test]
author: test
reviewed: 2026-01-01
next_review: 2099-01-01
example: {records: {}, expect: []}
"""


def test_figures_count_a_record_where_its_linked_record_lies_and_not_without_one(make_site):
    domain = {"test/case.yaml": CASE, "test/part.yaml": PART, "test/person.yaml": PERSON}
    sources = {f"sources/{name}.yaml": text for name, text in SOURCES.items()}
    site = make_site(domain | sources | {"test/measures/parts.yaml": MEASURE})
    deliver(site, **FILES)
    by_year = site.measure("test/parts", period="year").figures
    assert by_year.select("period", "n").rows() == [("2016", 2), ("2017", 1)]
    assert site.measure("test/parts").figures["n"].to_list() == [3], "the part of a case that is not there has no time"
    races = site.measure("test/parts", by="case.races").figures
    assert races.select("case.races", "n").rows() == [("BLACK", 2), ("WHITE", 2), (None, 1)]


def test_what_was_learned_later_is_hidden_by_the_linked_records_day(make_site):
    domain = {"test/case.yaml": CASE, "test/part.yaml": PART, "test/person.yaml": PERSON}
    sources = {f"sources/{name}.yaml": text for name, text in SOURCES.items()}
    site = make_site(domain | sources | {"test/measures/parts.yaml": MEASURE})
    deliver(site, **FILES)
    for day, expected in (
        ("2017-01-15", {None: 2}),
        ("2017-02-15", {"false": 1, None: 1}),
        ("2017-12-31", {"true": 1, "false": 1, None: 1}),
    ):
        figures = site.measure("test/parts", by="kept", known_by=date.fromisoformat(day)).figures
        assert {row["kept"]: row["n"] for row in figures.to_dicts()} == expected, day


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("{type: date, through: case.colour, label: x, privacy: public, source: x}", "leads nowhere"),
        ("{type: date, through: case.days, label: x, privacy: public, source: x}", "'case.days' is a integer"),
        ("{type: codes, vocabulary: race, through: case.races, label: x, privacy: public, source: x}", "itself looks"),
        ("{type: date, through: case.opened_on, required: true, label: x, privacy: public, source: x}", "'through' is"),
    ],
)
def test_a_field_that_looks_nowhere_is_told(tmp_path, field, said):
    folder = tmp_path / "test"
    folder.mkdir()
    for name, text in (("case", CASE), ("person", PERSON)):
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    (folder / "part.yaml").write_text(PART.replace("example:", f"  more: {field}\nexample:"), encoding="utf-8")
    with pytest.raises(CatalogueError, match=said):
        load(tmp_path)
