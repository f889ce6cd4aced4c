"""A site that an earlier version of OpenHALO made opens, verifies, and comes out as published."""

import tarfile
from pathlib import Path

import pytest

from openhalo.sites.open_site import open_site

FROZEN = Path(__file__).parent / "frozen" / "site.tar.xz"
"""`small_site` of these tests with one release, made before the code was laid out anew (November 2026)."""


@pytest.fixture(scope="module")
def earlier(tmp_path_factory):
    folder = tmp_path_factory.mktemp("earlier")
    with tarfile.open(FROZEN) as packed:
        packed.extractall(folder, filter="data")
    return open_site(folder / "site")


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
