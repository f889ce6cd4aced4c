"""What a code that nobody has goes together with: by the definition of conditions, never by chance of the records."""

from datetime import date

import polars as pl
import pytest

from openhalo.publications.protection.cells import Counted, dimension
from openhalo.publications.protection.listed_codes import go_together, listed
from openhalo.sites.opened_site import open_records
from tests.disclosure.private_department import deliver, department, stops

TRAFFIC, BUSY = "reason = 'TRAFFIC'", "reason = 'TRAFFIC' and search_conducted"
YOUNG, ADULT = "age < 18", "age >= 21"


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    site = department(tmp_path_factory.mktemp("listed") / "site")
    deliver(site, stops(1, 50, years=1), date(2022, 2, 10))
    return open_records(site)


def together(records, *dims, rows):
    """Return the pairs of codes that go together, where these are all the records."""
    fields = tuple(dim for dim in dims if dim in ("reason", "age"))
    side = Counted("stops/stop", fields, (), tuple(dim for dim in dims if dim not in fields))
    pair = tuple(dim if dim in fields else dimension(dim) for dim in dims)
    frame = pl.DataFrame(rows, schema=dict.fromkeys(pair, pl.String), orient="row")
    return set(go_together(pair, side, frame, listed(side, records), records).rows())


def test_a_code_that_nobody_has_is_yes_or_no_as_the_condition_says(records):
    found = together(records, "reason", TRAFFIC, rows=[("OTHER", "no")])
    assert {("OTHER", "no"), ("TRAFFIC", "yes"), ("CONSENSUAL_SEARCH", "no")} <= found
    assert not {("TRAFFIC", "no"), ("CONSENSUAL_SEARCH", "yes"), ("OTHER", "yes")} & found


def test_a_condition_that_reads_another_field_too_leaves_open_what_it_leaves_open(records):
    found = together(records, "reason", BUSY, rows=[("OTHER", "no")])
    assert {("TRAFFIC", "yes"), ("TRAFFIC", "no"), ("CONSENSUAL_SEARCH", "no")} <= found
    assert ("CONSENSUAL_SEARCH", "yes") not in found


def test_numbers_are_tried_on_both_sides_of_each_bound(records):
    found = together(records, YOUNG, ADULT, rows=[("no", "yes")])
    assert found == {("no", "yes"), ("yes", "no"), ("no", "no")}
