"""What changed once something began for each officer: by hand on made-up and on real records."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from openhalo.statistics import staggered

from .made import made_site

PLAN = "tests:\n  - {analysis: complaints/after_crisis_training, within: 2018-01..2020-12}\n"
QUARTERS = [date(year, month, 1) for year in (2018, 2019, 2020) for month in (1, 4, 7, 10)]


def department(folder, effect, starts=(3, 6, 9, 12), each=40, rate=0.5):
    """Officers trained in some quarters, with allegations at a rate that the training multiplies."""
    rng = np.random.default_rng(2)
    first = np.repeat(starts, each)
    size = len(first)
    mean = np.where(np.arange(1, 13) >= first[:, None], rate * effect, rate)
    counted = rng.poisson(mean)
    who, quarter = np.nonzero(counted)
    times = counted[who, quarter]
    who, quarter = np.repeat(who, times), np.repeat(quarter, times)
    day = [str(QUARTERS[at] + timedelta(days=int(rng.integers(0, 89)))) for at in quarter]
    officers = pl.DataFrame(
        {"id": [f"o{at}" for at in range(size + 1)], "hired_on": ["2010-01-04"] * size + ["2019-01-07"]}
    )
    done = [str(QUARTERS[min(int(at), 12) - 1] + timedelta(days=20)) for at in first]
    # One more was hired in between: fewer allegations of that officer say nothing about the training.
    training = pl.DataFrame(
        {
            "id": [f"t{at}" for at in range(size + 1)],
            "officer": officers["id"],
            "completed_on": [*done, "2019-10-01"],
            "topics": "Crisis intervention",
        }
    )
    # That one's allegations also make the records reach from the first day to the last.
    day, ids = [*day, "2018-01-01", "2020-12-31"], [str(at) for at in range(len(day) + 2)]
    complaint = pl.DataFrame({"id": ids, "received_on": day})
    allegation = pl.DataFrame({"id": ids, "complaint": ids, "officer": [f"o{at}" for at in (*who, size, size)]})
    site = made_site(
        folder,
        PLAN,
        officers__officer=officers,
        training__training_record=training,
        complaints__complaint=complaint,
        complaints__allegation=allegation,
    )
    return site, counted, first


@pytest.fixture(scope="module")
def halved(tmp_path_factory):
    return department(tmp_path_factory.mktemp("halved"), 0.4)


def test_the_estimate_is_that_of_the_matrix(halved):
    site, counted, first = halved
    found = site.analyse("complaints/after_crisis_training")
    cohorts = staggered.reduce_panel(100.0 * counted, first.astype(float), np.arange(1.0, 13))
    one = found.contrasts[0]
    expected = staggered.effect(cohorts)
    assert (one.estimate, one.low, one.high) == pytest.approx((expected.estimate, expected.low, expected.high))
    assert one.n == 160 and one.p < 0.01 and one.direction == "below"
    assert one.low < -30 < one.high  # the truth: 0.5 a quarter fall to 0.2
    said = found.sentence()
    assert "After crisis intervention training, the number of allegations in complaints a quarter per 100" in said
    assert "The number fell by more than chance explains." in said
    assert found.detail["estimate"][0] == pytest.approx(staggered.event_study(cohorts, 0).estimate)
    assert "Left out, because they were not there from the first day to the last: 1." in found.notes
    assert len(found.pictures()[0].spec()["data"]["values"]) == found.detail.height
    assert sum(one.leads for one in found.contrasts) == 1 and len(found.contrasts) == 5


def test_no_effect_is_not_called_proof(tmp_path):
    found = department(tmp_path, 1.0)[0].analyse("complaints/after_crisis_training")
    assert found.contrasts[0].low < 0 < found.contrasts[0].high
    assert "That does not prove that there is none." in found.sentence()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"starts": (6,), "each": 80}, "different times"),
        ({"starts": (3, 6), "each": 10}, "for only 20"),
        ({"starts": (3, 6, 9), "each": 20, "rate": 0.05}, "records in all"),
    ],
)
def test_too_little_is_refused(tmp_path, settings, said):
    site = department(tmp_path, 1.0, **settings)[0]
    assert said in site.analyse("complaints/after_crisis_training").refusal


def test_nothing_that_tells_an_officer_goes_out(halved):
    found = halved[0].analyse("complaints/after_crisis_training")
    assert found.detail.columns == ["periods_since", "estimate", "low", "high"]
    assert "/o1" not in str(found.to_dict())
