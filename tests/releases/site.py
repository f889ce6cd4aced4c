"""A made-up site whose records have all that may not go out, and a way to forge its releases."""

import atexit
import json
import shutil
import tempfile
from pathlib import Path

import polars as pl

from openhalo.base.provenance import hash_file
from openhalo.releases.package import release_hash
from openhalo.releases.tables import write_twins
from openhalo.sites.open_site import open_site

AGENCY = """
title: Test city
publisher: {kind: demo, name: OpenHALO tests}
agencies: {testpd: {name: Test Police Department}}
declared_public:
  - record: stops/stop
    fields: [occurred_at, race, search_conducted, precinct, neighborhood, reason, gender, age, latitude]
    reason: The city publishes these fields of every stop on its open data site.
"""
SOURCE = """
label: Made-up stops
record: stops/stop
publisher: OpenHALO tests
licence: CC0-1.0
reference: tests/releases/site.py
unit: stop
zone: America/Chicago
key: [id]
scope: {mode: append}
fields:
  occurred_at: {from: when, formats: ["%Y-%m-%d"], precision: day}
  incident: {from: incident}
  race: {from: race, codes: {A: ASIAN, B: BLACK}, missing: {U: unknown}}
  age: {from: age}
  precinct: {from: precinct}
  latitude: {from: lat}
  search_conducted: {from: searched, true: [Y], false: [N]}
ignore: {}
"""


def rows(n: int = 240, searched: str = "YNN") -> str:
    """Return a file of stops over two years; every seventh has no race, every eleventh no search field."""
    lines = ["id,when,incident,race,age,precinct,lat,searched"]
    for i in range(n):
        race = ("A", "B", "U", "")[i % 4] if i % 7 else ""
        search = searched[i % len(searched)] if i % 11 else ""
        day = f"{2020 + i % 2}-{1 + i % 12:02}-{1 + i % 27:02}"
        lines.append(f"{i},{day},INC-{i},{race},{20 + i % 50},{1 + i % 3},44.{i % 90:02},{search}")
    return "\n".join(lines) + "\n"


_CHARTS = Path(tempfile.mkdtemp(prefix="charts-"))
"""Charts that one site of the tests drew are there for the others."""
atexit.register(shutil.rmtree, _CHARTS, ignore_errors=True)


def small_site(root: Path, settings: str = AGENCY, text: str = ""):
    (root / ".cache").mkdir(parents=True)
    (root / ".cache" / "charts").symlink_to(_CHARTS, target_is_directory=True)
    (root / "catalogue" / "sources").mkdir(parents=True)
    (root / "agency.yaml").write_text(settings, encoding="utf-8")
    (root / "catalogue" / "sources" / "made_up.yaml").write_text(SOURCE, encoding="utf-8")
    site = open_site(root)
    deliver(site, text or rows())
    return site


def deliver(site, text: str):
    path = site.path / "made_up.csv"
    path.write_text(text, encoding="utf-8")
    return site.import_file("made_up", path)


def forge(folder: Path, place: str, change) -> None:
    """Change a table of a release in both its forms, or a JSON file, mend every hash and drop the signature."""
    path = folder / place
    if path.suffix == ".csv":
        write_twins(change(pl.read_parquet(path.with_suffix(".parquet"))), path)
    else:
        facts = json.loads(path.read_text(encoding="utf-8"))
        change(facts)
        path.write_text(json.dumps(facts), encoding="utf-8")
    facts = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    for resource in facts["resources"]:
        file = folder / resource["path"]
        resource |= {"hash": f"sha256:{hash_file(file)}", "bytes": file.stat().st_size}
    facts["release_hash"] = release_hash(facts)
    (folder / "signature.json").unlink(missing_ok=True)
    text = json.dumps(facts, indent=2, ensure_ascii=False) + "\n"
    (folder / "datapackage.json").write_text(text, encoding="utf-8")
