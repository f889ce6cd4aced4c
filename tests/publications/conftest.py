"""One release of real records for all tests of pages, and a small made-up one for what must not need data."""

import pytest
from made_up import AGENCY, small_site

from openhalo.sites.open_site import open_site


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    return small_site(tmp_path_factory.mktemp("small") / "site")


@pytest.fixture(scope="session")
def small_release(small):
    return small.publish()


@pytest.fixture(scope="session")
def real_release(data, tmp_path_factory):
    root = tmp_path_factory.mktemp("real") / "site"
    root.mkdir()
    (root / "agency.yaml").write_text(AGENCY, encoding="utf-8")
    site = open_site(root)
    site.import_file("minneapolis_stops", data / "minneapolis" / "stops_2017.csv.gz")
    return site.publish()
