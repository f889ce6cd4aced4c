"""`openhalo records` and `openhalo purge`, as people call them."""

import json

import polars as pl
import pytest
from typer.testing import CliRunner

from openhalo.base.errors import CatalogueError, DeliveryError, MeasureError
from openhalo.cli.main import app
from tests.records.conftest import row


@pytest.fixture
def filled(site, deliver):
    deliver(
        site,
        "keyed",
        [row(str(n), place=f"p{n:02}", amount=n, name="Jane Roe", received="2020-07-01") for n in range(30)],
    )
    return site


def ask(site, *arguments):
    result = CliRunner().invoke(app, ["records", str(site.path), "trial/event", *map(str, arguments)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout


def test_people_see_a_table_and_how_many_there_are(filled):
    told = ask(filled, "--where", "amount < 25")
    assert "20 of 25 records" in told
    assert "testpd/keyed/" in told
    assert "Jane" not in told


def test_json_has_every_record_asked_for_and_nothing_restricted(filled):
    rows = json.loads(ask(filled, "--where", "amount in (3, 4)", "--json"))
    assert sorted(row["amount"] for row in rows) == [3, 4]
    assert not any(name.startswith("name") for name in rows[0])
    assert len(json.loads(ask(filled, "--limit", 2, "--json"))) == 2


@pytest.mark.parametrize(("kind", "read"), [("csv", pl.read_csv), ("parquet", pl.read_parquet)])
def test_files_hold_what_python_returns(filled, tmp_path, kind, read):
    path = tmp_path / f"it's.{kind}"
    assert "30 records" in ask(filled, f"--{kind}", path)
    expected = filled.records("trial/event").sort("happened_at_date", "record_key").collect()
    assert read(path)["amount"].to_list() == expected["amount"].to_list()
    assert read(path).columns == expected.columns
    ask(filled, f"--{kind}", path, "--limit", 1)
    assert len(read(path)) == 1


def test_known_by_and_version_are_as_in_python(filled, deliver):
    assert json.loads(ask(filled, "--known-by", "2020-06-30", "--json")) == []
    deliver(filled, "keyed", [row("30")])
    assert len(json.loads(ask(filled, "--version", 1, "--json"))) == 30
    assert len(json.loads(ask(filled, "--json"))) == 31


def test_mistakes_are_told_as_such(filled, tmp_path):
    with pytest.raises(CatalogueError, match="amuont"):
        ask(filled, "--where", "amuont = 1")
    with pytest.raises(DeliveryError, match=r"must end in \.csv"):
        ask(filled, "--csv", tmp_path / "x.txt")
    with pytest.raises(MeasureError, match="no records of this type"):
        filled.records("trial/note")


def test_the_purge_verb_tells_versions_and_releases(filled):
    arguments = ["purge", str(filled.path), "testpd/keyed/7", "--authority", "court order 7"]
    told = CliRunner().invoke(app, arguments).stdout
    assert "taken out of 1 store version(s)" in told
    assert "releases to recall: none" in told
    assert len(filled.records("trial/event").collect()) == 29
