"""A city's complaints and force since 2004, imported once."""

import pytest

from ..content.chicago import since, site_of


@pytest.fixture(scope="session")
def city(data, tmp_path_factory):
    files = since(data, tmp_path_factory.mktemp("files"), "2004-01-01")
    some = ("chicago_officers", "chicago_units", "chicago_complaints", "chicago_accused", "chicago_force_reports")
    return site_of({source: files[source] for source in some}, tmp_path_factory.mktemp("city"))[0]
