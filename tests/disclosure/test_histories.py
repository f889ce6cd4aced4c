"""Random histories of private departments: everything changes between releases, and nobody may be found."""

from datetime import date

import pytest

from openhalo.publications.protection import protected_tables
from openhalo.publications.protection.late_changes import LateChanges
from tests.disclosure.histories import ARRESTS, STOPS, Department, History, history
from tests.disclosure.history_attack import BY_DESIGN, Attack
from tests.disclosure.history_intervals import Intervals
from tests.disclosure.private_department import stops

TRIED = 20
"""Secrets of the newest release that the attacker tries to narrow down, for each record type."""


def attacked(folder, seed, releases=4):
    """Return a history, and what it gives away that it may not."""
    made = history(folder / f"town{seed}", seed, releases)
    attacks = [one for one in (Attack(made, record) for record in (STOPS, ARRESTS)) if one.releases]
    found = [leak for one in attacks for leak in [*one.exact(), *Intervals(one).too_close(TRIED)]]
    return made, [leak for leak in found if leak.kind not in BY_DESIGN]


@pytest.mark.ci
@pytest.mark.parametrize("seed", [1, 2, 3, 4, 6, 7, 8, 9])
def test_no_history_gives_a_record_away(tmp_path, seed):
    made, leaks = attacked(tmp_path, seed)
    assert leaks == []
    assert len(made.releases) > 1, "who refuses to publish proves nothing"


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 600))
def test_no_other_history_gives_a_record_away(tmp_path, seed):
    assert attacked(tmp_path, seed)[1] == []


@pytest.mark.ci
def test_where_late_changes_do_not_wait_the_attacker_finds_them(tmp_path, monkeypatch):
    monkeypatch.setattr(LateChanges, "_small", lambda *_: [])
    monkeypatch.setattr(LateChanges, "_thin", lambda *_: [])
    kinds = [{leak.kind for leak in attacked(tmp_path, seed, 2)[1]} for seed in range(3)]
    assert sum("change" in some for some in kinds) > 1


@pytest.mark.ci
def test_without_complementary_suppression_the_attacker_succeeds(tmp_path, monkeypatch):
    monkeypatch.setattr(protected_tables, "withhold_together", lambda parts, _earlier: parts)
    kinds = [{leak.kind for leak in attacked(tmp_path, seed, 2)[1]} for seed in range(3)]
    assert sum(bool({"count", "close"} & some) for some in kinds) > 1


DAYS = (date(2022, 2, 10), date(2022, 5, 10), date(2022, 8, 10))
BY_RACE = [("stops/stops", ["race"], "quarter")]


def late(officer, number, name, **more):
    """Stops of the spring of 2021 by one officer that come in a year later."""
    said = {"race": "WHITE", "precinct": "1", "gender": "MALE", "search_conducted": "no", "known": "2022-03-01"}
    days = [f"2021-05-{1 + i:02} 12:00:00" for i in range(number)]
    return [{**said, "officer": officer, "id": f"{name}{i}", "occurred_at": day, **more} for i, day in enumerate(days)]


def small_history(folder, *steps):
    """Return what is given away where just this happens before each release: records → records, and the tables."""
    town, made = Department(folder / "town", 1), History()
    town.k, town.zeros, town.closed, town.coming = 10, "withheld", "quarter", stops(4, 1500, 1, {0: 1.0})
    for number, (day, (happens, tables)) in enumerate(zip(DAYS, steps, strict=False), 1):
        town.coming, town.tables = happens(town.coming), tables
        brought = town.deliver(day)
        made.versions[town.site.store.manifest().version] = brought
        made.releases.append(town.publish(day, f"{number:04}"))
    return [leak for leak in Attack(made, STOPS).exact() if leak.kind not in BY_DESIGN]


def unchanged(rows):
    return rows


def with_late_ones_of_one_officer(rows):
    return [*rows, *late("U01", 14, "late")]


@pytest.mark.ci
def test_late_records_of_one_officer_wait(tmp_path):
    assert small_history(tmp_path, (unchanged, BY_RACE), (with_late_ones_of_one_officer, BY_RACE)) == []


@pytest.mark.ci
def test_officers_whose_records_only_changed_otherwise_stand_behind_no_difference(tmp_path):
    def happens(rows):
        spring = [r for r in rows if r["race"] == "WHITE" and "2021-04" <= r["occurred_at"] < "2021-07"]
        one = next(row for row in spring if row["officer"] != "U01")
        two = next(row for row in spring if row["officer"] not in ("U01", one["officer"]))
        mended = [{**row, "gender": "NONBINARY"} if row in (one, two) else row for row in rows]
        return with_late_ones_of_one_officer(mended)

    assert small_history(tmp_path, (unchanged, BY_RACE), (happens, BY_RACE)) == []


@pytest.mark.ci
def test_a_table_that_was_never_told_tells_no_late_records_of_one_officer(tmp_path):
    tables = [("stops/search_share", ["race"], "quarter")]
    assert small_history(tmp_path, (unchanged, BY_RACE), (with_late_ones_of_one_officer, tables)) == []


@pytest.mark.ci
def test_two_changes_of_many_officers_are_together_no_change_of_two(tmp_path):
    def first(rows):
        return [*with_late_ones_of_one_officer(rows), *late("U02", 1, "two"), *late("U03", 1, "three")]

    def second(rows):
        return [*(row for row in rows if row["id"] not in ("two0", "three0")), *late("U04", 20, "four")]

    assert small_history(tmp_path, (unchanged, BY_RACE), (first, BY_RACE), (second, BY_RACE)) == []


@pytest.mark.ci
def test_a_first_record_that_is_withdrawn_moves_no_first_day(tmp_path):
    def alone(rows):
        spring = [row for row in rows if row["occurred_at"] >= "2021-02-10"]
        return [{**spring[0], "occurred_at": "2021-01-20 12:00:00"}, *spring[1:]]

    def gone(rows):
        return rows[1:]

    assert small_history(tmp_path, (alone, BY_RACE), (gone, BY_RACE)) == []
