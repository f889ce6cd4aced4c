"""The pages of tests of many kinds say which estimates they show, and one other digit is found in each."""

import pytest

from openhalo.sites.open_site import open_site
from tests.copies import with_plan
from tests.releases.page_harm import every_digit_is_found

from .made import DECLARED

PLAN = """
written: 2026-11-22
author: Tests
because: Many kinds.
tests:
  - {analysis: stops/hit_rates, reference: WHITE}
  - {analysis: stops/search_share_ratio, reference: WHITE}
  - {analysis: stops/search_share_funnel}
  - {analysis: stops/search_share_standardised}
  - {analysis: stops/search_share_benchmark}
  - {analysis: stops/search_share_unknown_race, reference: WHITE}
"""


@pytest.mark.ci
def test_one_other_digit_is_found_in_each_kind_of_number_of_a_test(searches, tmp_path):
    site = with_plan(searches, tmp_path, PLAN)
    settings = site.path / "agency.yaml"
    settings.write_text(settings.read_text(encoding="utf-8") + DECLARED, encoding="utf-8")
    kinds = every_digit_is_found(open_site(site.path).publish())
    pages = {place: found for place, found in kinds.items() if found and place.startswith("pages/analyses/stops/")}
    assert len(pages) == 6
    assert {"data value estimate", "data value n", "row, cell 0, number 0"} <= pages[
        "pages/analyses/stops/hit_rates.html"
    ]
