"""Incident files: whole fields are recoded, nobody stands alone, and no group pays for it."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from openhalo.base.errors import ReleaseError
from openhalo.disclosure.policy import Bands, Codes, IncidentFile, LeaveOut, Outcome, PeriodOf, Rare
from openhalo.disclosure.recode import recode


@pytest.fixture(scope="module")
def stops():
    coin = np.random.default_rng(5)
    size = 6000
    return pl.DataFrame(
        {
            "race": coin.choice(["B", "W", "A", "N", "P"], size, p=[0.45, 0.4, 0.1, 0.049, 0.001]),
            "age": coin.integers(15, 80, size),
            "place": [f"n{i}" for i in coin.integers(0, 40, size)],
            "date": [date(2017, 1, 1) + timedelta(int(i)) for i in coin.integers(0, 365, size)],
            "searched": coin.choice(["yes", "no"], size, p=[0.3, 0.7]),
            "officer": coin.integers(0, 300, size),
        }
    )


RECODE = [
    PeriodOf(kind="period", field="date", grain="year"),
    Bands(kind="bands", field="age", starts=[18, 35]),
    Rare(kind="rare", field="race", below=400),
    Codes(
        kind="codes",
        field="place",
        groups={"north": [f"n{i}" for i in range(20)], "south": [f"n{i}" for i in range(20, 40)]},
    ),
]
FILE = IncidentFile(
    record="stops/stop",
    unit="officer",
    identifying=["race", "age", "place", "date"],
    recode=RECODE,
    outcomes=[Outcome(field="searched", harmless=["no"])],
    groups=["race", "place"],
)


def test_everyone_has_enough_look_alikes_with_different_outcomes(stops):
    result = recode(stops, FILE, k=3)
    assert "officer" not in result.records.columns
    assert set(result.records["age"].drop_nulls()) <= {"under 18", "18–34", "35 and over"}
    assert set(result.records["date"].drop_nulls()) == {date(2017, 1, 1)}
    alike = result.records.group_by("race", "age", "place", "date").agg(pl.len(), pl.col("searched").unique())
    assert alike["len"].min() >= 3
    assert all("no" in seen for seen in alike["searched"].to_list())
    whole = result.loss.filter(pl.col("field") == "").row(0, named=True)
    assert whole["records"] == 6000
    assert whole["records"] - whole["left_out"] == len(result.records)
    assert result.loss["lost"].max() <= 0.1


def test_units_count_not_records(stops):
    """Thousands of stops by two officers are two officers."""
    with pytest.raises(ReleaseError, match="would be lost"):
        recode(stops.with_columns(pl.col("officer") % 2), FILE, k=3)


def test_a_policy_that_costs_a_group_too_much_is_refused_by_name(stops):
    fine = FILE.model_copy(update={"recode": [step for step in RECODE if not isinstance(step, Rare)]})
    with pytest.raises(ReleaseError, match=r"race P: .* would be lost"):
        recode(stops, fine, k=10)
    scattered = FILE.model_copy(update={"recode": [], "groups": []})
    with pytest.raises(ReleaseError, match="of all records would be blanked"):
        recode(stops, scattered, k=10)


def test_look_alikes_who_were_all_searched_are_no_hiding_place(stops):
    one_place = stops.with_columns(
        pl.when(pl.col("place") == "n3").then(pl.lit("yes")).otherwise("searched").alias("searched")
    )
    by_place = IncidentFile(
        record="stops/stop", identifying=["place"], outcomes=[Outcome(field="searched")], groups=["place"]
    )
    with pytest.raises(ReleaseError, match=r"place n3: 100\.0%"):
        recode(one_place, by_place, k=3)


def test_fields_are_left_out_and_missing_ones_told(stops):
    left = IncidentFile(record="stops/stop", identifying=["race"], recode=[LeaveOut(kind="leave_out", field="date")])
    assert "date" not in recode(stops.filter(pl.col("race") != "P"), left, k=3).records.columns
    with pytest.raises(ReleaseError) as caught:
        recode(stops, IncidentFile(record="stops/stop", identifying=["rce"], groups=["plce"]), k=3)
    assert len(caught.value.problems) == 2
