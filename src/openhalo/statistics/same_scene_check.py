"""Does the same-scene model predict what it saw? Force is dealt out anew, and what it cannot fit freely is compared.

Each officer has a rate of their own, so the model fits how much force each used in all, whatever the truth is. What it
cannot bend to is how that force spreads over levels, scenes and other officers; this fails where something that the
model leaves out decides who uses force (posterior predictive checks: Gelman, Meng and Stern 1996, Statistica Sinica 6,
733-807). What strikes officers by chance alone, such as who arrives first, leaves no trace and does no harm.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openhalo.language.translation import mark_for_translation, message
from openhalo.statistics.estimates import Numbers
from openhalo.statistics.posteriors import compiled
from openhalo.statistics.results import Assumption
from openhalo.statistics.same_scene_dealing import dealt
from openhalo.statistics.scenes import Scenes

Indices = NDArray[np.int64]
Counted = NDArray[np.float64] | NDArray[np.int64]
REPLICATES = 400
LEAST_TAIL = 0.01
"""Share of replicates at least as far off as the records, under which a pattern speaks against the model."""
_FEWEST = 10
"""Officers in each group that is shown, so that no group says who."""
_MEETINGS = 3
"""Scenes that two officers share, from which on they are looked at as a pair."""
_PATTERNS = {
    "levels": mark_for_translation("how the levels that each officer used spread out"),
    "sizes": mark_for_translation("how much force each officer used at scenes with few and with many officers"),
    "pairs": mark_for_translation("who of two officers used more, for those who met often"),
}


@dataclass(frozen=True)
class Check:
    """How the records compare with replicates of them.

    Attributes:
        tails: share of replicates at least as far from what the model expects as the records, by pattern: `levels`,
            `sizes`, `pairs`.
        surprising: share of officers who used more than the least of a scene more often, or less often, at scenes with
            few or with many officers, than the model predicts for 95 of 100.
        groups: rows of (1 where many officers were at the scene, share expected, share counted, n): how often officers
            used more than the least of a scene, for up to ten groups of them in order of their rates.
    """

    tails: dict[str, float]
    surprising: float
    groups: Numbers

    @property
    def failing(self) -> tuple[str, ...]:
        """Return the patterns that the model does not predict, in words."""
        return tuple(words for name, words in _PATTERNS.items() if self.tails[name] < LEAST_TAIL)

    @property
    def holds(self) -> bool:
        """Return whether the model predicts all patterns."""
        return not self.failing

    def assumptions(self) -> tuple[Assumption, ...]:
        """Return each pattern, with whether the model predicts it."""
        return tuple(
            Assumption(
                message(
                    "the model predicts {pattern} ({share} of made-up sets of records lie as far off)",
                    pattern=words,
                    share=f"{self.tails[name]:.0%}",
                ),
                "not met" if words in self.failing else "met",
            )
            for name, words in _PATTERNS.items()
        )


def check(at: Scenes, rates: Numbers, steps: Numbers, seed: int = 1) -> Check:
    """Return how the records compare with replicates drawn from the posterior.

    Args:
        at: the scenes.
        rates: draws × officers.
        steps: draws × levels: s of each.
        seed: the same seed gives the same replicates.
    """
    chance, deal = np.random.default_rng(seed), compiled(dealt)
    places = np.linspace(0, len(rates) - 1, REPLICATES).astype(int)
    levels = [
        at.level,
        *(
            deal(rates[k], steps[k], at.starts, at.officer, at.level, at.kinds, chance.random(len(at.level)))
            for k in places
        ),
    ]
    size, officers = np.diff(at.starts), len(at.names)
    scene = np.repeat(np.arange(len(size)), size)
    least = np.minimum.reduceat(at.level, at.starts[:-1])[scene]
    many = (size > np.median(size[scene]))[scene].astype(np.int64)
    first, second, pair = _pairs(at)
    one, other = (at.officer[entry[np.unique(pair, return_index=True)[1]]] for entry in (first, second))
    cell, half = at.officer * at.kinds, 2 * at.officer + many
    used = np.stack([np.bincount(cell + level, minlength=officers * at.kinds) for level in levels])
    more = np.stack([np.bincount(half, level > least, 2 * officers) for level in levels])
    met = np.stack([np.bincount(pair, np.sign(level[first] - level[second]), len(one)) for level in levels])
    force = used.reshape(len(levels), officers, -1) @ steps.mean(axis=0)
    off = {
        "levels": _beyond(used, [np.repeat(force, at.kinds, axis=1)]),
        "sizes": _beyond(more, [np.repeat(force, 2, axis=1)]),
        "pairs": _beyond(met, [force[:, one], force[:, other]]),
    }
    low, high = np.quantile(off["sizes"][1:], (0.025, 0.975), axis=0)
    outside = (off["sizes"][0] < low) | (off["sizes"][0] > high)
    groups = min(max(officers // _FEWEST, 1), 10)
    place = np.argsort(np.argsort(rates.mean(axis=0))) * groups // officers
    there = np.bincount(half, minlength=2 * officers)
    cells = groups * np.tile([0, 1], officers) + np.repeat(place, 2)
    n, counted, beyond = (np.bincount(cells, of, 2 * groups) for of in (there, more[0], off["sizes"][0]))
    kept = np.flatnonzero(n)
    shares = np.column_stack([kept // groups, (counted - beyond)[kept] / n[kept], counted[kept] / n[kept], n[kept]])
    return Check({name: _tail(each) for name, each in off.items()}, float(outside[there > 0].mean()), shares)


def _beyond(seen: Counted, forces: list[Numbers]) -> Numbers:
    """Return how far numbers lie from what is expected of officers who used as much force in all as they did.

    Args:
        seen: the records' numbers, and below them one row a replicate.
        forces: the same of all force of the officers whom each number belongs to. What a rate fits freely goes with
            it, and is taken out by regression over the replicates.
    """
    off, known = (each - each[1:].mean(axis=0) for each in (seen.astype(float), np.stack(forces, axis=-1)))
    inner = np.einsum("rkp,rkq->kpq", known[1:], known[1:]) + 1e-9 * np.eye(len(forces))
    slopes = np.linalg.solve(inner, np.einsum("rkp,rk->kp", known[1:], off[1:])[..., None])[..., 0]
    return np.asarray(off - np.einsum("rkp,kp->rk", known, slopes))


def _tail(off: Numbers) -> float:
    """Return the share of replicates at least as far off as the records."""
    square = (off**2 / (off[1:].var(axis=0) + 0.01)).sum(axis=1)
    return float(np.mean(square[1:] >= square[0]))


def _pairs(at: Scenes) -> tuple[Indices, Indices, Indices]:
    """Return the entries of each meeting of two officers who met often, and which pair it is."""
    first, second = [], []
    for start, end in zip(at.starts[:-1], at.starts[1:], strict=True):
        a, b = np.triu_indices(end - start, 1)
        first.append(start + a)
        second.append(start + b)
    one, other = np.concatenate(first), np.concatenate(second)
    swap = at.officer[one] > at.officer[other]
    one, other = np.where(swap, other, one), np.where(swap, one, other)
    _keys, pair, met = np.unique(
        at.officer[one] * len(at.names) + at.officer[other], return_inverse=True, return_counts=True
    )
    often = met[pair] >= _MEETINGS
    return one[often], other[often], np.unique(pair[often], return_inverse=True)[1]
