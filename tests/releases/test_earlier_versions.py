"""A site that an earlier version of OpenHALO made opens and comes out as published, upgraded or not, and goes on."""

import tarfile
from pathlib import Path

import pytest

from openhalo.base.kept_files import format_of
from openhalo.sites.open_site import open_site
from tests.copies import copy_of
from tests.releases.site import deliver, rows

FROZEN = Path(__file__).parent / "frozen" / "site.tar.xz"
"""`small_site` of these tests with one release, made before the code was laid out anew (November 2026)."""


@pytest.fixture(scope="module", params=["as it was", "upgraded"])
def earlier(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("earlier")
    with tarfile.open(FROZEN) as packed:
        packed.extractall(folder, filter="data")
    site = open_site(folder / "site")
    assert request.param == "as it was" or site.upgrade()
    return site


def test_its_release_is_counted_again_from_its_own_files(earlier):
    done = earlier.verify()
    assert done.problems == [] and done.agree > 200
    assert done.on_pages.pages == done.on_pages.agree == 0  # its pages do not say what their numbers are


def test_its_release_is_computed_again_by_its_own_definitions(earlier):
    done = earlier.recompute()
    assert done.problems == [] and done.cannot == {}
    assert done.agree == done.figures > 200


def test_its_records_receipts_and_register_are_read(earlier):
    assert [receipt.rows_accepted for receipt in earlier.receipts()] == [240]
    assert [entry.number for entry in earlier.register.entries()] == ["0001"]
    assert earlier.records("stops/stop").collect().height == 240


@pytest.mark.ci
def test_it_takes_a_delivery_and_publishes_in_the_newest_format(earlier, tmp_path):
    site = copy_of(earlier, tmp_path)
    deliver(site, rows(300))
    assert site.publish().name == "0002"
    assert format_of(site.register.path) == 2
    assert [entry.number for entry in site.register.entries()] == ["0001", "0002"]
    for number in ("0001", "0002"):
        assert (site.verify(number).problems, site.recompute(number).problems) == ([], [])
    site.upgrade()
    assert site.upgrade() == []
    assert site.recompute("0001").problems == []
