"""Periods as people write them."""

from datetime import date

import pytest

from openhalo.base.errors import MeasureError
from openhalo.base.periods import Period


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2016", date(2016, 1, 1), date(2016, 12, 31)),
        ("2016-Q4", date(2016, 10, 1), date(2016, 12, 31)),
        ("2016-02", date(2016, 2, 1), date(2016, 2, 29)),
        ("2016-02-29", date(2016, 2, 29), date(2016, 2, 29)),
        ("2016-Q2..2017-03", date(2016, 4, 1), date(2017, 3, 31)),
    ],
)
def test_a_period_has_its_first_and_its_last_day(text, first, last):
    assert Period.parse(text) == Period(first, last)


@pytest.mark.parametrize(
    "text", ["", "17", "2016-13", "2016-00", "2016-02-00", "2016-02-30", "2016-Q5", "2016..", "..2016", "2017..2016"]
)
def test_what_names_no_period_is_refused(text):
    with pytest.raises(MeasureError, match="period: "):
        Period.parse(text)
