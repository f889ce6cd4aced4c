"""Tests by group and place, comparison of many units, change over time, audits of recording."""

import numpy as np

from bench.coverage.study import Answers, Study, alarms, covers, each
from openhalo.statistics import audit, funnel, local_false_discovery, monitoring, shrinkage, staggered
from openhalo.statistics.internal_benchmark import benchmark
from openhalo.statistics.interrupted_series import InterruptedSeries, interrupted_series
from openhalo.statistics.outcome_test import OutcomeTest, hit_rate_gaps, outcome_test
from openhalo.statistics.sun import evening
from openhalo.statistics.veil_of_darkness import VeilOfDarkness, veil_of_darkness

Rng = np.random.Generator
_WAYS = ("pooled", "within places", "average of places")


def _gap(rng: Rng, way: int, gap: float) -> tuple[object, float]:
    searches = rng.integers(40, 150, (2, 12))
    share = np.linspace(0.2, 0.4, 12)
    true = np.stack([share + gap, share])
    k = rng.binomial(searches, true)
    found = hit_rate_gaps(k[0], searches[0], k[1], searches[1], "A", "B")[way]
    weights = searches / searches.sum(axis=1, keepdims=True)
    pooled = float((weights[0] * true[0]).sum() - (weights[1] * true[1]).sum())
    return found, pooled if way == 0 else gap


def _gap_covers(way: int):
    def run(rng: Rng, rounds: int) -> Answers:
        def one() -> float:
            found, truth = _gap(rng, way, -0.06)
            return found.low <= truth <= found.high

        return each(rounds, one)

    return run


def _gap_null(way: int):
    def run(rng: Rng, rounds: int) -> Answers:
        def one() -> float:
            searches = rng.integers(40, 150, (2, 12))
            share = np.full(12, 0.25) if way == 0 else np.linspace(0.15, 0.4, 12)
            k = rng.binomial(searches, share)
            return hit_rate_gaps(k[0], searches[0], k[1], searches[1], "A", "B")[way].p < 0.05

        return each(rounds, one)

    return run


def _equal_hit_rates(rng: Rng, rounds: int) -> Answers:
    def one() -> OutcomeTest:
        searches = rng.integers(60, 600, (4, 1))
        groups = ("A", "B", "C", "D")
        return outcome_test(rng.binomial(searches, 0.2), searches, groups, "A", discretionary=True)

    return each(rounds, lambda: one().p < 0.05)


_DAYS = np.arange("2017-01-01", "2018-01-01", dtype="datetime64[D]")
_SKY = evening(_DAYS, 40.0, -75.0, "America/New_York")


def _veil(rng: Rng, true: float) -> VeilOfDarkness:
    day, minute, place = rng.integers(0, 365, 6000), rng.integers(990, 1290, 6000), rng.integers(0, 8, 6000)
    odds = -0.5 + true * (minute >= _SKY.dusk[day]) + 0.002 * (minute - 1100) + 0.1 * place
    group = rng.random(6000) < 1 / (1 + np.exp(-odds))
    return veil_of_darkness(minute, _SKY.sunset[day], _SKY.dusk[day], group, place=place)


def _veil_covers(rng: Rng, rounds: int) -> Answers:
    found = [_veil(rng, -0.2) for _ in range(rounds)]
    return covers([one.low for one in found], -0.2, [one.high for one in found])


def _veil_null(rng: Rng, rounds: int) -> Answers:
    return alarms([_veil(rng, 0.0).p for _ in range(rounds)])


def _series(rng: Rng, months: int, log: float, link: float, **settings: object) -> InterruptedSeries:
    time = np.arange(months)
    after = time >= months // 2
    noise = np.empty(months)
    noise[0] = rng.normal()
    for at in range(1, months):
        noise[at] = link * noise[at - 1] + np.sqrt(1 - link**2) * rng.normal()
    season = 0.15 * np.sin(2 * np.pi * (time + 1) / 12)
    mean = np.exp(5 + 0.002 * time + season + log * after + 0.12 * noise)
    return interrupted_series(rng.poisson(mean), after, harmonics=1, **settings)


def _series_covers(link: float, lags: int, months: int = 96):
    def run(rng: Rng, rounds: int) -> Answers:
        found = [_series(rng, months, -0.2, link, lags=lags) for _ in range(rounds)]
        return covers([one.low for one in found], np.exp(-0.2), [one.high for one in found])

    return run


def _series_null(link: float, lags: int, months: int = 96):
    return lambda rng, rounds: alarms([_series(rng, months, 0.0, link, lags=lags).p for _ in range(rounds)])


def _panel(rng: Rng, effect: float, units: int = 300, length: int = 12) -> tuple[np.ndarray, ...]:
    own = rng.gamma(2, 0.5, units)
    season = 1 + 0.2 * np.sin(np.arange(length))
    untreated = rng.poisson(own[:, None] * season).astype(float)
    first = rng.permutation(np.repeat([4.0, 6.0, 8.0, 10.0, np.inf], units // 5))
    periods = np.arange(1.0, length + 1)
    return untreated + effect * (periods >= first[:, None]), first, periods


def _staggered(rng: Rng, effect: float, average: staggered.Average, method: staggered.Method) -> object:
    return staggered.effect(staggered.reduce_panel(*_panel(rng, effect)), average, method)


def _staggered_covers(average: staggered.Average, method: staggered.Method):
    def run(rng: Rng, rounds: int) -> Answers:
        found = [_staggered(rng, -0.15, average, method) for _ in range(rounds)]
        return covers([one.low for one in found], -0.15, [one.high for one in found])

    return run


def _staggered_null(rng: Rng, rounds: int) -> Answers:
    return alarms([_staggered(rng, 0.0, "simple", "efficient").p for _ in range(rounds)])


def _permutation(rng: Rng, rounds: int) -> Answers:
    return alarms(
        [
            staggered.permutation_p(*_panel(rng, 0.0, 100), draws=59, seed=int(rng.integers(2**31)))
            for _ in range(rounds)
        ]
    )


def _funnel(spread: float, adjusted: bool):
    def run(rng: Rng, rounds: int) -> Answers:
        def one() -> float:
            expected = np.exp(rng.uniform(np.log(10), np.log(200), 80))
            level = rng.gamma(spread**-2, spread**2, 80) if spread else np.ones(80)
            found = funnel.funnel(rng.poisson(expected * level), expected)
            return float((found.adjusted < 0.05).any()) if adjusted else float(np.mean(found.p < 0.05))

        return each(rounds, one)

    return run


def _local(rng: Rng, rounds: int) -> Answers:
    """Among the units called out at a local rate of 0.2, the share of ordinary ones; 50 of 1,000 are not ordinary."""

    def one() -> float:
        z = np.concatenate([rng.normal(0.1, 1.3, 950), rng.normal(6, 1, 50)])
        out = local_false_discovery.local_false_discovery(z).local < 0.2
        return float(out[:950].sum() / max(out.sum(), 1))

    return each(rounds, one)


def _beta(rng: Rng, rounds: int) -> Answers:
    def one() -> float:
        trials, own = rng.integers(10, 100, 100), rng.beta(5, 15, 100)
        found = shrinkage.beta_binomial(rng.binomial(trials, own), trials)
        return float(np.mean((found.low <= own) & (own <= found.high)))

    return each(rounds, one)


def _gamma(rng: Rng, rounds: int) -> Answers:
    def one() -> float:
        exposure, own = rng.uniform(20, 300, 100), rng.gamma(3, 0.02, 100)
        found = shrinkage.gamma_poisson(rng.poisson(exposure * own), exposure)
        return float(np.mean((found.low <= own) & (own <= found.high)))

    return each(rounds, one)


def _poisson_run(rng: Rng, rounds: int) -> Answers:
    limit = monitoring.poisson_limit(4.0, 1.5, 100.0, draws=4000)

    def one() -> float:
        alarm = monitoring.poisson_cusum(rng.poisson(4.0, 2000), np.full(2000, 4.0), 1.5, limit).alarms
        return (alarm[0] + 1) / 100

    return each(rounds, one)


def _bernoulli_run(rng: Rng, rounds: int) -> Answers:
    risks = rng.uniform(0.02, 0.3, 500)
    limit = monitoring.bernoulli_limit(risks, 2.0, 300.0, draws=4000)

    def one() -> float:
        risk = rng.choice(risks, 6000)
        return (monitoring.bernoulli_cusum(rng.random(6000) < risk, risk, 2.0, limit).alarms[0] + 1) / 300

    return each(rounds, one)


def _scattered(rng: Rng, mean: float, size: int) -> np.ndarray:
    """Return counts whose variance is twice their mean."""
    return rng.negative_binomial(mean, 0.5, size)


def _scattered_run(rng: Rng, rounds: int) -> Answers:
    limit = monitoring.poisson_limit(60.0, 1.3, 60.0, dispersion=2.0, draws=4000)

    def one() -> float:
        counted = _scattered(rng, 60.0, 1500)
        return (monitoring.poisson_cusum(counted, np.full(1500, 60.0), 1.3, limit, 2.0).alarms[0] + 1) / 60

    return each(rounds, one)


def _learnt_run(rng: Rng, rounds: int) -> Answers:
    """What is usual, and the scatter, are learnt from 18 months, as for real records: one over the alarms that are told
    of in the time in which one was asked for."""

    def one() -> float:
        first = _scattered(rng, 60.0, 18)
        mean = float(first.mean())
        spread = max(1.0, float(first.var(ddof=1)) / mean)
        limit = monitoring.poisson_limit(mean, 1.3, 60.0, dispersion=spread, learnt=18)
        later = (_scattered(rng, 60.0, 60) for _ in range(20))
        return float(
            np.mean([len(monitoring.poisson_cusum(y, np.full(60, mean), 1.3, limit, spread).alarms) for y in later])
        )

    return each(rounds, one)


def _learnt_risks(rng: Rng, rounds: int) -> Answers:
    risk, trials = np.array([0.05, 0.15, 0.3]), np.tile([80, 60, 20], (60, 1))

    def one() -> float:
        first = trials[:12]
        share = (rng.binomial(first, risk).sum(axis=0) + risk) / (first.sum(axis=0) + 1)
        limit = monitoring.grouped_limit(first, share, 1.3, 60.0, learnt=True)
        later = (rng.binomial(trials, risk) for _ in range(20))
        return float(np.mean([len(monitoring.grouped_cusum(y, trials, share, 1.3, limit).alarms) for y in later]))

    return each(rounds, one)


def _grouped_run(rng: Rng, rounds: int) -> Answers:
    risk, trials = np.array([0.05, 0.15, 0.3]), np.array([80, 60, 20])
    limit = monitoring.grouped_limit(trials[None, :], risk, 1.3, 60.0, draws=4000)

    def one() -> float:
        hits = rng.binomial(trials, risk, (1500, 3))
        found = monitoring.grouped_cusum(hits, np.tile(trials, (1500, 1)), risk, 1.3, limit)
        return (found.alarms[0] + 1) / 60

    return each(rounds, one)


def _event_study(rng: Rng, rounds: int) -> Answers:
    found = [
        staggered.event_study(staggered.reduce_panel(*_panel(rng, -0.15)), int(rng.integers(0, 3)))
        for _ in range(rounds)
    ]
    return covers([one.low for one in found], -0.15, [one.high for one in found])


def _shift(rng: Rng, rounds: int) -> Answers:
    def one() -> float:
        total = rng.integers(80, 400, 36)
        found = audit.largest_shift(rng.binomial(total, 0.85), total)
        return found is not None and found.sure

    return each(rounds, one)


def _spike(rng: Rng, rounds: int) -> Answers:
    return each(rounds, lambda: bool(audit.spikes(rng.poisson(120, 52), chance=0.05)))


def _heap(rng: Rng, rounds: int) -> Answers:
    return each(rounds, lambda: abs(audit.heaping(rng.multinomial(3000, np.full(60, 1 / 60)))[1]) > 1.96)


def _benchmark_covers(rng: Rng, rounds: int) -> Answers:
    """One officer in thirty has the outcome 10 points more often than the others at the same stops."""

    def one() -> float:
        officer = rng.integers(0, 30, 6000)
        place = (officer + rng.integers(0, 3, 6000)) % 6
        hour = np.clip(np.round(rng.normal(8 + 4 * (officer % 3), 4)), 1, 22)
        share = 0.2 + 0.04 * place + 0.05 * np.sin(hour / 4) + 0.1 * (officer == 0)
        found = benchmark(rng.random(6000) < share, officer, [hour], [place]).compared[0]
        return float(found.low <= 0.1 <= found.high)

    return each(rounds, one)


def _benchmark_null(rng: Rng, rounds: int) -> Answers:
    def one() -> float:
        officer = rng.integers(0, 30, 6000)
        place, reason = (officer + rng.integers(0, 3, 6000)) % 6, rng.integers(0, 3, 6000)
        hour = np.clip(np.round(rng.normal(8 + 4 * (officer % 3), 4)), 1, 22)
        odds = -1 + 0.35 * place + 0.8 * np.sin(hour / 4) + 0.3 * reason
        found = benchmark(rng.random(6000) < 1 / (1 + np.exp(-odds)), officer, [hour], [place, reason])
        return float(np.mean(found.p < 0.05))

    return each(rounds, one)


_OUTCOME = "Gap of hit rates"
_ITS = "Interrupted series"
_ROTH = "Staggered adoption"
STUDIES = (
    *(
        Study(f"{_OUTCOME}, {name}", "12 places, 40–150 searches a group", "interval", _gap_covers(way), 5000)
        for way, name in enumerate(_WAYS)
    ),
    *(
        Study(f"{_OUTCOME}, {name}", "the same, no gap in any place", "test", _gap_null(way), 5000)
        for way, name in enumerate(_WAYS)
    ),
    Study("Equal hit rates, chi-squared", "four groups of 60–600 searches", "test", _equal_hit_rates, 5000),
    Study("Veil of darkness", "6,000 evening stops in 8 places, true effect −0.2", "interval", _veil_covers, 2000),
    Study("Veil of darkness", "the same, no effect", "test", _veil_null, 2000),
    Study(_ITS + ", quasi-Poisson", "96 months, independent, scattered", "interval", _series_covers(0, 0), 3000),
    Study(_ITS + ", quasi-Poisson", "the same, no change", "test", _series_null(0, 0), 3000),
    Study(_ITS + ", quasi-Poisson", "36 months, no change", "test", _series_null(0, 0, 36), 3000),
    Study(_ITS + ", linked errors", "96 months, independent, no change", "test", _series_null(0, 3), 3000),
    Study(_ITS + ", linked errors", "96 months linked by 0.3", "interval", _series_covers(0.3, 3), 3000),
    Study(_ITS + ", linked errors", "the same, no change", "test", _series_null(0.3, 3), 3000),
    Study(_ITS + ", linked errors", "48 months linked by 0.3, no change", "test", _series_null(0.3, 3, 48), 3000),
    Study(_ITS + ", linked errors", "96 months linked by 0.6, no change", "test", _series_null(0.6, 3), 3000),
    Study(
        _ROTH + ", simple average", "300 units in 5 cohorts", "interval", _staggered_covers("simple", "efficient"), 3000
    ),
    Study(_ROTH + ", cohort average", "the same", "interval", _staggered_covers("cohort", "efficient"), 3000),
    Study(_ROTH + ", calendar average", "the same", "interval", _staggered_covers("calendar", "efficient"), 3000),
    Study(_ROTH + ", not yet treated", "the same", "interval", _staggered_covers("simple", "not-yet-treated"), 3000),
    Study(_ROTH + ", against the last", "the same", "interval", _staggered_covers("simple", "last-treated"), 3000),
    Study(_ROTH + ", by time since the start", "the same, 0 to 2 periods since", "interval", _event_study, 3000),
    Study(_ROTH + ", simple average", "no effect", "test", _staggered_null, 3000),
    Study(_ROTH + ", Fisher's permutation", "100 units, no effect", "test", _permutation, 600),
    Study(
        "Funnel, units called out before BH", "80 units that differ by chance alone", "test", _funnel(0, False), 4000
    ),
    Study("Funnel, units called out before BH", "80 units that all differ by 30 %", "test", _funnel(0.3, False), 4000),
    Study("Funnel, any unit called out after BH", "80 units that differ by chance", "test", _funnel(0, True), 4000),
    Study("Funnel, any unit called out after BH", "80 units that all differ by 30 %", "test", _funnel(0.3, True), 4000),
    Study(
        "Officer against similar stops", "30 officers who differ only in place and time", "test", _benchmark_null, 100
    ),
    Study(
        "Officer against similar stops", "200 stops each, one has 10 points more", "interval", _benchmark_covers, 600
    ),
    Study("Local false discovery rate below 0.2", "ordinary units among those called out", "test", _local, 300),
    Study("Shrunken shares, beta-binomial", "100 units with 10–100 trials", "interval", _beta, 1000),
    Study("Shrunken rates, gamma-Poisson", "100 units with 1–18 events", "interval", _gamma, 1000),
    Study("Poisson CUSUM", "time to a false alarm, of 100 asked for", "share", _poisson_run, 3000),
    Study("Risk-adjusted CUSUM", "time to a false alarm, of 300 asked for", "share", _bernoulli_run, 1500),
    Study(
        "Poisson CUSUM, scattered counts", "60 a month, variance twice the mean, of 60", "share", _scattered_run, 1500
    ),
    Study(
        "Poisson CUSUM, scattered counts",
        "false alarms in 60 months, level learnt from 18; of one",
        "share",
        _learnt_run,
        600,
    ),
    Study(
        "Risk-adjusted CUSUM by month",
        "false alarms in 60 months, risks learnt from 12; of one",
        "share",
        _learnt_risks,
        600,
    ),
    Study("Risk-adjusted CUSUM by month", "160 records a month of three kinds, of 60", "share", _grouped_run, 1500),
    Study("Audit: a change of recording", "36 months alike", "test", _shift, 3000),
    Study("Audit: a spike", "52 weeks alike, chance set to 5 %", "test", _spike, 5000),
    Study("Audit: heaping on full and half hours", "3,000 times of day, none rounded", "test", _heap, 5000),
)
