"""An example department whose records are not public: some thousand stops over three years, as they come in."""

import csv
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from openhalo.sites.open_site import open_site

AGENCY = """
title: Millbrook police
publisher: {kind: agency, name: Millbrook Police Department}
agencies: {millbrook: {name: Millbrook Police Department, zone: America/Chicago}}
"""
POLICY = """
k: {k}
units: [persons, officers]
zeros: {zeros}
closed_periods: quarter
days_between_releases: 28
tables:
  - {{measure: stops/stops, by: [race], grain: all}}
  - {{measure: stops/stops, by: [race], grain: quarter}}
  - {{measure: stops/stops, by: [race, precinct], grain: year}}
  - {{measure: stops/stops, by: [gender], grain: year}}
  - {{measure: stops/stops, grain: month}}
  - {{measure: stops/search_share, by: [race], grain: all}}
  - {{measure: stops/search_share, by: [race], grain: year}}
  - {{measure: stops/search_share, by: [precinct], grain: all}}
  - {{measure: stops/search_share, by: [precinct, gender], grain: year}}
  - {{measure: stops/search_share_ratio, by: [race], grain: all}}
"""
RACES, SHARES = ("WHITE", "BLACK", "HISP", "ASIAN", "AIAN", ""), (0.5, 0.26, 0.15, 0.05, 0.01, 0.03)


LATE = {0: 0.9, 3: 0.07, 45: 0.02, 120: 0.01}
"""Days until a record comes in → share of records."""


def stops(seed: int, size: int, years: int = 3, late_by: dict[int, float] = LATE) -> list[dict[str, str]]:
    """Records in the order in which they happened, each with the day on which it came in (`known`)."""
    coin = np.random.default_rng(seed)
    days = np.sort(coin.integers(0, 365 * years, size))
    late = coin.choice(list(late_by), size, p=list(late_by.values()))
    race = coin.choice(RACES, size, p=SHARES)
    searched = coin.random(size) < np.where(race == "BLACK", 0.3, 0.15)
    precinct = coin.choice(["1", "2", "3", "Lake"], size, p=[0.4, 0.35, 0.22, 0.03])
    gender = coin.choice(["MALE", "FEMALE", "NONBINARY", ""], size, p=[0.68, 0.29, 0.01, 0.02])
    officer = coin.choice(40, size, p=coin.dirichlet(np.ones(40)))
    mute = coin.random(size) < 0.02
    start = date(2021, 1, 1)
    return [
        {
            "known": str(start + timedelta(int(days[i] + late[i]))),
            "id": str(i),
            "occurred_at": f"{start + timedelta(int(days[i]))} {8 + i % 12:02}:00:00",
            "officer": f"U{officer[i]:02}",
            "race": str(race[i]),
            "gender": str(gender[i]),
            "search_conducted": "" if mute[i] else "yes" if searched[i] else "no",
            "precinct": str(precinct[i]),
        }
        for i in range(size)
    ]


PLANTED = 1237
"""So many stops were made in one precinct, all by two officers: withheld, and a number that stands out."""


def planted() -> list[dict[str, str]]:
    """Stops of 2021 at one spot, all known at once."""
    day = date(2021, 1, 1)
    return [
        {
            "known": str(day + timedelta(i % 360)),
            "id": f"planted-{i}",
            "officer": f"V{i % 2}",
            "precinct": "Marina",
            "occurred_at": f"{day + timedelta(i % 360)} 12:00:00",
            "race": RACES[i % 3],
            "gender": "MALE",
            "search_conducted": "no",
            "latitude": "44.9137",
            "longitude": "-93.2719",
        }
        for i in range(PLANTED)
    ]


def department(root: Path, k: int = 10, zeros: str = "withheld", policy: str = POLICY):
    """A site with a policy and nothing declared public."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "agency.yaml").write_text(AGENCY, encoding="utf-8")
    (root / "disclosure.yaml").write_text(policy.format(k=k, zeros=zeros), encoding="utf-8")
    return open_site(root)


def deliver(site, rows, day: date) -> None:
    """Bring everything that is known by a day, as the filled-in template that every department gets."""
    header = ["id", *site.catalogue.record_type("stops/stop").written]
    file = site.path / f"stops-{day}.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, header, restval="", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(row for row in rows if row["known"] <= str(day))
    site.import_file("template:stops/stop", file)


def publish_as_records_come_in(site, rows, days) -> list[Path]:
    """Deliver and publish on each of these days."""
    releases = []
    for day in days:
        deliver(site, rows, day)
        releases.append(site.publish(today=day))
    return releases
