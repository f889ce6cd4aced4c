"""Upgrade: what an earlier version kept is carried over to today's formats. The one place that knows how.

Each file is replaced by itself, whole or not at all, and each step asks the files what is still to be done: an upgrade
that was killed goes on where it stopped, and one that is done finds nothing to do.
"""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from openhalo.base.kept_files import format_of
from openhalo.base.progress import Report
from openhalo.records import purging
from openhalo.sites.premises import Premises


@dataclass(frozen=True)
class Change:
    """One file that is carried over to another format."""

    file: Path
    what: str
    """What is changed, in words."""
    make: Callable[[], None]


def _register(premises: Premises) -> Iterator[Change]:
    register = premises.register
    if register.path.is_file() and format_of(register.path) == 1:
        yield Change(register.path, "the register of releases tells its format", register.rewrite)


STEPS: dict[int, tuple[Callable[[Premises], Iterator[Change]], ...]] = {1: (_register,)}
"""From which format → what carries files over to the next, in this order; each yields what is still to be done."""


def upgrade(premises: Premises, dry_run: bool, patience: float, report: Report) -> list[Change]:
    """Carry a site over and return each change; the arguments are those of `Site.upgrade`."""
    register = premises.register
    with premises.store.writing(patience), register.changing(patience) if register.folder.exists() else nullcontext():
        done: list[Change] = []
        # What this version cannot read is refused before anything is changed.
        _ = premises.receipts(), purging.purges(premises.store), register.entries()
        for change in (change for _, steps in sorted(STEPS.items()) for step in steps for change in step(premises)):
            report(f"{change.file.name}: {change.what}")
            if not dry_run:
                change.make()
            done.append(change)
        return done
