"""One release of real records for all tests of pages, and a small made-up one for what must not need data."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from openhalo.language.translation import ENGLISH, Language
from openhalo.publications.build import build
from openhalo.publications.imprint import Declared, Imprint
from openhalo.sites.open_site import open_site
from openhalo.sites.opened_site import open_records

from .made_up import AGENCY, small_site


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    return small_site(tmp_path_factory.mktemp("small") / "site")


@pytest.fixture(scope="session")
def small_release(small):
    return small.publish()


@pytest.fixture(scope="session")
def real_release(data, made_once):
    def fill(folder):
        (folder / "agency.yaml").write_text(AGENCY, encoding="utf-8")
        site = open_site(folder)
        site.import_file("minneapolis_stops", data / "minneapolis" / "stops_2017.csv.gz")
        return site.publish().relative_to(folder)

    folder, release = made_once("real_release", fill)
    return folder / release


@pytest.fixture(scope="session")
def two_ways(small, tmp_path_factory):
    """A release of two measures with nothing in it that changes from day to day, read from the left and the right."""
    records = open_records(small)
    kept = {name: small.catalogue.measures[name] for name in ("stops/stops", "stops/search_share")}
    catalogue = replace(small.catalogue, measures=kept)
    settings = small.settings
    imprint = Imprint(
        title="Test city",
        publisher="Test Police Department",
        publisher_kind="agency",
        agencies=["Test Police Department"],
        address="https://records.test/",
        complaint_door="https://complaints.test/",
        next_release=date(2027, 1, 31),
        declared=[Declared(one.record, one.fields, one.reason) for one in settings.declared_public],
        languages=(ENGLISH, Language("ar", "العربية", "rtl")),
        created=datetime(2026, 11, 1, tzinfo=UTC),
    )
    folder = tmp_path_factory.mktemp("two") / "0001"
    receipts = [one.model_copy(update={"received": imprint.created}) for one in small.receipts()]
    build(folder, replace(records, catalogue=catalogue), imprint, receipts)
    return folder


@pytest.fixture(scope="session")
def tab(browser):
    return browser.new_page()
