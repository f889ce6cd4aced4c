"""Everything that stands in the folders of private releases is read for what they withhold."""

import itertools
import json
import re

import polars as pl
import pytest

from openhalo.base.errors import ReleaseError
from openhalo.intake.receipts import receipts
from openhalo.sites.open_site import open_site
from tests.disclosure.conftest import DAYS
from tests.disclosure.private_department import PLANTED, deliver, department, stops

pytestmark = pytest.mark.ci

NUMBER = re.compile(r"(?<![\w.,#/\-])(\d{1,3}(?:,\d{3})+|\d{4,9})(?![\w\-]|[.,]\d)")
"""A whole number from 1,000 on that stands alone: no part of a hash, a decimal, a date or an identifier.

Twelve digits in a row are no count: they are the short form of a salted commitment that happens to have no letter.
"""


def texts(release):
    """Return what every file of a release says, by its path; code and type faces of the pages aside."""
    found = {}
    for path in sorted(release.rglob("*")):
        if path.suffix == ".parquet":
            found[path] = pl.read_parquet(path).write_csv()
        elif path.is_file() and path.suffix not in (".js", ".css", ".woff2", ".map", ".png"):
            found[path] = path.read_text(encoding="utf-8")
    return found


def numbers_in(text):
    return {int(word.replace(",", "")) for word in NUMBER.findall(text)}


@pytest.fixture(scope="module")
def said(millbrook):
    _site, _rows, releases = millbrook
    return {release.name: texts(release) for release in releases}


def test_a_number_that_stands_out_is_found_wherever_it_stands():
    assert numbers_in('n: "1,237", 1237; {"rows_read": 1237} <td>1237</td> 12,370') == {1237, 12370}
    assert numbers_in("a1237f 0.1237 1237.5 2021-01-01 <code>566612361961</code>") == set()


def test_no_withheld_number_stands_in_any_file(millbrook, said):
    site, _rows, releases = millbrook
    for release in releases:
        cells = pl.read_parquet(site.path / "disclosure" / f"{release.name}.parquet")
        hidden = set(cells.filter("withheld", pl.col("n") >= 1000)["n"]) - set(range(2000, 2100))
        assert PLANTED in hidden
        open_ = set(cells.filter(~pl.col("withheld"))["n"])
        for path, text in said[release.name].items():
            assert not numbers_in(text) & (hidden - open_), path


def test_only_masked_answers_say_how_many_private_records_there_are(millbrook, said):
    site, _rows, releases = millbrook
    taken = receipts(site.deliveries)
    held = [site.store.manifest(version).tables["stops/stop"].rows for version in range(1, len(releases) + 1)]
    forbidden = {*held, *(one.rows_read for one in taken), *(one.records_added for one in taken)}
    forbidden |= {later - before for before, later in itertools.pairwise(held)}
    shown = set()
    for release in releases:
        cells = pl.read_parquet(site.path / "disclosure" / f"{release.name}.parquet")
        shown |= set(cells.filter(~pl.col("withheld"), "published")["n"])
    assert len(forbidden - shown) > 3
    for files in said.values():
        for path, text in files.items():
            assert not numbers_in(text) & (forbidden - shown), path
        descriptor = next(json.loads(text) for path, text in files.items() if path.name == "datapackage.json")
        assert descriptor["receipts"]
        assert not any(key.startswith("rows_") for one in descriptor["receipts"] for key in one)


def test_every_large_number_is_one_that_a_figure_shows(millbrook, said):
    """Whatever stands in words, charts, place tables or the trace must come from `figures.csv`."""
    _site, _rows, releases = millbrook
    told = {1000, 2500, *range(1900, 2100)}
    for release in releases:  # what an earlier release showed may be told as the figure before
        figures = pl.read_parquet(release / "data" / "figures.parquet")
        told |= {int(n) for name in ("n", "missing", "numerator", "denominator") for n in figures[name].drop_nulls()}
        told |= {int(n) for name in ("value", "low", "high") for n in figures[name].drop_nulls()}
        told |= {int(n) for n in (figures["denominator"] - figures["numerator"]).drop_nulls()}
        told |= {int(n) for n in (figures["n"] - figures["missing"]).drop_nulls()}
        counts = json.loads((release / "datapackage.json").read_text(encoding="utf-8"))["disclosure"]
        told |= {counts["figures"], counts["withheld"]}
        for path, text in said[release.name].items():
            if path.suffix == ".csv" or path.name in ("index.html", "changes.json") or "trace" in path.parts:
                assert numbers_in(text) <= told, (path, numbers_in(text) - told)


def test_places_have_no_centre_and_definitions_no_day_after_the_closed_ones(millbrook, said):
    _site, _rows, releases = millbrook
    for release in releases:
        for path, text in said[release.name].items():
            assert "44.91" not in text, path
            assert "-93.27" not in text, path
        closed = json.loads((release / "datapackage.json").read_text(encoding="utf-8"))["disclosure"]["closed_days"]
        told = json.loads((release / "definitions.json").read_text(encoding="utf-8"))["records"]["stops/stop"]
        assert f"{told['first']}..{told['last']}" == closed["stops/stop"]
        page = next(text for path, text in said[release.name].items() if path.name == "data.html")
        assert "not told: it could give a withheld number away" in page


BASE = "k: {k}\nzeros: {zeros}\ntables:\n  - {{measure: stops/stops, by: [race], grain: all}}\n"
UNSOUND = {
    "singly": "singly:\n  - {{measure: stops/search_share, reason: Each counts.}}\n",
    "incident_files": "incident_files:\n  - {{record: stops/stop, identifying: [occurred_at, race], recode: "
    "[{{kind: period, field: occurred_at, grain: quarter}}]}}\n",
}


@pytest.mark.parametrize("key", UNSOUND)
def test_what_would_give_away_the_tables_is_refused(tmp_path, key):
    site = department(tmp_path / "millbrook", policy=BASE + UNSOUND[key])
    deliver(site, stops(2, 300, years=1), DAYS[0])
    with pytest.raises(ReleaseError, match=f"disclosure.yaml: {key}"):
        site.publish(today=DAYS[0])
    assert any(key in problem.where for problem in site.dry_run(today=DAYS[0]).problems)
    assert not list(site.releases.glob("0*"))


def test_fields_that_are_half_public_are_refused(tmp_path):
    site = department(tmp_path / "millbrook", policy=BASE)
    deliver(site, stops(2, 300, years=1), DAYS[0])
    text = (site.path / "agency.yaml").read_text(encoding="utf-8")
    half = "declared_public: [{record: stops/stop, fields: [occurred_at, race], reason: On the city's site.}]\n"
    (site.path / "agency.yaml").write_text(text + half, encoding="utf-8")
    with pytest.raises(ReleaseError, match="some fields of stops/stop are declared public"):
        open_site(site.path).publish(today=DAYS[0])


def test_an_analysis_of_private_records_is_refused(tmp_path):
    site = department(tmp_path / "millbrook", policy=BASE)
    deliver(site, stops(2, 300, years=1), DAYS[0])
    plan = (
        "written: 2021-01-01\nauthor: The board\nbecause: Are searches fair?\n"
        "tests: [{analysis: stops/hit_rates, because: Searches should find something., reference: WHITE}]\n"
    )
    (site.path / "analysis_plan.yaml").write_text(plan, encoding="utf-8")
    with pytest.raises(ReleaseError, match="could give withheld figures away"):
        site.publish(today=DAYS[0])
