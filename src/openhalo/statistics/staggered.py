"""The effect of something that units took up at different times, in random order: Roth and Sant'Anna's estimator."""

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openhalo.statistics.estimates import Numbers, normal_quantile
from openhalo.statistics.results import Assumption, Refused, Result, whole

Average = Literal["simple", "cohort", "calendar"]
Method = Literal["efficient", "not-yet-treated", "last-treated"]

_CITATIONS: dict[Method, str] = {
    "efficient": "Roth and Sant'Anna (2023), J. Political Economy Microeconomics 1, 669-709.",
    "not-yet-treated": "Callaway and Sant'Anna (2021), J. Econometrics 225, 200-230.",
    "last-treated": "Sun and Abraham (2021), J. Econometrics 225, 175-199.",
}


@dataclass(frozen=True)
class Cohorts:
    """A balanced panel, reduced to what the estimators need: units by the period in which they were first treated.

    Attributes:
        first: (cohorts,) first treated period, ascending, infinity for never.
        periods: (periods,) consecutive, ascending.
        sizes: (cohorts,) units.
        means: (cohorts, periods).
        covariances: (cohorts, periods, periods), divisor n − 1.
        dropped: units left out because they were alone in their cohort.
    """

    first: Numbers
    periods: Numbers
    sizes: Numbers
    means: Numbers
    covariances: Numbers
    dropped: int = 0


@dataclass(frozen=True, kw_only=True)
class StaggeredEffect(Result):
    """An average effect of treatment, in units of the outcome per period.

    Attributes:
        error: standard error, less what can be learned about differing effects (Roth and Sant'Anna, section 3.3).
        neyman_error: the conservative one without that.
        adjustment: how much of the difference before treatment was subtracted (1 in the two relatives).
    """

    error: float
    neyman_error: float
    adjustment: float


def reduce_panel(outcome: ArrayLike, first: ArrayLike, periods: ArrayLike) -> Cohorts:
    """Return means and covariances of each cohort; read the panel once and every estimate takes milliseconds.

    Args:
        outcome: (units, periods) matrix without gaps.
        first: (units,) period in which each was first treated; infinity for never.
        periods: (periods,) consecutive numbers, ascending.

    Raises:
        ValueError: shapes do not fit, values missing, or periods not consecutive.
        Refused: fewer than two cohorts of two or more units.
    """
    y, g, t = np.asarray(outcome, float), np.asarray(first, float), np.asarray(periods, float)
    if y.shape != (len(g), len(t)) or not np.all(np.isfinite(y)) or np.any(np.isnan(g)):
        raise ValueError("outcome must be a full matrix of units by periods, with one first period a unit")
    if np.any(np.diff(t) != 1):
        raise ValueError("periods must follow one another without a gap")
    # Whoever starts after the last period was not treated while it was watched.
    g = np.where(g > t[-1], np.inf, g)
    values, code, sizes = np.unique(g, return_inverse=True, return_counts=True)
    if np.sum(sizes > 1) < 2:
        raise Refused("fewer than two groups of units started at different times: there is nothing to compare")
    kept = np.flatnonzero(sizes > 1)
    means, covariances = [], []
    order = np.argsort(code, kind="stable")
    ends = np.cumsum(sizes)
    for cohort in kept:
        rows = y[order[ends[cohort] - sizes[cohort] : ends[cohort]]]
        means.append(rows.mean(axis=0))
        centred = rows - means[-1]
        covariances.append(centred.T @ centred / (len(rows) - 1))
    return Cohorts(
        values[kept],
        t,
        sizes[kept].astype(float),
        np.stack(means),
        np.stack(covariances),
        whole(sizes[sizes == 1].sum()),
    )


def effect(
    cohorts: Cohorts, average: Average = "simple", method: Method = "efficient", confidence: float = 0.95
) -> StaggeredEffect:
    """Return the average effect of treatment over cohorts and periods.

    Args:
        cohorts: from `reduce_panel`.
        average: "simple" weighs each cohort and period by the cohort's size; "cohort" averages each cohort over its
            periods, then cohorts by size; "calendar" averages each period over the treated, then periods equally.
        method: "efficient" subtracts the best multiple of the difference before treatment; "not-yet-treated" and
            "last-treated" subtract all of it (Callaway and Sant'Anna; Sun and Abraham).
        confidence: 0 < confidence < 1.

    Raises:
        Refused: no period in which some are treated and others not yet.

    Source: Roth and Sant'Anna (2023), equations 5 to 9; their R package `staggered` gives the same digits.
    """
    return _estimate(cohorts, _weights(cohorts, average), method, confidence, f"{average} average")


def event_study(
    cohorts: Cohorts, since: int, method: Method = "efficient", confidence: float = 0.95
) -> StaggeredEffect:
    """Return the average effect `since` ≥ 0 periods after treatment began (0 is the first treated period).

    Cohorts count by size, if at that time some units are still untreated. Other arguments and errors as in `effect`.
    """
    if since < 0:
        raise ValueError("since must not be negative")
    at = cohorts.first + since
    told = (cohorts.periods[None, :] == at[:, None]) & (at < cohorts.first.max())[:, None]
    return _estimate(cohorts, told * cohorts.sizes[:, None], method, confidence, f"{since} periods after the start")


def permutation_p(
    outcome: ArrayLike,
    first: ArrayLike,
    periods: ArrayLike,
    average: Average = "simple",
    method: Method = "efficient",
    draws: int = 500,
    seed: int = 0,
) -> float:
    """Return Fisher's p-value of no effect on any unit: how often shuffled starts give as large a t-statistic.

    Arguments as in `reduce_panel` and `effect`; `draws` shuffles, repeatable by `seed`. Valid in finite samples if
    the order of treatment was random. Shuffling leaves the cohorts' sizes alone and so what each counts for: a draw
    needs only the units' weighted sums, not their covariances.
    """
    cohorts = reduce_panel(outcome, first, periods)
    plan = _plan(cohorts, _weights(cohorts, average), method)
    y, g = np.asarray(outcome, float), np.asarray(first, float)
    g = np.where(g > cohorts.periods[-1], np.inf, g)
    y, g = y[np.isin(g, cohorts.first)], g[np.isin(g, cohorts.first)]
    y = y[np.argsort(g, kind="stable")]
    rng = np.random.default_rng(seed)
    seen = _studentised(_solve(plan, _from_units(plan, y)))
    larger = sum(
        _studentised(_solve(plan, _from_units(plan, y[rng.permutation(len(y))]))) >= seen * (1 - 1e-12)
        for _ in range(draws)
    )
    return (1 + larger) / (1 + draws)


class _Plan(NamedTuple):
    """What each cohort's mean of a period counts for; `both` is (cohorts, 2, periods), after and before the start."""

    sizes: Numbers
    both: Numbers
    early: int
    """Periods before any cohort that counts was treated."""
    later: NDArray[np.int64]
    """Cohorts that start then or afterwards."""
    efficient: bool


class _Moments(NamedTuple):
    """Per cohort, of the two weighted sums: means and covariances; of the early periods: covariances, alone and with
    the first sum."""

    means: Numbers
    spread: Numbers
    early: Numbers
    cross: Numbers


class _Solution(NamedTuple):
    estimate: float
    error: float
    neyman: float
    adjustment: float


def _studentised(found: _Solution) -> float:
    return abs(found.estimate) / found.error if found.error > 0 else math.inf


def _weights(cohorts: Cohorts, average: Average) -> Numbers:
    """Return the (cohorts, periods) weights of the effects that can be told: treated, with someone still untreated."""
    g, t, n = cohorts.first[:, None], cohorts.periods[None, :], cohorts.sizes[:, None]
    told = (t >= g) & (t < g.max())
    counted: Numbers = told * n
    if average == "simple":
        return counted
    if average not in ("cohort", "calendar"):
        raise ValueError(f"average must be simple, cohort or calendar; got {average!r}")
    over = told.sum(axis=1, keepdims=True) if average == "cohort" else counted.sum(axis=0, keepdims=True)
    found: Numbers = counted / np.maximum(over, 1)
    return found


def _estimate(cohorts: Cohorts, weights: Numbers, method: Method, confidence: float, label: str) -> StaggeredEffect:
    if method not in _CITATIONS:
        raise ValueError(f"method must be one of {', '.join(_CITATIONS)}; got {method!r}")
    z = normal_quantile(confidence)
    plan = _plan(cohorts, weights, method)
    estimate, error, neyman, adjustment = _solve(plan, _from_cohorts(plan, cohorts))
    return StaggeredEffect(
        what=f"The average effect ({label})",
        n=whole(cohorts.sizes.sum()),
        unit="units",
        estimate=estimate,
        low=estimate - z * error,
        high=estimate + z * error,
        confidence=confidence,
        method=f"staggered adoption, {method}, {label}",
        assumptions=(
            Assumption("which units started when was as good as random", "not testable"),
            Assumption("nobody acts differently before the start because of it", "not testable"),
            Assumption("every start was shared by at least two units", "not met" if cohorts.dropped else "met"),
        ),
        citation=_CITATIONS[method],
        limit="A change in what is recorded counts like a change in what happens.",
        p=math.erfc(abs(estimate) / error / math.sqrt(2)) if error > 0 else math.nan,
        neutral=0.0,
        above="The outcome is higher where treatment had begun than where it had not yet.",
        below="The outcome is lower where treatment had begun than where it had not yet.",
        error=error,
        neyman_error=neyman,
        adjustment=adjustment,
    )


def _plan(cohorts: Cohorts, weights: Numbers, method: Method) -> _Plan:
    """Return how the estimate is made of the cohorts' means: the treated less those still untreated, then and before.

    Raises:
        Refused: nobody is still untreated while others are treated.
    """
    g, t, n = cohorts.first, cohorts.periods, cohorts.sizes
    if method != "efficient":
        # Without a period before treatment there is no difference to subtract.
        weights = np.where((g > t[0])[:, None], weights, 0.0)
    if not weights.sum() > 0:
        raise Refused("at no time are some units treated while others are not yet: the effect cannot be told")
    weights = weights / weights.sum()
    untreated = n * ((g == g.max()) & (t[:, None] < g) if method == "last-treated" else g > t[:, None])
    controls = untreated / np.maximum(untreated.sum(axis=1, keepdims=True), 1)
    both = np.zeros((len(g), 2, len(t)))
    both[:, 0] = weights - weights.sum(axis=0) * controls.T
    for cohort in np.flatnonzero(weights.any(axis=1) & (g > t[0])):
        column = int(g[cohort] - 1 - t[0])
        both[cohort, 1, column] += weights[cohort].sum()
        both[:, 1, column] -= weights[cohort] @ controls
    start = g[np.any(both[:, 0] != 0, axis=1)].min()
    early = int(np.sum(t < start))
    return _Plan(n, both, early, np.flatnonzero(g >= start), method == "efficient")


def _from_cohorts(plan: _Plan, cohorts: Cohorts) -> _Moments:
    half = np.matmul(plan.both, cohorts.covariances)
    early = slice(plan.early)
    return _Moments(
        np.einsum("git,gt->gi", plan.both, cohorts.means),
        np.matmul(half, plan.both.transpose(0, 2, 1)),
        cohorts.covariances[plan.later, early, early],
        half[plan.later, 0, early],
    )


def _from_units(plan: _Plan, outcome: Numbers) -> _Moments:
    """Return the same from the units' rows, in the order of their cohorts."""
    ends = np.cumsum(plan.sizes).astype(int)
    starts = ends - plan.sizes.astype(int)
    code = np.repeat(np.arange(len(ends)), plan.sizes.astype(int))
    sums = np.empty((len(outcome), 2))
    for cohort, (start, end) in enumerate(zip(starts, ends, strict=True)):
        sums[start:end] = outcome[start:end] @ plan.both[cohort].T
    means = np.add.reduceat(sums, starts) / plan.sizes[:, None]
    sums = sums - means[code]
    freedom = plan.sizes - 1
    squares = np.add.reduceat(np.stack([sums[:, 0] ** 2, sums[:, 0] * sums[:, 1], sums[:, 1] ** 2], axis=1), starts)
    spread = (squares[:, [0, 1, 1, 2]] / freedom[:, None]).reshape(-1, 2, 2)
    blocks, cross = [], []
    for cohort in plan.later if plan.early else ():
        rows = outcome[starts[cohort] : ends[cohort], : plan.early]
        rows = rows - rows.mean(axis=0)
        blocks.append(rows.T @ rows / freedom[cohort])
        cross.append(sums[starts[cohort] : ends[cohort], 0] @ rows / freedom[cohort])
    return _Moments(means, spread, np.array(blocks), np.array(cross))


def _solve(plan: _Plan, moments: _Moments) -> _Solution:
    total = np.sum(moments.spread / plan.sizes[:, None, None], axis=0)
    adjustment = 1.0
    if plan.efficient:
        adjustment = float(total[0, 1] / total[1, 1]) if total[1, 1] > 0 else 0.0
    value = moments.means.sum(axis=0)
    variance = float(total[0, 0] + adjustment**2 * total[1, 1] - 2 * adjustment * total[0, 1])
    known = 0.0
    if plan.early:
        # The part of the variance that comes from effects which vary with what was seen before any treatment.
        inverse = np.linalg.pinv(moments.early, rcond=1e-8, hermitian=True)
        slopes = np.einsum("gij,gj->i", inverse, moments.cross)
        known = float(slopes @ moments.early.mean(axis=0) @ slopes / plan.sizes.sum())
    return _Solution(
        float(value[0] - adjustment * value[1]),
        math.sqrt(max(variance - known, 0.0)),
        math.sqrt(max(variance, 0.0)),
        adjustment,
    )
