"""A process of its own that imports, reads or holds a store: `python -m tests.records.worker MODE SITE …`.

Imports go in steps: step 2n-1 replaces all events by version n of them (three years, so three partitions), step
2n rewrites both notes. Each step makes exactly one store version, so a version's number says what it must hold.
"""

import os
import sys
import time
from datetime import date, timedelta
from pathlib import Path

from openhalo.records.reading import Records
from openhalo.sites.open_site import open_site
from tests.records.conftest import row, write_rows

EVENTS = [(f"{year}-06-0{day} 10:00", f"{year}{day}") for year in (2018, 2019, 2020) for day in (1, 2, 3)]


def step(site, number, folder):
    """Do one import; afterwards the store's version is `number`."""
    turn = (number + 1) // 2
    folder.mkdir(exist_ok=True)
    if number % 2:
        rows = [row(id, time, str(turn), turn % 1000) for time, id in EVENTS]
        return site.import_file("whole", write_rows(folder / f"events-{number}.csv", rows), withdraw=True)
    day = date(2000, 1, 1) + timedelta(days=turn)
    rows = [{"id": id, "day": day.isoformat(), "event": str(turn)} for id in "ab"]
    return site.import_file("notes", write_rows(folder / f"notes-{number}.csv", rows))


def wrong(site, version=None):
    """Say what is wrong with a version of the store; an empty text where all is whole."""
    manifest = site.store.manifest(version)
    records = Records(site.store, manifest, site.catalogue)
    number = manifest.version
    events = _rows(records, "trial/event", "place")
    notes = _rows(records, "trial/note", "about")
    expected = [str((number + 1) // 2)] * (len(EVENTS) if number else 0)
    linked = [f"testpd/keyed/{number // 2}"] * (2 if number >= 2 else 0)
    return "" if (events, notes) == (expected, linked) else f"version {number} holds {events}, {notes}"


def _rows(records, record, column):
    return records.fetch(records.table(record).select(column))[column].to_list()


def zygote(site, folder):
    """Fork a warm worker for each line of standard input and print its id, until it is killed or done.

    `go` imports on and on; any other line is the key of a record to purge.
    """
    _ = site.catalogue
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            if line.strip() != "go":
                site.purge(line.strip(), authority="court order 7")
                os._exit(0)
            number = site.store.manifest().version
            while True:
                number += 1
                step(site, number, folder)
        print(pid, flush=True)
        os.waitpid(pid, 0)
        print("gone", flush=True)


def read(site, stop):
    """Read the newest version again and again until the file `stop` appears; print reads and what was wrong."""
    seen, faults = set(), []
    print("ready", flush=True)
    while not stop.exists():
        version = site.store.manifest().version
        fault = wrong(site, version)
        seen.add(version)
        faults += [fault] if fault else []
    print(len(seen), faults, flush=True)


def hold(site, seconds):
    with site.store.writing(1):
        print("held", flush=True)
        time.sleep(float(seconds))


def deliver(site, go, file):
    print("ready", flush=True)
    while not go.exists():
        time.sleep(0.001)
    receipt = site.import_file("keyed", file)
    print(receipt.delivery, receipt.store_version, flush=True)


if __name__ == "__main__":
    mode, path, *rest = sys.argv[1:]
    opened = open_site(path)
    {"zygote": zygote, "read": read, "hold": hold, "deliver": deliver}[mode](
        opened, *[Path(argument) for argument in rest] if mode != "hold" else rest
    )
