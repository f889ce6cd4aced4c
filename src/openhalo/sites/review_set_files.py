"""Review sets that were given: what was known on a day stays what it was, and signals lapse.

A record that is corrected later would else rewrite the past: asked again for the same day, the newest store version
knows the correction. So a set stands on the store version on which it was first asked. Restricted, like the store.
"""

import json
from datetime import date
from pathlib import Path
from typing import Any

from openhalo.base.provenance import write_json
from openhalo.early_intervention.signals import ReviewSet

FOLDER = "signals"


def version_of(site: Path, known_by: date) -> int | None:
    """Return the store version on which the set of a day was first asked; None: it was not."""
    held = _read(site / FOLDER / f"{known_by}.json")
    return int(held["provenance"]["store_version"]) if held else None


def keep(site: Path, found: ReviewSet) -> None:
    """Write a set into the site, in place of what was kept for its day."""
    (site / FOLDER).mkdir(exist_ok=True)
    write_json(site / FOLDER / f"{found.known_by}.json", found.to_dict())


def unlapsed(site: Path, day: date) -> list[dict[str, Any]]:
    """Return the kept signals that count on a day: given by then and not lapsed; of an officer, the newest."""
    newest: dict[str, dict[str, Any]] = {}
    for file in sorted((site / FOLDER).glob("*.json")):
        held = _read(file)
        if date.fromisoformat(held["known_by"]) <= day:
            newest |= {one["officer"]: one for one in held["signals"] if day < date.fromisoformat(one["lapses"])}
    return [newest[name] for name in sorted(newest)]


def _read(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    return found
