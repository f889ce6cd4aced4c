"""Charts that watch a series as it comes in, and say when it has moved."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from openhalo.statistics.estimates import Numbers, counts
from openhalo.statistics.results import Refused

_LEAST = 1e-6
_POOL = 20_000
"""Periods drawn for a chart of many trials a period: their mean weight is known to a hundredth of its spread."""


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


def poisson_cusum(events: ArrayLike, expected: ArrayLike, ratio: float, limit: float, dispersion: float = 1.0) -> Cusum:
    """Return the chart C = max(0, C + (y ln ρ − E (ρ − 1)) / φ) of counts against what was expected.

    Args:
        events: counts ≥ 0, in order.
        expected: of the same shape, > 0.
        ratio: ρ, the rise (> 1) or fall (< 1) in rate to find.
        limit: h > 0, from `poisson_limit` with the same φ.
        dispersion: φ ≥ 1, the variance of a count over its mean; 1 is Poisson's.

    Source: Lucas (1985), Technometrics 27, 129-144.
    """
    y, e = counts(events, "events"), counts(expected, "expected")
    _check(ratio, limit)
    return _run((y * np.log(ratio) - e * (ratio - 1)) / dispersion, ratio, limit)


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


def grouped_cusum(outcomes: ArrayLike, trials: ArrayLike, risk: ArrayLike, ratio: float, limit: float) -> Cusum:
    """Return the chart of `bernoulli_cusum` with all trials of a period, and of like risk, taken in at once.

    Args:
        outcomes, trials: (periods, kinds) counts, 0 ≤ outcomes ≤ trials.
        risk: (kinds,) expected probability of each, above 0 and below 1.
        ratio: ρ, the change in odds to find.
        limit: h > 0, from `grouped_limit`.

    Source: Steiner, Cook, Farewell and Treasure (2000), Biostatistics 1, 441-452.
    """
    y, n, p = counts(outcomes, "outcomes"), counts(trials, "trials"), np.asarray(risk, float)
    _check(ratio, limit)
    if np.any(y > n) or np.any((p <= 0) | (p >= 1)) or y.shape != n.shape or y.shape[1:] != p.shape:
        raise ValueError("outcomes and trials must be tables of periods by kinds, with one risk a kind")
    return _run(_grouped(y, n, p, ratio), ratio, limit)


def running_excess(counted: ArrayLike, expected: ArrayLike) -> Numbers:
    """Return the running sum of what was counted, less what was expected.

    It rises where more happens than expected. It shows, and has no alarm: its swings grow with time by chance alone.
    The variable life-adjusted display (VLAD) is the same line with its sign turned.

    Source: Lovegrove et al. (1997), The Lancet 350, 1128-1130.
    """
    found: Numbers = np.cumsum(np.asarray(counted, float) - np.asarray(expected, float))
    return found


def poisson_run_length(
    expected: float,
    ratio: float,
    limit: float,
    *,
    shift: float = 1.0,
    dispersion: float = 1.0,
    draws: int = 2000,
    seed: int = 0,
) -> RunLength:
    """Return the average run length of `poisson_cusum` when the rate is `shift` times the expected one.

    Counts more scattered than Poisson's are drawn from the negative binomial of that variance.
    """
    return _simulate(_poisson_weights(expected, ratio, shift, dispersion, seed), limit, draws)


def bernoulli_run_length(
    risk: ArrayLike, ratio: float, limit: float, *, shift: float = 1.0, draws: int = 2000, seed: int = 0
) -> RunLength:
    """Return the average run length of `bernoulli_cusum` for risks drawn from these, odds `shift` times as high."""
    return _simulate(_bernoulli_weights(risk, ratio, shift, seed), limit, draws)


def poisson_limit(
    expected: float,
    ratio: float,
    run_length: float,
    *,
    dispersion: float = 1.0,
    learnt: int = 0,
    draws: int = 2000,
    seed: int = 0,
) -> float:
    """Return the limit h at which `poisson_cusum` gives a false alarm every `run_length` observations on average.

    A chart that looks for a large change among large counts waits longer than that at any limit; it gets the lowest.
    Where the expected number and the scatter were themselves learnt from so many periods (`learnt` > 1), the limit is
    the one at which one false alarm is expected in `run_length` observations: without that allowance it is nearly two
    (see docs/coverage.md).

    Raises:
        Refused: no limit up to 50 gives so few false alarms.
    """
    if learnt > 1:
        return _limit(
            lambda h: _alarms(_learnt_poisson(expected, ratio, dispersion, learnt, draws, seed), h, run_length)
        )
    return _limit(lambda h: _wait(_poisson_weights(expected, ratio, 1.0, dispersion, seed), h, run_length, draws))


def bernoulli_limit(risk: ArrayLike, ratio: float, run_length: float, *, draws: int = 2000, seed: int = 0) -> float:
    """Return the limit h for `bernoulli_cusum`, as `poisson_limit` does; risks are drawn from the given ones."""
    return _limit(lambda h: _wait(_bernoulli_weights(risk, ratio, 1.0, seed), h, run_length, draws))


def grouped_limit(
    trials: ArrayLike,
    risk: ArrayLike,
    ratio: float,
    run_length: float,
    *,
    learnt: bool = False,
    draws: int = 2000,
    seed: int = 0,
) -> float:
    """Return the limit h for `grouped_cusum`, in periods, as `poisson_limit` does.

    `learnt`: whether the risks were learnt from these trials.
    """
    if learnt:
        return _limit(lambda h: _alarms(_learnt_grouped(trials, risk, ratio, draws, seed), h, run_length))
    return _limit(lambda h: _wait(_grouped_weights(trials, risk, ratio, seed), h, run_length, draws))


Weights = Callable[[int], Numbers]
"""Draws the next step of so many charts."""


def _poisson_weights(expected: float, ratio: float, shift: float, dispersion: float, seed: int) -> Weights:
    rng, mean = np.random.default_rng(seed), expected * shift

    def draw(size: int) -> Numbers:
        if dispersion > 1:
            drawn = rng.negative_binomial(mean / (dispersion - 1), 1 / dispersion, size)
        else:
            drawn = rng.poisson(mean, size)
        found: Numbers = (drawn * np.log(ratio) - expected * (ratio - 1)) / dispersion
        return found

    return draw


def _bernoulli_weights(risk: ArrayLike, ratio: float, shift: float, seed: int) -> Weights:
    rng, p = np.random.default_rng(seed), _outcomes(0.0, risk)[1].ravel()

    def draw(size: int) -> Numbers:
        q = rng.choice(p, size)
        hit = rng.random(size) < shift * q / (1 - q + shift * q)
        found: Numbers = hit * np.log(ratio) - np.log1p((ratio - 1) * q)
        return found

    return draw


def _grouped_weights(trials: ArrayLike, risk: ArrayLike, ratio: float, seed: int) -> Weights:
    rng, n, p = np.random.default_rng(seed), counts(trials, "trials"), np.asarray(risk, float)
    periods = n[rng.integers(0, len(n), _POOL)]
    # Drawn once, they serve every step of every chart.
    pool = _grouped(rng.binomial(periods.astype(int), p).astype(float), periods, p, ratio)
    return lambda size: rng.choice(pool, size)


def _learnt_poisson(
    expected: float, ratio: float, dispersion: float, learnt: int, draws: int, seed: int
) -> Callable[[], Numbers]:
    """Return steps of charts that expect what was learnt, of series whose level and scatter may be what they may be.

    Given the first periods, both are drawn as of normal counts with nothing known before: so a limit is right on
    average over what those periods might have shown.
    """
    rng = np.random.default_rng(seed)
    spread = np.maximum(dispersion * (learnt - 1) / rng.chisquare(learnt - 1, draws), 1.001)
    level = np.maximum(rng.normal(expected, np.sqrt(spread * expected / learnt)), 0.01 * expected)

    def draw() -> Numbers:
        drawn = rng.negative_binomial(level / (spread - 1), 1 / spread)
        found: Numbers = (drawn * np.log(ratio) - expected * (ratio - 1)) / dispersion
        return found

    return draw


def _learnt_grouped(trials: ArrayLike, risk: ArrayLike, ratio: float, draws: int, seed: int) -> Callable[[], Numbers]:
    """Return steps of charts that each learnt the risks from as many trials as these."""
    rng, n, p = np.random.default_rng(seed), counts(trials, "trials"), np.asarray(risk, float)
    whole = n.sum(axis=0).astype(int)
    share = (rng.binomial(whole, p, (draws, len(p))) + p) / (whole + 1)
    down = np.log1p((ratio - 1) * share)
    periods = n[rng.integers(0, len(n), _POOL)]
    hits = rng.binomial(periods.astype(int), p).sum(axis=1)

    def draw() -> Numbers:
        at = rng.integers(0, _POOL, draws)
        found: Numbers = hits[at] * np.log(ratio) - np.einsum("ds,ds->d", periods[at], down)
        return found

    return draw


def _run(weights: Numbers, ratio: float, limit: float) -> Cusum:
    path, alarms, level = np.empty(len(weights)), [], 0.0
    for index, weight in enumerate(weights.tolist()):
        level = max(0.0, level + weight)
        path[index] = level
        if level >= limit:
            alarms.append(index)
            level = 0.0
    return Cusum(path, limit, tuple(alarms), ratio)


def _simulate(weights: Weights, limit: float, draws: int, longest: int | None = None) -> RunLength:
    """Run many charts side by side until each has raised its alarm; those that reach `longest` count as that long."""
    level, lengths, running = np.zeros(draws), np.full(draws, float(longest or 0)), np.arange(draws)
    for step in range(1, longest or 1_000_000):
        level[running] = np.maximum(0.0, level[running] + weights(len(running)))
        done = level[running] >= limit
        lengths[running[done]] = step
        running = running[~done]
        if not len(running):
            break
    else:
        if longest is None:
            raise Refused("the chart hardly ever raises an alarm at this limit")
    return RunLength(float(lengths.mean()), float(lengths.std(ddof=1) / np.sqrt(draws)))


def _wait(weights: Weights, limit: float, run_length: float, draws: int) -> float:
    """Return the log of the average wait for an alarm over the one asked for."""
    # Ten times the wait that is asked for is passed by one chart in 20,000.
    return math.log(_simulate(weights, limit, draws, 10 * math.ceil(run_length)).average / run_length)


def _alarms(draw: Callable[[], Numbers], limit: float, run_length: float) -> float:
    """Return the log of one over the alarms that a chart raises in so many observations, on average."""
    steps, total = math.ceil(run_length), 0
    level = np.zeros_like(draw())
    for _ in range(steps):
        level = np.maximum(0.0, level + draw())
        out = level >= limit
        total += int(out.sum())
        level[out] = 0.0
    return -math.log(max(total, 0.5) / len(level) * run_length / steps)


def _limit(beyond: Callable[[float], float]) -> float:
    """Return the h at which `beyond` is 0, to a hundredth: far below what the draws tell.

    It rises nearly in a straight line with h, so that a few tries lead there.
    """
    low, high = _LEAST, 1.0
    under, over = beyond(low), beyond(high)
    if under >= 0:
        return low
    while over < 0:
        low, under, high = high, over, 1.5 * high
        if high > 50:
            raise Refused("no limit gives so few false alarms")
        over = beyond(high)
    for _ in range(8):
        middle = min(max(low - under * (high - low) / (over - under), 0.9 * low + 0.1 * high), 0.1 * low + 0.9 * high)
        at = beyond(middle)
        if abs(at) < 0.01:
            break
        if at < 0:
            low, under = middle, at
        else:
            high, over = middle, at
    return middle


def _grouped(outcomes: Numbers, trials: Numbers, risk: Numbers, ratio: float) -> Numbers:
    """Return the log-likelihood ratio of each period."""
    found: Numbers = outcomes.sum(axis=-1) * np.log(ratio) - trials @ np.log1p((ratio - 1) * risk)
    return found


def _check(ratio: float, limit: float) -> None:
    if ratio <= 0 or ratio == 1 or limit <= 0:
        raise ValueError("ratio must be above 0 and not 1; limit must be above 0")


def _outcomes(outcomes: ArrayLike, risk: ArrayLike) -> tuple[Numbers, Numbers]:
    y, p = np.asarray(outcomes, float), np.asarray(risk, float)
    if np.any((y != 0) & (y != 1)) or np.any((p <= 0) | (p >= 1)):
        raise ValueError("outcomes must be 0 or 1, risks above 0 and below 1")
    return y, p
