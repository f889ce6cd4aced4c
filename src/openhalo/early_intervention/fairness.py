"""Whether a way to choose errs more often for some officers: by race, gender, years of service and unit.

Traits are read here and nowhere else in early intervention.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from openhalo.early_intervention.roster import Roster
from openhalo.statistics.proportions import wilson

FEWEST = 30
"""Officers under a share below which it is withheld: its interval would say nothing, and it could give one away."""


@dataclass(frozen=True)
class Row:
    """One group of officers. Shares are None where too few officers stand under them.

    Attributes:
        reviewed: officers who were reviewed; false: share of them without the outcome.
        affected: officers with the outcome; missed: share of them who were not reviewed.
    """

    trait: str
    group: str
    reviewed: int
    false: float | None
    false_low: float | None
    false_high: float | None
    affected: int
    missed: float | None
    missed_low: float | None
    missed_high: float | None


def audit(
    roster: Roster,
    origins: Sequence[date],
    weights: NDArray[np.float64],
    happened: NDArray[np.bool_],
    serving: NDArray[np.bool_],
) -> list[Row]:
    """Return the errors of a way to choose by officer group.

    Args:
        roster: who the officers are.
        origins: the past days.
        weights: (officers, days) how much of each alert is reviewed.
        happened, serving: (officers, days).
    """
    found = []
    for trait, groups in _traits(roster, origins):
        for group in sorted({str(name) for name in groups[serving]} - {"None"}):
            inside = (groups == group) & serving
            reviewed, hit = weights[inside].sum(), (weights * happened)[inside].sum()
            affected = int(happened[inside].sum())
            found.append(
                Row(
                    trait,
                    group,
                    round(reviewed),
                    *_share(reviewed - hit, reviewed),
                    affected,
                    *_share(affected - hit, affected),
                )
            )
    return found


def _traits(roster: Roster, origins: Sequence[date]) -> Iterator[tuple[str, NDArray[np.object_]]]:
    for trait in ("race", "gender"):
        column = np.array(roster.officers[trait].to_list(), object)
        yield trait, np.repeat(column[:, None], len(origins), axis=1)
    yield "years of service", np.column_stack([np.array(roster.tenure(day), object) for day in origins])
    yield "unit", np.column_stack([roster.units(day).astype(object) for day in origins])


def _share(part: float, whole: float) -> tuple[float | None, float | None, float | None]:
    if round(whole) < FEWEST:
        return None, None, None
    found = wilson(min(round(part), round(whole)), round(whole))
    return float(found.value), float(found.low), float(found.high)
