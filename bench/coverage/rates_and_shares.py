"""Shares, rates, ratios, averages, medians: what every figure and most comparisons rest on."""

import numpy as np

from bench.coverage.study import Answers, Study, alarms, covers, each, once
from openhalo.statistics import (
    comparisons,
    concentration,
    count_change,
    means,
    proportions,
    quantiles,
    rate_ratio,
    rates,
    standardised_rates,
)
from openhalo.statistics.estimates import holm
from openhalo.statistics.results import Result

Rng = np.random.Generator


def _wilson(rng: Rng, rounds: int) -> Answers:
    n, p = rng.integers(10, 500, rounds), rng.uniform(0.02, 0.98, rounds)
    found = proportions.wilson(rng.binomial(n, p), n)
    return covers(found.low, p, found.high)


def _wilson_rare(rng: Rng, rounds: int) -> Answers:
    n, p = rng.integers(200, 2000, rounds), rng.uniform(0.002, 0.02, rounds)
    found = proportions.wilson(rng.binomial(n, p), n)
    return covers(found.low, p, found.high)


def _two(rng: Rng, rounds: int, low: float, high: float) -> tuple[np.ndarray, ...]:
    n, n0 = rng.integers(20, 300, (2, rounds))
    p, p0 = rng.uniform(low, high, (2, rounds))
    return n, n0, p, p0


def _newcombe(rng: Rng, rounds: int) -> Answers:
    n, n0, p, p0 = _two(rng, rounds, 0.05, 0.95)
    found = proportions.difference(rng.binomial(n, p), n, rng.binomial(n0, p0), n0)
    return covers(found.low, p - p0, found.high)


def _koopman(rng: Rng, rounds: int) -> Answers:
    n, n0, p, p0 = _two(rng, rounds, 0.05, 0.95)
    found = proportions.ratio(rng.binomial(n, p), n, rng.binomial(n0, p0), n0)
    return covers(found.low, p / p0, found.high)


def _equal_shares(rng: Rng, rounds: int) -> Answers:
    n, n0, p, _ = _two(rng, rounds, 0.05, 0.95)
    return alarms(proportions.equality(rng.binomial(n, p), n, rng.binomial(n0, p), n0))


def _rate(rng: Rng, rounds: int) -> Answers:
    mean = np.exp(rng.uniform(np.log(1), np.log(200), rounds))
    found = rates.rate(rng.poisson(mean))
    return covers(found.low, mean, found.high)


def _rate_estimated(rng: Rng, rounds: int) -> Answers:
    mean, cv = np.exp(rng.uniform(np.log(5), np.log(500), rounds)), rng.uniform(0.02, 0.15, rounds)
    found = rates.rate(rng.poisson(mean), 1000 * np.exp(rng.normal(0, cv)), cv)
    return covers(found.low, mean / 1000, found.high)


def _pair(rng: Rng, rounds: int, ratio: float) -> np.ndarray:
    other = np.exp(rng.uniform(np.log(5), np.log(100), rounds))
    return np.stack([rng.poisson(other * ratio / 2), rng.poisson(other)], axis=1)


def _exact_ratio(rng: Rng, rounds: int) -> Answers:
    a, b = _pair(rng, rounds, 1.5).T
    found = rates.ratio(a, 1, b, 2)
    return covers(found.low, 1.5, found.high)


def _ratio_estimated(rng: Rng, rounds: int) -> Answers:
    (a, b), cv = _pair(rng, rounds, 1.5).T, rng.uniform(0.02, 0.15, (2, rounds))
    exposure = np.array([[1.0], [2.0]]) * np.exp(rng.normal(0, cv))
    found = rates.ratio(a, exposure[0], b, exposure[1], cv[0], cv[1])
    return covers(found.low, 1.5, found.high)


def _equal_rates(rng: Rng, rounds: int) -> Answers:
    a, b = _pair(rng, rounds, 1.0).T
    return alarms(rates.equality(a, 1, b, 2))


def _score(rng: Rng, rounds: int) -> Answers:
    return _of_pair(rng, rounds, count_change.score_ratio, 1.5)


def _mid_p(rng: Rng, rounds: int) -> Answers:
    return _of_pair(rng, rounds, count_change.mid_p_ratio, 1.5)


def _of_pair(rng: Rng, rounds: int, method, truth: float) -> Answers:
    pairs = _pair(rng, rounds, truth)
    told = pairs[pairs[:, 1] > 0]
    return np.array([one.low <= truth <= one.high for one in once(told, lambda a, b: method(a, 1, b, 2))], float)


def _score_null(rng: Rng, rounds: int) -> Answers:
    pairs = _pair(rng, rounds, 1.0)
    return alarms([one.p for one in once(pairs[pairs[:, 1] > 0], lambda a, b: count_change.score_ratio(a, 1, b, 2))])


def _mid_p_null(rng: Rng, rounds: int) -> Answers:
    pairs = _pair(rng, rounds, 1.0)
    return alarms([one.p for one in once(pairs[pairs[:, 1] > 0], lambda a, b: count_change.mid_p_ratio(a, 1, b, 2))])


def _e_test(rng: Rng, rounds: int) -> Answers:
    mean = np.exp(rng.uniform(np.log(3), np.log(30), rounds))
    pairs = rng.poisson(np.stack([mean, 2 * mean], axis=1))
    return alarms(once(pairs[pairs.sum(axis=1) > 0], lambda a, b: count_change.e_test(a, b, 1, 2)))


def _adjusted(rng: Rng, log: float) -> Result:
    place, group = np.repeat(np.arange(20), 2), np.tile([0, 1], 20)
    exposure = rng.uniform(100, 300, 40)
    level = np.exp(rng.normal(-1.2, 0.4, 20))[place]
    events = rng.poisson(rng.gamma(exposure * level * np.exp(log * group) / 3, 3))
    return rate_ratio.adjusted_ratio(events, exposure, group, place)


def _adjusted_covers(rng: Rng, rounds: int) -> Answers:
    found = (_adjusted(rng, 0.3) for _ in range(rounds))
    return np.array([one.low <= np.exp(0.3) <= one.high for one in found], float)


def _adjusted_null(rng: Rng, rounds: int) -> Answers:
    return each(rounds, lambda: _adjusted(rng, 0.0).p < 0.05)


def _index(rng: Rng, rounds: int, error: float) -> Answers:
    def one() -> float:
        share, ratio = rng.uniform(0.1, 0.5), rng.uniform(0.7, 1.8)
        total = int(rng.integers(100, 5000))
        seen = share * float(np.exp(rng.normal(0, error)))
        found = comparisons.disparity_index(rng.binomial(total, share * ratio), total, seen, error * seen)
        return found.low <= ratio <= found.high

    return each(rounds, one)


def _direct(rng: Rng, rounds: int) -> Answers:
    strata = np.array([0.02, 0.03, 0.05, 0.04, 0.03])

    def one() -> float:
        sizes, standard = rng.uniform(300, 3000, 5), rng.uniform(0.5, 2, 5)
        found = standardised_rates.direct(rng.poisson(sizes * strata), sizes, standard)
        return found.low <= standard @ strata / standard.sum() <= found.high

    return each(rounds, one)


def _indirect(rng: Rng, rounds: int, truth: float) -> list[Result]:
    sizes, strata = rng.uniform(100, 1000, 5), np.array([0.02, 0.03, 0.05, 0.04, 0.03])
    drawn = rng.poisson(truth * sizes @ strata, rounds)[:, None]
    return once(drawn, lambda events: standardised_rates.indirect(events, sizes, strata))


def _indirect_covers(rng: Rng, rounds: int) -> Answers:
    return np.array([one.low <= 1.3 <= one.high for one in _indirect(rng, rounds, 1.3)], float)


def _indirect_null(rng: Rng, rounds: int) -> Answers:
    return alarms([one.p for one in _indirect(rng, rounds, 1.0)])


def _displacement(rng: Rng, rounds: int, truth: float) -> list[Result]:
    drawn = rng.poisson([40, 40, 40, 40 + truth], (rounds, 4))
    return once(drawn, lambda a, b, c, d: comparisons.weighted_displacement((a, b), (c, d), 0.95))


def _displacement_covers(rng: Rng, rounds: int) -> Answers:
    return np.array([one.low <= -15 <= one.high for one in _displacement(rng, rounds, -15)], float)


def _displacement_null(rng: Rng, rounds: int) -> Answers:
    return alarms([one.p for one in _displacement(rng, rounds, 0)])


def _mean(rng: Rng, rounds: int) -> Answers:
    return _mean_of(rng.normal(10, 4, (rounds, 12)), 10)


def _mean_skewed(rng: Rng, rounds: int) -> Answers:
    return _mean_of(rng.exponential(10, (rounds, 100)), 10)


def _mean_of(values: np.ndarray, truth: float) -> Answers:
    found = means.mean(values.mean(axis=1), values.var(axis=1, ddof=1), values.shape[1])
    return covers(found.low, truth, found.high)


def _equal_means(rng: Rng, rounds: int) -> Answers:
    one, other = rng.normal(10, 2, (rounds, 15)), rng.normal(10, 6, (rounds, 40))
    sides = [(v.mean(axis=1), v.var(axis=1, ddof=1), v.shape[1]) for v in (one, other)]
    return alarms(means.equality(*sides[0], *sides[1]))


def _median(rng: Rng, rounds: int) -> Answers:
    def one() -> float:
        values = rng.exponential(1, int(rng.integers(10, 300)))
        found = quantiles.median(values, np.ones(len(values)))
        return found.low[0] <= np.log(2) <= found.high[0]

    return each(rounds, one)


def _concentration(rng: Rng, rounds: int) -> Answers:
    # Zero-truncated negative binomial, its top tenth's share taken from a very large draw.
    def holders(size: int) -> np.ndarray:
        drawn = rng.poisson(rng.gamma(0.8, 4, size))
        return drawn[drawn > 0]

    everyone = np.unique(holders(4_000_000), return_counts=True)
    truth = float(concentration.top_share(*everyone).value[0])

    def one() -> float:
        found = concentration.top_share(*np.unique(holders(1000), return_counts=True))
        return found.low[0] <= truth <= found.high[0]

    return each(rounds, one)


def _families(rng: Rng, rounds: int) -> Answers:
    p = rng.uniform(size=(rounds, 12))
    p[:, 6:] = p[:, :1]  # half of them move together
    return np.array([holm(row).min() < 0.05 for row in p], float)


STUDIES = (
    Study("Share, Wilson", "10–500 trials, share 2–98 %", "interval", _wilson),
    Study("Share, Wilson", "200–2,000 trials, share 0.2–2 %", "interval", _wilson_rare),
    Study("Difference of shares, Newcombe", "20–300 trials a side, shares 5–95 %", "interval", _newcombe),
    Study("Ratio of shares, Koopman", "20–300 trials a side, shares 5–95 %", "interval", _koopman),
    Study("Equal shares, score test", "20–300 trials a side, share 5–95 %", "test", _equal_shares),
    Study("Rate, Garwood", "1–200 events expected", "cautious", _rate),
    Study("Rate over an estimated denominator", "5–500 events, its error 2–15 %", "cautious", _rate_estimated),
    Study("Ratio of rates, exact", "5–100 events expected", "cautious", _exact_ratio),
    Study("Ratio of rates over estimated denominators", "errors 2–15 %", "cautious", _ratio_estimated),
    Study("Equal rates, exact test", "5–100 events expected", "test", _equal_rates),
    Study("Ratio of rates, score", "5–100 events expected", "interval", _score),
    Study("Ratio of rates, score", "equal rates", "test", _score_null),
    Study("Ratio of rates, mid-p", "5–100 events expected", "interval", _mid_p),
    Study("Ratio of rates, mid-p", "equal rates", "test", _mid_p_null),
    Study("E-test", "equal rates, 3–30 and 6–60 events expected", "test", _e_test),
    Study(
        "Adjusted ratio of rates", "20 places, counts more scattered than Poisson", "interval", _adjusted_covers, 4000
    ),
    Study("Adjusted ratio of rates", "the same, equal rates", "test", _adjusted_null, 4000),
    Study("Disparity index", "100–5,000 events", "interval", lambda r, n: _index(r, n, 0.0), 10_000),
    Study("Disparity index", "the same, benchmark known to 8 %", "interval", lambda r, n: _index(r, n, 0.08), 10_000),
    Study("Standardised rate, direct", "five strata of 300–3,000", "cautious", _direct, 10_000),
    Study("Standardised ratio, indirect", "19–190 events expected, true ratio 1.3", "cautious", _indirect_covers),
    Study("Standardised ratio, indirect", "the same, true ratio 1", "test", _indirect_null),
    Study("Weighted displacement", "40 events a cell, a fall by 15", "interval", _displacement_covers),
    Study("Weighted displacement", "40 events a cell, no change", "test", _displacement_null),
    Study("Mean, Student", "12 normal values", "interval", _mean),
    Study("Mean, Student", "100 very skewed values (exponential)", "interval", _mean_skewed),
    Study("Equal means, Welch", "15 and 40 values, spreads 2 and 6", "test", _equal_means),
    Study("Median, order statistics", "10–300 values", "cautious", _median, 10_000),
    Study("Concentration, top tenth", "some 700 holders, very uneven", "interval", _concentration, 4000),
    Study("Holm over 12 comparisons", "any false rejection, half of them linked", "test", _families, 10_000),
)
