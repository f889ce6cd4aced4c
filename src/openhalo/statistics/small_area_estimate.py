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

from openhalo.language.translation import mark_for_translation, message
from openhalo.statistics.estimates import Numbers
from openhalo.statistics.posteriors import LEAST_ESS, WORST_RHAT, Draws, compiled, settled
from openhalo.statistics.results import Assumption, Refused, Result

CITATION = "Gelman and Little (1997), Survey Methodology 23, 127-135"
LIMIT = mark_for_translation(
    "Areas with few answers of their own lean on the others: it says what people like theirs answered."
)
LEAST_ANSWERS = 100
_LEVEL, _SPREAD = 1.5, 1.0
"""Standard deviation of the level's normal prior, and scale of the half-normal prior of spreads, in log odds."""
_ACCEPTED = 0.95
"""Spreads near 0 make the density a funnel, which only short steps reach."""
_ROUNDS = 50
Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Multilevel:
    """A fitted model: which shares of each kind of person it holds likely.

    Attributes:
        draws: the posterior, as `density` takes its positions.
        ends: where the effects of each factor end among the effects, with 0 first.
        common: share of each code among the answers, code after code as the effects are.
        answers: answers by code of each factor.
    """

    draws: Draws
    ends: Codes
    common: Numbers
    answers: tuple[Numbers, ...]

    def shares(self, codes: ArrayLike, every: int = 1) -> Numbers:
        """Return the share of each draw and kind of person; `codes` holds one row a kind, one column a factor.

        Args:
            codes: kinds of people × factors.
            every: of so many draws, one is taken.
        """
        q, of = self.draws.flat[::every], np.asarray(codes, np.int64)
        factors = len(self.ends) - 1
        odds = np.repeat(q[:, :1], len(of), axis=1)
        for k, (first, last) in enumerate(pairwise(self.ends)):
            effects = q[:, 1 + factors + first : 1 + factors + last]
            effects = effects - effects @ self.common[first:last, None]
            odds += (np.exp(q[:, [1 + k]]) * effects)[:, of[:, k]]
        return np.asarray(expit(odds))


def fit(
    codes: ArrayLike,
    yes: ArrayLike,
    asked: ArrayLike,
    sizes: Sequence[int],
    *,
    draws: int = 1500,
    tune: int = 1000,
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
        raise Refused(message("{n} answers are too few; the model needs {least}", n=int(n.sum()), least=LEAST_ANSWERS))
    if k.sum() in (0, n.sum()):
        raise Refused("all answers are alike: there is nothing to model")
    ends = np.cumsum([0, *sizes]).astype(np.int64)
    start = np.zeros(1 + len(sizes) + int(ends[-1]))
    start[0] = logit(k.sum() / n.sum())
    start[1 : 1 + len(sizes)] = math.log(0.3)
    answers = tuple(np.bincount(of[:, at], n, size).astype(float) for at, size in enumerate(sizes))
    common = np.concatenate(answers) / n.sum()
    run = compiled(density)
    found = settled(
        lambda q: run(q, of, k, n, ends, common, _LEVEL, _SPREAD),
        start,
        draws,
        tune,
        chains,
        seed=seed,
        worst_rhat=worst_rhat,
        least_ess=least_ess,
        turned=False,
        accepted=_ACCEPTED,
    )
    return Multilevel(found, ends, common, answers)


def leftover_weights(weights: ArrayLike, codes: ArrayLike) -> tuple[Numbers, float]:
    """Return what design weights say beyond the kinds of people, and its design effect.

    Post-stratification weighs the kinds as the census does. What weights still tell apart within them counts as Ghitza
    and Gelman (2013) do, American Journal of Political Science 57, 762-776: yes and asked of each kind are sums of
    these weights, divided by the design effect.

    Args:
        weights: of each answer, > 0.
        codes: answers × factors.

    Returns:
        Weights that average 1 among the answers of each code; and Kish's design effect of them, corrected for the
        codes that were fitted: 1 where kinds explain the weights wholly.
    """
    w, of = np.asarray(weights, float), np.asarray(codes, np.int64)
    for _round in range(_ROUNDS):
        for code in of.T:
            w = w / (np.bincount(code, w) / np.maximum(np.bincount(code), 1))[code]
    fitted = 1 + sum(len(np.unique(code)) - 1 for code in of.T)
    varied = float(np.var(w)) * len(w) / max(len(w) - fitted, 1)
    return w, 1 + (varied if varied > 1e-9 else 0.0)


def by_area(model: Multilevel, codes: ArrayLike, people: ArrayLike, factor: int) -> Numbers:
    """Return the share of each draw and area, its people weighted as the census counts them.

    Args:
        model: as `fit` returns it.
        codes: kinds of people in the census × factors.
        people: how many people the census counts of each kind, ≥ 0.
        factor: which column of `codes` is the area.

    Returns:
        Draws × areas; NaN for an area without people.
    """
    of, size = np.asarray(codes, np.int64), np.asarray(people, float)
    found = np.full((len(model.draws.flat), len(model.answers[factor])), np.nan)
    for area in range(found.shape[1]):  # one at a time: all kinds of all areas and draws would not fit in memory
        here = (of[:, factor] == area) & (size > 0)
        if here.any():
            found[:, area] = model.shares(of[here]) @ size[here] / size[here].sum()
    return found


def result(model: Multilevel, shares: Numbers, name: str, n: int, more: Sequence[Assumption] = ()) -> Result:
    """Return a share with its interval.

    Args:
        model: as `fit` returns it.
        shares: one of each draw.
        name: whose share it is.
        n: how many of these people answered.
        more: what else must hold, and whether it does.
    """
    low, high = np.quantile(shares, (0.025, 0.975))
    return Result(
        what=f"The share in {name}",
        n=n,
        unit="answers",
        estimate=float(shares.mean()),
        low=float(low),
        high=float(high),
        confidence=0.95,
        method=mark_for_translation("multilevel regression and post-stratification, posterior mean and quantiles"),
        assumptions=(
            *model.draws.assumptions(),
            *more,
            Assumption("whether people were asked, and answered, depends on their kind and place only", "not testable"),
            Assumption("the census counts the people of each kind rightly", "not testable"),
        ),
        citation=CITATION,
        limit=LIMIT,
    )


def density(
    q: Numbers,
    codes: Codes,
    yes: Numbers,
    asked: Numbers,
    ends: Codes,
    common: Numbers,
    of_level: float,
    of_spread: float,
) -> tuple[float, Numbers]:
    """Return the log density of a position and its gradient, written to be compiled.

    The log odds of a kind of person are a level and one effect of each factor, normal around 0 with a spread of its
    own. The position holds the odds of the average answer, which the data fix well, in place of the level; then the
    logarithms of the spreads, and the effects in units of their spread. `common` is each code's share of the answers.
    """
    factors = len(ends) - 1
    first = 1 + factors
    spread, mean, effect = np.exp(q[1:first]), np.zeros(factors), np.zeros(ends[-1])
    level = q[0]
    for k in range(factors):
        for c in range(ends[k], ends[k + 1]):
            mean[k] += common[c] * q[first + c]
        for c in range(ends[k], ends[k + 1]):
            effect[c] = spread[k] * (q[first + c] - mean[k])
        level -= spread[k] * mean[k]
    pull = level / of_level**2
    value, all_off, off_by = -0.5 * level * pull, 0.0, np.zeros(ends[-1])
    for i in range(len(yes)):
        odds = q[0]
        for k in range(factors):
            odds += effect[ends[k] + codes[i, k]]
        small = math.exp(-abs(odds))
        value += yes[i] * odds - asked[i] * (max(odds, 0.0) + math.log1p(small))
        off = yes[i] - asked[i] * (1.0 if odds > 0 else small) / (1.0 + small)
        all_off += off
        for k in range(factors):
            off_by[ends[k] + codes[i, k]] += off
    slope = -q
    slope[0] = all_off - pull
    for k in range(factors):
        ratio, along = spread[k] / of_spread, 0.0
        for c in range(ends[k], ends[k + 1]):
            z = q[first + c]
            value -= 0.5 * z * z
            along += off_by[c] * z
            slope[first + c] += spread[k] * (off_by[c] - common[c] * (all_off - pull))
        value += q[1 + k] - 0.5 * ratio**2
        slope[1 + k] = 1.0 - ratio**2 + spread[k] * (along - mean[k] * (all_off - pull))
    return value, slope
