"""Sites with the real files of one city, each imported once."""

import pytest

from openhalo.sites.demo import make_demo
from openhalo.sites.init import init_site
from openhalo.sites.open_site import open_site

from .chicago import FILES as CHICAGO
from .chicago import since, site_of

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


@pytest.fixture(scope="session")
def chicago_files(data, tmp_path_factory):
    """The files of Chicago with the complaints and the force since 2011."""
    return since(data, tmp_path_factory.mktemp("chicago files"), "2011-01-01")


@pytest.fixture(scope="session")
def chicago(chicago_files, tmp_path_factory):
    """A site with these files, and their receipts."""
    return site_of(chicago_files, tmp_path_factory.mktemp("chicago"))


@pytest.fixture(scope="session")
def whole_chicago(data, tmp_path_factory):
    """A site with everything that was released about Chicago, its files and receipts."""
    files = {source: data / "chicago" / name for source, name in CHICAGO.items()}
    return files, *site_of(files, tmp_path_factory.mktemp("whole chicago"))
