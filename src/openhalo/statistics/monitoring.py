"""Charts that watch a series as it comes in, and say when it has moved."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import bisect

from openhalo.statistics.estimates import Numbers, counts
from openhalo.statistics.results import Refused


@dataclass(frozen=True)
class Cusum:
    """A cumulative sum and where it crossed its limit.

    Attributes:
        path: the sum after each observation, ≥ 0; it starts anew after each alarm.
        limit: h.
        alarms: positions of the observations at which it reached the limit.
        ratio: the change in rate or odds that it looks for.
    """

    path: Numbers
    limit: float
    alarms: tuple[int, ...]
    ratio: float

    def sentence(self) -> str:
        """Return what the chart shows, and what it does not."""
        if not self.alarms:
            return f"The chart for a change by a factor of {self.ratio:g} raised no alarm; small changes can go unseen."
        return (
            f"The chart for a change by a factor of {self.ratio:g} raised {len(self.alarms)} alarm(s), first at "
            f"observation {self.alarms[0] + 1}. An alarm asks for a look; it does not say why, and some are chance."
        )


class RunLength(NamedTuple):
    """How long a chart runs on average before an alarm, from simulation, and that average's standard error."""

    average: float
    error: float


def poisson_cusum(events: ArrayLike, expected: ArrayLike, ratio: float, limit: float) -> Cusum:
    """Return the chart C = max(0, C + y ln ρ − E (ρ − 1)) of counts against what was expected.

    Args:
        events: counts ≥ 0, in order.
        expected: of the same shape, > 0.
        ratio: ρ, the rise (> 1) or fall (< 1) in rate to find.
        limit: h > 0, from `poisson_limit`.

    Source: Lucas (1985), Technometrics 27, 129-144.
    """
    y, e = counts(events, "events"), counts(expected, "expected")
    _check(ratio, limit)
    return _run(y * np.log(ratio) - e * (ratio - 1), ratio, limit)


def bernoulli_cusum(outcomes: ArrayLike, risk: ArrayLike, ratio: float, limit: float) -> Cusum:
    """Return the risk-adjusted chart C = max(0, C + y ln ρ − ln(1 − p + ρ p)) of yes-or-no outcomes.

    Args:
        outcomes: 0 or 1, in order.
        risk: expected probability of each, above 0 and below 1.
        ratio: ρ, the change in odds to find.
        limit: h > 0, from `bernoulli_limit`.

    Source: Steiner, Cook, Farewell and Treasure (2000), Biostatistics 1, 441-452.
    """
    y, p = _outcomes(outcomes, risk)
    _check(ratio, limit)
    return _run(y * np.log(ratio) - np.log1p((ratio - 1) * p), ratio, limit)


def vlad(outcomes: ArrayLike, risk: ArrayLike) -> Numbers:
    """Return the running sum of expected less observed outcomes (variable life-adjusted display).

    It falls where more happens than expected. It shows, and has no alarm: its swings grow with time by chance alone.

    Source: Lovegrove et al. (1997), The Lancet 350, 1128-1130.
    """
    y, p = _outcomes(outcomes, risk)
    found: Numbers = np.cumsum(p - y)
    return found


def poisson_run_length(
    expected: float, ratio: float, limit: float, *, shift: float = 1.0, draws: int = 2000, seed: int = 0
) -> RunLength:
    """Return the average run length of `poisson_cusum` when the rate is `shift` times the expected one."""
    rng = np.random.default_rng(seed)
    down = expected * (ratio - 1)
    return _simulate(lambda size: rng.poisson(expected * shift, size) * np.log(ratio) - down, limit, draws)


def bernoulli_run_length(
    risk: ArrayLike, ratio: float, limit: float, *, shift: float = 1.0, draws: int = 2000, seed: int = 0
) -> RunLength:
    """Return the average run length of `bernoulli_cusum` for risks drawn from these, odds `shift` times as high."""
    rng, p = np.random.default_rng(seed), _outcomes(0.0, risk)[1].ravel()

    def weights(size: int) -> Numbers:
        q = rng.choice(p, size)
        hit = rng.random(size) < shift * q / (1 - q + shift * q)
        found: Numbers = hit * np.log(ratio) - np.log1p((ratio - 1) * q)
        return found

    return _simulate(weights, limit, draws)


def poisson_limit(expected: float, ratio: float, run_length: float, *, draws: int = 2000, seed: int = 0) -> float:
    """Return the limit h at which `poisson_cusum` gives a false alarm every `run_length` observations on average.

    Raises:
        Refused: no limit up to 50 waits that long.
    """
    return _limit(lambda h: poisson_run_length(expected, ratio, h, draws=draws, seed=seed).average, run_length)


def bernoulli_limit(risk: ArrayLike, ratio: float, run_length: float, *, draws: int = 2000, seed: int = 0) -> float:
    """Return the limit h for `bernoulli_cusum`, as `poisson_limit` does; risks are drawn from the given ones."""
    return _limit(lambda h: bernoulli_run_length(risk, ratio, h, draws=draws, seed=seed).average, run_length)


def _run(weights: Numbers, ratio: float, limit: float) -> Cusum:
    path, alarms, level = np.empty(len(weights)), [], 0.0
    for index, weight in enumerate(weights.tolist()):
        level = max(0.0, level + weight)
        path[index] = level
        if level >= limit:
            alarms.append(index)
            level = 0.0
    return Cusum(path, limit, tuple(alarms), ratio)


def _simulate(weights: Callable[[int], Numbers], limit: float, draws: int) -> RunLength:
    """Run many charts side by side until each has raised its alarm."""
    level, lengths, running = np.zeros(draws), np.zeros(draws), np.arange(draws)
    for step in range(1, 1_000_000):
        level[running] = np.maximum(0.0, level[running] + weights(len(running)))
        done = level[running] >= limit
        lengths[running[done]] = step
        running = running[~done]
        if not len(running):
            break
    else:
        raise Refused("the chart hardly ever raises an alarm at this limit")
    return RunLength(float(lengths.mean()), float(lengths.std(ddof=1) / np.sqrt(draws)))


def _limit(average: Callable[[float], float], run_length: float) -> float:
    """Return the h at which the average run length is the one asked for; the same draws at each step make it rise."""
    high = 1.0
    while average(high) < run_length:
        high *= 1.5
        if high > 50:
            raise Refused(f"no limit gives {run_length:g} observations between false alarms")
    return float(bisect(lambda h: average(h) - run_length, 1e-6, high, xtol=1e-3))


def _check(ratio: float, limit: float) -> None:
    if ratio <= 0 or ratio == 1 or limit <= 0:
        raise ValueError("ratio must be above 0 and not 1; limit must be above 0")


def _outcomes(outcomes: ArrayLike, risk: ArrayLike) -> tuple[Numbers, Numbers]:
    y, p = np.asarray(outcomes, float), np.asarray(risk, float)
    if np.any((y != 0) & (y != 1)) or np.any((p <= 0) | (p >= 1)):
        raise ValueError("outcomes must be 0 or 1, risks above 0 and below 1")
    return y, p
