"""Support that changes nothing is not called a success, support that helps is seen, and verdicts are counted."""

import json
import shutil
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from openhalo.base.errors import CatalogueError, MeasureError
from openhalo.cli.main import app
from openhalo.early_intervention.interventions import sentences
from openhalo.early_intervention.look_back import months_before
from openhalo.sites.open_site import open_site

from .made_up import department, names, rows_in

pytestmark = pytest.mark.ci

OFFICERS = names(2000)
BEGUN = [date(2011, 6, 30), date(2011, 9, 30), date(2011, 12, 31), date(2012, 3, 31)]


def helped(folder):
    """A department that helps three of ten officers with two allegations in a year, some on each of four days."""
    site = department(folder, officers=len(OFFICERS))
    draw = np.random.default_rng(100)
    rows = site.records("complaints/allegation").collect().drop_nulls(["officer"])
    by_officer = {
        key.rpartition("/")[2]: days
        for (key,), days in ((key, frame["received_on"].to_list()) for key, frame in rows.group_by("officer"))
    }
    begun = {}
    for day in BEGUN:
        for officer in OFFICERS:
            recent = [one for one in by_officer.get(officer, []) if day - timedelta(days=365) < one <= day]
            if officer not in begun and len(recent) >= 2 and draw.random() < 0.3:
                begun[officer] = day
    return site, begun, draw


@pytest.fixture(scope="module")
def useless(tmp_path_factory):
    folder = tmp_path_factory.mktemp("useless")
    site, begun, _draw = helped(folder)
    give(site, begun, folder)
    return open_site(site.path), begun


def give(site, begun, folder):
    ids = [f"i{number}" for number in range(len(begun))]
    kinds = ["Mentoring" if number % 3 else "Training" for number in range(len(begun))]
    rows_in(
        site, "officers/intervention", folder, id=ids, officer=list(begun), begun_on=list(begun.values()), kind=kinds
    )


def test_what_equals_did_is_shown_and_nothing_is_made_of_a_fall_by_itself(useless):
    site, begun = useless
    whole, *kinds = site.outcomes("allegations").interventions
    effect = whole.effect
    assert whole.officers == len(begun)
    assert effect.n + effect.unmatched == whole.officers
    assert effect.naive_high < 0, "before and after alone sees a fall"
    assert effect.equals_before == pytest.approx(effect.before), "equals begin with the same count"
    assert effect.equals_after < effect.equals_before, "and fall without support"
    assert effect.low < 0 < effect.high
    said = " ".join(sentences(whole))
    assert "high counts fall by themselves" in said
    assert "Chance alone could make this difference" in said
    assert {one.kind for one in kinds} == {"MENTORING", "TRAINING"}
    assert sum(one.officers for one in kinds) == whole.officers


def test_counts_are_those_of_a_plain_loop(useless):
    site, begun = useless
    effect = site.outcomes("allegations").interventions[0].effect
    rows = site.records("complaints/allegation").collect().drop_nulls(["officer"])
    days = {key.rpartition("/")[2]: frame["received_on"].to_list() for (key,), frame in rows.group_by("officer")}

    def count(officer, after, last):
        return sum(after < day <= last for day in days.get(officer, []))

    def year(day, years):
        return months_before(day, -12 * years)

    sets = {}
    for day in BEGUN:
        for officer in OFFICERS:
            other = officer not in begun or not year(day, -1) < begun[officer] <= year(day, 1)
            key = (day, count(officer, year(day, -1), day), count(officer, year(day, -2), day))
            if other:
                sets.setdefault(key, []).append(count(officer, day, year(day, 1)))
    apart = []
    for officer, day in begun.items():
        key = (day, count(officer, year(day, -1), day), count(officer, year(day, -2), day))
        if len(sets.get(key, [])) >= 5:
            apart.append(count(officer, day, year(day, 1)) - np.mean(sets[key]))
    assert effect.n == len(apart)
    assert effect.estimate == pytest.approx(np.mean(apart))


def test_support_that_helps_is_seen(tmp_path):
    site, begun, draw = helped(tmp_path)
    rows = pl.read_csv(tmp_path / "rows.csv", infer_schema_length=0)  # the allegations, as they were imported
    held = site.records("complaints/allegation").collect()
    received = dict(zip(held["record_key"].str.split("/").list.last(), held["received_on"], strict=True))
    kept = [
        not (
            officer in begun
            and begun[officer] < received[one] <= begun[officer] + timedelta(days=366)
            and draw.random() < 0.9
        )
        for one, officer in rows.select("id", "officer").iter_rows()
    ]
    other = tmp_path / "helped"
    other.mkdir()
    site = department(other, keep=dict(zip(rows["id"], kept, strict=True)), officers=len(OFFICERS))
    give(site, begun, other)
    effect = open_site(site.path).outcomes("allegations").interventions[0].effect
    assert effect.high < 0
    assert effect.naive < effect.estimate, "a part of the fall is not due to support"


def test_too_few_are_refused_and_the_year_must_be_over(useless, tmp_path):
    site = open_site(shutil.copytree(useless[0].path, tmp_path / "site"))
    rows_in(
        site,
        "officers/intervention",
        tmp_path,
        id=["w1", "w2"],
        officer=["o001", "o002"],
        begun_on=["2013-06-30", "2013-06-30"],
        kind=["Wellness program"] * 2,
    )
    rows_in(
        site,
        "officers/intervention",
        tmp_path,
        id=["r1"],
        officer=["o003"],
        begun_on=["2011-06-30"],
        kind=["Other duties"],
    )
    found = {one.kind: one for one in open_site(site.path).outcomes("allegations").interventions}
    assert (found["WELLNESS"].officers, found["WELLNESS"].waiting, found["WELLNESS"].effect) == (0, 2, None)
    assert found["REASSIGNMENT"].effect is None
    assert "fewer than 20" in sentences(found["REASSIGNMENT"])[0]


def test_verdicts_become_the_precision_of_each_factor(useless, tmp_path):
    site = open_site(shutil.copytree(useless[0].path, tmp_path / "site"))
    signals = [f"s{number}" for number in range(12)]
    rows_in(
        site,
        "officers/signal",
        tmp_path,
        id=signals,
        officer=OFFICERS[:12],
        raised_on=["2011-01-31"] * 12,
        kind=["Threshold reached"] * 12,
    )
    given = [(one, "allegations", "Useful" if number < 9 else "Already known") for number, one in enumerate(signals)]
    given += [(one, "force_reports", "Not useful") for one in signals[:4]]
    given += [(signals[0], "allegations_force", "")]
    rows_in(
        site,
        "officers/factor_verdict",
        tmp_path,
        id=[str(n) for n in range(len(given))],
        signal=[g[0] for g in given],
        factor=[g[1] for g in given],
        verdict=[g[2] for g in given],
        given_on=["2011-02-10"] * len(given),
    )
    done = CliRunner().invoke(app, ["outcomes", "--site", str(site.path), "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["privacy"] == "restricted"
    many, few = told["factors"]
    assert (many["factor"], many["given"], many["useful"]) == ("allegations", 12, 0.75)
    assert many["verdicts"] == {"KNOWN": 3, "USEFUL": 9}
    assert (many["low"], many["high"]) == (pytest.approx(0.4677, abs=1e-4), pytest.approx(0.9111, abs=1e-4))  # Wilson
    assert (few["factor"], few["given"], few["useful"]) == ("force_reports", 4, None)
    plain = CliRunner().invoke(app, ["outcomes", "--site", str(site.path)])
    assert "too few to say" in plain.stdout
    assert not any(f"/{key}" in done.stdout or f"P-{key}" in done.stdout for key in OFFICERS)


def test_a_wrong_count_and_a_site_without_support_are_refused(town, useless):
    with pytest.raises(CatalogueError, match="allegation"):
        useless[0].outcomes("allegation")
    with pytest.raises(MeasureError, match="no interventions"):
        town.outcomes("allegations")
