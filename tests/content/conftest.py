"""Sites with the real files of one city, each imported once."""

import subprocess
import sys

import pytest

from openhalo.sites.demo import Demo
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
    site = open_site(init_site(folder / "site", "City", "City police", "mpd"))
    return {source: site.import_file(source, files[source]) for source in sources}


@pytest.fixture(scope="session")
def city(files, made_once):
    """A site with the three files that stand beside each other, and their receipts."""
    sources = ("minneapolis_stops", "minneapolis_force", "minneapolis_population")
    folder, receipts = made_once("minneapolis", lambda folder: _import(files, folder, *sources))
    return open_site(folder / "site"), receipts


@pytest.fixture(scope="session")
def older_city(files, made_once):
    """A site with the older force file, and its receipt."""
    folder, receipts = made_once("older", lambda folder: _import(files, folder, "minneapolis_force_2008_2017"))
    return open_site(folder / "site"), receipts


@pytest.fixture(scope="session")
def demo_by_verb(made_once):
    """The demo as its verb makes it: its site's folder, and what the process said."""

    def fill(folder):
        command = [sys.executable, "-m", "openhalo", "demo", "--site", str(folder / "demo"), "--no-serve"]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    folder, done = made_once("demo", fill)
    return folder / "demo", done


@pytest.fixture(scope="session")
def demo(demo_by_verb):
    site = open_site(demo_by_verb[0])
    return Demo(site, site.receipts(), max(site.releases.glob("[0-9]*")))


@pytest.fixture(scope="session")
def chicago_files(data, made_once):
    """The files of Chicago with the complaints and the force since 2011."""
    folder, files = made_once("chicago_files", lambda folder: since(data, folder, "2011-01-01"))
    return {source: folder / file.name if file.suffix == ".csv" else file for source, file in files.items()}


@pytest.fixture(scope="session")
def chicago(chicago_files, made_once):
    """A site with these files, and their receipts."""
    folder, receipts = made_once("chicago", lambda folder: site_of(chicago_files, folder)[1])
    return open_site(folder / "site"), receipts


@pytest.fixture(scope="session")
def whole_chicago(data, tmp_path_factory):
    """A site with everything that was released about Chicago, its files and receipts."""
    files = {source: data / "chicago" / name for source, name in CHICAGO.items()}
    return files, *site_of(files, tmp_path_factory.mktemp("whole chicago"))
