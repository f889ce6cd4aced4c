"""A small catalogue of its own: one record type with knowledge dates, and sources of every scope."""

import csv
from pathlib import Path

import pytest

EVENT = """
label: Event
plural: events
description: A trial record type.
source: tests
units: {event: events}
time: happened_at
known_at: {received: received_on, finding: found_on}
fields:
  happened_at: {type: time, label: When, privacy: public, required: true, source: tests}
  place: {type: text, label: Place, privacy: public, source: tests}
  amount: {type: integer, label: Amount, min: 0, max: 1000, privacy: public, source: tests}
  name: {type: text, label: Name, privacy: restricted, source: tests}
  received_on: {type: date, label: Received, privacy: internal, source: tests}
  finding: {type: text, label: Finding, known_at: finding, privacy: public, source: tests}
  found_on: {type: date, label: Found, privacy: internal, source: tests}
example: {happened_at: "2020-01-01 10:00", place: north}
"""

UNDATED = """
label: Note
plural: notes
description: A trial record type without knowledge dates, linked to an event.
source: tests
units: {note: notes}
time: written_on
fields:
  written_on: {type: date, label: When, privacy: public, required: true, source: tests}
  about: {type: link, to: trial/event, inverse: notes, label: About, privacy: internal, source: tests}
example: {written_on: "2020-01-01"}
"""

SOURCE = """
label: Trial events
record: trial/event
version: {version}
publisher: tests
licence: none
reference: tests
unit: event
zone: America/Chicago
key: [{key}]
scope: {{mode: {mode}, period: {period}}}
fields:
  happened_at: {{from: time, formats: ["%Y-%m-%d %H:%M"], zone: {zone}}}
  place: {{from: place}}
  amount: {{from: amount}}
  name: {{from: name}}
  received_on: {{from: received, formats: ["%Y-%m-%d"]}}
  finding: {{from: finding}}
  found_on: {{from: found, formats: ["%Y-%m-%d"]}}
ignore: {{{ignore}}}
"""

NOTES = """
label: Trial notes
record: trial/note
publisher: tests
licence: none
reference: tests
unit: note
zone: America/Chicago
key: [id]
scope: {mode: append}
fields:
  written_on: {from: day, formats: ["%Y-%m-%d"]}
  about: {from: event, target: keyed}
"""

COLUMNS = ["id", "time", "place", "amount", "name", "received", "finding", "found"]


def source(key="id", mode="append", period="all", zone="America/Chicago", version=1):
    ignore = "" if key else "id: rows are told apart by their cells"
    return SOURCE.format(key=key, mode=mode, period=period, zone=zone, version=version, ignore=ignore)


def catalogue():
    files = {"trial/event.yaml": EVENT, "trial/note.yaml": UNDATED, "sources/notes.yaml": NOTES}
    files["sources/keyed.yaml"] = source()
    files["sources/second.yaml"] = source()
    files["sources/whole.yaml"] = source(mode="replace")
    for period in ("all", "year", "month", "day"):
        files[f"sources/bare_{period}.yaml"] = source(key="", mode="replace", period=period)
    return files


@pytest.fixture
def site(make_site):
    return make_site(catalogue())


def row(id="1", time="2020-06-01 10:00", place="north", amount=1, name="", received="", finding="", found=""):
    return dict(zip(COLUMNS, (id, time, place, amount, name, received, finding, found), strict=True))


@pytest.fixture
def deliver(tmp_path):
    """Write rows to a new file and import it under a source."""

    def run(site, spec, rows, **how):
        number = len(list(tmp_path.glob("file-*.csv"))) + 1
        return site.import_file(spec, write_rows(tmp_path / f"file-{number}.csv", rows), **how)

    return run


def write_rows(path: Path, rows) -> Path:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]) if rows else COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return path


def contents(site, version=None, record="trial/event"):
    """What the store holds: (place, amount) of each record, sorted."""
    frame = site.records(record, version=version).collect()
    return sorted(zip(frame["place"], frame["amount"], strict=True))
