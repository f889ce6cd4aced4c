"""A backtest looks from past days only; a leak is caught; sets wait for governance and say nothing in order."""

import json
import shutil
from datetime import date, timedelta

import numpy as np
import pytest
import yaml

from openhalo.base.errors import MeasureError, SiteError
from openhalo.early_intervention.backtest import _MONTHS, backtest, chosen, must_not_leak
from openhalo.early_intervention.backtest_summary import sentences
from openhalo.early_intervention.indicators import compute
from openhalo.early_intervention.roster import read_roster
from openhalo.records.reading import Records
from openhalo.sites.governance import check_governance
from openhalo.sites.open_site import open_site

RECORD = {
    "kind": "research",
    "owner": "Research on past records",
    "first_reader": "Wellness researcher",
    "review_days": 30,
    "lapse_days": 90,
    "capacity": 40,
    "notice_to_officers": "Past records only; nobody is acted on.",
    "officer_input": "None was possible: the records are past and nameless.",
    "contest_decided_by": "Ethics board",
    "contest_days": 30,
}


@pytest.fixture
def records(city):
    return Records(city.store, city.store.manifest(), city.catalogue)


@pytest.fixture
def governed(city, tmp_path):
    shutil.copytree(city.path, tmp_path / "site")
    (tmp_path / "site" / "governance.yaml").write_text(yaml.safe_dump(RECORD), encoding="utf-8")
    return open_site(tmp_path / "site")


@pytest.mark.soak
def test_the_comparison_is_what_counting_by_hand_says(city, records):
    roster, day, specs = read_roster(records), date(2012, 12, 31), city.catalogue.indicators
    rules = list(city.catalogue.rules.values())
    found = backtest(records, roster, specs["allegations"], specs["allegations"], rules, [day], 200)
    rows = city.records("complaints/allegation").select("officer", "received_on").collect().drop_nulls()
    there = {key for key, is_there in zip(roster.keys, roster.serving(day), strict=True) if is_there}
    after = set(rows.filter(rows["received_on"] > day, rows["received_on"] <= date(2013, 12, 31))["officer"]) & there
    assert (found.officers, found.base) == (len(there), pytest.approx(len(after) / len(there)))
    by_id = {score.policy: score for score in found.scores}
    year = rows.filter(rows["received_on"] > date(2011, 12, 31), rows["received_on"] <= day)
    flagged = {k for k, n in year["officer"].value_counts().iter_rows() if n >= 3} & there
    rule = by_id["rule:new_jersey"]
    assert rule.alerts == len(flagged)
    assert rule.precision.value == pytest.approx(len(flagged & after) / len(flagged))
    assert rule.precision.low < rule.precision.value < rule.precision.high
    assert by_id["shrunken_count"].lift.value > 1.5
    assert by_id["shrunken_count"].better.value == 0
    withheld = [row for row in found.best.by_group if row.reviewed < 30]
    assert withheld
    assert all(row.false is None for row in withheld)
    assert any(row.trait == "gender" and row.false is not None for row in found.best.by_group)
    assert found.best.label in " ".join(sentences(found))
    told = json.dumps(found.to_dict())
    assert not [key for key in roster.keys if f'"{key}"' in told]


@pytest.mark.ci
def test_a_planted_leak_is_caught(city, records):
    day, keys = date(2011, 12, 31), read_roster(records).keys
    honest = city.catalogue.indicators["allegations_sustained"]
    planted = honest.model_copy(update={"known_at": "received"})
    must_not_leak(compute(records, [honest], [day], keys, _MONTHS), records, [honest], [day])
    with pytest.raises(MeasureError, match="was not known by that day"):
        must_not_leak(compute(records, [planted], [day], keys, _MONTHS), records, [planted], [day])


def test_ties_at_the_border_share_what_is_left():
    assert chosen(np.array([5.0, 2, 2, 2, 0]), 3).tolist() == pytest.approx([1, 2 / 3, 2 / 3, 2 / 3, 0])
    assert chosen(np.array([1.0, 0, 0]), 2).tolist() == [1, 0, 0]


def test_a_review_set_is_the_same_twice_in_no_order_of_need_and_with_reasons(governed):
    first, again = (governed.signal(date(2013, 6, 30)) for _ in range(2))
    assert first == again
    assert len(first.signals) == RECORD["capacity"]
    assert [one.officer for one in first.signals] == sorted(one.officer for one in first.signals)
    told = first.to_dict()
    assert told["privacy"] == "restricted"
    assert not {"score", "rank", "race", "gender"} & {key for one in told["signals"] for key in one}
    for one in first.signals:
        assert one.signals == ["allegations"]
        assert [factor.signal for factor in one.factors if factor.kind != "context"] == ["allegations"]
        assert all(factor.times >= 2 and factor.chance <= 0.1 for factor in one.factors if factor.kind == "context")
        assert all(factor.sentence and factor.compared_with for factor in one.factors)
        assert one.lapses == date(2013, 6, 30) + timedelta(days=RECORD["lapse_days"])
        assert {"allegations", *(factor.indicator for factor in one.factors)} == set(one.inputs)
        assert len(one.version) == 64
    assert sum(len(one.factors) > 1 for one in first.signals) > RECORD["capacity"] / 2


@pytest.mark.parametrize("key", sorted(RECORD))
def test_no_set_without_every_part_of_the_governance_record(governed, key):
    file = governed.path / "governance.yaml"
    file.write_text(yaml.safe_dump({name: value for name, value in RECORD.items() if name != key}), encoding="utf-8")
    assert [problem.found for problem in check_governance(governed.path)] == [f"'{key}' is missing"]
    with pytest.raises(SiteError, match=key):
        governed.signal(date(2013, 6, 30))


def test_discipline_never_reads_first_and_nobody_judges_the_own_decision(governed):
    file = governed.path / "governance.yaml"
    file.write_text(yaml.safe_dump(RECORD | {"first_reader": "Internal Affairs"}), encoding="utf-8")
    assert "support, not discipline" in check_governance(governed.path)[0].found
    file.write_text(yaml.safe_dump(RECORD | {"contest_decided_by": "wellness researcher"}), encoding="utf-8")
    assert "also decides" in check_governance(governed.path)[0].found
    file.unlink()
    with pytest.raises(SiteError, match="no governance record"):
        governed.signal(date(2013, 6, 30))
