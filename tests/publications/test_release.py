"""A release is whole, honest about what it may show, and can be checked by anyone."""

import json
import shutil
from types import SimpleNamespace

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openhalo.base.errors import ReleaseError, SiteError
from openhalo.charts import figures_chart
from openhalo.charts.figure import Figure, said
from openhalo.charts.svg import Drawings
from openhalo.publications.pages.contents import Change
from openhalo.publications.pages.writer import write_pages
from openhalo.releases.hashes import verify
from openhalo.sites.settings import read_settings
from openhalo.verification.rederivation import rederive
from tests.copies import copy_of
from tests.libraries import library

from .made_up import small_site

frictionless = library("frictionless")

UNDECLARED = "title: T\npublisher: {kind: agency, name: N}\nagencies: {testpd: {name: P}}\n"


def test_a_data_package_reader_finds_nothing_wrong(small_release):
    with frictionless.system.use_context(trusted=True):
        report = frictionless.Package(str(small_release / "datapackage.json")).validate()
    assert report.valid, report.flatten(["type", "message"])
    assert {task.name for task in report.tasks if task.type == "table"} >= {"data-figures-csv", "data-dictionary-csv"}


def test_the_descriptor_says_where_everything_is_from(small, small_release):
    facts = json.loads((small_release / "datapackage.json").read_text())
    receipt = small.receipts()[0]
    assert facts["receipts"][0] | {"received": ""} == {
        "delivery": receipt.delivery,
        "source": "made_up",
        "file": "made_up.csv",
        "sha256": receipt.sha256,
        "received": "",
        "rows_read": 240,
        "rows_accepted": 240,
        "rows_rejected": 0,
    }
    assert facts["sources"][0]["licence"] == "CC0-1.0"
    assert (facts["store_version"], facts["catalogue"]) == (1, small.catalogue.hash)
    assert facts["publisher"]["kind"] == "demo"
    assert (facts["name"], facts["version"]) == ("test-city", small_release.name) and len(facts["id"]) == 36
    assert facts["licenses"] == [{"name": "CC0-1.0", "title": "CC0-1.0"}]


def test_figures_in_the_table_are_those_of_the_measure(small, small_release):
    table = pl.read_csv(small_release / "data/figures.csv", infer_schema_length=None)
    asked = small.measure("stops/search_share", by="race").to_polars()
    shown = table.filter(
        (pl.col("measure") == "stops/search_share")
        & (pl.col("group") == "race")
        & pl.col("group2").is_null()
        & (pl.col("grain") == "all")
    )
    key = ["code", "n", "missing", "numerator", "denominator", "value", "low", "high"]
    assert shown.select(key).sort("code").rows() == asked.rename({"race": "code"}).select(key).sort("code").rows()
    assert shown.filter(pl.col("code").is_null())["label"].to_list() == ["Not known"]


def test_every_published_field_and_column_is_in_the_dictionary(small, small_release):
    dictionary = pl.read_csv(small_release / "data/dictionary.csv")
    named = set(dictionary.select("table", "name").rows())
    assert {("stops/stop", name) for name in small.catalogue.record_type("stops/stop").fields} <= named
    assert {("figures", name) for name in pl.read_csv(small_release / "data/figures.csv").columns} <= named
    assert "; BLACK = Black; " in dictionary.filter(pl.col("name") == "race")["codes"][0]


def test_cuts_by_fields_that_are_not_public_are_refused_and_leave_nothing(tmp_path):
    site = small_site(tmp_path / "site", UNDECLARED)
    with pytest.raises(ReleaseError) as refused:
        site.publish()
    told = str(refused.value)
    assert "race" in told and "declared_public:" in told and "record: stops/stop" in told
    assert [path for path in site.releases.iterdir() if path.name != ".lock"] == []


def test_the_reason_why_small_numbers_stand_is_on_the_page(small_release):
    reason = "The city publishes these fields of every stop on its open data site."
    assert reason in (small_release / "pages/stops/search_share.html").read_text()
    assert reason in (small_release / "pages/data.html").read_text()


def test_a_failed_build_leaves_nothing_and_takes_no_number(small, small_release, tmp_path, monkeypatch):
    site = copy_of(small, tmp_path)
    before = sorted(path.name for path in site.releases.iterdir())
    monkeypatch.setattr("openhalo.publications.build.write_pages", lambda *_: (small_release / "none").read_bytes())
    with pytest.raises(FileNotFoundError):
        site.publish()
    assert sorted(path.name for path in site.releases.iterdir()) == before


def test_releases_are_numbered_on_and_a_second_one_draws_nothing(small, small_release, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "openhalo.charts.svg.svgs", lambda specs: pytest.fail("a kept chart was drawn again") if specs else []
    )
    second = copy_of(small, tmp_path).publish()
    assert int(second.name) == int(small_release.name) + 1
    page = "pages/stops/search_share.html"
    assert (second / page).read_text() == (small_release / page).read_text().replace(
        f"elease {small_release.name}", f"elease {second.name}"
    )


def test_pages_say_what_changed_what_is_missing_and_what_is_withheld(small, small_release, tmp_path, monkeypatch):
    held = []
    monkeypatch.setattr(
        "openhalo.publications.build.write_pages", lambda _folder, contents: held.append(contents) or {}
    )
    monkeypatch.setattr("openhalo.publications.build.write_assets", lambda *_: None)
    copy_of(small, tmp_path).publish()
    contents = held[0]
    asked = SimpleNamespace(label="Deaths", asks="How many people died in custody?")
    contents.core = [SimpleNamespace(item=asked, standing="no_records", measures=())]
    contents.previous = "0001"
    contents.changes = [
        Change("Stops, March 2021", "20", "21", "1 late report", "stops/stops"),
        Change("Stops, 2020", "7", "", "purge"),
    ]
    page = next(page for page in contents.pages if page.spec.id == "stops/search_share")
    cut = next(cut for cut in page.cuts if cut.id == "race")
    cut.rows[0][1], cut.withheld = said("share", Figure("Asian", None, status="withheld")), [0]
    write_pages(tmp_path, contents)
    home, changes = (tmp_path / "index.html").read_text(), (tmp_path / "pages/changes.html").read_text()
    for text in (home, changes):
        assert "1 late report" in text and "no longer published" in text and 'href="' in text
    assert "2 figures are different from release 0001." in changes
    assert "How many people died in custody?" in home and "not published · no records yet" in home
    measure = (tmp_path / "pages/stops/search_share.html").read_text()
    assert measure.count('<span class="withheld">withheld (protects fewer than 10)</span>') == 1


@pytest.mark.parametrize("kind", ["share", "count"])
def test_a_withheld_figure_is_hatched_in_a_chart_and_never_zero(kind):
    rows = [Figure("A", 0.5, 0.4, 0.6, code="A", n=40, denominator=40), Figure("B", None, status="withheld", code="B")]
    for variant in ("wide", "narrow"):
        drawn = str(Drawings().svg(figures_chart.by_group, kind, rows, variant, ("A", "B"), alt="", css=variant))
        plain = str(Drawings().svg(figures_chart.by_group, kind, rows[:1], variant, ("A", "B"), alt="", css=variant))
        assert "withheld (protects fewer than 10)" in drawn and "withheld" not in plain
        assert drawn.count("-1") > plain.count("-1")
        marks = 'stroke-width="2"' if kind == "share" else 'aria-roledescription="bar"'
        assert drawn.count(marks) == plain.count(marks)


def test_a_complaint_door_needs_someone_who_can_act(tmp_path):
    (tmp_path / "agency.yaml").write_text(
        "title: T\npublisher: {kind: independent, name: N}\nagencies: {a: {name: A}}\ncomplaint_door: https://a.test/\n"
    )
    with pytest.raises(SiteError, match="complaint_door"):
        read_settings(tmp_path)


@pytest.fixture(scope="module")
def spoiled(small_release, tmp_path_factory):
    """A copy of the release, to be damaged and mended."""
    return shutil.copytree(small_release, tmp_path_factory.mktemp("spoiled") / "release")


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_one_flipped_bit_anywhere_is_found(spoiled, data):
    files = sorted(path for path in spoiled.rglob("*") if path.is_file())
    victim = data.draw(st.sampled_from(files))
    original = victim.read_bytes()
    place = data.draw(st.integers(0, len(original) - 1))
    bit = data.draw(st.integers(0, 7))
    changed = bytearray(original)
    changed[place] ^= 1 << bit
    victim.write_bytes(changed)
    try:
        assert _found(spoiled)
    finally:
        victim.write_bytes(original)
    assert verify(spoiled) == []


def _found(folder):
    try:
        return verify(folder) != []
    except ReleaseError:
        return True


@pytest.mark.parametrize("harm", ["added", "removed", "renamed", "table", "field"])
def test_harm_to_a_release_is_named(small_release, tmp_path, harm):
    copy = tmp_path / "copy"
    shutil.copytree(small_release, copy)
    descriptor = copy / "datapackage.json"
    facts = json.loads(descriptor.read_text())
    if harm == "added":
        (copy / "data" / "more.csv").write_text("a\n1\n")
    elif harm == "removed":
        (copy / "assets" / "site.css").unlink()
    elif harm == "renamed":
        (copy / "index.html").rename(copy / "home.html")
    elif harm == "field":
        del facts["licenses"]
        descriptor.write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n")
    else:
        _forge_table(copy, facts)
    problems = verify(copy)
    expected = {
        "added": ["data/more.csv"],
        "removed": ["assets/site.css"],
        "renamed": ["index.html", "home.html"],
        "field": ["datapackage.json"],
        "table": ["data/figures.csv"],
    }
    assert [problem.where for problem in problems] == expected[harm]


def _forge_table(copy, facts):
    """Change one figure in the CSV, mend every hash and drop the signature: only the Parquet file can tell."""
    from openhalo.base.provenance import hash_file
    from openhalo.releases.package import release_hash

    (copy / "signature.json").unlink()
    path = copy / "data" / "figures.csv"
    lines = path.read_text().splitlines(keepends=True)
    lines[1] = lines[1].replace(",240,", ",241,", 1)
    path.write_text("".join(lines))
    for resource in facts["resources"]:
        if resource["path"] == "data/figures.csv":
            resource["hash"], resource["bytes"] = f"sha256:{hash_file(path)}", path.stat().st_size
    facts["release_hash"] = release_hash(facts)
    (copy / "datapackage.json").write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n")


def test_a_result_draws_itself(small):
    by_race = small.measure("stops/search_share", by="race").chart().to_dict()
    through_time = small.measure("stops/search_share", period="month").chart().to_dict()
    assert {layer["mark"]["type"] for layer in by_race["layer"]} >= {"rule", "point", "text"}
    assert [layer["mark"]["type"] for layer in through_time["layer"]] == ["area", "line", "point"]


def test_anyone_can_count_the_figures_of_real_records_again(real_release):
    found = rederive(real_release)
    assert found.problems == [] and found.withheld == 0
    assert found.agree > 300 and found.agree + sum(found.cannot.values()) == found.figures
