"""What was known on a day stays what it was: later facts, corrections, order and quiet officers change nothing."""

import random
import shutil
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from openhalo.base.errors import MeasureError
from openhalo.cli.main import app
from openhalo.early_intervention.indicators import compute
from openhalo.early_intervention.look_back import month_ends
from openhalo.intake.template import example_cells
from openhalo.sites.open_site import open_site
from openhalo.sites.review_set_files import unlapsed

from .test_backtest import RECORD
from .test_indicators import records, site_with
from .test_signals import deliver, department

DAY = date(2013, 6, 30)


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    """Sixty officers with complaints of three years, most of them closed."""
    folder, draw = tmp_path_factory.mktemp("known"), random.Random(4)
    site = department(folder, 60)
    start, complaints, allegations = date(2011, 1, 1), [], []
    for n in range(240):
        day = start + timedelta(days=draw.randrange(900))
        closed = "" if n % 5 == 0 else str(day + timedelta(days=draw.randrange(300)))
        complaints.append({"id": n, "received_on": str(day), "closed_on": closed})
        allegations.append(
            {
                "id": n,
                "complaint": n,
                "officer": int(draw.paretovariate(1)) % 60,
                "finding": "NOT_SUSTAINED" if closed else "",
            }
        )
    deliver(site, "complaints/complaint", complaints, folder)
    deliver(site, "complaints/allegation", allegations, folder)
    (site.path / "governance.yaml").write_text(yaml.safe_dump(RECORD | {"capacity": 8}))
    return site.path, complaints, allegations


def corrected(path, record, rows, folder):
    """Import a file of corrections as a person does, by `openhalo import`."""
    site = open_site(path)
    columns = example_cells(site.catalogue.record_type(record), site.catalogue.schema)
    frame = pl.DataFrame(rows, infer_schema_length=None).cast(pl.String)
    frame = frame.with_columns(pl.lit("").alias(name) for name in columns if name not in frame.columns)
    frame.select(*columns).write_csv(folder / "corrections.csv")
    command = ["import", str(path), f"template:{record}", str(folder / "corrections.csv")]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output


def told(path, *options):
    done = CliRunner().invoke(app, ["signal", "--site", str(path), "--known-by", str(DAY), "--json", *options])
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.mark.ci
def test_a_later_correction_does_not_change_what_was_known(city, tmp_path):
    path, complaints, allegations = city
    shutil.copytree(path, tmp_path / "site")
    path = tmp_path / "site"
    before = told(path)
    assert before == told(path), "the same command twice gives the same set"
    first = open_site(path).store.manifest().version
    accused = open_site(path).signal(DAY).signals
    worst = max(accused, key=lambda one: max(factor.value for factor in one.factors)).officer.removeprefix("p")
    moved = [row | {"officer": 59} if str(row["officer"]) == worst else row for row in allegations]
    assert moved != allegations
    corrected(path, "complaints/allegation", moved, tmp_path)
    corrected(path, "complaints/complaint", [row | {"closed_on": "2014-02-01"} for row in complaints], tmp_path)
    assert told(path) == before, "a correction rewrote the past"
    newest = open_site(path).store.manifest().version
    assert newest > first
    assert told(path, "--version", str(newest)) != before, "the newest version does hold the correction"
    assert told(path, "--version", str(first)) == before
    assert told(path) == before, "a set of a named version is not kept"


@pytest.mark.ci
def test_what_is_closed_later_was_open_on_the_day_even_in_the_newest_version(city, tmp_path):
    path, complaints, allegations = city
    shutil.copytree(path, tmp_path / "site")
    open_ones = [row for row in complaints if not row["closed_on"]]
    before = open_site(tmp_path / "site").signal(DAY).signals
    later = [row if row["closed_on"] else row | {"closed_on": "2014-02-01"} for row in complaints]
    ids = {row["id"] for row in open_ones}
    found = [row | {"finding": "SUSTAINED"} if row["id"] in ids else row for row in allegations]
    corrected(tmp_path / "site", "complaints/complaint", later, tmp_path)
    corrected(tmp_path / "site", "complaints/allegation", found, tmp_path)
    site = open_site(tmp_path / "site")
    assert site.signal(DAY, version=site.store.manifest().version).signals == before
    assert site.records("complaints/allegation").collect()["finding"].to_list().count("SUSTAINED") == len(ids)


def test_kept_signals_lapse(city, tmp_path):
    shutil.copytree(city[0], tmp_path / "site")
    found = open_site(tmp_path / "site").signal(DAY)
    kept = open_site(tmp_path / "site").layout.review_sets
    assert [one.officer for one in unlapsed(kept, DAY)] == [one.officer for one in found.signals]
    assert unlapsed(kept, DAY - timedelta(days=1)) == []
    assert unlapsed(kept, found.lapses - timedelta(days=1))
    assert unlapsed(kept, found.lapses) == []


def test_a_site_with_complaints_alone_tries_what_it_can_and_says_what_it_cannot(city, tmp_path):
    shutil.copytree(city[0], tmp_path / "site")
    found = open_site(tmp_path / "site").backtest(first=2011, last=2011)
    assert set(found.refused) == {"rule:critical_event", "rule:force_in_arrests"}
    assert "holds none of the records" in found.refused["rule:critical_event"]
    assert {"rule:miami_dade", "rule:new_jersey", "shrunken_count"} <= {score.policy for score in found.scores}
    assert list(found.covered) == ["complaints/allegation"]
    assert found.capacity == 8
    assert (tmp_path / "site" / "backtests").is_dir()
    with pytest.raises(MeasureError, match="force/force_report: no records of this type"):
        open_site(tmp_path / "site").backtest(outcome="force_subject_injured", first=2011, last=2011)


facts = st.tuples(st.sampled_from("abc"), st.integers(0, 1500), st.sampled_from([None, 0, 90, 400]), st.booleans())


@pytest.mark.ci
@given(st.lists(facts, min_size=1, max_size=12), st.lists(facts, max_size=4), st.randoms(use_true_random=False))
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_order_quiet_officers_and_later_facts_change_nothing(tmp_path_factory, drawn, after, shuffled):
    days, first = month_ends(date(2012, 1, 1), date(2013, 12, 31)), date(2010, 1, 1)
    held = [(str(n), who, first + timedelta(days=at), lag, good) for n, (who, at, lag, good) in enumerate(drawn)]
    later = [
        (f"later {n}", who, days[-1] + timedelta(days=1 + at), lag, good)
        for n, (who, at, lag, good) in enumerate(after)
    ]
    mixed = [*held, *later]
    shuffled.shuffle(mixed)
    folders = [tmp_path_factory.mktemp("drawn") for _ in range(2)]
    sites = [site_with(some, folder) for some, folder in zip((held, mixed), folders, strict=True)]
    keys = sorted(sites[0].records("complaints/allegation").collect()["officer"].drop_nulls().unique())
    both = []
    for site, rows in zip(sites, (keys, [*keys, "nobody"]), strict=True):
        specs = [one for one in site.catalogue.indicators.values() if one.id.startswith(("allegations", "adverse"))]
        found = compute(records(site), specs, days, rows)
        both.append({column: found.values(*column) for column in found.columns})
    plain, again = both
    assert np.array_equal(plain["adverse_events", 12], plain["allegations_sustained", 12]), "no force, no suspensions"
    assert plain.keys() == again.keys()
    for column, values in plain.items():
        assert np.array_equal(values, again[column][: len(keys)], equal_nan=True), column
        assert not np.nan_to_num(again[column][len(keys)]).any()
