"""What one simulation asks, what it found, and the bar that it has to clear."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

Bar = Literal["interval", "cautious", "test", "share"]
"""interval: 93–97 % hold the truth; cautious: at least 95 % by construction; test: at most 6 % false alarms at 5 %;
share: the figure must lie within 10 % of 1."""

Answers = NDArray[np.float64]
"""One a replication: 1 yes, 0 no, NaN where the method gives no answer (or, for a mean, the share of yes)."""


class Tally(NamedTuple):
    """What a simulation found: the mean answer, its standard error, replications that gave an answer."""

    mean: float
    error: float
    rounds: int


@dataclass(frozen=True)
class Study:
    """One method in one situation. `rounds` is the full number; a shorter run takes a part of it."""

    method: str
    situation: str
    bar: Bar
    run: Callable[[np.random.Generator, int], Answers]
    rounds: int = 20_000
    note: str = ""

    @property
    def name(self) -> str:
        return f"{self.method}: {self.situation}"

    def tally(self, part: float = 1.0) -> Tally:
        """Run a part of the rounds. The seed follows from the name, so no study moves another."""
        seed = int.from_bytes(hashlib.sha256(self.name.encode()).digest()[:8], "big")
        answers = self.run(np.random.default_rng(seed), max(int(self.rounds * part), 50))
        told = answers[~np.isnan(answers)]
        return Tally(float(told.mean()), float(told.std() / np.sqrt(len(told))), len(told))

    def holds(self, found: Tally) -> bool:
        """Whether the bar is cleared; simulation noise is allowed for where the method is exact by construction."""
        match self.bar:
            case "interval":
                return 0.93 <= found.mean <= 0.97
            case "cautious":
                return found.mean >= 0.95 - 2 * found.error
            case "test":
                return found.mean <= 0.06
            case "share":
                return abs(found.mean - 1) <= 0.1


def covers(low: object, truth: object, high: object) -> Answers:
    """Return 1 where an interval holds the truth, NaN where there is none."""
    ends = np.asarray(low, float), np.asarray(high, float)
    return np.where(np.isnan(ends[0]) | np.isnan(ends[1]), np.nan, (ends[0] <= truth) & (truth <= ends[1]))


def alarms(p: object, level: float = 0.05) -> Answers:
    """Return 1 where a p-value is below the level, NaN where there is none."""
    found = np.asarray(p, float)
    return np.where(np.isnan(found), np.nan, found < level)


def each(rounds: int, one: Callable[[], float]) -> Answers:
    """Return the answers of a method that takes one replication at a time."""
    return np.array([one() for _ in range(rounds)], float)


T = TypeVar("T")


def once(rows: NDArray[np.generic], call: Callable[..., T]) -> list[T]:
    """Return the answer to each row, asking only once for rows that are alike."""
    distinct, place = np.unique(rows, axis=0, return_inverse=True)
    answers = [call(*row) for row in distinct.tolist()]
    return [answers[at] for at in place.ravel()]
