"""One person more between two releases, in every way in which the second can be cut otherwise than the first."""

import csv
import itertools
import json
from datetime import date

import polars as pl
import pytest

from openhalo.intake.receipts import receipts
from openhalo.publications.protection.late_changes import LateChanges
from tests.disclosure.private_department import deliver, department, stops
from tests.disclosure.subtraction import known, single_out, told

FIRST, SECOND, THIRD = date(2022, 2, 10), date(2022, 5, 10), date(2022, 8, 10)
ALL_KNOWN = {0: 1.0}
TABLES = """
  - {{measure: stops/stops, by: [race], grain: {grain}}}
  - {{measure: stops/stops, by: [race, precinct], grain: year}}
  - {{measure: stops/search_share, by: [race], grain: all}}
"""


def policy(grain="quarter", closed="quarter", tables=TABLES):
    return f"k: {{k}}\nzeros: {{zeros}}\nclosed_periods: {closed}\ntables:{tables.replace('{grain}', grain)}"


def late(day="2021-05-03", known="2022-03-01", **more):
    """One stop of a small group that comes in after the first release."""
    said = {"race": "WHITE", "precinct": "1", "gender": "MALE", "search_conducted": "yes", "officer": "U01"}
    return {"known": known, "id": "late", "occurred_at": f"{day} 12:00:00", **said, **more}


def rewrite(site, text):
    (site.path / "disclosure.yaml").write_text(text.format(k=10, zeros="withheld"), encoding="utf-8")


def town(tmp_path, text, *extra, size=1500):
    """A site whose records are all known at once, but for these."""
    site = department(tmp_path / "town", policy=text)
    start = [row for row in stops(4, size, years=1, late_by=ALL_KNOWN) if row["occurred_at"] >= "2021-03-15"]
    later = [{**row, "id": f"x{row['id']}"} for row in stops(5, size, years=2, late_by=ALL_KNOWN)]
    return site, [*start, *(row for row in later if row["occurred_at"] >= "2022"), *extra]


FORCE = "  - {{measure: force/reports, by: [race], grain: quarter}}\n"


def deliver_force(site, day, *extra):
    """Bring reports of force of two years that begin before the stops."""
    chosen = [row for row in stops(9, 900, years=2, late_by=ALL_KNOWN) if row["occurred_at"] <= str(day)]
    header = ["id", *site.catalogue.record_type("force/force_report").written]
    file = site.path / f"force-{day}.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, header, restval="", extrasaction="ignore")
        writer.writeheader()
        for row in [*chosen, *(one for one in extra if one["known"] <= str(day))]:
            writer.writerow({**row, "officer": ""})
    site.import_file("template:force/force_report", file)


def publish(site, rows, *days):
    found = []
    for day in days:
        deliver(site, rows, day)
        found.append(site.publish(today=day))
    return found


def test_the_attacker_adds_and_subtracts_days():
    one, two, three = date(2021, 1, 1), date(2021, 4, 1), date(2022, 1, 1)
    assert known({(one, three, 40), (two, three, 31)}) == {(one, two): 9, (one, three): 40, (two, three): 31}


def test_a_late_record_waits(tmp_path):
    site, rows = town(tmp_path, policy(), late())
    releases = publish(site, rows, FIRST, SECOND)
    assert single_out(releases, "stops/stop", 10) == []
    assert site.recompute("0002").problems == []
    page = (releases[1] / "pages" / "stops" / "stops.html").read_text(encoding="utf-8")
    wait = "count April 2021 to June 2021 as these days stood on February 10, 2022: fewer than 10 records came in"
    assert wait in page


def test_without_waiting_the_attacker_finds_it(tmp_path, monkeypatch):
    monkeypatch.setattr(LateChanges, "_small", lambda *_: [])
    monkeypatch.setattr(LateChanges, "_thin", lambda *_: [])
    site, rows = town(tmp_path, policy(), late())
    assert len(single_out(publish(site, rows, FIRST, SECOND), "stops/stop", 10)) > 2


@pytest.mark.ci
def test_closed_periods_go_from_quarters_to_years(tmp_path):
    site, rows = town(tmp_path, policy(), late())
    first = publish(site, rows, FIRST)
    rewrite(site, policy(grain="year", closed="year"))
    assert single_out([*first, *publish(site, rows, SECOND)], "stops/stop", 10) == []


@pytest.mark.ci
def test_a_table_by_quarters_goes_and_one_by_years_comes(tmp_path):
    site, rows = town(tmp_path, policy(), late())
    first = publish(site, rows, FIRST)
    rewrite(site, policy(grain="year"))
    assert single_out([*first, *publish(site, rows, SECOND)], "stops/stop", 10) == []


@pytest.mark.ci
def test_fewer_days_are_told_than_before(tmp_path):
    site, rows = town(tmp_path, policy(), late())
    first = publish(site, rows, FIRST, SECOND)
    rewrite(site, policy(grain="year", closed="year"))
    assert single_out([*first, *publish(site, rows, THIRD)], "stops/stop", 10) == []


def test_a_late_record_lies_before_the_first_day(tmp_path):
    others = [late("2021-03-20", id=f"other{i}") for i in range(3)]
    site, rows = town(tmp_path, policy(), late("2020-11-03"), *others)
    releases = publish(site, rows, FIRST, SECOND)
    assert single_out(releases, "stops/stop", 10) == []
    facts = json.loads((releases[1] / "datapackage.json").read_text(encoding="utf-8"))["disclosure"]
    assert facts["closed_days"]["stops/stop"].startswith("2021-01-01"), "one record moves no first day"


@pytest.mark.ci
def test_enough_late_records_move_the_first_day(tmp_path):
    early = [late(f"2021-0{1 + i % 2}-{1 + i % 27:02}", id=f"early{i}", officer=f"U{i % 20:02}") for i in range(60)]
    site, rows = town(tmp_path, policy(), *early)
    releases = publish(site, rows, FIRST, SECOND)
    assert single_out(releases, "stops/stop", 10) == []
    facts = json.loads((releases[1] / "datapackage.json").read_text(encoding="utf-8"))["disclosure"]
    assert facts["closed_days"]["stops/stop"].startswith("2021-01-01")


@pytest.mark.ci
def test_many_late_records_of_one_officer_wait(tmp_path):
    site, rows = town(tmp_path, policy(), *(late(f"2021-05-{1 + i:02}", id=f"late{i}") for i in range(14)))
    first, second = publish(site, rows, FIRST, SECOND)
    figures = [(folder / "data" / "figures.csv").read_text(encoding="utf-8") for folder in (first, second)]
    by_race = [
        {line for line in text.splitlines() if line.startswith("stops/search_share,") and "race" in line}
        for text in figures
    ]
    assert single_out([first, second], "stops/stop", 10) == []
    assert by_race[0] != by_race[1], "the new quarter is told"
    views = json.loads((second / "datapackage.json").read_text(encoding="utf-8"))["disclosure"]["counted_from"]
    assert {view["versions"]["2021-04-01..2021-06-30"] for view in views} == {1}


@pytest.mark.ci
def test_a_second_record_type_comes_that_begins_earlier(tmp_path):
    site, rows = town(tmp_path, policy(), late("2021-03-20"))
    first = publish(site, rows, FIRST)
    rewrite(site, policy(tables=TABLES + FORCE) + "units_of: {{force/force_report: [persons]}}\n")
    deliver_force(site, SECOND)
    releases = [*first, *publish(site, rows, SECOND)]
    assert single_out(releases, "stops/stop", 10) == single_out(releases, "force/force_report", 10) == []
    assert len(told(releases[1], "force/force_report")) > 3, "what came later is told"


@pytest.mark.ci
def test_a_release_leaves_a_record_type_out(tmp_path):
    both = policy(tables=TABLES + FORCE) + "units_of: {{force/force_report: [persons]}}\n"
    site, rows = town(tmp_path, both, late())
    deliver_force(site, FIRST)
    first = publish(site, rows, FIRST)
    rewrite(site, policy(tables=TABLES))
    deliver_force(site, SECOND, late("2021-02-03", known="2022-05-01", id="force", officer=""))
    second = publish(site, rows, SECOND)
    rewrite(site, both)
    deliver_force(site, THIRD, late("2021-02-03", known="2022-05-01", id="force", officer=""))
    releases = [*first, *second, *publish(site, rows, THIRD)]
    assert single_out(releases, "stops/stop", 10) == single_out(releases, "force/force_report", 10) == []
    assert [len(told(one, "force/force_report")) > 3 for one in releases] == [True, False, True]


@pytest.mark.ci
def test_a_new_table_does_not_tell_what_one_officer_did_late(tmp_path):
    one_officer = [late(f"2021-05-{1 + i:02}", id=f"late{i}") for i in range(14)]
    site, rows = town(tmp_path, policy(), *one_officer)
    first = publish(site, rows, FIRST)
    rewrite(site, policy(tables=TABLES + "  - {{measure: stops/stops, by: [gender], grain: quarter}}\n"))
    second = publish(site, rows, SECOND)
    views = json.loads((second[0] / "datapackage.json").read_text(encoding="utf-8"))["disclosure"]["counted_from"]
    assert {view["versions"]["2021-04-01..2021-06-30"] for view in views} == {1}
    assert single_out([*first, *second], "stops/stop", 10) == []


def test_the_total_is_newer_than_its_parts(tmp_path):
    many = [late(f"2021-05-{1 + i % 28:02}", id=f"a{i}", officer=f"U{i % 9:02}") for i in range(40)]
    few = [late(f"2021-05-{1 + i:02}", id=f"b{i}", officer=f"U{i:02}", race="ASIAN") for i in range(3)]
    site, rows = town(tmp_path, policy(), *many, *few)
    first, second = publish(site, rows, FIRST, SECOND)
    assert single_out([first, second], "stops/stop", 10) == []
    views = json.loads((second / "datapackage.json").read_text(encoding="utf-8"))["disclosure"]["counted_from"]
    versions = {
        tuple(map(str, table)): view["versions"]["2021-04-01..2021-06-30"] for view in views for table in view["tables"]
    }
    assert versions["stops/stops", "[]", "all"] == 2
    assert versions["stops/stops", "['race']", "quarter"] == 1
    page = (second / "pages" / "stops" / "stops.html").read_text(encoding="utf-8")
    assert "February 10, 2022: 10 records or more that came in or changed since wait" in page
    assert site.recompute("0002").problems == []


def of_race(rows, race, quarter):
    """The ids of stops of a race in one precinct and quarter that ended without a search."""
    return [
        row["id"]
        for row in rows
        if (row["race"], row["precinct"], row["search_conducted"]) == (race, "1", "no")
        and quarter[0] <= row["occurred_at"][:10] <= quarter[1]
    ]


@pytest.mark.ci
def test_a_purged_record_is_counted_until_more_than_one_has_changed(tmp_path):
    site, rows = town(tmp_path, policy())
    first = publish(site, rows, FIRST)
    quarter = ("2021-04-01", "2021-06-30")
    gone = of_race(rows, "WHITE", quarter)[:12]
    [source] = {one.source for one in receipts(site.deliveries)}
    receipt = site.purge(f"millbrook/{source}/{gone[0]}", authority="court order 12")
    assert receipt.releases == ["0001"]
    [kept] = (site.path / "store" / "purges").glob("*/*.parquet")
    row = pl.read_parquet(kept).row(0, named=True)
    assert row["record_key"] == "purged/000001" and gone[0] not in str(row)
    assert row["occurred_at"] is None and str(row["occurred_at_date"]).endswith("-01")
    assert (row["race"], row["precinct"], row["gender"]) == ("WHITE", "1", None), "gender is in no table"
    second = publish(site, rows, SECOND)
    assert single_out([*first, *second], "stops/stop", 10) == []
    assert "purge" not in (second[0] / "changes.json").read_text(encoding="utf-8")
    assert (
        json.loads((second[0] / "definitions.json").read_text(encoding="utf-8"))["records"]["stops/stop"]["purges"]
        == []
    )
    assert site.recompute("0002").problems == []
    for number in gone[1:]:
        site.purge(f"millbrook/{source}/{number}", authority="court order 13")
    third = publish(site, rows, THIRD)
    assert single_out([*first, *second, *third], "stops/stop", 10) == []
    assert not [*(site.path / "store" / "purges").glob("*/*.parquet")], "enough are gone, and nothing counts them"
    by_race = [
        next(n for a, _b, n in told(folder, "stops/stop")[("race", "WHITE"),] if str(a) == quarter[0])
        for folder in (*second, *third)
    ]
    assert by_race[0] - by_race[1] == 12


@pytest.mark.ci
def test_a_town_tells_its_late_records_within_two_releases(tmp_path):
    site = department(tmp_path / "town")
    rows = stops(5, 4000, years=2, late_by={0: 0.9, 45: 0.06, 100: 0.04})
    releases = publish(site, rows, FIRST, SECOND, THIRD, date(2022, 11, 10), date(2023, 2, 10), date(2023, 5, 10))
    assert single_out(releases, "stops/stop", 10) == []
    for before, release in itertools.pairwise(releases):
        closed = json.loads((before / "datapackage.json").read_text(encoding="utf-8"))["disclosure"]["closed_days"]
        happened = sum(row["occurred_at"][:10] <= closed["stops/stop"][12:] for row in rows)
        total = max(n for _first, _after, n in told(release, "stops/stop")[()])
        assert total >= 0.99 * happened, release.name


def in_first_format(folder, number):
    """Rewrite what is kept of a release as it was kept first: periods by name, one state of the records for all."""
    facts = json.loads((folder / f"{number}.json").read_text(encoding="utf-8"))
    [view] = facts["views"]
    old = {"published": facts["published"], "zeros_shown": facts["zeros_shown"], "days": facts["days"]}
    (folder / f"{number}.json").write_text(json.dumps({**old, "versions": view["stretches"]}), encoding="utf-8")
    cells = pl.read_parquet(folder / f"{number}.parquet").drop("view")
    quarters = {
        f"period={date(2021, 3 * q - 2, 1)}..{date(2021, 3 * q, 31 if q in (1, 4) else 30)}": f"period=2021-Q{q}"
        for q in range(1, 5)
    }
    first = {"period=2021-03-15..2021-03-31": "period=2021-Q1", "period=2021-03-15..2021-12-31": "period=2021"}
    keys = pl.col("key")
    for days, name in {**quarters, **first}.items():
        keys = keys.str.replace(days, name, literal=True)
    renamed = cells.with_columns(keys)
    assert renamed["key"].str.contains("=2021-Q1").any()
    renamed.write_parquet(folder / f"{number}.parquet")


@pytest.mark.ci
def test_a_release_that_was_kept_in_the_first_format_protects_the_next(tmp_path):
    site, rows = town(tmp_path, policy(), late())
    first = publish(site, rows, FIRST)
    in_first_format(site.path / "disclosure", "0001")
    releases = [*first, *publish(site, rows, SECOND)]
    assert single_out(releases, "stops/stop", 10) == []
    assert [len(told(one, "stops/stop")) > 5 for one in releases] == [True, True]
