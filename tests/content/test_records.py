"""Each record type takes its own example, and each of its rules refuses the nonsense that it is there for."""

import csv
import json

import polars as pl
import pytest

from openhalo.catalogue.index import load
from openhalo.sites.making import init_site
from openhalo.sites.open_site import open_site

CATALOGUE = load()

NONSENSE = {
    "stops/stop": {
        "recorded_afterwards": {"recorded_at": "2017-03-14 21:04"},
        "search_agrees": {"search_conducted": False, "search_vehicle": True},
        "basis_needs_a_search": {
            "search_conducted": False, "search_vehicle": False, "frisk_performed": False, "search_basis": "WARRANT",
        },
        "contraband_agrees": {"contraband_found": False, "contraband": "DRUGS"},
        "arrest_agrees": {"arrest_made": False, "outcome": "ARREST"},
        "outcome_is_the_strictest": {"arrest_made": True, "outcome": "CITATION"},
        "place_is_on_land": {"latitude": 0, "longitude": 0},
        "age": {"age": 0},
        "duration": {"duration": 1441},
    },
    "force/force_application": {
        "recorded_afterwards": {"recorded_at": "2019-07-05 23:39"},
        "injury_has_a_level": {"subject_injury": True, "subject_injury_level": "NONE"},
        "level_needs_an_injury": {"subject_injury": False, "subject_injury_level": "DEATH"},
        "level_has_a_scheme": {"level": 2},
        "place_is_on_land": {"latitude": 0, "longitude": 0},
        "age": {"age": 121},
    },
    "population/group_population": {
        "race_where_a_race_is_counted": {"group_kind": "RACE"},
        "no_race_for_everyone": {"race": "WHITE"},
        "population": {"population": -1},
    },
}  # fmt: skip
CASES = [(record, rule) for record, rules in NONSENSE.items() for rule in rules]


def bring(record, facts, tmp_path):
    """Import one record from a plain file whose columns are the fields; return the receipt and the reasons."""
    definition = CATALOGUE.record_types[record]
    fields = {}
    for name in facts:
        spec = definition.fields[name]
        fields[name] = {"from": name}
        if spec.vocabulary:
            fields[name]["codes"] = {code: code for code in CATALOGUE.vocabularies[spec.vocabulary].codes}
        elif spec.type == "boolean":
            fields[name] |= {"true": ["True"], "false": ["False"]}
        elif spec.type == "time":
            fields[name]["formats"] = ["%Y-%m-%d %H:%M"]
    source = {
        "label": "Plain", "record": record, "publisher": "tests", "licence": "none", "reference": "none",
        "unit": next(iter(definition.units)), "zone": "America/Chicago", "scope": {"mode": "replace"}, "fields": fields,
    }  # fmt: skip
    folder = init_site(tmp_path / "site", "T", "N", "pd")
    (folder / "catalogue" / "sources").mkdir()
    (folder / "catalogue" / "sources" / "plain.yaml").write_text(json.dumps(source), encoding="utf-8")
    with (tmp_path / "plain.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([list(facts), list(facts.values())])
    site = open_site(folder)
    receipt = site.import_file("plain", tmp_path / "plain.csv")
    rejected = site.deliveries / receipt.delivery / "rejected.parquet"
    if not rejected.exists():
        return receipt, []
    return receipt, pl.read_parquet(rejected).select("reasons").explode("reasons").unnest("reasons")["reason"].to_list()


@pytest.mark.parametrize("record", CATALOGUE.record_types)
def test_a_record_type_takes_its_own_example(record, tmp_path):
    receipt, reasons = bring(record, CATALOGUE.record_types[record].example, tmp_path)
    assert reasons == []
    assert receipt.rows_accepted == 1


@pytest.mark.parametrize(("record", "rule"), CASES, ids=lambda value: value.rpartition("/")[2])
def test_nonsense_is_rejected_for_the_rule_that_it_breaks(record, rule, tmp_path):
    example = CATALOGUE.record_types[record].example
    receipt, reasons = bring(record, {**example, **NONSENSE[record][rule]}, tmp_path)
    assert receipt.rows_rejected == 1
    assert len(reasons) == 1
    assert reasons[0].startswith(f"{rule}: ")


def test_every_rejecting_rule_is_tried():
    rules = {
        (name, rule)
        for name, record in CATALOGUE.record_types.items()
        for rule, spec in record.rules.items()
        if spec.severity == "reject"
    }
    assert rules <= set(CASES)


def test_every_trait_of_a_person_says_how_it_was_learned():
    traits = {"race", "races", "gender", "age", "limited_english", "disability", "unhoused", "student", "passenger"}
    bare = [
        f"{name}.{field}"
        for name, record in CATALOGUE.record_types.items()
        for field, spec in record.fields.items()
        if field in traits and spec.basis is None
    ]
    assert bare == []


def test_groups_of_people_have_words_for_sentences():
    silent = [
        f"{name}.{code}"
        for name in ("race", "gender", "population_group")
        for code, spec in CATALOGUE.vocabularies[name].codes.items()
        if not spec.people
    ]
    assert silent == []


@pytest.mark.parametrize("domain", sorted({record.domain for record in CATALOGUE.record_types.values()}))
def test_every_domain_is_explained_in_plain_words(domain):
    text = CATALOGUE.help[domain]
    assert "## How" in text
    assert "cannot show" in text
    sentences = [part for part in text.replace("\n", " ").split(". ") if part]
    words = [len(sentence.split()) for sentence in sentences]
    assert sum(words) / len(words) < 16, "eighth grade: short sentences"
