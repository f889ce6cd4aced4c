"""Review sets that were given: what was known on a day stays what it was, and signals lapse.

A record that is corrected later would else rewrite the past: asked again for the same day, the newest store version
knows the correction. So a set stands on the store version on which it was first asked. Restricted, like the store.
"""

from datetime import date
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from openhalo.base.kept_files import read_kept
from openhalo.base.private_folders import private_folder
from openhalo.base.provenance import write_json
from openhalo.early_intervention.signals import ReviewSet


class _Kept(BaseModel):
    # Sets that other versions of OpenHALO wrote may say more or less than this one reads.
    model_config = ConfigDict(frozen=True, extra="ignore")


class KeptSignal(_Kept):
    """One officer of a kept set, under the pseudonym."""

    officer: str
    lapses: date


class _Provenance(_Kept):
    store_version: int


class KeptReviewSet(_Kept):
    """A review set as it is kept: what later questions read of it."""

    known_by: date
    signals: list[KeptSignal]
    provenance: _Provenance


def version_of(folder: Path, known_by: date) -> int | None:
    """Return the store version on which the set of a day was first asked; None: it was not."""
    file = _file(folder, known_by)
    return _read(file).provenance.store_version if file.is_file() else None


def keep(folder: Path, found: ReviewSet) -> None:
    """Write a set into the folder of sets, in place of what was kept for its day."""
    private_folder(folder)
    write_json(_file(folder, found.known_by), found.to_dict())


def unlapsed(folder: Path, day: date) -> list[KeptSignal]:
    """Return the kept signals that count on a day: given by then and not lapsed; of an officer, the newest."""
    newest: dict[str, KeptSignal] = {}
    for file in sorted(folder.glob("*.json")):
        held = _read(file)
        if held.known_by <= day:
            newest |= {one.officer: one for one in held.signals if day < one.lapses}
    return [newest[name] for name in sorted(newest)]


def _file(folder: Path, known_by: date) -> Path:
    return folder / f"{known_by}.json"


def _read(file: Path) -> KeptReviewSet:
    return read_kept(file, KeptReviewSet, "the review set")
