"""Sites with the real files of one city, each imported once."""

import pytest

from openhalo.sites.demo import make_demo
from openhalo.sites.making import init_site
from openhalo.sites.open_site import open_site

FILES = {
    "minneapolis_stops": "stops_2017.csv.gz",
    "minneapolis_force": "force_2016_2021.csv.gz",
    "minneapolis_force_2008_2017": "force_2008_2017_two_header_rows.csv.gz",
    "minneapolis_population": "demographics_neighborhood_2015.csv",
}


@pytest.fixture(scope="session")
def files(data):
    return {source: data / "minneapolis" / name for source, name in FILES.items()}


def _import(files, folder, *sources):
    site = open_site(init_site(folder, "City", "City police", "mpd"))
    return site, {source: site.import_file(source, files[source]) for source in sources}


@pytest.fixture(scope="session")
def city(files, tmp_path_factory):
    """A site with the three files that stand beside each other, and their receipts."""
    sources = ("minneapolis_stops", "minneapolis_force", "minneapolis_population")
    return _import(files, tmp_path_factory.mktemp("city") / "site", *sources)


@pytest.fixture(scope="session")
def older_city(files, tmp_path_factory):
    """A site with the older force file, and its receipt."""
    return _import(files, tmp_path_factory.mktemp("older") / "site", "minneapolis_force_2008_2017")


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    return make_demo(tmp_path_factory.mktemp("demo") / "demo")
