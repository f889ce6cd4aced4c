from datetime import date

import pytest

from tests.disclosure.private_department import department, planted, publish_as_records_come_in, stops

DAYS = (date(2022, 2, 10), date(2022, 8, 15), date(2023, 2, 5))


@pytest.fixture(scope="session")
def millbrook(tmp_path_factory):
    """A private site, its records, and three releases."""
    site = department(tmp_path_factory.mktemp("sites") / "millbrook")
    rows = [*stops(1, 2400, years=2), *planted()]
    return site, rows, publish_as_records_come_in(site, rows, DAYS)
