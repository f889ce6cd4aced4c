"""What every statistical test gives back: the number, how sure, by which method, on which assumptions."""

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

State = Literal["met", "not met", "not testable"]


class Refused(ValueError):
    """A test that would mislead on these data, with the reason in plain words."""

    @property
    def reason(self) -> str:
        """Return the reason; `_` says it in the language being spoken."""
        found: str = self.args[0]
        return found


class Assumption(NamedTuple):
    """What must hold for a result to mean what it says, and whether these data show that it does."""

    text: str
    state: State


@dataclass(frozen=True, kw_only=True)
class Result:
    """One estimate that explains itself.

    Attributes:
        what: what was estimated, as the subject of a sentence.
        n: how many of `unit` it rests on.
        estimate, low, high: the estimate and the ends of its interval; an end may be infinite.
        confidence: of the interval, between 0 and 1.
        p: two-sided p-value of no difference; NaN where the method has none.
        neutral: the value that means no difference; NaN where none does.
        above, below: what an interval wholly above or below `neutral` shows, as a sentence.
        limit: what the test cannot tell, as a sentence; always said.
    """

    what: str
    n: int
    unit: str
    estimate: float
    low: float
    high: float
    confidence: float
    method: str
    assumptions: tuple[Assumption, ...]
    citation: str
    limit: str
    p: float = math.nan
    neutral: float = math.nan
    above: str = ""
    below: str = ""

    @property
    def differs(self) -> bool:
        """Whether the interval leaves out the value that means no difference."""
        return self.low > self.neutral or self.high < self.neutral

    def sentence(self) -> str:
        """Return the result in plain words: estimate, interval, n, what that shows, what it cannot show.

        An interval that holds the neutral value is never called proof of no difference.
        """
        said = [
            f"{self.what} is {_number(self.estimate)} ({100 * self.confidence:g} % interval {_number(self.low)} to "
            f"{_number(self.high)}), from {self.n:,} {self.unit}."
        ]
        if not math.isnan(self.neutral):
            said.append(self._verdict())
        said.append(self.limit)
        failing = [a.text for a in self.assumptions if a.state == "not met"]
        if failing:
            said.append("Not met, so read it with care: " + "; ".join(failing) + ".")
        return " ".join(part for part in said if part)

    def _verdict(self) -> str:
        if self.low > self.neutral:
            return self.above
        if self.high < self.neutral:
            return self.below
        return "Chance alone could give such a difference; that is no proof that there is none."


def whole(n: float) -> int:
    """Return a sum of counts as a whole number."""
    return round(float(n))


def _number(value: float) -> str:
    if math.isinf(value):
        return "unbounded"
    return "not known" if math.isnan(value) else f"{value:,.3f}" if abs(value) < 100 else f"{value:,.0f}"
