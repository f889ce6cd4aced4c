"""Sites with real records and an analysis plan, each imported once."""

import pytest

from openhalo.analyses.runner import run_plan
from openhalo.sites.init import init_site
from openhalo.sites.open_site import open_site
from openhalo.sites.opened_site import open_records
from tests.copies import with_plan
from tests.libraries import library

pd = library("pandas")

SEARCHES_PLAN = """
written: 2026-11-22
author: Tests
because: Hit rates by race, within precincts.
tests:
  - {analysis: stops/hit_rates, reference: WHITE}
"""
CITY_PLAN = """
written: 2026-11-22
author: Tests
because: Darkness, and a change of level.
tests:
  - {analysis: stops/veil_of_darkness, reference: WHITE, compare: [BLACK, EAST_AFRICAN, HISP]}
  - analysis: force/level_change
    within: 2018-07..2021-08
    event: {start: 2020-06-01, label: June 2020, because: the first whole month after the event}
exploratory:
  - {analysis: stops/hit_rates, reference: WHITE, added: 2026-11-23, because: asked later}
"""

RACES = {"A": "ASIAN_PACIFIC", "B": "BLACK", "P": "HISP", "Q": "HISP", "W": "WHITE", "Z": "OTHER", "I": "AIAN"}
SHARES_PLAN = """
written: 2026-11-22
author: Tests
because: Shares by group and place.
tests:
  - {analysis: stops/search_share_ratio, reference: WHITE, compare: [BLACK, HISP]}
  - {analysis: stops/search_share_funnel}
  - {analysis: stops/search_share_standardised}
"""


def site_with(folder, plan, deliveries):
    _fill(folder, plan, deliveries)
    return open_site(folder / "site")


def _fill(folder, plan, deliveries):
    site = open_site(init_site(folder / "site", "City", "City police", "cpd"))
    (site.path / "analysis_plan.yaml").write_text(plan, encoding="utf-8")
    for source, file in deliveries.items():
        site.import_file(source, file)


@pytest.fixture(scope="session")
def searches(data, made_once):
    """A site with every stop of one large city in 2014."""
    files = {"nyc_sqf_2014": data / "nyc_sqf" / "sqf_2014.csv.gz"}
    folder, _none = made_once("searches", lambda folder: _fill(folder, SEARCHES_PLAN, files))
    return open_site(folder / "site")


@pytest.fixture(scope="session")
def city(data, made_once):
    """A site with stops that have times and coordinates, and six years of force."""
    files = {
        "minneapolis_stops": data / "minneapolis" / "stops_2017.csv.gz",
        "minneapolis_force": data / "minneapolis" / "force_2016_2021.csv.gz",
    }
    folder, _none = made_once("planned_city", lambda folder: _fill(folder, CITY_PLAN, files))
    return open_site(folder / "site")


@pytest.fixture(scope="session")
def search_shares(searches, tmp_path_factory):
    """What is found of shares of stops with a search, by kind."""
    site = with_plan(searches, tmp_path_factory.mktemp("shares"), SHARES_PLAN)
    return {one.subject.spec.kind: one for one in run_plan(site.plan, open_records(site))}


@pytest.fixture(scope="session")
def raw_searches(data):
    """The file of the same stops as pandas reads it, with the group and whether there was a search."""
    columns = ["race", "searched", "addrpct"]
    frame = pd.read_csv(data / "nyc_sqf" / "sqf_2014.csv.gz", dtype=str, usecols=columns)
    frame = frame.apply(lambda column: column.str.strip())
    return frame.assign(group=frame["race"].map(RACES), hit=(frame["searched"] == "Y").astype(int))
