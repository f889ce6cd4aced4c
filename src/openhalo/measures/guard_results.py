"""What the guards found, as plain data: kept with the figures, told in the language of whoever asks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class GuardNote:
    """What a guard found, told in one language."""

    guard: str
    severity: str
    """`note`: said beside the figures; `headline`: no headline and no ranking may rest on them."""
    text: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class GuardResult:
    """What a guard found, before it is told: the function that has the words, and the values that fill them."""

    guard: str
    severity: str
    words: Callable[..., str]
    """A function of a module, so that a result can be written to a file and read again."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """Numbers, days, and texts of the catalogue in English."""
    facts: dict[str, Any] = field(default_factory=dict)

    def told(self) -> GuardNote:
        """Return the note in the language being spoken."""
        return GuardNote(self.guard, self.severity, self.words(**self.values), dict(self.facts))
