"""A small made-up release for all tests of its format, and one of real records."""

import pytest

from tests.releases.site import small_site


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    return small_site(tmp_path_factory.mktemp("small") / "site")


@pytest.fixture(scope="session")
def small_release(small):
    return small.publish()
