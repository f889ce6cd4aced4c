"""A city's complaints and force since 2004, imported once."""

import pytest

from openhalo.sites.open_site import open_site

from ..content.chicago import since, site_of
from .made_up import department


@pytest.fixture(scope="session")
def city(data, tmp_path_factory, made_once):
    def fill(folder):
        files = since(data, tmp_path_factory.mktemp("files"), "2004-01-01")
        some = ("chicago_officers", "chicago_units", "chicago_complaints", "chicago_accused", "chicago_force_reports")
        site_of({source: files[source] for source in some}, folder)

    folder, _none = made_once("officers_since_2004", fill)
    return open_site(folder / "site")


@pytest.fixture(scope="session")
def town(made_once):
    """A made-up department with its governance record."""

    def fill(folder):
        department(folder)

    folder, _none = made_once("town", fill)
    return open_site(folder / "site")
