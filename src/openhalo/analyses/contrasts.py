"""One comparison of an analysis, on the scale that is shown: its interval, its p-value, and what it shows."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from openhalo.language.marks import marked
from openhalo.releases.figure_ids import comparison_id
from openhalo.statistics.results import Assumption, Result

Scale = Literal["difference", "points", "ratio", "share", "mean", "per_100"]


@dataclass(frozen=True, kw_only=True)
class Contrast:
    """One comparison.

    Attributes:
        group, reference: codes (or place, or field) that are compared; empty where a test compares no groups.
        way: how: "pooled", "within places", "average of places"; empty where there is one way only.
        scale: "difference" of shares (−1 to 1), difference of averages in "points", "ratio" of rates, odds or levels,
            a "share", a "mean", or a change in records "per_100" units.
        estimate, low, high, neutral: on that scale; `neutral` is the value of no difference.
        n: how many records it rests on.
        p: two-sided; `adjusted` for the number of comparisons in the plan; NaN where there is none.
        bounds: least and most that the estimate could be whatever the group of records of unknown group; None where
            all are known or no group is compared.
        level: adjusted p-values from which on chance is blamed.
        leads: whether it is the comparison that the headline and the plan's multiplicity rule rest on.
    """

    group: str = ""
    reference: str = ""
    way: str = ""
    scale: Scale
    estimate: float
    low: float
    high: float
    neutral: float
    n: int
    p: float = math.nan
    adjusted: float = math.nan
    bounds: tuple[float, float] | None = None
    leads: bool = True
    level: float = 0.05
    method: str
    assumptions: tuple[Assumption, ...]
    citation: str

    @property
    def direction(self) -> Literal["above", "below", "neither", "chance"]:
        """Return where it lies: above or below the neutral value, neither, or "chance" where only the number of
        comparisons made speaks against it."""
        if not (self.low > self.neutral or self.high < self.neutral):
            return "neither"
        if self.adjusted >= self.level:
            return "chance"
        return "above" if self.low > self.neutral else "below"

    def marked(self, analysis: str, row: dict[str, Any]) -> "Contrast":
        """Return the comparison with numbers that name its row among all comparisons of the release."""
        of = marked(row, comparison_id(analysis, row))
        numbers = {name: of[name] for name in ("n", "estimate", "low", "high", "p", "adjusted") if of[name] is not None}
        return replace(self, **numbers, bounds=self.bounds and (of["bound_low"], of["bound_high"]))


def contrast(result: Result, scale: Scale, turn: Callable[[float], float] = float, **more: Any) -> Contrast:
    """Return a statistic's result as a contrast; `turn` takes its numbers to the scale that is shown."""
    numbers: dict[str, Any] = {name: turn(getattr(result, name)) for name in ("estimate", "low", "high", "neutral")}
    return Contrast(
        scale=scale,
        n=result.n,
        p=result.p,
        method=result.method,
        assumptions=result.assumptions,
        citation=result.citation,
        **numbers,
        **more,
    )
