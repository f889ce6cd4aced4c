"""The threshold test: from how sure on are people searched, group by group?

The outcome test can mislead, because groups differ in how many people carry something and how plainly it shows
(infra-marginality). The threshold test estimates the least chance of finding something at which officers search:
Simoiu, Corbett-Davies and Goel (2017), Annals of Applied Statistics 11, 1193-1216, in the fast form of Pierson,
Corbett-Davies and Goel (2018), AISTATS, PMLR 84, 96-105. A lower threshold for one group is a sign of a double
standard, as far as the model holds.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit, ndtr

from openhalo.language.translation import mark_for_translation, message
from openhalo.statistics.estimates import Numbers
from openhalo.statistics.posteriors import LEAST_ESS, WORST_RHAT, Draws, compiled, settled
from openhalo.statistics.results import Assumption, Refused, Result, whole
from openhalo.statistics.threshold_density import density

CITATION = "Pierson, Corbett-Davies and Goel (2018), AISTATS, PMLR 84, 96-105"
LIMIT = mark_for_translation(
    "It rests on a model of how officers decide; if signals of guilt have another shape in one group than in another, "
    "it can be wrong. It does not say why thresholds differ."
)
LEAST_GROUPS, LEAST_PLACES = 2, 5
MOST_SURPRISING = 0.1
"""Share of cells outside the model's 95 % ranges, from which on it does not fit."""
_START = -1.5
"""Log of the spreads from which chains begin, where these are learned."""
_METHOD = mark_for_translation("threshold test (mixture of two normal signals), posterior mean and quantiles")


@dataclass(frozen=True)
class Prior:
    """How far parameters may lie from each other before the data speak: standard deviations of normal priors.

    Attributes:
        mean: of the level that all groups share, in log odds of guilt and in log δ; 0: there is no such level.
        group_odds, group_size: of a group around that level.
        pinned: the first group lies on the level itself.
        place_odds, place_size: of a place; the first one is pinned. Where `learned`, scales of its own mean and spread.
        threshold: of a group's thresholds; 0: all groups share one centre at 0.
        spread: scale of the spread of thresholds from place to place; `by_group`: each group has its own.
    """

    mean: float
    group_odds: float
    group_size: float
    pinned: bool
    place_odds: float
    place_size: float
    learned: bool
    threshold: float
    spread: float
    by_group: bool

    def inverse(self, scale: float, groups: int) -> Numbers:
        """Return the inverse covariance of the groups' effects, which share a level that nothing else shows."""
        if not self.pinned:
            return np.asarray(np.linalg.inv(scale**2 * np.eye(groups) + self.mean**2))
        around = np.eye(groups) / scale**2
        around[0, 1:] = around[1:, 0] = -1 / scale**2
        around[0, 0] = 1 / self.mean**2 + (groups - 1) / scale**2
        return around


FAST = Prior(1, 1, 1, False, 0.1, 0.1, False, 0, 1, False)
"""Pierson, Corbett-Davies and Goel (2018)."""
ORIGINAL = Prior(0, 2, 1, False, 2, 1, True, 2, 2, True)
"""The priors of Simoiu, Corbett-Davies and Goel (2017), on the fast form's signals.

Theirs are beta distributions, with a normal prior of deviation 2 on the logarithm of their concentration. The variance
of the chance of guilt falls with the concentration and rises with δ²: a deviation of 2 there is one of 1 in log δ.
"""


def open_policing(scale: float = 1.0) -> Prior:
    """Return the priors of Pierson et al. (2020), Nature Human Behaviour 4, 736-745, all times `scale` (0.5 to 1.5)."""
    return Prior(scale, 0.25 * scale, 0.1 * scale, True, 0.1 * scale, 0.1 * scale, False, scale, scale, False)


@dataclass(frozen=True)
class Cells:
    """Stops by group and place, one entry a cell: stops ≥ searches ≥ hits."""

    group: NDArray[np.int64]
    place: NDArray[np.int64]
    stops: Numbers
    searches: Numbers
    hits: Numbers
    groups: tuple[str, ...]
    places: NDArray[np.generic]


class Thresholds(NamedTuple):
    """The threshold of each group, and the differences of the others from the first group."""

    groups: tuple[Result, ...]
    differences: tuple[Result, ...]


@dataclass(frozen=True)
class ThresholdTest:
    """Thresholds of each group, their differences from the first group, and how well the model fits.

    Attributes:
        by_place: thresholds with each place weighted by all its stops, alike for all groups (Simoiu et al. 2017): the
            chance of finding something from which on people are searched.
        by_own: with each place weighted by the group's own stops there (Pierson et al. 2020).
        draws: the posterior.
        cells: the cells that were used.
        searches, hits: share searched, and hit rate, that the model expects in each cell.
        search_error, hit_error: root mean square error of both over cells, weighted by stops and by searches.
        surprising: share of cells whose searches, or hits, lie outside what the model predicts for 95 of 100.
    """

    by_place: Thresholds
    by_own: Thresholds
    draws: Draws
    cells: Cells
    searches: Numbers
    hits: Numbers
    search_error: float
    hit_error: float
    surprising: tuple[float, float]

    @property
    def foretells(self) -> bool:
        """Return whether the model predicts what was counted."""
        return max(self.surprising) < MOST_SURPRISING


def kept_cells(
    group: ArrayLike,
    place: ArrayLike,
    stops: ArrayLike,
    searches: ArrayLike,
    hits: ArrayLike,
    groups: tuple[str, ...],
    least_searches: int = 1,
) -> Cells:
    """Return the cells that the test uses: places in which every group has enough searches.

    Args:
        group: index of the group of each cell, into `groups`.
        place: label of the place of each cell.
        stops, searches, hits: counts of each cell.
        groups: names, the one that others are compared with first.
        least_searches: a place is left out where any group has fewer.

    Raises:
        Refused: too few groups or places are left.
        ValueError: counts do not nest.
    """
    g, labels = np.asarray(group, np.int64), np.asarray(place)
    n, s, h = (np.asarray(x, float) for x in (stops, searches, hits))
    if ((h > s) | (s > n) | (h < 0)).any():
        raise ValueError("each cell must have stops ≥ searches ≥ hits ≥ 0")
    names, p = np.unique(labels, return_inverse=True)
    enough = np.bincount(p, (s >= max(least_searches, 1)).astype(float), len(names)) == len(groups)
    kept = enough[p]
    if len(groups) < LEAST_GROUPS or enough.sum() < LEAST_PLACES:
        raise Refused(
            message(
                "{places} places have {least} or more searches of each of {groups} groups; the test needs {more} "
                "places",
                places=int(enough.sum()),
                least=max(least_searches, 1),
                groups=len(groups),
                more=LEAST_PLACES,
            )
        )
    renumbered = (np.cumsum(enough) - 1)[p[kept]]
    return Cells(g[kept], renumbered.astype(np.int64), n[kept], s[kept], h[kept], groups, names[enough])


def threshold_test(
    cells: Cells,
    prior: Prior = FAST,
    *,
    draws: int = 800,
    tune: int = 200,
    chains: int = 4,
    seed: int = 1,
    worst_rhat: float = WORST_RHAT,
    least_ess: float = LEAST_ESS,
) -> ThresholdTest:
    """Return the threshold of each group.

    Args:
        cells: as `kept_cells` returns them.
        prior: FAST, ORIGINAL or `open_policing(scale)`.
        draws, tune, chains, seed: of the sampler; twice as many where spreads of places are learned.
        worst_rhat, least_ess: what the draws must reach.

    Raises:
        Refused: the chains do not agree.
        MissingExtra: the sampler is not installed.
    """
    model = _Model(cells, prior)
    # With learned spreads the peak lies far from the bulk (all places alike), so its curvature says nothing.
    times, accepted = (2, 0.9) if prior.learned else (1, None)
    posterior = settled(
        model.density,
        model.start(),
        times * draws,
        times * tune,
        chains,
        seed=seed,
        worst_rhat=worst_rhat,
        least_ess=least_ess,
        turned=not prior.learned,
        accepted=accepted,
    )
    t, odds, size = model.parts(posterior.flat)
    delta = np.exp(size)
    chance = expit(odds + delta * t - delta**2 / 2)
    searches, hits = _predicted(t, odds, delta)
    facts = _fit(cells, searches, hits, seed)
    surprise = message(
        "the model foretells what was counted in each place ({searches} of search counts and {hits} of hit counts lie "
        "outside its 95% ranges; 5% is usual)",
        searches=f"{facts[2][0]:.0%}",
        hits=f"{facts[2][1]:.0%}",
    )
    assumptions = (
        *posterior.assumptions(),
        Assumption("searches are at the officer's discretion", "not testable"),
        Assumption("signals of guilt have the model's shape in every group", "not testable"),
        Assumption(surprise, "met" if max(facts[2]) < MOST_SURPRISING else "not met"),
    )
    by_place, by_own = (_thresholds(cells, chance, rule, assumptions) for rule in ("place", "own"))
    return ThresholdTest(by_place, by_own, posterior, cells, searches.mean(axis=0), hits.mean(axis=0), *facts)


def _thresholds(cells: Cells, chance: Numbers, rule: str, assumptions: tuple[Assumption, ...]) -> Thresholds:
    """Return the average over places of each draw's thresholds: weights are the places' stops, or the group's own."""
    stops = cells.stops if rule == "own" else np.bincount(cells.place, cells.stops)[cells.place]
    totals = np.bincount(cells.group, stops, len(cells.groups))
    by_group = np.column_stack(
        [(chance * (stops * (cells.group == g))).sum(axis=1) / totals[g] for g in range(len(cells.groups))]
    )

    def result(what: str, values: Numbers, n: float, **more: Any) -> Result:
        low, high = np.quantile(values, (0.025, 0.975))
        return Result(
            what=what,
            n=whole(n),
            unit="stops",
            estimate=float(values.mean()),
            low=float(low),
            high=float(high),
            confidence=0.95,
            method=_METHOD,
            assumptions=assumptions,
            citation=CITATION,
            limit=LIMIT,
            **more,
        )

    of, first = np.bincount(cells.group, cells.stops, len(cells.groups)), cells.groups[0]
    return Thresholds(
        tuple(result(f"The search threshold for {name}", by_group[:, g], of[g]) for g, name in enumerate(cells.groups)),
        tuple(
            result(
                f"The search threshold for {name} less that for {first}",
                by_group[:, g] - by_group[:, 0],
                of[0] + of[g],
                neutral=0.0,
                above=f"In this model, people of the group {name} were searched on more evidence than {first}.",
                below=f"In this model, people of the group {name} were searched on less evidence than {first}.",
            )
            for g, name in enumerate(cells.groups)
            if g
        ),
    )


class _Model:
    """Where each parameter stands in a position, and the density there.

    A position holds, in turn: the log odds of a search in each cell; log spreads of thresholds; centres of the groups'
    thresholds, less the threshold at the group's usual share searched; each group's log odds of a hit at that share;
    each group's log δ; the places' effects on log odds of guilt and on log δ, in units of their spread. Where spreads
    are learned there follow, for log odds and log δ each, how far the average place lies from the first one, in units
    of its prior's deviation, and the log spread; the groups' values are then those of the average place, which the
    records fix.
    """

    def __init__(self, cells: Cells, prior: Prior) -> None:
        self.compiled, self.cells = compiled(density), cells
        groups, places = len(cells.groups), int(cells.place.max()) + 1
        learned = 2 * prior.learned
        sizes = [
            len(cells.stops),
            groups if prior.by_group else 1,
            groups if prior.threshold else 0,
            groups,
            groups,
            places - 1,
            places - 1,
            learned,
            learned,
        ]
        self.ends = np.cumsum([0, *sizes])
        self.slots = [slice(int(a), int(b)) for a, b in pairwise(self.ends)]
        self.size = int(self.ends[-1])
        self.counts = np.stack([cells.stops, cells.searches, cells.hits])
        self.scales = np.array(
            [prior.threshold, prior.spread, prior.place_odds, prior.place_size, prior.learned], float
        )
        self.inverses = np.stack([prior.inverse(scale, groups) for scale in (prior.group_odds, prior.group_size)])
        stops, searches, hits = (np.bincount(cells.group, of, groups) for of in self.counts)
        self.usual, self.usual_hits = (searches + 0.5) / (stops + 1), (hits + 0.5) / (searches + 1)

    def start(self) -> Numbers:
        """Return a position with a likelihood: the shares searched and hit rates as they were."""
        q = np.zeros(self.size)
        q[self.slots[0]] = logit((self.cells.searches + 0.5) / (self.cells.stops + 1))
        q[self.slots[3]] = logit(self.usual_hits)
        q[self.slots[4]] = 0.3
        if self.scales[4]:
            q[self.slots[1]] = q[self.slots[7].start + 1] = q[self.slots[8].start + 1] = _START
        return q

    def at(self, q: Numbers) -> tuple[float, Numbers, Numbers]:
        """Return log density, gradient, and threshold, log odds of guilt and log δ of each cell."""
        c = self.cells
        found = self.compiled(q, c.group, c.place, self.counts, self.ends, self.scales, self.inverses, self.usual)
        return found  # type: ignore[no-any-return]

    def density(self, q: Numbers) -> tuple[float, Numbers]:
        """Return log density and gradient."""
        return self.at(q)[:2]

    def parts(self, draws: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """Return threshold, log odds of guilt and log δ of each draw and cell."""
        found = np.stack([self.at(q)[2] for q in draws], axis=1)
        return found[0], found[1], found[2]


def _predicted(t: Numbers, odds: Numbers, delta: Numbers) -> tuple[Numbers, Numbers]:
    """Return the search and hit rates of each draw and cell."""
    phi = expit(odds)
    found, vain = phi * ndtr(delta - t), (1 - phi) * ndtr(-t)
    return found + vain, found / (found + vain)


def _fit(c: Cells, searches: Numbers, hits: Numbers, seed: int) -> tuple[float, float, tuple[float, float]]:
    """Return weighted errors of search and hit rates, and how many cells surprise the model."""
    chance = np.random.default_rng(seed)
    outside, errors = [], []
    for made, n, rate in ((c.searches, c.stops, searches), (c.hits, c.searches, hits)):
        errors.append(float(np.sqrt(np.average((made / n - rate.mean(axis=0)) ** 2, weights=n))))
        again = chance.binomial(n.astype(np.int64), np.clip(rate, 0, 1))
        low, high = np.quantile(again, (0.025, 0.975), axis=0)
        outside.append(float(((made < low) | (made > high)).mean()))
    return errors[0], errors[1], (outside[0], outside[1])
