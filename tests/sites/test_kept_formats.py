"""A site that was made before still opens: what it keeps is read as it has always been written."""

import json
from datetime import date

import pytest

from openhalo.base.errors import ReleaseError, StoreError
from openhalo.publications.protection.earlier_releases import KeptFacts
from openhalo.publications.protection.recoded_incident_files import RecodedFacts
from openhalo.releases.comparing import Definitions, causes
from openhalo.releases.editions import read_facts
from openhalo.sites.purging import Journal
from openhalo.sites.review_set_files import unlapsed, version_of
from openhalo.sites.risk_gate import KeptBacktest

DAY = date(2013, 6, 30)
SET = """{
  "privacy": "restricted", "known_by": "2013-06-30", "lapses": "2013-12-27", "review_by": "2013-07-14",
  "first_reader": "wellness", "capacity": 2, "undated": {}, "provenance": {"store_version": 3, "catalogue": "ab"},
  "signals": [
    {"officer": "p2", "unit": "1", "peers": 9, "factors": [{"indicator": "allegations", "value": NaN}],
     "lapses": "2013-12-27"},
    {"officer": "p1", "unit": "1", "peers": 9, "factors": [], "lapses": "2013-12-27"}
  ]
}"""
RECEIPT = {
    "purge": "000001",
    "date": "2024-01-01",
    "authority": "order",
    "oversight": "",
    "record": "stops/stop",
    "key_hash": "ab",
    "versions": [1],
    "releases": ["0001"],
}


def test_a_review_set_tells_its_version_and_who_still_counts(tmp_path):
    (tmp_path / "2013-06-30.json").write_text(SET)
    assert version_of(tmp_path, DAY) == 3
    assert version_of(tmp_path, date(2013, 7, 1)) is None
    assert [one.officer for one in unlapsed(tmp_path, DAY)] == ["p1", "p2"]
    assert unlapsed(tmp_path, date(2013, 12, 27)) == []


def test_a_damaged_review_set_is_named(tmp_path):
    (tmp_path / "2013-06-30.json").write_text(SET.replace('"store_version": 3', '"version": 3'))
    with pytest.raises(StoreError, match="the review set is damaged"):
        version_of(tmp_path, DAY)


def test_a_backtest_tells_what_the_gate_asks():
    provenance = {"store_version": 4, "catalogue": "ab", "features": 3, "data": "cd", "config": "ef"}
    better = {"value": None, "low": None, "high": None}
    scores = [{"policy": "logistic", "label": "L", "alerts": 2.0, "better": better, "steady": None}]
    written = {"privacy": "restricted", "origins": ["2018-12-31"], "scores": scores, "refused": {"lightgbm": "no"}}
    held = KeptBacktest.model_validate_json(json.dumps(written | {"provenance": provenance}))
    assert (held.origins, held.provenance.store_version) == ([date(2018, 12, 31)], 4)
    assert held.scores[0].better.low is None


def test_cells_journal_and_recoded_files_are_written_as_they_were():
    cells = {
        "published": "2022-02-10",
        "k": 10,
        "width": 5,
        "zeros_shown": False,
        "days": {"stops/stop": "2020-01-01..2021-12-31"},
        "views": [{"stretches": {"2020-01-01..2021-12-31": 3}, "tables": [["stops/stops", ["race"], "year"]]}],
        "sides": [{"record": "stops/stop", "fields": ["race"], "where": [], "says": [], "grain": "year"}],
        "format": 3,
        "release": "0001",
        "files": {".parquet": "a", ".npz": "b"},
        "set_aside": True,
    }
    journal = {
        "key": "a/b/1",
        "files": {"stops/stop": ["x.parquet"]},
        "receipt": RECEIPT,
        "from_version": 2,
        "recount": [],
    }
    for model, written in ((KeptFacts, cells), (Journal, journal)):
        text = json.dumps(written)
        assert json.dumps(model.model_validate_json(text).model_dump(mode="json", exclude_none=True)) == text
    policy = {"record": "stops/stop", "identifying": ["race"], "most_lost": 0.05}
    told = {"k": 5, "policy": policy, "counted_from_versions": {"2020": 3}}
    again = RecodedFacts.model_validate_json(json.dumps(told)).model_dump(mode="json")
    assert list(again) == list(told)
    assert again["policy"].items() >= policy.items()


def test_a_release_without_definitions_is_compared_and_a_torn_one_is_named(tmp_path):
    nothing = read_facts(tmp_path, "definitions.json", Definitions)
    assert nothing == Definitions()
    new = Definitions.model_validate(
        {"measures": {"m": {"meaning": "a", "records": ["r"]}}, "records": {"r": {"table_version": 1, "first": "x"}}}
    )
    assert causes("m", nothing, new) == ["data"]
    assert causes("m", new, nothing) == ["definition"]
    purged = new.model_copy(update={"records": {"r": new.records["r"].model_copy(update={"purges": ["000001"]})}})
    assert causes("m", new, purged) == ["purge"]
    (tmp_path / "definitions.json").write_text("[]")
    with pytest.raises(ReleaseError, match="does not read"):
        read_facts(tmp_path, "definitions.json", Definitions)
