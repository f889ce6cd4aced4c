"""Officers at the same scene: who used more force than the others who were there?

Everything that officers at one scene share (place, people, danger) drops out of the comparison: Ridgeway (2025,
Journal of the American Statistical Association, "COSMIC") conditions on how often each level of force was used and
asks only who used it. It needs scenes with several officers, of whom some used more force than others.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openhalo.statistics.estimates import Numbers
from openhalo.statistics.posteriors import LEAST_ESS, WORST_RHAT, Draws, compiled, settled
from openhalo.statistics.results import Assumption
from openhalo.statistics.same_scene_check import Check, check
from openhalo.statistics.same_scene_density import among_peers, likelihood
from openhalo.statistics.scenes import Scenes

CITATION = "Ridgeway (2025), Journal of the American Statistical Association: officers at the same scene"
LEAST_PEERS = 10
TOP = 0.05
"""Share of peers that counts as the top, or as the bottom."""
_FEW = 200
"""Officers below which coordinates are turned: a wide prior leaves their common level loose. With 42 of them that gave
five times as many effective draws; with 1,500, or where steps may come near 0, the peak is too unlike the bulk."""
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Prior:
    """How rates and steps may lie before the data speak, and who counts as a peer.

    Attributes:
        rate: standard deviation of the officers' rates.
        log_step: mean and standard deviation of the logarithm of each step beyond the first; None: a step is half
            normal with standard deviation 1.
        peers: the largest variance of a peer's rate: given the officer's own (`given`), or of their difference.
        given: which of the two it is.
    """

    rate: float
    log_step: tuple[float, float] | None
    peers: float
    given: bool


PAPER = Prior(1.0, (float(np.log(0.1)), 1.0), 0.3, True)
PACKAGE = Prior(2.0, None, 2.0, False)
"""The authors' package: peers by Var(λ_i − λ_j) < .25 · 2 · sd², which is 2 at sd 2."""


@dataclass(frozen=True)
class SameScene:
    """What the comparison says of each officer; there is no order among them.

    Attributes:
        officers: name of each.
        rate, low, high: posterior mean of λ and its 95 % interval.
        against_peers: mean of λ less the peers' mean λ; NaN with fewer than LEAST_PEERS peers.
        peers: how many peers each has.
        top, bottom: chance of lying among the top, or bottom, TOP of the peers and themselves; NaN without peers.
        steps: posterior means of s.
        draws: the posterior.
        check: whether the model predicts what it saw.
    """

    officers: NDArray[np.generic]
    rate: Numbers
    low: Numbers
    high: Numbers
    against_peers: Numbers
    peers: Indices
    top: Numbers
    bottom: Numbers
    steps: Numbers
    draws: Draws
    check: Check
    assumptions: tuple[Assumption, ...]


def same_scene(
    at: Scenes,
    prior: Prior = PAPER,
    *,
    draws: int = 1200,
    tune: int = 250,
    chains: int = 4,
    seed: int = 1,
    worst_rhat: float = WORST_RHAT,
    least_ess: float = LEAST_ESS,
) -> SameScene:
    """Compare officers who were at the same scenes.

    Args:
        at: as `scenes.scenes` returns them.
        prior: PAPER, or PACKAGE.
        draws, tune, chains, seed: of the sampler.
        worst_rhat, least_ess: what the draws must reach.

    Raises:
        Refused: the chains do not agree.
        MissingExtra: the sampler is not installed.
    """
    model = _Model(at, prior)
    turned = len(at.names) < _FEW and prior.log_step is None
    posterior = settled(
        model.density,
        model.start(),
        draws,
        tune,
        chains,
        seed=seed,
        worst_rhat=worst_rhat,
        least_ess=least_ess,
        turned=turned,
    )
    flat = posterior.flat
    rates = prior.rate * flat[:, : len(at.names)]
    against, count, top, bottom = _among_peers(rates, prior)
    low, high = np.quantile(rates, (0.025, 0.975), axis=0)
    steps = np.column_stack([np.zeros(len(flat)), np.ones(len(flat)), 1 + np.cumsum(model.beyond(flat), axis=1)])
    checked = check(at, rates, steps, seed)
    return SameScene(
        at.names,
        rates.mean(axis=0),
        low,
        high,
        against,
        count,
        top,
        bottom,
        steps.mean(axis=0),
        posterior,
        checked,
        (
            *posterior.assumptions(),
            *checked.assumptions(),
            Assumption("everyone who was at a scene is on record, with the force that each used", "not testable"),
            Assumption("officers at one scene could each have been the one to use force", "not testable"),
        ),
    )


class _Model:
    """Position: λ of each officer in units of its prior's deviation, then the logarithms of the steps beyond one."""

    def __init__(self, at: Scenes, prior: Prior) -> None:
        self.likelihood, self.at, self.prior = compiled(likelihood), at, prior
        self.officers = len(at.names)

    def start(self) -> Numbers:
        """Return a position: all officers alike, small steps."""
        return np.concatenate([np.zeros(self.officers), np.full(self.at.kinds - 2, np.log(0.1))])

    def beyond(self, q: Numbers) -> Numbers:
        """Return the steps beyond the first."""
        return np.asarray(np.exp(np.minimum(q[..., self.officers :], 20.0)))

    def density(self, q: Numbers) -> tuple[float, Numbers]:
        """Return log density and gradient."""
        p, at, k = self.prior, self.at, self.officers
        step = self.beyond(q)
        levels = np.r_[0.0, 1.0, 1 + np.cumsum(step)]
        value, by_rate, by_level = self.likelihood(p.rate * q[:k], levels, at.starts, at.officer, at.level, at.kinds)
        slope = np.empty_like(q)
        slope[:k] = p.rate * by_rate - q[:k]
        slope[k:] = step * np.cumsum(by_level[:1:-1])[::-1]
        value -= 0.5 * float(q[:k] @ q[:k])
        if p.log_step:
            z = (q[k:] - p.log_step[0]) / p.log_step[1]
            value -= 0.5 * float(z @ z)
            slope[k:] -= z / p.log_step[1]
        else:
            value += float((q[k:] - 0.5 * step**2).sum())
            slope[k:] += 1 - step**2
        return value, slope


def _among_peers(rates: Numbers, prior: Prior) -> tuple[Numbers, Indices, Numbers, Numbers]:
    """Return, for each officer: λ less the peers' mean, how many peers, chance of the top and of the bottom."""
    centred = rates - rates.mean(axis=0)
    cov = centred.T @ centred / (len(rates) - 1)
    var = np.diag(cov)
    spread = var - cov**2 / var[:, None] if prior.given else var + var[:, None] - 2 * cov
    near = spread < prior.peers
    np.fill_diagonal(near, False)
    count = near.sum(axis=1)
    enough = count >= LEAST_PEERS
    mean = rates.mean(axis=0)
    against = np.where(enough, mean - near @ mean / np.maximum(count, 1), np.nan)
    ends = compiled(among_peers)(np.ascontiguousarray(rates), near, TOP)
    top, bottom = (np.where(enough, end, np.nan) for end in ends)
    return against, count, top, bottom
