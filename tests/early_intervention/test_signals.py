"""Each kind of signal finds who was planted, and nobody whose place alone explains the number."""

import random
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
import yaml
from scipy.stats import nbinom

from openhalo.catalogue.index import examine
from openhalo.early_intervention.factors import standing
from openhalo.early_intervention.roster import REST, Roster
from openhalo.intake.template import example_cells
from openhalo.sites.init import init_site
from openhalo.sites.open_site import open_site

from .test_backtest import RECORD

DAY = date(2020, 12, 31)


def deliver(site, record, rows, folder):
    """Import rows by the template of a record type."""
    columns = example_cells(site.catalogue.record_type(record), site.catalogue.schema)
    held = pl.DataFrame(rows, infer_schema_length=None).cast(pl.String)
    frame = held.with_columns(pl.lit("").alias(name) for name in columns if name not in held.columns)
    frame.select(*columns).write_csv(folder / "rows.csv")
    receipt = site.import_file(f"template:{record}", folder / "rows.csv")
    assert receipt.rows_rejected == 0, receipt
    return receipt


def department(folder, officers, special=None):
    """Make a site with officers 0, 1, … all of unit 1, and a research governance record."""
    site = open_site(init_site(folder / "site", "City", "City police", "cpd"))
    settings = (site.path / "agency.yaml").read_text("utf-8")
    (site.path / "agency.yaml").write_text(settings.replace("cpd: {", "cpd: {zone: UTC, "), encoding="utf-8")
    site = open_site(site.path)
    names = [str(n) for n in range(officers)]
    deliver(
        site, "officers/officer", [{"id": n, "pseudonym": f"p{n}", "hired_on": "2010-01-01"} for n in names], folder
    )
    deliver(
        site,
        "officers/assignment",
        [
            {"id": n, "officer": n, "starts_on": "2010-01-01", "unit": "1", "special_duty": (special or {}).get(n, "")}
            for n in names
        ],
        folder,
    )
    return site


def switched(site, *signals, **more):
    """Return the review set of the day with some signals on."""
    (site.path / "governance.yaml").write_text(yaml.safe_dump(RECORD | {"signals": [*signals], **more}), "utf-8")
    return open_site(site.path).signal(DAY)


def test_the_chance_is_that_of_the_negative_binomial_and_nobody_hides_behind_the_own_number():
    draw = np.random.default_rng(3)
    level = draw.gamma(2.0, 0.5, 4000)
    events, years = draw.poisson(3 * level), np.full(4000, 2.0)
    events[0] = 60
    at = standing(events.astype(float), years, np.repeat(["a", "b"], 2000))
    ordinary = at.usual[1]
    assert ordinary == pytest.approx(3, rel=0.1)
    assert at.usual[0] == pytest.approx((events[:2000].sum() - 60) / 1999, rel=0.01)
    for row in (1, 5, 9):
        exact = nbinom.sf(events[row] - 1, 2.0, 2.0 / (2.0 + 3.0))
        assert at.chance[row] == pytest.approx(exact, abs=0.02)
    assert at.chance[0] < 1e-7
    assert at.low[0] < at.times[0] < at.high[0] < 20, "drawn towards the others"


def test_peers_share_unit_shift_and_duty_and_the_few_stand_together():
    keys = [f"c/o/{n:02d}" for n in range(90)]
    officers = pl.DataFrame({"record_key": keys, "hired_on": [date(2010, 1, 1)] * 90}).with_columns(
        separated_on=pl.lit(None, pl.Date)
    )
    units = ["11"] * 70 + ["12"] * 15 + ["13"] * 5
    duty = [["GANG", "CRISIS"]] * 22 + [[]] * 68
    assignments = pl.DataFrame({"officer": keys, "unit": units, "special_duty": duty}).with_columns(
        starts_on=pl.lit(date(2010, 1, 1)), ends_on=pl.lit(None, pl.Date)
    )
    kinds = ["NIGHT"] * 44 + ["DAY"] * 46
    shifts = pl.DataFrame(
        {
            "officer": keys * 2,
            "month": [date(2020, 5, 1)] * 90 + [date(2019, 5, 1)] * 90,
            "kind": kinds + ["DAY"] * 90,
            "worked": [9] * 90 + [90] * 90,
        }
    )
    found = Roster(officers, assignments, shifts).peers(DAY)
    assert found[0] == "11, NIGHT, CRISIS+GANG"
    assert found[30] == "11, NIGHT"
    assert found[60] == "11, DAY"
    assert found[75] == found[88] == REST


def test_a_disparity_is_held_against_similar_stops_and_not_against_all(tmp_path):
    site, draw = department(tmp_path, 40), random.Random(5)
    stops = []
    for officer in range(40):
        busy = officer >= 30  # most of their stops lie where everybody searches often
        for _ in range(150):
            downtown = draw.random() < (0.8 if busy else 0.2)
            chance = 0.4 if downtown else 0.05
            chance = min(1.0, chance * 2.5) if officer == 7 else chance
            moment = datetime(2019, 3, 1) + timedelta(minutes=draw.randrange(60 * 24 * 600))
            stops.append(
                {
                    "id": len(stops),
                    "officer": officer,
                    "occurred_at": moment.strftime("%Y-%m-%d %H:%M"),
                    "precinct": "downtown" if downtown else "hills",
                    "reason": "TRAFFIC",
                    "search_conducted": "yes" if draw.random() < chance else "no",
                }
            )
    deliver(site, "stops/stop", stops, tmp_path)
    found = switched(site, "searches_beside_similar_stops", "black_persons_beside_similar_stops")
    assert [one.officer for one in found.signals] == ["p7"]
    (factor,) = found.signals[0].factors
    assert (factor.kind, factor.signal) == ("disparity", "searches_beside_similar_stops")
    own = [stop for stop in stops if stop["officer"] == 7]
    assert factor.value == pytest.approx(np.mean([stop["search_conducted"] == "yes" for stop in own]), abs=0.01)
    others = pl.DataFrame(stops).filter(pl.col("officer") != 7)
    searched = others.group_by("precinct").agg((pl.col("search_conducted") == "yes").mean())
    rate = dict(searched.iter_rows())
    assert factor.peers == pytest.approx(np.mean([rate[stop["precinct"]] for stop in own]), abs=0.05)
    assert 0 < factor.low < factor.value - factor.peers < factor.high
    assert "similar ones of others would give" in factor.sentence
    assert "no event" in found.refused["black_persons_beside_similar_stops"], "nobody wrote down a race"
    assert found.signals[0].inputs == ["stops/stop"]


def test_ratios_need_their_exposure_and_one_critical_event_is_enough(tmp_path):
    site = department(tmp_path, 30)
    force, arrests = [], []
    reports = {"1": 8, "2": 8, "3": 1}  # of arrests:
    made = {"1": 24, "2": 200, "3": 3, **{str(n): 40 for n in range(4, 20)}}
    for officer, number in reports.items():
        force += [
            {"id": f"{officer}-{n}", "officer": officer, "occurred_at": "2020-06-01 12:00", "force_types": "TAKEDOWN"}
            for n in range(number)
        ]
    for officer, number in made.items():
        arrests += [
            {"id": f"{officer}-{n}", "officer": officer, "occurred_at": "2020-06-01 12:00"} for n in range(number)
        ]
    force.append(
        {"id": "shot", "officer": "25", "occurred_at": "2020-12-20 12:00", "force_types": "FIREARM_DISCHARGED"}
    )
    deliver(site, "force/force_report", force, tmp_path)
    deliver(site, "arrests/arrest", arrests, tmp_path)
    found = {one.officer: one for one in switched(site, "force_in_arrests", "critical_event").signals}
    assert sorted(found) == ["p1", "p25"]
    ratio = next(one for one in found["p1"].factors if one.kind == "threshold")
    assert (ratio.signal, ratio.indicator, ratio.value) == ("force_in_arrests", "force_per_arrest", 8)
    assert "0.33 in 12 months" in ratio.sentence
    critical = next(one for one in found["p25"].factors if one.kind == "threshold")
    assert (critical.signal, critical.indicator, critical.value) == ("critical_event", "force_firearm", 1)


def test_who_stands_out_is_found_after_multiplicity_and_the_rest_is_left_out_by_capacity(tmp_path):
    site, draw = department(tmp_path, 300), np.random.default_rng(1)
    numbers = draw.poisson(2.0, 300)
    numbers[[10, 20]] = 25
    rows = [
        {"id": f"{n}-{i}", "officer": n, "occurred_at": f"2020-0{1 + i % 9}-01 12:00", "force_types": "TAKEDOWN"}
        for n, number in enumerate(numbers)
        for i in range(number)
    ]
    deliver(site, "force/force_report", rows, tmp_path)
    found = switched(site, "force_beside_peers")
    assert [one.officer for one in found.signals] == ["p10", "p20"]
    factor = found.signals[0].factors[0]
    assert factor.compared_with == "299 other officers of 1"
    assert "Among officers like these" in factor.sentence
    again = switched(site, "force_beside_peers", capacity=1)
    assert (len(again.signals), again.left_out) == (1, 1)


def test_without_a_level_of_force_the_same_scene_is_refused_plainly(tmp_path):
    site = department(tmp_path, 5)
    rows = [{"id": n, "officer": n, "incident": "a", "occurred_at": "2020-06-01 12:00"} for n in range(5)]
    deliver(site, "force/force_report", rows, tmp_path)
    found = switched(site, "force_at_the_same_scene")
    assert found.signals == []
    assert "no record of these months says who was at which scene" in found.refused["force_at_the_same_scene"]


@pytest.mark.soak
def test_who_used_more_force_than_others_at_the_same_scenes_is_found(tmp_path):
    pytest.importorskip("nutpie")
    site, draw = department(tmp_path, 30), np.random.default_rng(4)
    rows = []
    for scene in range(400):
        for officer in draw.choice(30, 4, replace=False):
            force = draw.random() < 1 / (1 + np.exp(-1.0 if officer == 7 else 1.0))
            rows.append(
                {
                    "id": len(rows),
                    "incident": f"scene {scene}",
                    "officer": officer,
                    "level": int(force),
                    "level_scheme": "Test",
                    "occurred_at": "2019-06-01 12:00",
                }
            )
    deliver(site, "force/force_report", rows, tmp_path)
    found = switched(site, "force_at_the_same_scene")
    assert found.refused == {}
    assert [one.officer for one in found.signals] == ["p7"]
    factor = found.signals[0].factors[0]
    assert (factor.kind, factor.direction) == ("same_scene", "more than peers")
    assert factor.low < 2.0 < factor.high + 0.5
    assert factor.unusual > 0.8


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"outcome": "officer.race = 'BLACK'"}, "'officer.race' is race: it is never an input"),
        ({"similar": ["officer.gender", "precinct"]}, "'officer.gender' is gender: it is never an input"),
        ({"where": "race = 'BLACK'"}, "'race' is race: it is never an input"),
        ({"similar": ["age"]}, "'age' is age: it is never an input"),
        ({"similar": ["nothing"]}, "has no field 'nothing'"),
        ({"indicator": "allegations"}, "unknown key 'indicator'"),
        ({"outcome": None}, "'outcome' is missing"),
    ],
)
def test_a_disparity_may_ask_for_the_trait_of_the_person_alone(tmp_path, change, found):
    spec = {
        "kind": "disparity",
        "label": "Mine",
        "why": "Test.",
        "record": "force/force_report",
        "outcome": "race = 'BLACK'",
        "similar": ["occurred_at", "precinct"],
        "months": 24,
        "sources": ["test"],
    }
    file = tmp_path / "indicators" / "signals" / "mine.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(yaml.safe_dump(spec), "utf-8")
    assert examine(tmp_path)[1] == []
    file.write_text(yaml.safe_dump({k: v for k, v in (spec | change).items() if v is not None}), "utf-8")
    assert any(found in problem.found for problem in examine(tmp_path)[1])
