"""The agency computes a release again from its records, and is told which figures it no longer can."""

import json
import shutil

import pytest
from typer.testing import CliRunner

from openhalo.base.errors import ReleaseError
from openhalo.cli.main import app
from openhalo.sites.open_site import open_site
from tests.releases.site import deliver, forge, rows, small_site
from tests.releases.test_changes import STRICTER
from tests.releases.test_verify import HARMS


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A site whose release rests on its first delivery; a second one came later."""
    made = small_site(tmp_path_factory.mktemp("recompute") / "site")
    made.publish()
    deliver(made, rows(300))
    return made


def test_every_figure_comes_out_as_published_also_after_later_deliveries(site):
    done = site.recompute("0001")
    assert done.problems == [] and done.cannot == {} and done.same_catalogue
    assert done.agree == done.figures > 200 and done.store_version == 1
    told = CliRunner().invoke(app, ["recompute", str(site.path), "0001"])
    assert told.exit_code == 0 and f"{done.figures:,} of {done.figures:,} figures come out as published" in told.stdout


def test_a_forged_figure_is_found(site, tmp_path):
    copy = open_site(shutil.copytree(site.path, tmp_path / "copy", symlinks=True))
    forge(copy.releases / "0001", *_only("a value is changed"))
    failed = CliRunner().invoke(app, ["recompute", str(copy.path), "--json"])
    (problem,) = json.loads(failed.stdout)["problems"]
    assert failed.exit_code == 15 and "stops/search_share" in problem and "the records give" in problem


def _only(harm):
    place, (change,) = HARMS[harm]
    return place, change


def test_what_was_defined_anew_is_computed_by_the_definitions_of_the_release(site, tmp_path):
    copy = shutil.copytree(site.path, tmp_path / "copy", symlinks=True)
    path = copy / "catalogue" / "stops" / "measures" / "search_share.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(STRICTER, encoding="utf-8")
    done = open_site(copy).recompute("0001")
    assert done.problems == [] and not done.same_catalogue
    assert done.cannot == {} and done.agree == done.figures


def test_a_release_that_is_not_there_is_named(small):
    with pytest.raises(ReleaseError, match="0815"):
        small.recompute("0815")
