"""How a way to choose behaves from month to month: how many new alerts, how many stay, how early it warns."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np

from openhalo.early_intervention.look_back import months_before
from openhalo.early_intervention.selection_rules import AHEAD, IndicatorHistory, SelectionRule


@dataclass(frozen=True)
class Steadiness:
    """From month to month.

    Attributes:
        new_a_month: officers in the set who were not in it a month before, on average.
        stays: share of a month's set that is in the next one.
        warning_days: median days from the day looked from to the end of the month of the outcome, for officers who
            were reviewed; None where the outcome is learned late, or came for none.
    """

    new_a_month: float
    stays: float | None
    warning_days: float | None


def steadiness(policy: SelectionRule, monthly: IndicatorHistory, origins: Sequence[date], capacity: int) -> Steadiness:
    """Return how a way to choose behaves over the months from the first day looked from to the last."""
    days = [day for day in monthly.matrix.days if day <= origins[-1]]
    sets = [_set(policy, monthly, day, capacity) for day in days]
    new = [len(after - before) for before, after in pairwise(sets)]
    kept = sum(len(before & after) for before, after in pairwise(sets))
    size = sum(len(one) for one in sets[:-1])
    waits: list[int] = []
    for place, day in enumerate(days):
        if day in origins and (monthly.outcome, 1) in monthly.matrix.columns:
            ahead = [months_before(day, -month) for month in range(1, AHEAD + 1)]
            came = np.column_stack([monthly.counts(one, 1, monthly.outcome) > 0 for one in ahead])
            first = np.where(came.any(axis=1), came.argmax(axis=1), -1)
            waits += [(ahead[first[row]] - day).days for row in sets[place] if first[row] >= 0]
    return Steadiness(
        float(np.mean(new)) if new else 0.0, kept / size if size else None, float(np.median(waits)) if waits else None
    )


def _set(policy: SelectionRule, monthly: IndicatorHistory, day: date, capacity: int) -> set[int]:
    """Return the rows of those chosen; on the border, those who stand first in the roster."""
    there = np.flatnonzero(monthly.roster.serving(day))
    numbers = policy.score(day)
    best = np.argsort(-numbers, kind="stable")[:capacity]
    return set(there[best[numbers[best] > 0]].tolist())
