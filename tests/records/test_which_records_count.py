"""What was known by a date, and which source speaks where two cover the same days."""

from datetime import date

import polars as pl
import pytest

import openhalo
from openhalo.base.errors import MeasureError
from openhalo.catalogue.translating import translated
from openhalo.records.reading import Records
from tests.conftest import AGENCY_YAML
from tests.records.conftest import catalogue, contents, row

NOTES = [{"id": "n", "day": "2020-01-01", "event": "1"}]


def records_of(site, known_by=None):
    return Records(site.store, site.store.manifest(), site.catalogue, known_by, dict(site.settings.authoritative))


def test_a_record_counts_once_it_had_happened_and_was_received(site, deliver):
    deliver(
        site,
        "keyed",
        [
            row("1", "2020-01-05 10:00", "early", received="2020-01-10"),
            row("2", "2020-01-05 10:00", "received late", received="2020-03-01"),
            row("3", "2020-06-01 10:00", "not yet happened", received="2020-01-01"),
        ],
    )
    for day, expected in (
        (date(2020, 1, 9), []),
        (date(2020, 1, 10), ["early"]),
        (date(2020, 3, 1), ["early", "received late"]),
    ):
        found = site.records("trial/event", known_by=day).collect()["place"].sort().to_list()
        assert found == expected
    assert records_of(site, date(2020, 3, 1)).knowledge("trial/event") == {"time_honest": True, "without_date": 0}


def test_what_was_found_later_is_unknown_until_then(site, deliver):
    deliver(
        site,
        "keyed",
        [
            row("1", "2020-01-05 10:00", received="2020-01-10", finding="sustained", found="2020-05-01"),
        ],
    )
    before = site.records("trial/event", known_by=date(2020, 4, 30)).collect().row(0, named=True)
    assert (before["finding"], before["finding_missing"], before["found_on"]) == (None, "unknown", None)
    assert before["found_on_missing"] == "unknown"
    after = site.records("trial/event", known_by=date(2020, 5, 1)).collect().row(0, named=True)
    assert (after["finding"], after["finding_missing"]) == ("sustained", None)
    listed = site.records("trial/event", where="finding = 'sustained'", known_by=date(2020, 4, 30))
    assert listed.collect().is_empty()


def test_records_without_a_date_of_learning_stay_and_are_counted_and_their_findings_do_not(site, deliver):
    deliver(
        site,
        "keyed",
        [
            row("1", "2020-01-05 10:00", "dated", received="2020-01-10"),
            row("2", "2020-01-05 10:00", "undated"),
            row("3", "2020-01-05 10:00", "undated finding", received="2020-01-10", finding="sustained"),
        ],
    )
    rows = {row["place"]: row for row in site.records("trial/event", known_by=date(2030, 2, 1)).collect().to_dicts()}
    assert len(rows) == 3
    hidden = rows["undated finding"]
    assert (hidden["finding"], hidden["finding_missing"]) == (None, "unknown"), "nobody wrote down when it was known"
    assert site.records("trial/event").collect()["finding"].to_list().count("sustained") == 1
    known = records_of(site, date(2020, 2, 1))
    assert known.knowledge("trial/event") == {"time_honest": False, "without_date": 1}
    assert records_of(site).knowledge("trial/event") == {"time_honest": True, "without_date": 0}


def test_records_of_another_day_version_or_language_are_read_anew(site, deliver):
    deliver(site, "keyed", [row("1", "2020-01-05 10:00", "early", received="2020-01-10")])
    deliver(site, "keyed", [row("2", "2020-01-05 10:00", "late", received="2020-03-01")])
    records = records_of(site)

    def places(of):
        return of.fetch(of.table("trial/event").select("place"))["place"].sort().to_list()

    assert places(records) == ["early", "late"]
    assert places(records.as_known_by(date(2020, 1, 10))) == ["early"]
    assert places(records.as_known_by(date(2020, 1, 10)).as_known_by(None)) == ["early", "late"]
    assert places(records.at_version(1)) == ["early"]
    assert places(records.at_version(1).at_version(None)) == ["early", "late"]
    spoken = records.in_language(translated(site.catalogue, str.upper))
    assert spoken.catalogue.record_type("trial/event").label == "EVENT"
    assert spoken.table("trial/event") is records.table("trial/event"), "only texts differ"
    assert places(spoken.as_known_by(date(2020, 1, 10))) == ["early"]


def test_a_record_type_without_dates_of_learning_refuses_known_by(site, deliver):
    deliver(site, "notes", NOTES)
    with pytest.raises(MeasureError, match="does not say when its records were learned"):
        site.records("trial/note", known_by=date(2020, 2, 1))
    assert len(site.records("trial/note").collect()) == 1


def overlapping(make_site, deliver, setting="", name="site"):
    site = make_site(catalogue(), AGENCY_YAML + setting, name)
    deliver(
        site,
        "keyed",
        [row("1", f"2020-0{m}-01 10:00", f"old {m}") for m in (1,)]
        + [row("2", "2020-03-01 10:00", "old 3"), row("3", "2020-05-15 10:00", "old 5")],
    )
    deliver(
        site,
        "second",
        [
            row("1", "2020-03-01 11:00", "new 3"),
            row("2", "2020-04-01 10:00", "new 4"),
            row("3", "2020-06-01 10:00", "new 6"),
        ],
    )
    return site


def test_where_two_sources_cover_the_same_days_a_measure_refuses_until_one_counts(make_site, deliver):
    site = overlapping(make_site, deliver)
    with pytest.raises(MeasureError) as refusal:
        records_of(site).table("trial/event")
    (problem,) = refusal.value.problems
    assert problem.found == "keyed, second of testpd both cover 2020-03-01 to 2020-05-15"
    assert problem.todo.endswith("authoritative: {trial/event: [keyed, second]}")
    assert len(contents(site)) == 6


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("second", "keyed", ["new 3", "new 4", "new 6", "old 1"]),
        ("keyed", "second", ["new 6", "old 1", "old 3", "old 5"]),
    ],
)
def test_the_source_that_counts_first_speaks_for_the_days_that_it_covers(make_site, deliver, first, second, expected):
    site = overlapping(make_site, deliver, f"\nauthoritative: {{trial/event: [{first}, {second}]}}\n")
    assert [place for place, _ in contents(site)] == expected


def test_what_the_refusal_says_to_write_is_what_the_settings_take(make_site, deliver):
    site = overlapping(make_site, deliver)
    with pytest.raises(MeasureError) as refusal:
        records_of(site).table("trial/event")
    line = refusal.value.problems[0].todo.partition(": ")[2]
    settings = site.path / "agency.yaml"
    settings.write_text(settings.read_text() + f"\n{line}\n")
    assert len(contents(openhalo.open_site(site.path))) == 4


def test_links_into_overlapping_sources_refuse_too(make_site, deliver):
    site = overlapping(make_site, deliver)
    deliver(site, "notes", NOTES)
    with pytest.raises(MeasureError, match="both cover"):
        records_of(site).relation("trial/note").field("about.place")


def test_a_listing_shows_no_restricted_field_and_answers_none(site, deliver):
    deliver(site, "keyed", [row("1", name="Jane Roe")])
    listed = site.records("trial/event")
    assert not any(name.startswith("name") for name in listed.collect_schema().names())
    for where in ("name = 'Jane Roe'", "missing(name) or amount = 1"):
        with pytest.raises(openhalo.base.errors.CatalogueError, match="restricted"):
            site.records("trial/event", where=where)
    deliver(site, "notes", NOTES)
    with pytest.raises(openhalo.base.errors.CatalogueError, match="restricted"):
        site.records("trial/note", where="about.name = 'Jane Roe'")


def test_a_listing_reads_only_what_is_asked_for(site, deliver):
    deliver(site, "keyed", [row(str(n), place=str(n), amount=n) for n in range(50)])
    lazy = site.records("trial/event", where="amount >= 10")
    assert lazy.select(pl.len()).collect().item() == 40
    assert len(lazy.head(3).collect()) == 3
    found = lazy.filter(pl.col("amount") < 12).select("place").collect()["place"].sort().to_list()
    assert found == ["10", "11"]
    assert lazy.filter(pl.col("amount") > 40).head(2).collect().height == 2


def test_the_two_real_force_files_overlap_and_the_newer_one_speaks_for_its_days(make_site, data):
    newer, older = "minneapolis_force", "minneapolis_force_2008_2017"
    site = make_site()
    site.import_file(newer, data / "minneapolis" / "force_2016_2021.csv.gz")
    receipt = site.import_file(older, data / "minneapolis" / "force_2008_2017_two_header_rows.csv.gz")
    (told,) = receipt.overlaps
    assert site.receipts()[-1].overlaps == [told]
    assert told.startswith(f"{newer}, {older} of testpd both cover 2016-")
    with pytest.raises(MeasureError, match="both cover"):
        records_of(site).table("force/force_application")
    every = site.records("force/force_application").collect()

    settings = site.path / "agency.yaml"
    setting = f"authoritative: {{force/force_application: [{newer}, {older}]}}"
    settings.write_text(settings.read_text() + f"\n{setting}\n")
    site = openhalo.open_site(site.path)
    counted = site.records("force/force_application").collect()
    start = every.filter(pl.col("source") == newer)["occurred_at_date"].min()
    expected = every.filter((pl.col("source") == newer) | (pl.col("occurred_at_date") < start))
    assert counted["source"].value_counts(sort=True).rows() == expected["source"].value_counts(sort=True).rows()
    assert 0 < counted.filter(pl.col("source") == older).height < every.filter(pl.col("source") == older).height
