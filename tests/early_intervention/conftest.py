"""A city's complaints and force since 2004, imported once."""

import pytest

from ..content.chicago import since, site_of
from .made_up import department


@pytest.fixture(scope="session")
def city(data, tmp_path_factory):
    files = since(data, tmp_path_factory.mktemp("files"), "2004-01-01")
    some = ("chicago_officers", "chicago_units", "chicago_complaints", "chicago_accused", "chicago_force_reports")
    return site_of({source: files[source] for source in some}, tmp_path_factory.mktemp("city"))[0]


@pytest.fixture(scope="session")
def town(tmp_path_factory):
    """A made-up department with its governance record."""
    return department(tmp_path_factory.mktemp("town"))
