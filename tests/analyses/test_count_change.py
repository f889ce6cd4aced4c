"""A small number before and after something began: exact, and refused where it would mislead."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from scipy import stats

from .made import made_site

PLAN = """tests:
  - analysis: force/dog_bite_change
    event: {{start: {start}, label: the new policy, because: It began on that day}}
    within: 2018-01-01..2021-12-31
"""


def bites(folder, before, after, start="2020-01-01"):
    whole = [date(2018, 1, 1), date(2021, 12, 31)]
    first = [date(2018, 2, 1) + timedelta(days=7 * at) for at in range(before)]
    last = [date(2020, 2, 1) + timedelta(days=7 * at) for at in range(after)]
    days = [*whole, *first, *last]
    kinds = ["Takedown"] * 2 + ["Police dog bit or held"] * (before + after)
    frame = pl.DataFrame(
        {
            "id": [str(at) for at in range(len(days))],
            "occurred_at": [f"{day} 12:00" for day in days],
            "force_type": kinds,
        }
    )
    return made_site(folder, PLAN.format(start=start), force__force_application=frame).analyse("force/dog_bite_change")


def test_the_p_value_is_that_of_the_published_program(tmp_path):
    """Six against two in equal times: 0.1748748 (R's ptools); here 731 days against 730."""
    found = bites(tmp_path, 2, 6)
    one = found.contrasts[0]
    assert one.p == pytest.approx(0.1748748, abs=1e-3)
    assert one.estimate == pytest.approx(3 * 730 / 731) and one.n == 8
    tail = sum(stats.binom.pmf(k, 8, 731 / 1461) for k in range(7, 9)) + stats.binom.pmf(6, 8, 731 / 1461) / 2
    ends = 731 * one.low / (730 + 731 * one.low)
    assert tail > 0.025 and stats.binom.sf(6, 8, ends) + stats.binom.pmf(6, 8, ends) / 2 == pytest.approx(0.025)
    assert "8 bites by police dogs" in found.sentence() and "Chance alone could give" in found.sentence()
    assert ("both stretches of time hold the same months of the year", "met") in found.assumptions
    assert found.notes[0] == "2 in 730 days before, 6 in 731 days from then on."
    assert found.chart() and found.to_polars()["low"][0] == one.low


def test_a_large_change_is_told_and_a_partial_year_is_marked(tmp_path):
    found = bites(tmp_path, 3, 25, start="2020-02-01")
    assert "The number rose by more than chance explains." in found.sentence()
    assert found.contrasts[0].p < 1e-4
    assert ("both stretches of time hold the same months of the year", "not met") in found.assumptions


@pytest.mark.parametrize(
    ("before", "after", "start", "said"),
    [(0, 4, "2020-01-01", "no event"), (0, 0, "2020-01-01", "no event"), (3, 3, "2024-01-01", "do not reach")],
)
def test_what_cannot_be_compared_is_refused(tmp_path, before, after, start, said):
    found = bites(tmp_path, before, after, start)
    assert said in found.refusal and not found.contrasts


def test_real_bites_are_counted_by_day(city):
    rows = city.records("force/force_application", where="force_type = 'CANINE'").collect()
    day = rows["occurred_at_date"].to_numpy()
    assert np.sum(day < np.datetime64("2020-06-01")) > 20
