"""What one delivery after another leaves in the store."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

import openhalo
from openhalo.base.errors import DeliveryError, SiteError
from openhalo.intake.receipts import rejected_rows
from openhalo.records import writing
from openhalo.records.identity import agency_bucket
from tests.records.conftest import contents, row, source

FIRST = [row("1", place="a"), row("2", place="b"), row("3", place="c")]


def versions(site):
    return site.store.manifest().version


@pytest.mark.parametrize("spec", ["keyed", "whole", "bare_all", "bare_month"])
def test_other_bytes_or_another_order_of_the_same_rows_make_no_new_version(site, deliver, spec):
    deliver(site, spec, FIRST)
    assert deliver(site, spec, FIRST).repeated
    receipt = deliver(site, spec, list(reversed(FIRST)))
    assert not receipt.repeated
    assert (receipt.records_added, receipt.records_changed, receipt.records_withdrawn) == (0, 0, 0)
    assert receipt.records_unchanged == 3
    assert versions(site) == 1


@pytest.mark.parametrize("spec", ["keyed", "whole", "bare_all", "bare_year", "bare_month", "bare_day"])
def test_a_file_a_correction_and_the_file_again_bring_its_content_back(site, deliver, spec):
    corrected = [row("1", place="a"), row("2", place="B"), row("3", place="c")]
    deliver(site, spec, FIRST)
    before = contents(site)
    deliver(site, spec, corrected, withdraw=True)
    assert contents(site) == [("B", 1), ("a", 1), ("c", 1)]
    deliver(site, spec, FIRST, withdraw=True)
    assert contents(site) == before
    assert contents(site, version=2) == [("B", 1), ("a", 1), ("c", 1)]


@pytest.mark.parametrize(
    ("spec", "kept"),
    [
        ("bare_all", []),
        ("bare_year", ["2019"]),
        ("bare_month", ["2019", "2020-05"]),
        ("bare_day", ["2019", "2020-05", "2020-06-02"]),
    ],
)
def test_a_corrected_row_without_id_replaces_the_old_one_within_its_scope_only(site, deliver, spec, kept):
    rows = [
        row("", "2019-06-01 10:00", "2019"),
        row("", "2020-05-01 10:00", "2020-05"),
        row("", "2020-06-01 10:00", "old"),
        row("", "2020-06-02 10:00", "2020-06-02"),
    ]
    deliver(site, spec, rows)
    receipt = deliver(site, spec, [row("", "2020-06-01 11:00", "corrected")], withdraw=True)
    assert [place for place, _ in contents(site)] == sorted([*kept, "corrected"])
    assert receipt.records_withdrawn == 4 - len(kept)


def test_identical_rows_without_id_are_separate_records_and_are_counted_down(site, deliver):
    deliver(site, "bare_all", [row("")] * 3 + [row("", place="south")])
    assert len(contents(site)) == 4
    deliver(site, "bare_all", [row("")] * 2 + [row("", place="south")], withdraw=True)
    assert contents(site) == [("north", 1), ("north", 1), ("south", 1)]


def test_a_wrong_time_zone_is_mended_and_leaves_nothing_in_the_other_year(site, deliver):
    path = site.path / "catalogue" / "sources" / "keyed.yaml"
    rows = [row("1", "2020-12-31 20:00"), row("2", "2020-12-31 10:00"), row("3", "2021-01-01 00:30", "new year")]
    path.write_text(source(zone="Etc/GMT+12"))
    site = openhalo.open_site(site.path)
    deliver(site, "keyed", rows)
    assert years(site) == {2020: 1, 2021: 2}
    path.write_text(source(version=2))
    site = openhalo.open_site(site.path)
    receipt = deliver(site, "keyed", rows)
    assert receipt.supersedes == ["000001"]
    assert years(site) == {2020: 2, 2021: 1}
    assert years(site, 1) == {2020: 1, 2021: 2}
    assert len(contents(site)) == 3


def test_the_real_stops_read_in_the_wrong_time_zone_and_mended_are_51920_in_one_year(make_site, data):
    site = make_site({"sources/minneapolis_stops.yaml": _stops_in("Asia/Tokyo")})
    file = data / "minneapolis" / "stops_2017.csv.gz"
    site.import_file("minneapolis_stops", file)
    assert set(years(site, record="stops/stop")) == {2017, 2018}
    (site.path / "catalogue" / "sources" / "minneapolis_stops.yaml").unlink()
    site = openhalo.open_site(site.path)
    site.import_file("minneapolis_stops", file)
    assert years(site, record="stops/stop") == {2017: 51_920}


def _stops_in(zone):
    from importlib.resources import files

    shipped = (files("openhalo_catalogue") / "sources" / "minneapolis_stops.yaml").read_text()
    assert "zone: America/Chicago" in shipped
    return shipped.replace("zone: America/Chicago", f"zone: {zone}")


def years(site, version=None, record="trial/event"):
    """Rows by partition, read from the files themselves."""
    files = site.store.files(site.store.manifest(version), record)
    counted = pl.scan_parquet(files, hive_partitioning=True).group_by("local_year").len().collect()
    return dict(sorted(counted.iter_rows()))


def test_a_record_that_moves_to_another_year_leaves_no_copy(site, deliver):
    deliver(site, "keyed", [row("1", "2019-06-01 10:00"), row("2", "2020-06-01 10:00")])
    receipt = deliver(site, "keyed", [row("1", "2020-06-01 10:00")])
    assert (receipt.records_changed, receipt.records_withdrawn) == (1, 0)
    assert years(site) == {2020: 2}


def test_withdrawals_carry_delivery_and_reason(site, deliver):
    deliver(site, "whole", FIRST)
    receipt = deliver(site, "whole", FIRST[:2], withdraw=True)
    kept = pl.read_parquet(site.deliveries / receipt.delivery / "withdrawn.parquet")
    assert kept.select("record_key", "delivery", "reason").rows() == [
        ("testpd/whole/3", "000001", "the file speaks for it and no longer holds it")
    ]


def test_a_mended_spec_withdraws_what_it_now_rejects(site, deliver):
    rows = [row("1", amount=1), row("2", amount=900)]
    deliver(site, "keyed", rows)
    path = site.path / "catalogue" / "trial" / "event.yaml"
    path.write_text(path.read_text().replace("max: 1000", "max: 500"))
    with pytest.raises(DeliveryError, match="would take back 1 of the 2 records"):
        deliver(openhalo.open_site(site.path), "keyed", rows)
    receipt = deliver(openhalo.open_site(site.path), "keyed", rows, withdraw=True)
    assert (receipt.rows_rejected, receipt.records_withdrawn) == (1, 1)
    kept = pl.read_parquet(site.deliveries / receipt.delivery / "withdrawn.parquet")
    assert kept["reason"].to_list() == ["the same file, read anew, brings it no longer"]
    assert contents(openhalo.open_site(site.path)) == [("north", 1)]


@pytest.mark.parametrize("spec", ["keyed", "whole"])
def test_a_rejected_row_never_withdraws_the_record_it_meant_to_correct(site, deliver, spec):
    deliver(site, spec, FIRST)
    receipt = deliver(site, spec, [row("1", place="a"), row("2", place="b"), row("3", place="c", amount=5000)])
    assert (receipt.rows_rejected, receipt.records_withdrawn) == (1, 0)
    assert contents(site) == [("a", 1), ("b", 1), ("c", 1)]


def test_two_rows_of_one_key_that_disagree_withdraw_nothing(site, deliver):
    deliver(site, "whole", FIRST)
    receipt = deliver(site, "whole", [*FIRST, row("3", place="other")])
    assert (receipt.rows_rejected, receipt.records_withdrawn) == (2, 0)
    assert contents(site) == [("a", 1), ("b", 1), ("c", 1)]


def test_a_large_withdrawal_is_refused_until_it_is_confirmed(site, deliver):
    deliver(site, "whole", [row(str(n), place=str(n)) for n in range(10)])
    few = [row(str(n), place=str(n)) for n in range(7)]
    with pytest.raises(DeliveryError, match="3 of the 10"):
        deliver(site, "whole", few)
    assert (versions(site), len(site.receipts())) == (1, 1)
    assert deliver(site, "whole", few, withdraw=True).records_withdrawn == 3
    assert deliver(site, "whole", few[:6]).records_withdrawn == 1


def test_a_named_period_is_the_scope_of_an_append(site, deliver):
    deliver(site, "keyed", [row("1", "2019-06-01 10:00"), row("2", "2020-06-01 10:00"), row("3", "2020-07-01 10:00")])
    deliver(site, "keyed", [row("3", "2020-07-01 10:00")], period="2020", withdraw=True)
    assert years(site) == {2019: 1, 2020: 1}


def test_sources_and_agencies_never_withdraw_each_others_records(make_site, deliver):
    from tests.records.conftest import catalogue

    settings = """
        title: Two
        publisher: {kind: demo, name: tests}
        agencies: {east: {name: East}, west: {name: West}}
    """
    site = make_site(catalogue(), settings)
    deliver(site, "whole", FIRST, agency="east")
    deliver(site, "whole", [row("1", place="w")], agency="west")
    deliver(site, "bare_all", [row("", "2020-01-01 10:00", "bare")], agency="west")
    assert contents(site) == [("a", 1), ("b", 1), ("bare", 1), ("c", 1), ("w", 1)]


def test_a_year_of_many_records_is_split_by_agency(make_site, deliver, monkeypatch):
    from tests.records.conftest import catalogue

    monkeypatch.setattr(writing, "ROWS_PER_YEAR", 5)
    monkeypatch.setattr(writing, "ROWS_PER_FILE", 2)
    settings = """
        title: Two
        publisher: {kind: demo, name: tests}
        agencies: {east: {name: East}, west: {name: West}}
    """
    site = make_site(catalogue(), settings)

    def folders():
        return {Path(file).parent.name for file in site.store.files(site.store.manifest(), "trial/event")}

    east = [row(str(n), f"2020-0{n}-01 10:00", f"e{n}") for n in range(1, 5)]
    west = [row(str(n), f"2020-0{n}-01 10:00", f"w{n}") for n in range(1, 5)]
    deliver(site, "keyed", east, agency="east")
    assert folders() == {"agency_bucket=0"}
    deliver(site, "keyed", west, agency="west")
    buckets = {f"agency_bucket={agency_bucket(name)}" for name in ("east", "west")}
    assert len(buckets) == 2
    assert folders() == buckets
    before = set(site.store.files(site.store.manifest(), "trial/event"))

    moved = row("2", "2021-02-01 10:00", "e2")
    receipt = deliver(site, "keyed", [row("1", "2020-01-01 10:00", "e1", amount=9), moved], agency="east")
    assert (receipt.records_changed, receipt.records_added, receipt.records_withdrawn) == (2, 0, 0)
    after = set(site.store.files(site.store.manifest(), "trial/event"))
    kept = {Path(file).parent.name for file in before & after}
    assert kept == {f"agency_bucket={agency_bucket('west')}"}, "a delivery rewrites nothing of another agency"
    expected = sorted([("e1", 9), ("e2", 1), ("e3", 1), ("e4", 1), *((f"w{n}", 1) for n in range(1, 5))])
    assert contents(site) == expected
    assert contents(site, version=1) == [(f"e{n}", 1) for n in range(1, 5)]


@pytest.mark.parametrize("day", ["0017-05-01", "1899-12-31", f"{date.today() + timedelta(days=2)}"])
def test_a_time_that_can_only_be_a_slip_is_rejected(site, deliver, day):
    receipt = deliver(site, "keyed", [row("1"), row("2", time=f"{day} 10:00")])
    assert (receipt.rows_accepted, receipt.rows_rejected) == (1, 1)
    (reason,) = rejected_rows(site.deliveries, receipt.delivery)["reasons"].explode().struct.field("reason")
    assert "is no time at which this can have happened; allowed: 1900-01-01 to " in reason


def test_a_site_lies_in_any_folder(make_site, site, deliver, tmp_path):
    place = tmp_path / "Jane Doe's sité"
    shutil.copytree(site.path, place)
    moved = openhalo.open_site(place)
    deliver(moved, "keyed", [row("1", place="a"), row("2", place="b")])
    deliver(moved, "keyed", [row("1", place="c")])
    assert contents(moved) == [("b", 1), ("c", 1)]
    moved.purge("testpd/keyed/1", authority="order")
    assert contents(moved) == [("b", 1)]


@pytest.mark.parametrize("name", ["site [1]", "50% off", "what?"])
def test_a_folder_whose_name_an_engine_would_misread_is_refused(site, tmp_path, name):
    shutil.copytree(site.path, tmp_path / name)
    with pytest.raises(SiteError, match="give the folder another name"):
        openhalo.open_site(tmp_path / name)


def test_a_delivery_takes_no_number_that_was_given_and_no_folder_that_is_there(site, deliver):
    for number in (1, 2):
        deliver(site, "keyed", [row(str(number))])
    shutil.rmtree(site.deliveries / "000001")
    (site.deliveries / "000003").mkdir()
    (site.deliveries / "000003" / "export.csv").write_text("kept by a person")
    assert deliver(site, "keyed", [row("3")]).delivery == "000004"
    assert (site.deliveries / "000003" / "export.csv").read_text() == "kept by a person"
    assert [receipt.delivery for receipt in site.receipts()] == ["000002", "000004"]


def test_a_rule_that_only_flags_rejects_nothing_and_is_counted(site, deliver):
    path = site.path / "catalogue" / "trial" / "event.yaml"
    rule = "rules:\n  big: {condition: amount < 500 or missing(place), message: a big one, severity: flag}\n"
    path.write_text(path.read_text() + rule)
    rows = [row("1", amount=700), row("2", amount=1), row("3", amount=900, place=""), row("4", amount=5000)]
    receipt = deliver(openhalo.open_site(site.path), "keyed", rows)
    assert (receipt.rows_accepted, receipt.rows_rejected, receipt.flagged) == (3, 1, {"a big one": 1})
    assert site.receipts()[-1].flagged == {"a big one": 1}
