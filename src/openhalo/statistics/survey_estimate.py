"""Surveys: estimates from a sample drawn by a design, weights fitted to known totals, and the error of both.

A survey answers for people who were not asked, so every figure carries the error of its design: by stratum, by
cluster, with the correction for a finite population, and after weighting to known totals. Errors are linearised
(Woodruff 1971; Deville and Särndal 1992, JASA 87, 376-382) with the residuals of the calibration, as R's package
`survey` (Lumley 2004, Journal of Statistical Software 9(8)) has them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from openhalo.language.translation import mark_for_translation, message
from openhalo.statistics.estimates import Numbers
from openhalo.statistics.results import Assumption, Refused, Result

CITATION = "Lumley (2004), Journal of Statistical Software 9(8); Deville and Särndal (1992), JASA 87, 376-382"
LARGEST_EFFECT = 5.0
"""A design effect of weighting above this means that a few answers speak for most people: refused."""
FEWEST = 50
"""Answers below which nothing is estimated, of all or of a group."""
LIMIT = mark_for_translation("It speaks for the people who could be drawn, on the days when they were asked.")
_SWEEPS = 200
Codes = NDArray[np.int64]


class _Margin(NamedTuple):
    """One set of groups whose sizes the weights were fitted to."""

    code: Codes
    groups: int


@dataclass(frozen=True)
class Sample:
    """Who was asked, how they were drawn, and for how many people each of them speaks.

    Attributes:
        weights: of each answer, > 0: how many people it speaks for.
        strata: code of the stratum of each answer; None for a single one.
        clusters: code of the cluster of each answer, unique over strata; None where each answer is its own.
        population: how many clusters (or people, without clusters) the stratum of each answer has, infinite where
            that is not known; None without correction for a finite population.
        prior: the weights before they were fitted to known totals.
        fitted: what they were fitted to: groups in turn, or columns of numbers.
    """

    weights: Numbers
    strata: Codes | None = None
    clusters: Codes | None = None
    population: Numbers | None = None
    prior: Numbers | None = None
    fitted: "tuple[_Margin, ...] | Numbers" = ()

    @property
    def n(self) -> int:
        """Return how many answered."""
        return len(self.weights)


def sample(
    weights: ArrayLike,
    strata: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
    population: ArrayLike | None = None,
) -> Sample:
    """Return a sample from one weight an answer, and, where the design has them, codes of strata and clusters.

    A name of a cluster that stands in two strata is two clusters.

    Raises:
        ValueError: a weight is not above 0.
    """
    found = np.asarray(weights, float)
    if not (found > 0).all():
        raise ValueError("every weight must be above 0")
    cluster = None if clusters is None else _codes(clusters)
    if cluster is not None and strata is not None:
        cluster = _codes(cluster + (cluster.max() + 1) * _codes(strata))
    sizes = None if population is None else np.asarray(population, float)
    return Sample(found, None if strata is None else _codes(strata), cluster, sizes)


def rake(
    drawn: Sample, groupings: Sequence[ArrayLike], sizes: Sequence[Mapping[Any, float]], tolerance: float = 1e-10
) -> Sample:
    """Return the sample with weights that add up to the known sizes of every grouping, fitted in turn.

    Args:
        drawn: the sample.
        groupings: code of the group of each answer, once a grouping.
        sizes: of each grouping: group → how many people the population has in it.
        tolerance: how far any sum may be off in the end, as a share of its size.

    Raises:
        Refused: a group is empty on one side, the groupings do not add up to the same population, the fitting does
            not settle, or the weights end up so unequal that few answers speak for most people.

    Source: Deming and Stephan (1940), Annals of Mathematical Statistics 11, 427-444.
    """
    margins, targets = _margins(groupings, sizes)
    weights = drawn.weights.copy()
    for _ in range(_SWEEPS):
        for margin, target in zip(margins, targets, strict=True):
            weights = weights * (target / np.bincount(margin.code, weights, margin.groups))[margin.code]
        off = [
            np.abs(np.bincount(margin.code, weights, margin.groups) / target - 1).max()
            for margin, target in zip(margins, targets, strict=True)
        ]
        if max(off) < tolerance:
            return _bearable(replace(drawn, weights=weights, prior=drawn.weights, fitted=tuple(margins)))
    text = mark_for_translation("the weights did not settle in {rounds} rounds: some groups never occur together")
    raise Refused(message(text, rounds=_SWEEPS))


def fit_linear(drawn: Sample, groupings: Sequence[ArrayLike], sizes: Sequence[Mapping[Any, float]]) -> Sample:
    """Return the sample with weights that add up to the known sizes of every grouping, moved as little as can be.

    The same sizes as of `rake`, fitted by `calibrate` to one column a group: what every group adds to or takes from a
    weight adds up, where raking multiplies. It needs no rounds, and is refused where a weight would not be above 0.

    Raises:
        Refused: as `rake` and `calibrate`.
    """
    margins, targets = _margins(groupings, sizes)
    columns = [np.eye(margin.groups)[margin.code][:, int(at > 0) :] for at, margin in enumerate(margins)]
    totals = [target[int(at > 0) :] for at, target in enumerate(targets)]
    return calibrate(drawn, np.hstack(columns), np.concatenate(totals))


def _margins(
    groupings: Sequence[ArrayLike], sizes: Sequence[Mapping[Any, float]]
) -> tuple[list[_Margin], list[Numbers]]:
    """Return the groups of each grouping and their sizes, where sample and population have the same ones."""
    margins: list[_Margin] = []
    targets: list[Numbers] = []
    for grouping, size in zip(groupings, sizes, strict=True):
        names, code = np.unique(np.asarray(grouping), return_inverse=True)
        strangers = set(names.tolist()) ^ set(size)
        if strangers:
            text = mark_for_translation("these groups are in the sample or in the population, but not in both: {names}")
            raise Refused(message(text, names=", ".join(sorted(map(str, strangers)))))
        margins.append(_Margin(code.astype(np.int64), len(names)))
        targets.append(np.array([size[name] for name in names.tolist()], float))
    if not np.allclose([target.sum() for target in targets], targets[0].sum(), rtol=1e-6):
        raise Refused("the groupings do not add up to the same population")
    return margins, targets


def calibrate(drawn: Sample, columns: ArrayLike, totals: ArrayLike) -> Sample:
    """Return the sample with weights whose weighted sums of `columns` are the known totals (GREG, linear distance).

    Args:
        drawn: the sample.
        columns: answers × variables; a column of ones fits the size of the population.
        totals: of each variable, over the population.

    Raises:
        Refused: the totals can't be reached, some weight would not be above 0, or the weights end up too unequal.
    """
    x = np.asarray(columns, float)
    d = drawn.weights
    moments = x.T @ (x * d[:, None])
    if np.linalg.matrix_rank(moments) < x.shape[1]:
        raise Refused("some of these variables follow from the others: leave them out")
    slope = np.linalg.solve(moments, np.asarray(totals, float) - x.T @ d)
    weights = d * (1 + x @ slope)
    if (weights <= 0).any():
        raise Refused("some answers would count for nobody or less: use fewer variables, or groups instead (rake)")
    return _bearable(replace(drawn, weights=weights, prior=d, fitted=x))


def total(values: ArrayLike, drawn: Sample, what: str, unit: str = "answers") -> Result:
    """Return the estimated sum over the population, with the interval that the design gives.

    Args:
        values: one number an answer; NaN where the question was not answered counts as 0.
        drawn: the sample.
        what: the subject of the sentence.
        unit: what the n counts.
    """
    y = np.asarray(values, float)
    answered = ~np.isnan(y)
    filled = np.where(answered, y, 0.0)
    return _result(float(drawn.weights @ filled), filled, drawn, int(answered.sum()), what, unit)


def mean(values: ArrayLike, drawn: Sample, what: str, unit: str = "answers", within: ArrayLike | None = None) -> Result:
    """Return the estimated average over the population (of 0 and 1: a share), with the interval of the design.

    Args:
        values: one number an answer; NaN where the question was not answered, which is left out.
        drawn: the sample.
        what: the subject of the sentence.
        unit: what the n counts.
        within: True for answers of the group that the average is of; the others still tell of the design.

    Raises:
        Refused: fewer than two answers.
    """
    value, spread, n = mean_and_spread(values, drawn, what, within)
    return _result(value, spread, drawn, n, what, unit)


def mean_and_spread(
    values: ArrayLike, drawn: Sample, what: str, within: ArrayLike | None = None
) -> tuple[float, Numbers, int]:
    """Return the average of a group, how far each answer of the sample moves it, and how many answers it rests on."""
    y = np.asarray(values, float)
    counted = ~np.isnan(y) if within is None else ~np.isnan(y) & np.asarray(within, bool)
    if counted.sum() < 2:
        raise Refused(message(mark_for_translation("{what}: fewer than two answers"), what=what))
    weights = np.where(counted, drawn.weights, 0.0)
    value = float(weights @ np.where(counted, y, 0.0) / weights.sum())
    spread = np.where(counted, np.where(counted, y, 0.0) - value, 0.0) / weights.sum()
    return value, spread, int(counted.sum())


def design_effect(weights: ArrayLike) -> float:
    """Return Kish's design effect of unequal weights, 1 or more: variance is so many times that of equal ones.

    Source: Kish (1965), Survey Sampling, section 11.7.

    >>> design_effect([1, 1, 1, 1]), round(design_effect([1, 1, 2, 4]), 4)
    (1.0, 1.375)
    """
    w = np.asarray(weights, float)
    return float(len(w) * (w @ w) / w.sum() ** 2)


def _result(value: float, spread: Numbers, drawn: Sample, n: int, what: str, unit: str) -> Result:
    found, freedom = covariance(spread[:, None], drawn)
    half = float(stdtrit(freedom, 0.975) * np.sqrt(found[0, 0])) if freedom > 0 else np.inf
    return result(drawn, freedom, what=what, n=n, unit=unit, estimate=value, low=value - half, high=value + half)


def effect_of_design(values: ArrayLike, drawn: Sample) -> float:
    """Return how many times the variance of an average is that of as many people drawn one by one, with equal chances.

    Beside the weights (`design_effect`) it holds what strata and fitted weights save, and what clusters cost. NaN
    where all answers are the same.

    Source: Kish (1965), Survey Sampling, section 8.2; as `svymean(..., deff = "replace")` of R's `survey`.
    """
    value, spread, n = mean_and_spread(values, drawn, "")
    y = np.asarray(values, float)
    within = ~np.isnan(y)
    weights = drawn.weights[within]
    alone = float(weights @ (y[within] - value) ** 2) / float(weights.sum()) / (n - 1)
    return float(covariance(spread[:, None], drawn)[0][0, 0]) / alone if alone > 0 else np.nan


def result(drawn: Sample, freedom: float, **found: Any) -> Result:
    """Return an estimate of a survey with what it rests on.

    Args:
        drawn: the sample.
        freedom: degrees of freedom of the estimate's error.
        **found: the fields of the result that this module does not give.
    """
    if drawn.prior is None:
        fitted = mark_for_translation("weighted by design")
    elif isinstance(drawn.fitted, np.ndarray):
        fitted = mark_for_translation("weighted to known totals (linear calibration, GREG)")
    elif len(drawn.fitted) > 1:
        fitted = mark_for_translation("weighted to known totals (raking)")
    else:
        fitted = mark_for_translation("weighted to known totals (post-stratification)")
    effect = design_effect(drawn.weights)
    return Result(
        **found,
        confidence=0.95,
        method=message(mark_for_translation("{fitted}, linearised error (df {df})"), fitted=fitted, df=f"{freedom:g}"),
        assumptions=(
            Assumption("people were drawn by chance, by the design that the weights tell", "not testable"),
            Assumption("those who did not answer are like those of their groups who did", "not testable"),
            Assumption(
                message(
                    mark_for_translation("weights are not too unequal (design effect {effect})"), effect=f"{effect:.2f}"
                ),
                "met" if effect < 2 else "not met",
            ),
        ),
        citation=CITATION,
        limit=LIMIT,
    )


def covariance(spreads: Numbers, drawn: Sample) -> tuple[Numbers, float]:
    """Return the covariances of several estimates, and the degrees of freedom of the design: clusters less strata.

    Args:
        spreads: (answers, estimates) how far each answer, for one person, moves each estimate.
        drawn: the sample.

    Raises:
        Refused: a stratum has a single cluster, and more than that one could be drawn.
    """
    z = np.column_stack([_residuals(drawn.weights * column, drawn) for column in spreads.T])
    cluster = np.arange(len(z)) if drawn.clusters is None else drawn.clusters
    sums = np.column_stack([np.bincount(cluster, column) for column in z.T])
    first = np.unique(cluster, return_index=True)[1]
    stratum = np.zeros(len(sums), np.int64) if drawn.strata is None else drawn.strata[first]
    size = np.bincount(stratum)
    whole = np.full(len(size), np.inf)
    if drawn.population is not None:
        whole[stratum] = drawn.population[first]
    if (whole < size).any():
        raise Refused("more people or clusters were drawn from a stratum than it is said to have")
    if ((size < 2) & (whole > size)).any():
        raise Refused("a stratum has a single cluster: its error cannot be known; join it to another stratum")
    averages = np.column_stack([np.bincount(stratum, column) for column in sums.T]) / size[:, None]
    centred = sums - averages[stratum]
    scale = size / np.maximum(size - 1, 1) * (1 - size / whole)
    return centred.T @ (centred * scale[stratum, None]), float(len(sums) - len(size))


def _residuals(weighted: Numbers, drawn: Sample) -> Numbers:
    """Return the part of weighted values that known totals leave open."""
    if drawn.prior is None:
        return weighted
    if isinstance(drawn.fitted, np.ndarray):
        x = drawn.fitted
        root = np.sqrt(drawn.prior)[:, None]
        slope = np.linalg.lstsq(x * root, (weighted / drawn.weights)[:, None] * root, rcond=None)[0]
        return weighted - drawn.weights * (x @ slope)[:, 0]
    left, before = weighted, drawn.prior / drawn.weights
    for _ in range(10 if len(drawn.fitted) > 1 else 1):
        for code, groups in drawn.fitted:
            share = np.bincount(code, left * before, groups) / np.bincount(code, drawn.prior, groups)
            left = left - drawn.weights * share[code]
    return left


def _bearable(fitted: Sample) -> Sample:
    effect = design_effect(fitted.weights)
    if effect > LARGEST_EFFECT:
        text = mark_for_translation(
            "a few answers would speak for most people (design effect {effect}); use fewer or broader groups"
        )
        raise Refused(message(text, effect=f"{effect:.1f}"))
    return fitted


def _codes(labels: ArrayLike) -> Codes:
    return np.unique(np.asarray(labels), return_inverse=True)[1].astype(np.int64)
