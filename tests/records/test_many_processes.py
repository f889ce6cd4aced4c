"""Several real processes on one store: writers wait or fail clearly, readers see whole versions, kills leave one."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from deltalake import DeltaTable

from openhalo.base.errors import StoreError
from tests.records.conftest import contents, row, write_rows
from tests.records.worker import step, wrong

ROOT = Path(__file__).parents[2]


def start(*arguments, **how):
    command = [sys.executable, "-m", "tests.records.worker", *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, **how)


@pytest.mark.ci
def test_two_imports_at_once_give_what_two_after_another_give(site, tmp_path):
    rows = [[row(f"{who}{n}", f"20{18 + n % 3}-06-01 10:00", who) for n in range(30)] for who in "xy"]
    files = [write_rows(tmp_path / f"{i}.csv", part) for i, part in enumerate(rows)]
    go = tmp_path / "go"
    workers = [start("deliver", site.path, go, file) for file in files]
    assert [worker.stdout.readline() for worker in workers] == ["ready\n", "ready\n"]
    go.touch()
    told = sorted(worker.communicate(timeout=60)[0] for worker in workers)
    assert told == ["000001 1\n", "000002 2\n"]
    assert contents(site) == sorted([("x", 1)] * 30 + [("y", 1)] * 30)
    assert len(site.receipts()) == 2


def test_an_import_that_cannot_wait_fails_clearly(site, deliver):
    holder = start("hold", site.path, 30)
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(StoreError, match="another import holds the store"):
            deliver(site, "keyed", [row()], patience=0.2)
    finally:
        holder.kill()
        holder.communicate()
    assert deliver(site, "keyed", [row()], patience=5).store_version == 1


@pytest.mark.ci
def test_readers_see_one_whole_version_over_all_tables_while_imports_run(site, tmp_path):
    readers = [start("read", site.path, tmp_path / "stop") for _ in range(2)]
    try:
        assert [reader.stdout.readline() for reader in readers] == ["ready\n"] * 2
        for number in range(1, 31):
            step(site, number, tmp_path / "files")
    finally:
        (tmp_path / "stop").touch()
        told = [reader.communicate(timeout=60)[0] for reader in readers]
    for line in told:
        seen, faults = line.strip().split(" ", 1)
        assert faults == "[]"
        assert int(seen) > 5, "the readers did not read while the imports ran"


def kill_and_check(site, tmp_path, times, seed):
    chance, found, folder = random.Random(seed), Counter(), tmp_path / "files"
    zygote = start("zygote", site.path, folder, stdin=subprocess.PIPE)
    try:
        for _ in range(times):
            zygote.stdin.write("go\n")
            zygote.stdin.flush()
            importer = int(zygote.stdout.readline())
            time.sleep(chance.uniform(0.02, 0.6))
            os.kill(importer, signal.SIGKILL)
            assert zygote.stdout.readline() == "gone\n"
            found += what_was_left(site)
            assert wrong(site) == ""
            number = site.store.manifest().version + 1
            receipt = step(site, number, folder)
            assert (receipt.store_version, wrong(site)) == (number, "")
            assert what_was_left(site) == Counter()
            assert len(list(site.deliveries.iterdir())) == number
            assert site.store.manifest().deliveries == [r.delivery for r in site.receipts()]
        for version in range(1, site.store.manifest().version + 1):
            assert wrong(site, version) == ""
    finally:
        zygote.communicate()
    return found


def what_was_left(site):
    """Count what a killed import left behind."""
    left, manifest = Counter(), site.store.manifest()
    if site.deliveries.exists():
        left["scratch"] = len(list(site.deliveries.glob(".import-*")))
        left["delivery"] = len(list(site.deliveries.glob("[0-9]*"))) - len(site.receipts())
    for record, table in manifest.tables.items():
        here = DeltaTable(str(site.store.table_path(record))).version()
        steps_back = _restored(site, record, table.delta_version, here)
        left["commit"] += here != table.delta_version and not steps_back
    return +left


def _restored(site, record, named, newest):
    """Whether the newest commit only steps back to the named one."""
    path = str(site.store.table_path(record))
    return DeltaTable(path, version=named).file_uris() == DeltaTable(path, version=newest).file_uris()


@pytest.mark.ci
@pytest.mark.skipif(not hasattr(os, "fork"), reason="the warm importer needs fork")
def test_a_kill_at_any_moment_leaves_one_whole_version(site, tmp_path):
    found = kill_and_check(site, tmp_path, 20, seed=20)
    assert found["scratch"] + found["delivery"] + found["commit"] >= 5, f"few kills hit an import: {found}"


@pytest.mark.soak
def test_500_kills_leave_one_whole_version_each(site, tmp_path):
    found = kill_and_check(site, tmp_path, 500, seed=500)
    assert found["commit"] >= 1, f"no kill fell between a table's commit and the manifest: {found}"
