"""A site's keys: what is lost or damaged is refused, never made anew in silence."""

from datetime import date

import pytest

from openhalo.base.errors import StoreError
from tests.copies import copy_of
from tests.disclosure.private_department import deliver, department, stops

POLICY = "k: {k}\nzeros: {zeros}\ntables:\n  - {{measure: stops/stops, by: [race], grain: year}}\n"
KEY = "millbrook/template_stops_stop/7"


@pytest.fixture(scope="module")
def purged(tmp_path_factory):
    found = department(tmp_path_factory.mktemp("keys") / "site", policy=POLICY)
    deliver(found, stops(1, 300, years=1), date(2022, 2, 10))
    found.purge(KEY, authority="court order 7")
    found.publish(today=date(2022, 2, 10))
    return found


@pytest.fixture
def site(purged, tmp_path):
    return copy_of(purged, tmp_path)


def either(*left):
    """The first at every change, the others with all that takes longer."""
    return [left[0], *(pytest.param(one, marks=pytest.mark.ci) for one in left[1:])]


def records(site):
    return site.store.manifest().tables["stops/stop"].rows


@pytest.mark.parametrize("left", either(None, b"", b"0123", b"0" * 64))
def test_without_its_salt_a_site_takes_nothing_in_that_could_be_a_purged_record(site, left):
    salt, held = site.layout.keys / "site.salt", records(site)
    salt.unlink()
    if left is not None:
        salt.write_bytes(left)
    with pytest.raises(StoreError, match=r"site.salt.*salt is (gone|damaged)"):
        deliver(site, [{**row, "gender": "MALE"} for row in stops(1, 300, years=1)], date(2022, 3, 10))
    with pytest.raises(StoreError, match=r"site.salt"):
        site.publish(today=date(2022, 6, 10))
    assert records(site) == held


@pytest.mark.parametrize("left", either(None, b"", b"-----BEGIN PRIVATE KEY-----\nAAAA"))
def test_without_its_key_a_site_neither_publishes_nor_purges(site, left):
    held, key, public = records(site), site.layout.keys / "site.key", (site.layout.keys / "site.pub").read_bytes()
    key.unlink()
    if left is not None:
        key.write_bytes(left)
    with pytest.raises(StoreError, match=r"private key is (gone|damaged)"):
        site.publish(today=date(2022, 6, 10))
    with pytest.raises(StoreError, match=r"private key is (gone|damaged)"):
        site.purge("millbrook/template_stops_stop/8", authority="court order 8")
    assert records(site) == held and not list(site.releases.glob("0002"))
    assert (site.layout.keys / "site.pub").read_bytes() == public


@pytest.mark.ci
def test_a_key_that_another_site_gave_out_is_not_taken_for_ones_own(site, tmp_path):
    other = department(tmp_path / "other", policy=POLICY)
    deliver(other, stops(1, 60, years=1), date(2022, 2, 10))
    other.publish(today=date(2022, 2, 10))
    (site.layout.keys / "site.pub").write_bytes((other.layout.keys / "site.pub").read_bytes())
    with pytest.raises(StoreError, match=r"not the public half|another key"):
        site.publish(today=date(2022, 6, 10))
