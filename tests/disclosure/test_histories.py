"""Random histories of private departments: everything changes between releases, and nobody may be found."""

import shutil
from datetime import date

import pytest

from openhalo.base.errors import ReleaseError
from openhalo.publications.protection import late_changes, protected_tables
from openhalo.publications.protection.late_changes import LateChanges
from tests.disclosure.changing_department import ARRESTS, STOPS, Department
from tests.disclosure.histories import History, history, step
from tests.disclosure.history_attack import BY_DESIGN, Attack
from tests.disclosure.history_intervals import Intervals
from tests.disclosure.private_department import RACES, stops
from tests.disclosure.ways_to_publish import ThroughMemory, ThroughSite, ThroughWholePages

TRIED = 20
"""Secrets of the newest release that the attacker tries to narrow down, for each record type."""


def attacked(way, seed, releases=4):
    """Return a history, and what it gives away that it may not."""
    made = history(way, seed, releases)
    attacks = [one for one in (Attack(made, record) for record in (STOPS, ARRESTS)) if one.releases]
    found = [leak for one in attacks for leak in [*one.exact(), *too_close(one)]]
    return made, [leak for leak in found if leak.kind not in BY_DESIGN]


def too_close(attack):
    """Yield what is known too closely of what few have, and of what nobody has."""
    closely = Intervals(attack)
    yield from closely.too_close(closely.secrets(), TRIED)
    yield from closely.too_close(closely.zeros(), TRIED // 2)


AT_EVERY_CHANGE = (2, 4, 19)


@pytest.mark.parametrize(
    "seed", [pytest.param(seed, marks=[pytest.mark.ci] * (seed not in AT_EVERY_CHANGE)) for seed in range(1, 61)]
)
def test_no_history_gives_a_record_away(tmp_path, seed):
    made, leaks = attacked(ThroughMemory(tmp_path), seed)
    assert leaks == []
    assert made.releases, "who refuses to publish proves nothing"


@pytest.mark.ci
@pytest.mark.parametrize("seed", [1001, 1002, 1003, 1004, 1005])
def test_no_history_of_whole_pages_gives_a_record_away(tmp_path, seed):
    assert attacked(ThroughWholePages(tmp_path / "town"), seed)[1] == []


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 600))
def test_no_other_history_gives_a_record_away(tmp_path, seed):
    assert attacked(ThroughMemory(tmp_path), seed)[1] == []


@pytest.mark.ci
@pytest.mark.parametrize("seed", [2, 3, 6, 8])
def test_both_ways_make_the_same_cells_public(tmp_path, seed):
    one, other = (history(way, seed) for way in (ThroughMemory(tmp_path / "m"), ThroughSite(tmp_path / "s")))
    assert one.refused == other.refused
    for ours, theirs in zip(one.releases, other.releases, strict=True):
        assert ours.days == theirs.days
        assert ours.shown == theirs.shown
        assert {*ours.withheld} == {*theirs.withheld}
    assert sum(len(made.withheld) for made in one.releases) > 0


def found_without(tmp_path, seeds, releases=2):
    """Return the kinds of what each history gives away."""
    return [{leak.kind for leak in attacked(ThroughMemory(tmp_path / str(seed)), seed, releases)[1]} for seed in seeds]


def test_where_late_changes_do_not_wait_the_attacker_finds_them(tmp_path, monkeypatch):
    monkeypatch.setattr(LateChanges, "_small", lambda *_: [])
    assert sum("change" in some for some in found_without(tmp_path, range(3))) > 1


def test_without_complementary_suppression_the_attacker_succeeds(tmp_path, monkeypatch):
    monkeypatch.setattr(protected_tables, "withhold_together", lambda parts, *_: parts)
    assert sum(bool({"count", "close"} & some) for some in found_without(tmp_path, range(3))) > 1


DAYS = (date(2022, 2, 10), date(2022, 5, 10), date(2022, 8, 10))
BY_RACE = [("stops/stops", ["race"], "quarter")]


def late(officer, number, name, **more):
    """Stops of the spring of 2021 by one officer that come in a year later."""
    said = {"race": "WHITE", "precinct": "1", "gender": "MALE", "search_conducted": "no", "known": "2022-03-01"}
    days = [f"2021-05-{1 + i:02} 12:00:00" for i in range(number)]
    return [{**said, "officer": officer, "id": f"{name}{i}", "occurred_at": day, **more} for i, day in enumerate(days)]


def small_history(folder, *steps, zeros="withheld"):
    """Return what is given away where just this happens before each release: records → records, the tables, and k."""
    town, way, made = Department(1), ThroughMemory(folder), History()
    town.zeros, town.closed, town.coming = zeros, "quarter", stops(4, 1500, 1, {0: 1.0})
    for number, (day, (happens, tables, *k)) in enumerate(zip(DAYS, steps, strict=False), 1):
        town.coming, town.tables, town.k = happens(town.coming), tables, *(k or [10])
        step(town, way, made, day, f"{number:04}")
    attack = Attack(made, STOPS)
    return [leak for leak in [*attack.exact(), *too_close(attack)] if leak.kind not in BY_DESIGN]


def unchanged(rows):
    return rows


def with_late_ones_of_one_officer(rows):
    return [*rows, *late("U01", 14, "late")]


def test_late_records_of_one_officer_wait(tmp_path):
    assert small_history(tmp_path, (unchanged, BY_RACE), (with_late_ones_of_one_officer, BY_RACE)) == []


def test_officers_whose_records_only_changed_otherwise_stand_behind_no_difference(tmp_path):
    def happens(rows):
        spring = [r for r in rows if r["race"] == "WHITE" and "2021-04" <= r["occurred_at"] < "2021-07"]
        one = next(row for row in spring if row["officer"] != "U01")
        two = next(row for row in spring if row["officer"] not in ("U01", one["officer"]))
        mended = [{**row, "gender": "NONBINARY"} if row in (one, two) else row for row in rows]
        return with_late_ones_of_one_officer(mended)

    assert small_history(tmp_path, (unchanged, BY_RACE), (happens, BY_RACE)) == []


def test_a_table_that_was_never_told_tells_no_late_records_of_one_officer(tmp_path):
    tables = [("stops/search_share", ["race"], "quarter")]
    assert small_history(tmp_path, (unchanged, BY_RACE), (with_late_ones_of_one_officer, tables)) == []


def test_two_changes_of_many_officers_are_together_no_change_of_two(tmp_path):
    def first(rows):
        return [*with_late_ones_of_one_officer(rows), *late("U02", 1, "two"), *late("U03", 1, "three")]

    def second(rows):
        return [*(row for row in rows if row["id"] not in ("two0", "three0")), *late("U04", 20, "four")]

    assert small_history(tmp_path, (unchanged, BY_RACE), (first, BY_RACE), (second, BY_RACE)) == []


def test_a_first_record_that_is_withdrawn_moves_no_first_day(tmp_path):
    def alone(rows):
        spring = [row for row in rows if row["occurred_at"] >= "2021-02-10"]
        return [{**spring[0], "occurred_at": "2021-01-20 12:00:00"}, *spring[1:]]

    def gone(rows):
        return rows[1:]

    assert small_history(tmp_path, (alone, BY_RACE), (gone, BY_RACE)) == []


def test_without_a_look_at_officers_the_attacker_finds_one(tmp_path, monkeypatch):
    monkeypatch.setattr(LateChanges, "_thin", lambda *_: set())
    steps = (unchanged, BY_RACE), (with_late_ones_of_one_officer, BY_RACE)
    assert {leak.kind for leak in small_history(tmp_path, *steps)} == {"few officers"}


BY_PLACE = [("stops/stops", ["precinct"], "quarter"), ("stops/stops", ["neighborhood"], "quarter")]


def in_neighborhoods(rows):
    return [{**row, "neighborhood": f"{row['precinct']}-{2 if i % 40 == 0 else i % 2}"} for i, row in enumerate(rows)]


def test_neighborhoods_and_their_precincts_hide_the_same(tmp_path):
    assert small_history(tmp_path, (in_neighborhoods, BY_PLACE)) == []


def test_without_the_crosses_neighborhoods_are_found(tmp_path, monkeypatch):
    for made in ("crosses", "joints"):
        monkeypatch.setattr(late_changes, made, lambda *_: [])
    assert {"count", "close"} & {leak.kind for leak in small_history(tmp_path, (in_neighborhoods, BY_PLACE))}


def of_large_groups(rows):
    return [row for row in rows if row["race"] in RACES[:3]]


def test_a_code_that_nobody_has_is_not_known_to_be_nobodys(tmp_path):
    assert small_history(tmp_path, (of_large_groups, BY_RACE)) == []


def test_without_cells_of_listed_codes_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr(late_changes, "listed", lambda *_: {})
    assert 0 in {leak.value for leak in small_history(tmp_path, (of_large_groups, BY_RACE))}


@pytest.mark.ci
@pytest.mark.parametrize("seed", [1, 2])
def test_who_lost_what_was_kept_of_a_release_publishes_no_more(tmp_path, seed):
    town, way, made = Department(seed), ThroughSite(tmp_path / "town"), History()
    step(town, way, made, DAYS[0], "0001")
    shutil.rmtree(tmp_path / "town" / "disclosure")
    town.happen(DAYS[1])
    with pytest.raises(ReleaseError, match="what was kept of it to protect the next is gone"):
        step(town, way, made, DAYS[1], "0002")


def test_a_newer_total_does_not_tell_what_one_officer_did_in_a_quarter_that_waits(tmp_path):
    def more(rows):
        of_many = [late(f"U{i:02}", 1, f"many{i}-", occurred_at="2021-02-10 12:00:00") for i in range(12)]
        return [*with_late_ones_of_one_officer(rows), *(one for [one] in of_many)]

    tables = [("stops/stops", [], "quarter")]
    assert small_history(tmp_path, (unchanged, tables), (more, tables)) == []


def test_a_count_in_a_row_that_was_withheld_was_not_told(tmp_path):
    def few(rows):
        large = of_large_groups(rows)
        of_few = [
            late(f"U{i:02}", 1, f"few{i}-", race="AIAN", search_conducted="yes" if i == 7 else "no") for i in range(8)
        ]
        return [*large, *({**one, "known": "2021-06-01"} for [one] in of_few)]

    shares = [("stops/search_share", ["race"], "quarter")]
    assert small_history(tmp_path, (few, shares, 3), (unchanged, [*shares, *BY_RACE], 10), zeros="shown") == []


def test_a_code_that_comes_up_later_is_not_known_to_have_been_nobodys(tmp_path):
    def come(rows):
        new = [late(f"U{i:02}", 1, f"new{i}-", race="AIAN", occurred_at="2022-02-10 12:00:00") for i in range(15)]
        return [*of_large_groups(rows), *(one for [one] in new)]

    assert small_history(tmp_path, (of_large_groups, BY_RACE), (come, BY_RACE)) == []
