"""Each record type takes its own example, and each of its rules refuses the nonsense that it is there for."""

import csv
import json

import polars as pl
import pytest

from openhalo.catalogue.index import load
from openhalo.sites.init import init_site
from openhalo.sites.open_site import open_site

CATALOGUE = load()


def nonsense(record):
    """What a record type says that its rules and fields refuse: name → what differs from the example."""
    rules = {name: rule.refuses for name, rule in record.rules.items() if rule.refuses}
    fields = {name: {name: field.refuses} for name, field in record.fields.items() if field.refuses is not None}
    return rules | fields


NONSENSE = {name: nonsense(record) for name, record in CATALOGUE.record_types.items()}
CASES = [(record, rule) for record, rules in NONSENSE.items() for rule in rules]


def plain_source(record, columns):
    """A source whose columns are the fields, and whose cells are our codes."""
    definition = CATALOGUE.record_types[record]
    fields = {}
    for name in columns:
        spec = definition.fields[name]
        fields[name] = {"from": name}
        if spec.vocabulary:
            fields[name] |= {"split": ","} if spec.type == "codes" else {}
            fields[name]["codes"] = {code: code for code in CATALOGUE.vocabularies[spec.vocabulary].codes}
        elif spec.type == "boolean":
            fields[name] |= {"true": ["True"], "false": ["False"]}
        elif spec.type == "time":
            fields[name]["formats"] = ["%Y-%m-%d %H:%M"]
        elif spec.type == "date":
            fields[name]["formats"] = ["%Y-%m-%d"]
    return {
        "label": "Plain",
        "record": record,
        "publisher": "tests",
        "licence": "none",
        "reference": "none",
        "unit": next(iter(definition.units)),
        "zone": "America/Chicago",
        "scope": {"mode": "replace"},
        "fields": fields,
    }


@pytest.fixture(scope="module")
def reasons(tmp_path_factory):
    """Record type → what was said about its example (first) and about each nonsense, in one import each."""
    folder = init_site(tmp_path_factory.mktemp("plain") / "site", "T", "N", "pd")
    (folder / "catalogue" / "sources").mkdir()
    said = {}
    for record, rules in NONSENSE.items():
        example = CATALOGUE.record_types[record].example
        example = {name: ",".join(value) if isinstance(value, list) else value for name, value in example.items()}
        rows = [example, *({**example, **facts} for facts in rules.values())]
        columns = list(dict.fromkeys(name for row in rows for name in row))
        source = record.partition("/")[2]
        spec = json.dumps(plain_source(record, columns))
        (folder / "catalogue" / "sources" / f"{source}.yaml").write_text(spec, encoding="utf-8")
        file = folder / f"{source}.csv"
        with file.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, columns)
            writer.writeheader()
            writer.writerows(rows)
        site = open_site(folder)
        receipt = site.import_file(source, file)
        assert receipt.rows_read == len(rows)
        rejected = pl.read_parquet(site.deliveries / receipt.delivery / "rejected.parquet").select("row", "reasons")
        found = {row: [reason["reason"] for reason in reasons] for row, reasons in rejected.iter_rows()}
        said[record] = {rule: found.get(number, []) for number, rule in enumerate(["example", *rules], start=2)}
    return said


@pytest.mark.parametrize("record", CATALOGUE.record_types)
def test_a_record_type_takes_its_own_example(reasons, record):
    assert reasons[record]["example"] == []


@pytest.mark.parametrize(("record", "rule"), CASES, ids=lambda value: value.rpartition("/")[2])
def test_nonsense_is_rejected_for_the_rule_that_it_breaks(reasons, record, rule):
    (reason,) = reasons[record][rule]
    assert reason.startswith(f"{rule}: ")


def test_every_rejecting_rule_is_tried():
    rules = {
        (name, rule)
        for name, record in CATALOGUE.record_types.items()
        for rule, spec in record.rules.items()
        if spec.severity == "reject"
    }
    assert rules
    assert rules - set(CASES) == set(), "say beside the rule what it refuses: refuses: {field: value}"


def test_what_the_rules_refuse_is_no_part_of_what_the_records_mean():
    written = json.dumps(CATALOGUE.record_type("stops/stop").model_dump(mode="json"))
    assert "recorded_afterwards" in written
    assert "refuses" not in written


def test_every_trait_of_a_person_says_how_it_was_learned():
    traits = {
        "race",
        "races",
        "gender",
        "age",
        "birth_year",
        "complainant_races",
        "complainant_genders",
        "limited_english",
        "disability",
        "unhoused",
        "student",
        "passenger",
    }
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
        for name in ("race", "gender", "population_group", "officer_rank", "complainant_role")
        for code, spec in CATALOGUE.vocabularies[name].codes.items()
        if not spec.people
    ]
    assert silent == []


@pytest.mark.parametrize("domain", sorted({record.domain for record in CATALOGUE.record_types.values()}))
def test_every_domain_is_explained_in_plain_words(domain):
    assert domain in CATALOGUE.help, f"write {domain}/help.md: how to read its figures, and what they cannot show"
    text = CATALOGUE.help[domain]
    assert "## How" in text
    assert "cannot show" in text
    sentences = [part for part in text.replace("\n", " ").split(". ") if part]
    words = [len(sentence.split()) for sentence in sentences]
    assert sum(words) / len(words) < 16, "eighth grade: short sentences"
