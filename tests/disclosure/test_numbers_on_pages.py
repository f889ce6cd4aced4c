"""The pages of a protected release are compared with its data, and show no number where one is withheld."""

import re
import shutil

import pytest

from openhalo.verification.rederivation import rederive
from tests.releases.page_harm import checked, every_digit_is_found

pytestmark = pytest.mark.ci

PAGE = "pages/stops/search_share.html"
WITHHELD = re.compile(r'(<data value="[^"]*#status">)[^<]*(</data>)')


@pytest.fixture
def copy(millbrook, tmp_path):
    return shutil.copytree(millbrook[2][-1], tmp_path / "copy")


@pytest.mark.ci
def test_one_other_digit_is_found_on_every_page_of_a_protected_release(copy):
    kinds = every_digit_is_found(copy)
    assert {"row, cell 0, number 0", "data value value"} <= kinds[PAGE]


@pytest.mark.parametrize("put", [r"\g<1>7\2", "7"])
def test_a_number_in_the_place_of_a_withheld_one_is_found(copy, put):
    assert rederive(copy).problems == [] and checked(copy).agree > 500
    place = next(path for path in sorted(copy.rglob("*.html")) if WITHHELD.search(path.read_text(encoding="utf-8")))
    place.write_text(WITHHELD.sub(put, place.read_text(encoding="utf-8"), count=1), encoding="utf-8")
    assert {problem.where for problem in checked(copy).problems} == {place.relative_to(copy).as_posix()}
