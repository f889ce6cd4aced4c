"""Do groups of a survey differ? Differences of averages with the error that the design gives, and one test of all.

Answers of two groups are not independent where both stand in the same clusters, or where weights were fitted to sizes
that hold for both together, so a difference takes the covariance of the two averages too. It is what a regression on
the groups gives, as R's package `survey` (Lumley 2004) fits and tests it (`svyglm`, `regTermTest`).
"""

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import fdtrc, stdtr, stdtrit

from openhalo.presentation.words import filled, later
from openhalo.statistics.estimates import Numbers
from openhalo.statistics.results import Refused, Result
from openhalo.statistics.surveys import Sample, covariance, mean_and_spread, result


class Differences(NamedTuple):
    """How groups differ from a reference group, and whether all of them are alike.

    Attributes:
        each: group → average less that of the reference group.
        statistic: Wald F of no difference between any groups.
        freedom: its degrees of freedom: groups less one; clusters less strata, less groups, plus one.
        p: its p-value; NaN where the design has too few clusters for it.
    """

    each: dict[str, Result]
    statistic: float
    freedom: tuple[int, float]
    p: float


def differences(
    values: ArrayLike, drawn: Sample, groups: Mapping[str, ArrayLike], reference: str, unit: str = "answers"
) -> Differences:
    """Return how the averages of groups differ from that of one of them, and the test of all at once.

    Args:
        values: one number an answer (0 and 1: a share); NaN where the question was not answered.
        drawn: the sample, whole: answers of no group still tell of the design.
        groups: group → True for its answers; no answer in two.
        reference: the group that the others are compared with.
        unit: what the n counts.

    Raises:
        Refused: a group without differing answers, or clusters that are too few for so many groups.

    Source: Binder (1983), International Statistical Review 51, 279-292; Rao, Scott and Skinner (1998), Statistica
    Sinica 8, 1059-1070.
    """
    others = [name for name in groups if name != reference]
    found = {name: mean_and_spread(values, drawn, name, mask) for name, mask in groups.items()}
    for name, (_value, spread, _n) in found.items():
        if not spread.any():
            raise Refused(filled(later("{group}: all gave the same answer"), group=name))
    base, base_spread, base_n = found[reference]
    between, design = covariance(np.column_stack([found[name][1] - base_spread for name in others]), drawn)
    freedom = design - len(others)
    if freedom < 1:
        raise Refused("so many groups cannot be compared over so few clusters")
    gaps = np.array([found[name][0] - base for name in others])
    errors = np.sqrt(np.diag(between))
    halves = float(stdtrit(freedom, 0.975)) * errors
    each = {
        name: result(
            drawn, freedom, what=f"{name} less {reference}", n=found[name][2] + base_n, unit=unit, estimate=gap,
            low=gap - half, high=gap + half, neutral=0.0, p=2 * float(stdtr(freedom, -abs(gap) / error)),
            above=later("The difference is larger than chance explains."),
            below=later("The difference is larger than chance explains."),
        )
        for name, gap, half, error in zip(others, gaps.tolist(), halves.tolist(), errors.tolist(), strict=True)
    }  # fmt: skip
    return Differences(each, *_wald(gaps, between, freedom))


def _wald(gaps: Numbers, between: Numbers, freedom: float) -> tuple[float, tuple[int, float], float]:
    size = len(gaps)
    if np.linalg.matrix_rank(between) < size:
        return math.nan, (size, freedom), math.nan
    statistic = float(gaps @ np.linalg.solve(between, gaps)) / size
    return statistic, (size, freedom), float(fdtrc(size, freedom, statistic))
