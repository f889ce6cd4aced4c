"""A purged record is nowhere any more: no version, no file, no way back in."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable
from hypothesis import given, settings
from hypothesis import strategies as st

import openhalo
from openhalo.base.errors import StoreError
from openhalo.base.progress import silent
from openhalo.base.signing import is_signed
from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.publications.compared_figures import Allowance, allowance
from openhalo.records.file_hashes import must_be_as_written
from openhalo.records.purging import SignedPurge, purges
from openhalo.records.reading import Records
from openhalo.releases.package import describe
from openhalo.releases.register import Entry
from tests.records.conftest import catalogue, contents, row, write_rows

SECRET = "SECRET77"
KEY = f"testpd/keyed/{SECRET}"
BUILT_BY_OTHERS = {"catalogue", "releases"}


def traces(site, *words):
    """Every file below a site that names a word: in its bytes, or in any cell of a Parquet file."""
    found = []
    for path in sorted(p for p in site.path.rglob("*") if p.is_file() and p.parts[-2] not in BUILT_BY_OTHERS):
        text = path.read_bytes()
        if path.suffix in (".parquet", ".purging"):
            text += pl.read_parquet(path, hive_partitioning=False).write_json().encode()
        found += [path.relative_to(site.path).as_posix() for word in words if word.encode() in text]
    return found


def every_version_opens(site):
    for version in range(1, site.store.manifest().version + 1):
        must_be_as_written(site.store, version, silent)
        for record, table in site.store.manifest(version).tables.items():
            opened = DeltaTable(str(site.store.table_path(record)), version=table.delta_version)
            rows = sum(len(pl.read_parquet(file, hive_partitioning=False)) for file in opened.file_uris())
            sizes = dict(pl.DataFrame(opened.get_add_actions(flatten=True)).select("path", "size_bytes").rows())
            for name, size in sizes.items():
                assert (site.store.table_path(record) / name).stat().st_size == size
            counted = pl.DataFrame(opened.get_add_actions(flatten=True))["num_records"].sum()
            assert counted == rows == len(site.records(record, version=version).collect())


def found(folder):
    """Make a site with the trial catalogue."""
    for place, text in catalogue().items():
        (folder / "catalogue" / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / "catalogue" / place).write_text(text)
    (folder / "agency.yaml").write_text("title: T\npublisher: {kind: demo, name: t}\nagencies: {testpd: {name: T}}\n")
    return openhalo.open_site(folder)


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    """A site where the record came, moved, was rejected, came again, was linked to and withdrawn."""
    folder = tmp_path_factory.mktemp("once")
    site, files = found(folder / "site"), iter(range(100))

    def deliver(spec, rows, **how):
        site.import_file(spec, write_rows(folder / f"{next(files)}.csv", rows), **how)

    others = [row(str(n), f"201{n}-06-01 10:00", f"other {n}") for n in range(6)]
    for turn in range(11):
        deliver("keyed", [*others, row(SECRET, f"201{turn % 5}-06-01 10:00", f"{SECRET} {turn}")])
    deliver("keyed", [*others, row(SECRET, "2014-06-01 10:00", f"{SECRET} bad", amount=5000)])
    deliver("keyed", [row(SECRET, place="a"), row(SECRET, place="b"), row("9", amount=5000)])
    notes = [{"id": "a", "day": "2020-01-01", "event": SECRET}, {"id": "b", "day": "2020-01-01", "event": "1"}]
    deliver("notes", [*notes, {"id": "z", "day": "no day", "event": SECRET}])
    deliver("keyed", [row("1", "2011-06-01 10:00", "other 1")], period="2010..2016", withdraw=True)
    return site


@pytest.fixture
def lived(once, tmp_path):
    return openhalo.open_site(shutil.copytree(once.path, tmp_path / "site"))


def test_after_a_purge_no_file_names_the_record_and_every_version_opens(lived):
    site, before = lived, lived.store.manifest().version
    assert len(traces(site, SECRET)) > 12
    receipt = site.purge(KEY, authority="court order 7")
    assert traces(site, SECRET, KEY) == []
    every_version_opens(site)
    assert contents(site, version=1) == [(f"other {n}", 1) for n in range(6)]
    assert receipt.versions == list(range(1, before + 1)), "the newest links to it"
    rejected = pl.read_parquet(site.deliveries / "000013" / "rejected.parquet")
    assert rejected["id"].to_list() == ["9"]
    assert not (site.deliveries / "000012" / "rejected.parquet").exists()


def test_links_to_a_purged_record_become_unknown(lived):
    lived.purge(KEY, authority="court order 7")
    notes = lived.records("trial/note").collect().sort("record_key")
    assert notes.select("about", "about_missing").rows() == [(None, "unknown"), ("testpd/keyed/1", None)]


def test_figures_that_look_through_links_may_have_moved_by_what_is_linked(lived):
    """A note on a purged event, and events on which there were purged notes; of its own records as many as purged."""
    lived.purge(KEY, authority="court order 7")
    records = Records(lived.store, lived.store.manifest(), lived.catalogue)
    gone = {"trial/event": 1}
    by_record = {name: MeasureSpec.model_construct(record=name) for name in ("trial/note", "trial/event")}
    assert allowance(by_record["trial/note"], gone, records) == Allowance(gone=0, moved=1)
    assert allowance(by_record["trial/event"], gone, records) == Allowance(gone=1, moved=0)
    assert allowance(by_record["trial/event"], {"trial/note": 2}, records) == Allowance(gone=0, moved=2)
    assert allowance(by_record["trial/event"], {}, records) == Allowance(gone=0, moved=0)


def test_the_receipt_is_signed_and_never_names_the_record(lived):
    lived.purge(KEY, authority="court order 7")
    signed = json.loads((lived.store.root / "purges" / "000001.json").read_text())
    public = (lived.path / "keys" / "site.pub").read_text()
    assert is_signed(SignedPurge.model_validate(signed), public)
    assert (signed["facts"]["authority"], signed["facts"]["date"]) == ("court order 7", date.today().isoformat())
    changed = {**signed, "facts": {**signed["facts"], "authority": "nobody"}}
    assert not is_signed(SignedPurge.model_validate(changed))
    if os.name == "posix":
        assert [oct((lived.path / "keys" / name).stat().st_mode)[-3:] for name in ("site.key", "site.salt")] == [
            "600"
        ] * 2


def test_the_purged_record_can_not_come_back(lived, deliver):
    lived.purge(KEY, authority="court order 7")
    rows = [row("7", "2017-06-01 10:00", "new"), row(SECRET, "2014-06-01 10:00", f"{SECRET} again")]
    receipt = deliver(lived, "keyed", rows)
    assert (receipt.rows_read, receipt.rows_accepted, receipt.rows_rejected) == (2, 1, 1)
    reasons = pl.read_parquet(lived.deliveries / receipt.delivery / "rejected.parquet")["reasons"].to_list()
    assert [r["reason"] for r in reasons[0]] == ["key: this record was purged; nothing of it is kept"]
    deliver(lived, "keyed", [row(SECRET, amount=5000, place=SECRET), row("8", amount=5000)])
    deliver(lived, "notes", [{"id": "c", "day": "2020-01-01", "event": SECRET}])
    assert traces(lived, SECRET) == []
    assert lived.records("trial/note").collect().sort("record_key")["about"].to_list()[2] is None


def test_a_record_without_id_is_purged_and_its_twin_stays(site, deliver):
    rows = [row("", place=SECRET), row("", place=SECRET), row("", place="other")]
    deliver(site, "bare_all", rows)
    key = site.records("trial/event", where=f"place = '{SECRET}'").collect()["record_key"].sort()[0]
    site.purge(key, authority="court order 7")
    assert contents(site) == [(SECRET, 1), ("other", 1)]
    assert traces(site, key) == []
    receipt = deliver(site, "bare_all", list(reversed(rows)))
    assert (receipt.records_added, receipt.rows_rejected) == (0, 1)
    assert contents(site) == [(SECRET, 1), ("other", 1)]


def release(site, name):
    version = site.store.manifest().version
    made = {
        "number": name,
        "created": datetime.now(UTC),
        "store_version": version,
        "release_hash": "",
        "state": "public",
    }
    site.releases.mkdir(exist_ok=True)
    site.register.add(Entry.model_validate(made))
    (site.releases / name).mkdir()
    describe(site.releases / name, {"store_version": version}, {})


def test_releases_made_from_a_touched_version_are_to_be_recalled(site, deliver):
    deliver(site, "keyed", [row("1")])
    release(site, "0001")
    deliver(site, "keyed", [row(SECRET)])
    release(site, "0002")
    result = site.purge(KEY, authority="court order 7")
    assert (result.versions, result.releases) == ([2], ["0002"])


def test_figures_of_a_touched_version_say_that_they_can_not_be_recomputed(site, deliver):
    deliver(site, "keyed", [row("1")])
    deliver(site, "keyed", [row(SECRET)])
    site.purge(KEY, authority="court order 7")
    told = [Records(site.store, site.store.manifest(version), site.catalogue).purges() for version in (1, 2, 3)]
    assert told == [[], ["000001"], []]
    assert site.store.manifest().tables["trial/event"].rows == 1


def test_findings_can_not_be_purged_by_the_agency_alone(site, deliver):
    path = site.path / "catalogue" / "trial" / "event.yaml"
    path.write_text(path.read_text().replace("time: happened_at\n", "time: happened_at\npurge: with_oversight\n"))
    site = openhalo.open_site(site.path)
    deliver(site, "keyed", [row(SECRET)])
    with pytest.raises(StoreError, match="can't be purged by the agency alone"):
        site.purge(KEY, authority="the chief")
    assert site.purge(KEY, authority="the chief", oversight="board vote 12").oversight == "board vote 12"


@pytest.mark.parametrize("key", ["testpd/keyed/nobody", "nonsense", "testpd/elsewhere/1"])
def test_what_is_not_there_can_not_be_purged(site, deliver, key):
    deliver(site, "keyed", [row("1")])
    with pytest.raises(StoreError):
        site.purge(key, authority="court order 7")
    with pytest.raises(StoreError, match="without authority"):
        site.purge("testpd/keyed/1", authority=" ")
    assert purges(site.store) == []
    assert len(contents(site)) == 1


@pytest.mark.ci
@pytest.mark.skipif(not hasattr(os, "fork"), reason="the warm worker needs fork")
def test_a_purge_that_is_killed_is_finished_by_the_next_writer(lived, deliver, tmp_path):
    chance, broken_off = random.Random(6), 0
    deliver(lived, "keyed", [row(f"{SECRET}-{n}", f"201{n % 5}-06-01 10:00", f"{SECRET}-{n}") for n in range(6)])
    command = [sys.executable, "-m", "tests.records.worker", "zygote", str(lived.path), str(tmp_path)]
    root = Path(__file__).parents[2]
    worker = subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        for number in range(6):
            key = f"{KEY}-{number}"
            worker.stdin.write(f"{key}\n")
            worker.stdin.flush()
            purger = int(worker.stdout.readline())
            journal = lived.store.root / "purges" / "journal.json"
            while not journal.exists() and len(purges(lived.store)) == number:
                time.sleep(0.001)
            time.sleep(chance.uniform(0, 0.1))
            with suppress(ProcessLookupError):  # it may have ended in time
                os.kill(purger, signal.SIGKILL)
            assert worker.stdout.readline() == "gone\n"
            broken_off += journal.exists()
            deliver(lived, "keyed", [row("1", "2011-06-01 10:00", f"after {number}")])
            assert not journal.exists()
            assert traces(lived, key) == []
            assert len(purges(lived.store)) == number + 1
    finally:
        worker.communicate()
    assert broken_off >= 2, "hardly any kill fell into a purge"
    every_version_opens(lived)
    assert f"after {5}" in [place for place, _ in contents(lived)]


@settings(max_examples=8, deadline=None)
@given(st.data())
def test_whatever_was_delivered_a_purge_leaves_no_trace_and_all_else(data):
    ids = [f"record{n}x" for n in range(4)]
    line = st.builds(
        row,
        st.sampled_from(ids),
        st.sampled_from(["2019-06-01 10:00", "2020-06-01 10:00"]),
        st.sampled_from("ab"),
        st.sampled_from([1, 5000]),
    )
    deliveries = data.draw(st.lists(st.lists(line, min_size=1, max_size=4), min_size=1, max_size=3))
    with tempfile.TemporaryDirectory() as folder:
        site = found(Path(folder) / "site")
        for number, rows in enumerate(deliveries):
            site.import_file("whole", write_rows(Path(folder) / f"{number}.csv", rows), withdraw=True)
        if site.store.manifest().version == 0:
            return
        versions = range(1, site.store.manifest().version + 1)
        before = {v: site.records("trial/event", version=v).collect().sort("record_key") for v in versions}
        held = sorted({key for frame in before.values() for key in frame["record_key"]})
        key = data.draw(st.sampled_from(held))
        site.purge(key, authority="court order 7")
        assert traces(site, key, key.rpartition("/")[2]) == []
        every_version_opens(site)
        for version, frame in before.items():
            after = site.records("trial/event", version=version).collect().sort("record_key")
            assert after.equals(frame.filter(pl.col("record_key") != key))
