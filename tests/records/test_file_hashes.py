"""No file of the store can be altered unseen, also where no figure reads it."""

import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import openhalo
from openhalo.base.errors import StoreError
from openhalo.base.progress import silent
from openhalo.cli.main import app
from openhalo.records.file_hashes import must_be_as_written
from openhalo.records.purging import journal_file
from openhalo.records.store import Store
from tests.copies import copy_of
from tests.records.conftest import row, write_rows
from tests.records.test_purge import found as new_site
from tests.releases.site import small_site
from tests.sites.earlier_formats import as_before


@pytest.fixture(scope="module")
def held(tmp_path_factory):
    """A site with two tables over three years, three versions, and a purge."""
    folder = tmp_path_factory.mktemp("hashes")
    site = new_site(folder / "site")
    days = [row(f"{year}-{n}", f"{year}-06-0{n} 10:00", "here") for year in (2018, 2019, 2020) for n in (1, 2)]
    site.import_file("keyed", write_rows(folder / "1.csv", days))
    site.import_file("keyed", write_rows(folder / "2.csv", [{**days[0], "place": "there"}]))
    site.import_file("notes", write_rows(folder / "3.csv", [{"id": "a", "day": "2020-01-01", "event": "2018-1"}]))
    site.purge("testpd/keyed/2019-1", authority="court order 7")
    return site


def files(store: Store, version=None):
    """The data files of a store version."""
    manifest = store.manifest(version)
    return [path for record in manifest.tables for path in store.files(manifest, record)]


def refused(store: Store, version: int = 0) -> list[str]:
    """What is said to be wrong with the newest version and another."""
    with pytest.raises(StoreError) as error:
        must_be_as_written(store, version, silent)
    return [problem.where for problem in error.value.problems]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_byte_that_is_changed_in_any_file_of_the_store_is_found(held, data):
    store, newest = held.store, held.store.manifest().version
    version = data.draw(st.integers(1, newest))
    path = data.draw(st.sampled_from(files(store, version)))
    with Path(path).open("r+b") as stream:
        whole = stream.read()
        place, flip = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(1, 255))
        stream.seek(place)
        stream.write(bytes([whole[place] ^ flip]))
    try:
        assert refused(store, version) == [path]
    finally:
        Path(path).write_bytes(whole)
    must_be_as_written(store, version, silent)


def test_every_version_holds_after_a_purge_rewrote_its_files(held):
    for version in range(1, held.store.manifest().version + 1):
        must_be_as_written(held.store, version, silent)


def test_a_file_that_is_gone_and_one_that_came_by_the_log_are_found(held, tmp_path):
    site = copy_of(held, tmp_path)
    first = files(site.store)[0]
    table = site.store.table_path("trial/event")
    log = max((table / "_delta_log").glob("[0-9]*.json"))
    added = json.loads(next(line for line in log.read_text().splitlines() if '"add"' in line))
    name = added["add"]["path"]
    (table / name.replace("part-", "part-copy-")).write_bytes((table / name).read_bytes())
    with log.open("a", encoding="utf-8") as stream:
        added["add"]["path"] = name.replace("part-", "part-copy-")
        stream.write(json.dumps(added) + "\n")
    assert refused(site.store) == [str(table)]
    (site.store.root.parent / first).unlink()
    assert refused(site.store) == [first]


def test_an_import_carries_hashes_over_and_does_not_bless_what_was_altered(held, tmp_path):
    site = copy_of(held, tmp_path)
    altered = next(path for path in files(site.store) if "=2018" in path)
    frame = pl.read_parquet(altered, hive_partitioning=False)
    frame.with_columns(place=pl.lit("elsewhere")).write_parquet(altered)
    site.import_file("keyed", write_rows(tmp_path / "more.csv", [row("new", "2020-07-01 10:00")]))
    assert refused(site.store) == [altered]


def test_a_purge_that_is_under_way_is_no_alteration(held, tmp_path):
    site = copy_of(held, tmp_path)
    journal_file(site.store).write_text("{}")
    with pytest.raises(StoreError, match="a purge is under way, or was broken off"):
        must_be_as_written(site.store, 1, silent)


@pytest.mark.ci
def test_what_no_figure_reads_is_altered_only_unseen_by_the_figures(tmp_path):
    site = small_site(tmp_path / "site")
    site.publish()
    (path,) = [path for path in files(site.store) if "=2020" in path]
    frame = pl.read_parquet(path, hive_partitioning=False)
    frame.with_columns(incident=pl.lit("INC-0")).write_parquet(path)
    assert site.recompute().problems == []
    told = CliRunner().invoke(app, ["recompute", str(site.path), "--store"])
    assert isinstance(told.exception, StoreError)
    assert [(problem.where, problem.todo) for problem in told.exception.problems] == [
        (path, "restore the site's backup")
    ]
    frame.write_parquet(path)
    assert refused(site.store, 1) == [path], "the same records in other bytes are not what was written"


def test_an_earlier_versions_store_tells_its_hashes_after_the_upgrade(held, tmp_path):
    site = as_before(copy_of(held, tmp_path))
    manifests = [str(path) for path in sorted(site.store.manifests.glob("*.json"))]
    assert {*refused(site.store, 1)} == {manifests[0], manifests[-1]}
    site.import_file("keyed", write_rows(tmp_path / "more.csv", [row("new", "2020-07-01 10:00")]))
    assert openhalo.open_site(site.path).upgrade() != []
    for version in range(1, site.store.manifest().version + 1):
        must_be_as_written(site.store, version, silent)
    with Path(files(site.store, 1)[0]).open("ab") as stream:
        stream.write(b"PAR1")
    assert refused(site.store, 1) == [files(site.store, 1)[0]]
