"""The main job on real records: file in, figures out, equal to what pandas counts on the same file."""

import pytest

from openhalo.releases.hashes import verify
from tests.libraries import library

pd = library("pandas")


@pytest.fixture
def stops(data):
    return data / "minneapolis" / "stops_2017.csv.gz"


def test_real_stops_become_figures_that_pandas_confirms(make_site, stops):
    site = make_site()
    receipt = site.import_file("minneapolis_stops", stops)
    assert (receipt.rows_read, receipt.rows_accepted, receipt.rows_rejected) == (51_920, 51_920, 0)

    raw = pd.read_csv(stops)
    recorded = raw[raw.personSearch.notna() & raw.vehicleSearch.notna()]
    searched = (recorded.personSearch == "YES") | (recorded.vehicleSearch == "YES")
    expected = searched.groupby(recorded.race).agg(["sum", "count"])
    codes = {
        "Asian": "ASIAN",
        "Black": "BLACK",
        "East African": "EAST_AFRICAN",
        "Latino": "HISP",
        "Native American": "AIAN",
        "Other": "OTHER",
        "White": "WHITE",
        "Unknown": None,
    }

    figures = site.measure("stops/search_share", by="race", period="year").to_polars()
    found = {row["race"]: (row["numerator"], row["denominator"]) for row in figures.to_dicts()}
    assert found == {codes[race]: (row["sum"], row["count"]) for race, row in expected.iterrows()}
    assert set(figures["period"]) == {"2017"}


def test_the_same_file_twice_changes_nothing(make_site, stops):
    site = make_site()
    site.import_file("minneapolis_stops", stops)
    before = site.store.manifest()
    assert site.import_file("minneapolis_stops", stops).repeated
    assert site.store.manifest() == before


def test_a_release_verifies_until_a_byte_changes(make_site, stops):
    site = make_site()
    site.import_file("minneapolis_stops", stops)
    release = site.publish()
    assert verify(release) == []
    page = release / "index.html"
    page.write_bytes(page.read_bytes().replace(b"<h1>", b"<h2>"))
    assert [problem.where for problem in verify(release)] == ["index.html"]
