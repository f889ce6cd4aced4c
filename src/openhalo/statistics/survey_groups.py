"""Do groups of a survey differ? Differences of averages with the error that the design gives, and one test of all.

Answers of two groups are not independent where both stand in the same clusters, or where weights were fitted to sizes
that hold for both together, so a difference takes the covariance of the two averages too. It is what a regression on
the groups gives, as R's package `survey` (Lumley 2004) fits and tests it (`svyglm`, `regTermTest`).

All groups at once are tested by Rao and Scott's correction of the test for people drawn one by one. The plain Wald
test raises too many false alarms where clusters are few: 9 % instead of 5 % of four groups in 20 clusters.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import fdtrc, stdtr, stdtrit

from openhalo.language.translation import mark_for_translation, message
from openhalo.statistics.estimates import Numbers
from openhalo.statistics.results import Refused, Result
from openhalo.statistics.survey_estimate import Sample, covariance, mean_and_spread, result


class Differences(NamedTuple):
    """How groups differ from a reference group, and whether all of them are alike.

    Attributes:
        each: group → average less that of the reference group.
        statistic: F of no difference between any groups (Rao and Scott, second order).
        freedom: its degrees of freedom: at most groups less one; clusters less strata, less groups, plus one.
        p: its p-value.
    """

    each: dict[str, Result]
    statistic: float
    freedom: tuple[float, float]
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

    Source: Binder (1983), International Statistical Review 51, 279-292; Rao and Scott (1984), Annals of Statistics
    12, 46-60; Lumley and Scott (2014), Australian and New Zealand Journal of Statistics 56, 1-14.
    """
    others = [name for name in groups if name != reference]
    found = {name: mean_and_spread(values, drawn, name, mask) for name, mask in groups.items()}
    for name, (_value, spread, _n) in found.items():
        if not spread.any():
            raise Refused(message(mark_for_translation("{group}: all gave the same answer"), group=name))
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
            drawn,
            freedom,
            what=f"{name} less {reference}",
            n=found[name][2] + base_n,
            unit=unit,
            estimate=gap,
            low=gap - half,
            high=gap + half,
            neutral=0.0,
            p=2 * float(stdtr(freedom, -abs(gap) / error)),
            above=mark_for_translation("The difference is larger than chance explains."),
            below=mark_for_translation("The difference is larger than chance explains."),
        )
        for name, gap, half, error in zip(others, gaps.tolist(), halves.tolist(), errors.tolist(), strict=True)
    }
    answered = ~np.isnan(np.asarray(values, float))
    speaks = np.array([drawn.weights[answered & np.asarray(groups[name], bool)].sum() for name in (reference, *others)])
    return Differences(each, *_together(gaps, between, speaks, freedom))


def _together(
    gaps: Numbers, between: Numbers, speaks: Numbers, freedom: float
) -> tuple[float, tuple[float, float], float]:
    """Return F, its degrees of freedom and its p-value.

    The gaps are measured by the covariance that they would have, up to a factor, if people were drawn one by one:
    1 / `speaks` for each group, the reference group first. How far the design's covariance is from it scales the test.
    """
    alone = np.linalg.inv(np.diag(1 / speaks[1:]) + 1 / speaks[0])
    ratio = alone @ between
    trace = float(np.trace(ratio))
    statistic, groups = float(gaps @ alone @ gaps) / trace, trace**2 / float(np.trace(ratio @ ratio))
    return statistic, (groups, freedom), float(fdtrc(groups, freedom, statistic))
