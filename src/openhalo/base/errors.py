"""One tree of errors. Each kind has its exit code, and each error lists every problem it found.

OpenHaloError        1
├── CatalogueError  10   a catalogue file, a condition or a source spec is wrong
├── SiteError       11   no site there, or its settings are wrong
├── DeliveryError   12   a file cannot be taken in
├── StoreError      13   the store is busy, damaged, or lacks what was asked
├── MeasureError    14   a measure cannot be answered honestly
├── ReleaseError    15   a release cannot be built or does not verify
└── MissingExtra    16   an optional part of OpenHALO is not installed
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where it is, what was found, what is allowed, what to do."""

    where: str
    found: str
    allowed: str = ""
    todo: str = ""

    def __str__(self) -> str:
        """Render as one or more lines that start with the place."""
        lines = [f"{self.where}: {self.found}" if self.where else self.found]
        if self.allowed:
            lines.append(f"    allowed: {self.allowed}")
        if self.todo:
            lines.append(f"    {self.todo}")
        return "\n".join(lines)


class OpenHaloError(Exception):
    """A user's problem, told without a traceback. Carries all problems found, not only the first."""

    exit_code = 1

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems = [problems] if isinstance(problems, Problem) else list(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class CatalogueError(OpenHaloError):
    """A catalogue file, a condition or a source spec is wrong."""

    exit_code = 10


class SiteError(OpenHaloError):
    """There is no site at this place, or its settings are wrong."""

    exit_code = 11


class DeliveryError(OpenHaloError):
    """A file cannot be taken in as it is; nothing of it was stored."""

    exit_code = 12


class StoreError(OpenHaloError):
    """The store is busy, damaged, or does not hold what was asked for."""

    exit_code = 13


class MeasureError(OpenHaloError):
    """A measure cannot be answered honestly from the records at hand."""

    exit_code = 14


class ReleaseError(OpenHaloError):
    """A release cannot be built, or does not verify."""

    exit_code = 15


class MissingExtra(OpenHaloError):
    """An optional part of OpenHALO is not installed."""

    exit_code = 16

    def __init__(self, extra: str, purpose: str) -> None:
        todo = f'install it: pip install "openhalo[{extra}]"'
        super().__init__(Problem("", f"{purpose} needs the extra '{extra}', which is not installed", todo=todo))


def did_you_mean(found: str, allowed: Iterable[str]) -> str:
    """Return "did you mean 'x'?" for the nearest allowed word, or an empty string.

    >>> did_you_mean("lable", ["label", "type"])
    "did you mean 'label'?"
    """
    by_folded = {word.casefold(): word for word in allowed}
    nearest = get_close_matches(found.casefold(), by_folded, n=1, cutoff=0.6)
    return f"did you mean '{by_folded[nearest[0]]}'?" if nearest else ""


def name_all(words: Iterable[str], limit: int = 12) -> str:
    """List words for a message, cut after `limit`.

    >>> name_all(["b", "a"])
    'a, b'
    """
    ordered = sorted(words)
    rest = len(ordered) - limit
    return ", ".join(ordered[:limit]) + (f" … and {rest} more" if rest > 0 else "")
