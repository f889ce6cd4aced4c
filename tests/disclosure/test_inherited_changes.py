"""What earlier releases told is told: a higher k locks no site, and the oversight body is told no single change."""

from datetime import date

import polars as pl
import pytest

from openhalo.sites.open_site import open_site
from tests.disclosure.private_department import deliver, department

BY_PRECINCT = """
k: {k}
units: [persons]
tables:
  - {{measure: stops/stops, by: [precinct], grain: year}}
"""
OVERSEEN = """
k: {k}
units: [persons, officers]
zeros: {zeros}
oversight: {{name: Civilian Oversight Commission, duty: City Charter section 38}}
tables:
  - {{measure: stops/stops, by: [precinct], grain: year}}
"""


class Stops:
    """Stops that come in, so many at a time."""

    def __init__(self):
        self.rows = []

    def add(self, precinct, officers, many, known, year=2021):
        for i in range(many):
            day = f"{year}-{1 + i % 12:02}-1{i % 9}"
            officer = officers[i % len(officers)]
            about = {"precinct": precinct, "officer": officer, "race": "WHITE", "occurred_at": f"{day} 10:00:00"}
            self.rows.append({"id": str(len(self.rows)), "known": known, **about})


def publish(site, stops, day, policy):
    (site.path / "disclosure.yaml").write_text(policy, encoding="utf-8")
    again = open_site(site.path)
    deliver(again, stops.rows, day)
    return again.publish(today=day)


def total(release):
    figures = pl.read_parquet(release / "data/figures.parquet").filter(pl.col("group").is_null())
    return figures.filter(grain="all")["n"].item()


def test_k_can_be_raised_where_a_total_was_newer_than_its_parts(tmp_path):
    stops = Stops()
    for precinct in "1234":
        stops.add(precinct, "A", 100, "2022-01-01")
        stops.add(precinct, "A", 1, "2022-05-01")
        stops.add(precinct, "A", 100, "2023-01-01", 2022)
    site, days = (
        department(tmp_path / "town"),
        [date(2022, 3, 1), date(2022, 6, 15), date(2022, 9, 15), date(2023, 3, 1)],
    )
    told = [
        total(publish(site, stops, day, BY_PRECINCT.format(k=k))) for day, k in zip(days, (3, 3, 10, 10), strict=True)
    ]
    assert told == [400, 404, 404, 804]


@pytest.mark.ci
def test_what_comes_late_after_k_was_raised_waits_for_the_new_k(tmp_path):
    stops = Stops()
    for precinct in "1234":
        stops.add(precinct, "A", 100, "2022-01-01")
        stops.add(precinct, "A", 1, "2022-05-01")
        stops.add(precinct, "A", 1, "2022-08-01")
    site = department(tmp_path / "town")
    days = [date(2022, 3, 1), date(2022, 6, 15), date(2022, 9, 15)]
    assert [total(publish(site, stops, day, BY_PRECINCT.format(k=3))) for day in days[:2]] == [400, 404]
    assert total(publish(site, stops, days[2], BY_PRECINCT.format(k=10))) == 404


def test_the_body_is_not_told_of_one_person_by_subtraction(tmp_path):
    stops = Stops()
    for precinct, officers, many in (("1", "ABCDE", 200), ("2", "ABCDF", 150), ("3", "Z", 40), ("4", "Y", 45)):
        stops.add(precinct, officers, many, "2022-01-01")
    for precinct, officers, many in (("3", "Z", 1), ("4", "Y", 14), ("1", "ABCDE", 100), ("2", "ABCDE", 30)):
        stops.add(precinct, officers, many, "2022-05-01")
    site, found = department(tmp_path / "town"), []
    for day in (date(2022, 3, 1), date(2022, 6, 15)):
        release = publish(site, stops, day, OVERSEEN.format(k=10, zeros="withheld"))
        given = pl.read_csv(site.path / "oversight" / release.name / "figures.csv", infer_schema=False)
        found.append({row["code"]: row["n"] for row in given.filter(pl.col("group") == "precinct").to_dicts()})
    assert found[0]["3"] == "40"
    assert found[1].get("3", "40") == "40", "one late stop in precinct 3 is a person's"
