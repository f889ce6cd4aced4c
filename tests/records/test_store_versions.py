"""Old versions stay whole, and what no manifest names is stepped back over."""

import pytest
from deltalake import DeltaTable

from openhalo.base.errors import StoreError
from tests.records.conftest import contents, row


def kill_before_the_manifest(site):
    """Bring the store to the state that a kill between a table's commit and its manifest leaves."""
    (site.store.manifests / f"{site.store.manifest().version:06d}.json").unlink()


def test_a_commit_that_no_manifest_names_is_stepped_back_over(site, deliver):
    first = [row("1", "2019-06-01 10:00", "a"), row("2", "2020-06-01 10:00", "b")]
    deliver(site, "whole", first)
    deliver(site, "whole", [row("1", "2021-06-01 10:00", "lost")], withdraw=True)
    kill_before_the_manifest(site)
    assert contents(site) == [("a", 1), ("b", 1)]
    assert [receipt.delivery for receipt in site.receipts()] == ["000001"]

    receipt = deliver(site, "whole", [row("1", "2019-06-01 10:00", "A"), first[1]])
    assert (receipt.delivery, receipt.records_changed, receipt.records_unchanged) == ("000002", 1, 1)
    assert contents(site) == [("A", 1), ("b", 1)]
    assert contents(site, version=1) == [("a", 1), ("b", 1)]


def test_a_first_commit_that_no_manifest_names_is_removed(site, deliver):
    deliver(site, "whole", [row("1", place="lost")])
    kill_before_the_manifest(site)
    assert site.store.manifest().version == 0
    deliver(site, "whole", [row("2", place="kept")])
    assert contents(site) == [("kept", 1)]


def test_no_file_of_any_version_ever_goes(site, deliver):
    for turn in range(12):
        deliver(site, "whole", [row("1", f"20{10 + turn}-06-01 10:00", str(turn))], withdraw=True)
    for version in range(1, 13):
        assert contents(site, version=version) == [(str(version - 1), 1)]
    table = DeltaTable(str(site.store.table_path("trial/event")))
    assert len(table.history()) == 12


def test_figures_of_an_old_version_are_those_recorded_then(make_site, data):
    lines = _lines(data / "minneapolis" / "stops_2017.csv.gz")
    site = make_site()
    recorded = []
    for number, last in enumerate((2_000, 3_000, 4_000)):
        file = site.path / f"{number}.csv"
        # The key stays, its content moves: rows of the last file come back as other rows' content.
        file.write_text("".join([lines[0], *lines[1:last]]).replace("White", ("White", "Black", "Asian")[number]))
        site.import_file("minneapolis_stops", file)
        result = site.measure("stops/search_share", by="race", period="year")
        recorded.append(result.to_polars())
    for version, figures in enumerate(recorded, start=1):
        assert site.measure("stops/search_share", by="race", period="year", version=version).to_polars().equals(figures)
    assert not recorded[0].equals(recorded[1])


def _lines(path):
    import gzip

    with gzip.open(path, "rt", encoding="utf-8") as stream:
        return [next(stream) for _ in range(4_001)]


def test_a_version_that_never_was_is_refused(site, deliver):
    deliver(site, "keyed", [row()])
    with pytest.raises(StoreError, match="no version 7"):
        contents(site, version=7)
