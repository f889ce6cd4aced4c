"""An officer sees everything that is held about them, as it was known, and nobody else."""

import json
import shutil
from datetime import date

import pytest
from typer.testing import CliRunner

from openhalo.base.errors import MeasureError
from openhalo.cli.main import app
from openhalo.sites.open_site import open_site

from .made_up import names, rows_in

DAY = date(2012, 6, 30)


@pytest.fixture(scope="module")
def staffed(town, tmp_path_factory):
    """The town with complainants, reports of force, signals, verdicts, and one officer who supervises the others."""
    folder = tmp_path_factory.mktemp("staffed")
    site = open_site(shutil.copytree(town.path, folder / "site"))
    held = site.records("complaints/complaint").collect()["record_key"].str.split("/").list.last().to_list()
    rows_in(
        site,
        "complaints/complainant",
        folder,
        id=held,
        complaint=held,
        race=["Black"] * len(held),
        age=["37"] * len(held),
    )
    rows_in(
        site,
        "force/force_report",
        folder,
        id=["f1", "f2"],
        officer=["o0001", "o0002"],
        incident=["I-77", "I-77"],
        occurred_at=["2012-03-01 10:00"] * 2,
        race=["White"] * 2,
        age=["52"] * 2,
    )
    rows_in(
        site,
        "officers/assignment",
        folder,
        id=["sup"],
        officer=["o0002"],
        starts_on=["2011-01-01"],
        unit=["9"],
        supervisor=["o0001"],
    )
    rows_in(
        site,
        "officers/signal",
        folder,
        id=["s1", "s2"],
        officer=["o0001", "o0002"],
        raised_on=["2012-05-31", "2012-05-31"],
        kind=["Threshold reached"] * 2,
    )
    rows_in(
        site,
        "officers/factor_verdict",
        folder,
        id=["v1", "v2"],
        signal=["s1", "s2"],
        given_on=["2012-06-10"] * 2,
        factor=["allegations", "force_reports"],
        verdict=["Useful"] * 2,
    )
    return open_site(site.path)


def test_it_holds_the_own_records_and_nobody_elses(staffed):
    told = staffed.own_record("P-o0001", DAY)
    text = json.dumps(told, default=str)
    for other in (one for one in names() if one != "o0001"):
        assert f'{other}"' not in text
        assert f"P-{other}" not in text
        assert f"Name of {other}" not in text
    assert told["officer"]["name"] == "Name of o0001", "the own name is theirs to see"
    (force,) = told["records"]["force/force_report"]
    assert not {"race", "age", "officer"} & set(force), "nothing of the person met"
    assert "complaints/complainant" not in told["records"]
    assert "complaints/complaint" not in told["records"]
    (signalled,) = told["records"]["officers/signal"]
    assert signalled["kind"] == "THRESHOLD"
    (verdict,) = told["records"]["officers/factor_verdict"]
    assert (verdict["factor"], verdict["verdict"]) == ("allegations", "USEFUL")
    assert {"race", "age"} <= set(told["not_shown"]["force/force_report"])
    assert len(told["records"]["officers/assignment"]) == 1, "not those whom the officer supervises"


def test_rows_and_counts_are_those_known_by_the_day(staffed):
    rows = staffed.records("complaints/allegation").collect()
    busiest = rows["officer"].value_counts(sort=True)["officer"][0]
    own = rows.filter(rows["officer"] == busiest)
    told = staffed.own_record(busiest, DAY)
    held = told["records"]["complaints/allegation"]
    known = own.filter(own["received_on"] <= DAY)
    assert 0 < len(held) == known.height < own.height
    later = known.filter(known["found_on"] > DAY)["record_key"].to_list()
    assert later
    assert all("finding" not in row for row in held if row["record_key"] in later)
    (counted,) = [one for one in told["indicators"] if one["indicator"] == "allegations"]
    assert counted["values"][60] == known.filter(known["received_on"] > date(2007, 6, 30)).height
    assert counted["question"]


def test_the_reasons_of_a_signal_are_those_of_the_review_set_and_a_way_to_contest_stands_beside(staffed):
    (first, *_rest) = staffed.signal(DAY).signals
    done = CliRunner().invoke(
        app, ["own-record", first.officer, "--site", str(staffed.path), "--known-by", str(DAY), "--json"]
    )
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["privacy"] == "restricted"
    assert [one["sentence"] for one in told["signal"]["reasons"]["factors"]] == [one.sentence for one in first.factors]
    assert told["corrections"]["contest_decided_by"] == "Ethics board"
    assert told["corrections"]["what"]["complaints/allegation"]
    plain = CliRunner().invoke(app, ["own-record", first.officer, "--site", str(staffed.path), "--known-by", str(DAY)])
    assert "A signal names you until" in plain.stdout


def test_a_name_that_is_nobodys_gives_no_one_away(staffed):
    with pytest.raises(MeasureError) as error:
        staffed.own_record("P-o000", DAY)
    assert "P-o0001" not in str(error.value)
    assert "nobody on the roster" in str(error.value)
