"""The register of a site's releases: which are public, which wait for approval, which were recalled and why.

A finished release never changes, so its state stands beside the folders, in `register.json`. A release is added
before its folder appears: a folder that the register does not name was never published.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from openhalo.base.errors import Problem, ReleaseError, name_all
from openhalo.base.kept_files import unread
from openhalo.base.provenance import write_json
from openhalo.releases.package import DESCRIPTOR

State = Literal["waiting", "public", "recalled"]


class Entry(BaseModel):
    """One release in the register."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: str
    created: datetime
    store_version: int
    release_hash: str
    state: State
    approved_by: str = ""
    """Who approved it; empty for one that the site's settings let go by itself."""
    approved_at: datetime | None = None
    recalled_at: datetime | None = None
    reason: str = ""
    """Why it was recalled."""


class KeptRegister(BaseModel):
    """The register as it is kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[2] = 2
    entries: list[Entry]

    @model_validator(mode="before")
    @classmethod
    def _bare_in_format_1(cls, told: Any) -> Any:
        return {"entries": told} if isinstance(told, list) else told


class Register:
    """The register in a site's folder of releases."""

    def __init__(self, releases: Path) -> None:
        self.folder = releases
        self.path = releases / "register.json"

    def entries(self) -> list[Entry]:
        """Return every release whose folder is there, oldest first.

        Raises:
            ReleaseError: the register is damaged, or of a later format.
        """
        return [entry for entry in self._read() if (self.folder / entry.number / DESCRIPTOR).is_file()]

    def public(self) -> list[Path]:
        """Return the folders of the releases that the public may see, oldest first."""
        return [self.folder / entry.number for entry in self.entries() if entry.state == "public"]

    def newest(self) -> Path:
        """Return the newest public release.

        Raises:
            ReleaseError: there is none; with those that wait for approval.
        """
        found = self.public()
        if found:
            return found[-1]
        waiting = [entry.number for entry in self.entries() if entry.state == "waiting"]
        if waiting:
            todo = f"openhalo approve SITE {waiting[-1]} --by NAME"
            raise ReleaseError(
                Problem(str(self.folder), f"no release is public; {name_all(waiting)} waits for approval", todo=todo)
            )
        raise ReleaseError(Problem(str(self.folder), "there is no release yet", todo="make one: openhalo publish SITE"))

    def next_number(self) -> str:
        """Return the number of the next release; a number is used once. Hold the lock."""
        taken = [int(path.name) for path in self.folder.iterdir() if path.name.isdigit()]
        taken += [int(entry.number) for entry in self._read()]
        return f"{max(taken, default=0) + 1:04d}"

    def add(self, entry: Entry) -> None:
        """Add a release, before its folder appears. Hold the lock."""
        self._write([*self._read(), entry])

    def approve(self, number: str, by: str, patience: float = 60.0) -> Entry:
        """Make a waiting release public and return its entry.

        Raises:
            ReleaseError: it does not wait, or nobody is named.
        """
        if not by.strip():
            raise ReleaseError(Problem("approve", "nobody is named", todo="say who approves it: --by NAME"))
        changed = {"state": "public", "approved_by": by.strip(), "approved_at": datetime.now(UTC)}
        return self._change(number, ("waiting",), changed, patience)

    def recall(self, number: str, reason: str, patience: float = 60.0) -> Entry:
        """Take a release back, for a reason that is kept, and return its entry. Its folder stays as it is.

        Raises:
            ReleaseError: it was recalled before, or no reason is given.
        """
        if not reason.strip():
            raise ReleaseError(Problem("recall", "no reason is given", todo="say why: --reason TEXT"))
        changed = {"state": "recalled", "reason": reason.strip(), "recalled_at": datetime.now(UTC)}
        return self._change(number, ("waiting", "public"), changed, patience)

    def rewrite(self) -> None:
        """Write it as it stands, in the newest format. Hold the lock."""
        self._write(self._read())

    @contextmanager
    def changing(self, patience: float = 60.0) -> Iterator[None]:
        """Hold the register's one lock.

        Raises:
            ReleaseError: another release is being made or approved and is not done in `patience` seconds.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.folder / ".lock")
        try:
            lock.acquire(timeout=patience)
        except Timeout:
            raise ReleaseError(Problem(str(self.folder), "another release is being made", todo="try later")) from None
        try:
            yield
        finally:
            lock.release()

    def _change(self, number: str, states: tuple[State, ...], changed: dict[str, object], patience: float) -> Entry:
        with self.changing(patience):
            entries = self.entries()
            found = next((entry for entry in entries if entry.number == number), None)
            if found is None:
                numbers = name_all(entry.number for entry in entries) or "none yet"
                raise ReleaseError(Problem("releases", f"there is no release '{number}'", numbers))
            if found.state not in states:
                raise ReleaseError(Problem(f"release {number}", f"it is {found.state}", " or ".join(states)))
            new = found.model_copy(update=changed)
            self._write([new if entry.number == number else entry for entry in self._read()])
            return new

    def _read(self) -> list[Entry]:
        try:
            held = KeptRegister.model_validate_json(self.path.read_bytes()).entries
        except FileNotFoundError:
            held = []
        except ValidationError:
            raise ReleaseError(unread(self.path, KeptRegister, "the register")) from None
        # A release is entered before its folder appears: a register that names none of them was lost, or emptied.
        lost = [path.parent.name for path in sorted(self.folder.glob(f"[0-9]*/{DESCRIPTOR}"))] if not held else []
        if lost:
            found = f"the register is lost or empty, and {name_all(lost)} stands beside it"
            raise ReleaseError(Problem(str(self.path), found, todo="restore the site's backup"))
        return held

    def _write(self, entries: list[Entry]) -> None:
        write_json(self.path, KeptRegister(entries=entries).model_dump(mode="json"))
