"""Multilevel regression and post-stratification: a survey's share for areas too small for their own answers.

Answers of people alike in other ways inform each other, as far as the data say they should; the share of each kind of
person is then weighted by how many of them the census counts in the area: Gelman and Little (1997), Survey
Methodology 23, 127-135; Park, Gelman and Bafumi (2004), Political Analysis 12, 375-385.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit

from openhalo.presentation.words import filled, later
from openhalo.statistics.estimates import Numbers
from openhalo.statistics.posteriors import LEAST_ESS, WORST_RHAT, Draws, compiled, draw
from openhalo.statistics.results import Assumption, Refused, Result, whole

CITATION = "Gelman and Little (1997), Survey Methodology 23, 127-135"
LIMIT = later("Areas with few answers of their own lean on the others: it says what people like theirs answered.")
LEAST_ANSWERS = 100
_LEVEL, _SPREAD = 1.5, 1.0
"""Standard deviation of the level's normal prior, and scale of the half-normal prior of spreads, in log odds."""
_ACCEPTED = 0.98
"""Spreads near 0 make the density a funnel, which only short steps reach."""
Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Multilevel:
    """A fitted model: which shares of each kind of person it holds likely.

    Attributes:
        draws: the posterior: level, log spreads, effects in units of their spread.
        ends: where the effects of each factor end among the effects, with 0 first.
        answers: answers by code of each factor.
    """

    draws: Draws
    ends: Codes
    answers: tuple[Numbers, ...]

    def shares(self, codes: ArrayLike) -> Numbers:
        """Return the share of each draw and kind of person; `codes` holds one row a kind, one column a factor."""
        q, of = self.draws.flat, np.asarray(codes, np.int64)
        factors = len(self.ends) - 1
        odds = np.repeat(q[:, :1], len(of), axis=1)
        for k, (first, last) in enumerate(pairwise(self.ends)):
            effects = q[:, 1 + factors + first : 1 + factors + last]
            odds = odds + np.exp(q[:, [1 + k]]) * effects[:, of[:, k]]
        return np.asarray(expit(odds))


def fit(
    codes: ArrayLike,
    yes: ArrayLike,
    asked: ArrayLike,
    sizes: Sequence[int],
    *,
    draws: int = 1000,
    tune: int = 500,
    chains: int = 4,
    seed: int = 1,
    worst_rhat: float = WORST_RHAT,
    least_ess: float = LEAST_ESS,
) -> Multilevel:
    """Return the model of a share by several factors, each with effects that are drawn towards each other.

    Args:
        codes: kinds of people × factors: code of each factor, from 0 up to its size.
        yes, asked: of each kind: how many said yes, and how many answered.
        sizes: how many codes each factor has, with those that nobody in the sample has.
        draws, tune, chains, seed: of the sampler.
        worst_rhat, least_ess: what the draws must reach.

    Raises:
        Refused: too few answers, all alike, or chains that do not agree.
        ValueError: counts do not nest, or a code lies outside its factor.
        MissingExtra: the sampler is not installed.
    """
    of, k, n = np.asarray(codes, np.int64), np.asarray(yes, float), np.asarray(asked, float)
    if (k > n).any() or (k < 0).any() or (of < 0).any() or (of >= np.asarray(sizes)).any():
        raise ValueError("each kind needs 0 ≤ yes ≤ asked, and codes from 0 up to the size of their factor")
    if n.sum() < LEAST_ANSWERS:
        raise Refused(filled("{n} answers are too few; the model needs {least}", n=int(n.sum()), least=LEAST_ANSWERS))
    if k.sum() in (0, n.sum()):
        raise Refused("all answers are alike: there is nothing to model")
    ends = np.cumsum([0, *sizes]).astype(np.int64)
    start = np.zeros(1 + len(sizes) + int(ends[-1]))
    start[0] = logit(k.sum() / n.sum())
    start[1 : 1 + len(sizes)] = math.log(0.3)
    run = compiled(density)
    found = draw(
        lambda q: run(q, of, k, n, ends, _LEVEL, _SPREAD), start, draws, tune, chains, seed=seed, turned=False,
        accepted=_ACCEPTED,
    )  # fmt: skip
    answers = tuple(np.bincount(of[:, at], n, size).astype(float) for at, size in enumerate(sizes))
    return Multilevel(found.must_agree(worst_rhat, least_ess), ends, answers)


def post_stratified(
    model: Multilevel, codes: ArrayLike, people: ArrayLike, factor: int, names: Sequence[str]
) -> list[Result]:
    """Return the share of each area, its people weighted as the census counts them.

    Args:
        model: as `fit` returns it.
        codes: kinds of people in the census × factors.
        people: how many people the census counts of each kind, ≥ 0.
        factor: which column of `codes` is the area.
        names: of each area, by its code; areas without people are left out.
    """
    of, size = np.asarray(codes, np.int64), np.asarray(people, float)
    shares = model.shares(of)
    found = []
    for area, name in enumerate(names):
        weights = np.where(of[:, factor] == area, size, 0.0)
        if not weights.sum():
            continue
        values = shares @ weights / weights.sum()
        low, high = np.quantile(values, (0.025, 0.975))
        found.append(Result(
            what=f"The share in {name}", n=whole(model.answers[factor][area]), unit="answers",
            estimate=float(values.mean()), low=float(low), high=float(high), confidence=0.95,
            method=later("multilevel regression and post-stratification, posterior mean and quantiles"),
            assumptions=(
                *model.draws.assumptions(),
                Assumption("people of one kind answer alike wherever they were asked", "not testable"),
                Assumption("the census counts the people of each kind rightly", "not testable"),
            ),
            citation=CITATION, limit=LIMIT,
        ))  # fmt: skip
    return found


def density(
    q: Numbers, codes: Codes, yes: Numbers, asked: Numbers, ends: Codes, of_level: float, of_spread: float
) -> tuple[float, Numbers]:
    """Return the log density of a position and its gradient, written to be compiled.

    The log odds of a kind of person are a level and one effect of each factor, normal around 0 with a spread of its
    own. The position holds the level, the logarithms of the spreads, and the effects in units of their spread.
    """
    factors = len(ends) - 1
    slope = -q
    slope[0] = -q[0] / of_level**2
    value = -0.5 * (q[0] / of_level) ** 2
    for k in range(factors):
        ratio = math.exp(q[1 + k]) / of_spread
        value += q[1 + k] - 0.5 * ratio**2
        slope[1 + k] = 1 - ratio**2
    for k in range(1 + factors, len(q)):
        value -= 0.5 * q[k] ** 2
    for i in range(len(yes)):
        odds = q[0]
        for k in range(factors):
            odds += math.exp(q[1 + k]) * q[1 + factors + ends[k] + codes[i, k]]
        value += yes[i] * odds - asked[i] * (max(odds, 0.0) + math.log1p(math.exp(-abs(odds))))
        off = yes[i] - asked[i] / (1 + math.exp(-odds))
        slope[0] += off
        for k in range(factors):
            at, spread = 1 + factors + ends[k] + codes[i, k], math.exp(q[1 + k])
            slope[at] += spread * off
            slope[1 + k] += spread * q[at] * off
    return value, slope
