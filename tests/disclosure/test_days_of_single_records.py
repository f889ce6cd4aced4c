"""The first day and the newest day of protected records are each one person's: no release tells them."""

from datetime import date

import pytest

from tests.disclosure.private_department import deliver, department

POLICY = """
k: {k}
zeros: {zeros}
closed_periods: quarter
tables:
  - {{measure: stops/stops, by: [race], grain: year}}
  - {{measure: stops/search_share, by: [race], grain: all}}
"""
SPOKEN_OF = ("01-11", "January 11", "11-29", "November 29", "12-29", "December 29")


def stop(number, day):
    race = ("WHITE", "BLACK")[number % 2]
    return {
        "id": str(number),
        "known": day,
        "occurred_at": f"{day} 10:00:00",
        "race": race,
        "officer": f"U{number % 9}",
    }


def texts(release):
    return {
        path.relative_to(release).as_posix(): path.read_text("utf-8")
        for path in release.rglob("*")
        if path.suffix in (".html", ".csv", ".json", ".svg", ".xml", ".txt", ".md")
    }


def said(release):
    return sorted({(name, day) for name, text in texts(release).items() for day in SPOKEN_OF if day in text})


@pytest.mark.parametrize("many", [600, pytest.param(1, marks=pytest.mark.ci)])
def test_the_first_and_the_newest_day_are_not_told(tmp_path, many):
    site = department(tmp_path / "site", policy=POLICY)
    rows = [stop(0, "2021-01-11"), *(stop(i, f"2021-{1 + i % 11:02}-{12 + i % 16:02}") for i in range(1, many))]
    rows += [stop(many, "2021-11-29")] if many > 1 else []
    deliver(site, rows, date(2022, 3, 1))
    first = site.publish(today=date(2022, 3, 1))
    assert said(first) == []
    home = (first / "index.html").read_text("utf-8")
    assert "compares groups" not in home and ("withheld" in home) == (many == 1)
    assert ("told until December 31, 2021" in home, "Newest record" in home) == (many > 1, many > 1)
    late = {**stop(many + 1, "2021-12-29"), "known": "2022-06-01"}
    deliver(site, [*rows, late], date(2022, 6, 15))
    assert said(site.publish(today=date(2022, 6, 15))) == []
