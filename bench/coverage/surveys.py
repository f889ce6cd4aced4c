"""Surveys drawn by stratum and cluster, weighted to two margins: averages, and differences between groups."""

import numpy as np

from bench.coverage.study import Answers, Study, alarms, covers, each
from openhalo.statistics import survey_estimate, survey_groups

Rng = np.random.Generator
_RACES, _GENDERS = np.array([0.45, 0.3, 0.15, 0.1]), np.array([0.5, 0.5])
_EFFECTS = np.array([0.0, -0.6, -0.3, 0.2])


def _drawn(rng: Rng, homes: int, effects: np.ndarray) -> tuple[np.ndarray, np.ndarray, survey_estimate.Sample]:
    """Return answers, races and the sample: two strata of clusters; women answer more often than they live there."""
    size = rng.integers(5, 16, 2 * homes)
    cluster = np.repeat(np.arange(2 * homes), size)
    race = rng.choice(4, len(cluster), p=_RACES)
    gender = rng.choice(2, len(cluster), p=[0.6, 0.4])
    values = effects[race] + rng.normal(0, 0.4, 2 * homes)[cluster] + rng.normal(size=len(cluster))
    stratum = cluster // homes
    drawn = survey_estimate.sample(np.where(stratum == 0, 1.0, 1.5), strata=stratum, clusters=cluster)
    margins = [dict(enumerate((10_000 * share).tolist())) for share in (_RACES, _GENDERS)]
    return values, race, survey_estimate.rake(drawn, [race, gender], margins)


def _average(rng: Rng, rounds: int, homes: int) -> Answers:
    truth = float(_RACES @ _EFFECTS)

    def one() -> float:
        values, _race, drawn = _drawn(rng, homes, _EFFECTS)
        found = survey_estimate.mean(values, drawn, "score")
        return float(covers(found.low, truth, found.high))

    return each(rounds, one)


def _difference(rng: Rng, rounds: int, homes: int) -> Answers:
    def one() -> float:
        values, race, drawn = _drawn(rng, homes, _EFFECTS)
        found = survey_groups.differences(values, drawn, {"0": race == 0, "1": race == 1}, "0").each["1"]
        return float(covers(found.low, -0.6, found.high))

    return each(rounds, one)


def _all_alike(rng: Rng, rounds: int, homes: int) -> Answers:
    def one() -> float:
        values, race, drawn = _drawn(rng, homes, np.zeros(4))
        found = survey_groups.differences(values, drawn, {str(at): race == at for at in range(4)}, "0")
        return float(alarms(found.p))

    return each(rounds, one)


STUDIES = (
    Study(
        "Average of a survey, raked",
        "2 strata of 20 homes each, 2 margins",
        "interval",
        lambda rng, n: _average(rng, n, 20),
        4000,
    ),
    Study(
        "Average of a survey, raked",
        "the same with 60 homes each",
        "interval",
        lambda rng, n: _average(rng, n, 60),
        4000,
    ),
    Study(
        "Difference between groups of a survey",
        "2 strata of 20 homes each, 2 margins",
        "interval",
        lambda rng, n: _difference(rng, n, 20),
        4000,
    ),
    Study(
        "All groups of a survey alike, Rao and Scott",
        "4 groups, 2 strata of 20 homes each, 2 margins",
        "test",
        lambda rng, n: _all_alike(rng, n, 20),
        4000,
    ),
    Study(
        "All groups of a survey alike, Rao and Scott",
        "the same with 60 homes each",
        "test",
        lambda rng, n: _all_alike(rng, n, 60),
        4000,
    ),
)
