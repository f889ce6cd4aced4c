"""A small made-up site whose release takes a second to build."""

from pathlib import Path

from openhalo.sites.open_site import open_site

AGENCY = """
title: Test city
publisher: {kind: demo, name: OpenHALO tests}
agencies: {testpd: {name: Test Police Department}}
declared_public:
  - record: stops/stop
    fields: [race, gender, reason, precinct, neighborhood, search_conducted]
    reason: The city publishes these fields of every stop on its open data site.
"""

ROWS = "\n".join(
    ["id,when,race,searched"]
    + [
        f"{i},2021-{1 + i % 12:02}-{1 + i % 27:02},{('A', 'B', '')[i % 3]},{('Y', 'N', 'N', '')[i % 4]}"
        for i in range(240)
    ]
)
SOURCE = """
label: Made-up stops
record: stops/stop
publisher: OpenHALO tests
licence: CC0-1.0
reference: tests/publications/made_up.py
unit: stop
zone: America/Chicago
note: Made up for tests.
key: [id]
scope: {mode: append}
fields:
  occurred_at: {from: when, formats: ["%Y-%m-%d"], precision: day}
  race: {from: race, codes: {A: ASIAN, B: BLACK}}
  search_conducted: {from: searched, true: [Y], false: [N]}
ignore: {}
"""


def small_site(root: Path, settings: str = AGENCY):
    (root / "catalogue" / "sources").mkdir(parents=True)
    (root / "agency.yaml").write_text(settings, encoding="utf-8")
    (root / "catalogue" / "sources" / "made_up.yaml").write_text(SOURCE, encoding="utf-8")
    (root / "made_up.csv").write_text(ROWS, encoding="utf-8")
    site = open_site(root)
    site.import_file("made_up", root / "made_up.csv")
    return site
