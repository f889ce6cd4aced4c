"""What an oversight body is given beside a release: written with it, handed over by name, each time signed.

It lies in the site's private folder `oversight`, one folder a release: the figures, who they are for and under which
duty, and a signed receipt of each time that somebody handed them over.
"""

import os
import shutil
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from openhalo.base.errors import Problem, ReleaseError
from openhalo.base.private_folders import private_folder
from openhalo.base.provenance import hash_file, write_json
from openhalo.base.settings_files import POLICY
from openhalo.base.signing import sign, site_key
from openhalo.disclosure.policy import OversightBody
from openhalo.publications.protection.earlier_releases import (
    Kept,
    forget_kept,
    keep,
    kept_facts,
    read_what_is_kept,
)
from openhalo.releases.package import DESCRIPTOR
from openhalo.releases.tables import write_csv
from openhalo.sites.opened_site import OpenedSite

FIGURES, STATEMENT, HANDED_OVER = "figures.csv", "statement.json", "handed-over-*.json"
_DRAFT = ".draft-"


def given(opened: OpenedSite) -> Sequence[Kept]:
    """Return what is kept of all that the body was given, or may be, oldest first.

    A publisher that was killed may have left some of a release that never came.

    Raises:
        ReleaseError: figures lie there of which nothing is kept, or some were made and are gone.
    """
    layout, folder, releases = opened.layout, opened.layout.for_oversight, opened.releases
    out = {path.name for path in releases.glob("[0-9]*") if (path / DESCRIPTOR).is_file()}
    there = {path.name for path in folder.glob("[0-9]*") if path.is_dir()}
    told = {path.stem for path in layout.kept_cells.glob("[0-9]*.json")} & out
    made = {name for name in told if kept_facts(layout.kept_cells, name).set_aside}
    numbers = sorted(made | (there & out) | {name for name in there if any((folder / name).glob(HANDED_OVER))})
    lost = [name for name in numbers if name not in there or not (folder / f"{name}.json").is_file()]
    if lost:
        found = "what was made for oversight with this release, or was kept of it to protect the next, is gone"
        raise ReleaseError([Problem(str(folder / name), found, todo="restore the site's backup") for name in lost])
    return [read_what_is_kept(folder, name) for name in numbers]


def forget_set_aside(folder: Path, number: str) -> None:
    """Remove what was set aside with a release that never came, unless somebody was given it."""
    if not any((folder / number).glob(HANDED_OVER)):
        forget_kept(folder, number)
        shutil.rmtree(folder / number, ignore_errors=True)


def set_aside(opened: OpenedSite, number: str, body: OversightBody, figures: pl.DataFrame, kept: Kept) -> None:
    """Write what the body may be given beside a release, and keep what protects the next."""
    folder = private_folder(opened.layout.for_oversight) / number
    keep(kept, opened.layout.for_oversight, number)
    private_folder(folder)
    write_csv(figures, folder / FIGURES)
    facts = {
        "release": number,
        "body": body.name,
        "duty": body.duty,
        "figures": figures.height,
        "sha256": hash_file(folder / FIGURES),
        "made": datetime.now(UTC).isoformat(),
    }
    write_json(folder / STATEMENT, sign(facts, site_key(opened.layout.keys)).model_dump())


def hand_over(opened: OpenedSite, file: Path, by: str, number: str) -> dict[str, Any]:
    """Write what the body may be given beside a release into a zip file, and a signed receipt of it into the site.

    Args:
        opened: the site.
        file: the zip file; it must not be there yet.
        by: who hands it over.
        number: the release.

    Raises:
        ReleaseError: nothing was set aside with the release, it was recalled, nobody is named, or the file cannot be
            written.
    """
    folder = opened.layout.for_oversight / number
    problems = []
    if not (folder / STATEMENT).is_file():
        todo = f"name the body in {POLICY} (oversight) before the next release is published"
        problems.append(Problem(f"release {number}", "nothing was set aside for an oversight body", todo=todo))
    entry = next((one for one in opened.register.entries() if one.number == number), None)
    if entry is not None and entry.state == "recalled":
        found = f"the release was recalled: {entry.reason}"
        problems.append(Problem(f"release {number}", found, todo="hand over what goes with a newer one"))
    if not by.strip():
        problems.append(Problem("hand-over", "nobody is named", todo="say who hands it over: --by NAME"))
    if file.suffix.lower() != ".zip" or file.exists() or not file.parent.is_dir():
        todo = "name a new file that ends in .zip, in a folder that is there"
        problems.append(Problem(str(file), "it cannot be written", todo=todo))
    if problems:
        raise ReleaseError(problems)
    own = opened.layout.for_oversight
    with opened.register.changing():
        for left in own.glob(f"{_DRAFT}*"):
            shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=_DRAFT, dir=own) as draft:
            made = _packed(folder, Path(draft))
            told = {"release": number, "by": by.strip(), "at": datetime.now(UTC).isoformat(), "sha256": hash_file(made)}
            done = len(list(folder.glob(HANDED_OVER)))
            # The receipt first: a file that is there without one would be a hand-over that nobody knows of.
            receipt = sign(told, site_key(opened.layout.keys)).model_dump()
            write_json(folder / f"handed-over-{done + 1:03}.json", receipt)
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
                stream.write(made.read_bytes())
    return told


def _packed(folder: Path, draft: Path) -> Path:
    files = private_folder(draft / "files")
    for name in (FIGURES, STATEMENT):
        shutil.copyfile(folder / name, files / name)
    return Path(shutil.make_archive(str(draft / "figures"), "zip", files))
