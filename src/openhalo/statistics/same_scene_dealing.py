"""Force dealt out anew to the officers of each scene as the same-scene model would; written to be compiled."""

import math

import numpy as np
from numpy.typing import NDArray

from openhalo.statistics.estimates import Numbers

Indices = NDArray[np.int64]


def dealt(
    rates: Numbers, steps: Numbers, starts: Indices, officer: Indices, level: Indices, kinds: int, chance: Numbers
) -> Indices:
    """Return levels drawn from the model, given how often each was used at each scene.

    Args:
        rates: λ of each officer.
        steps: s of each level of force, the first one 0.
        starts: where each scene begins in `officer` and `level`, with their length at the end.
        officer, level: who was there, and the level of force that each used.
        kinds: how many levels there are.
        chance: uniform numbers between 0 and 1, one an entry.

    Backward sums as in `same_scene_density.likelihood` give the weight of all ways to deal out what is left; officer by
    officer, a level is drawn in proportion to the ways that go on from there.
    """
    drawn = np.empty_like(level)
    counts, stride, kept = np.zeros(kinds, np.int64), np.zeros(kinds, np.int64), np.zeros(kinds, np.int64)
    own = np.empty(kinds)
    for scene in range(len(starts) - 1):
        first, last = starts[scene], starts[scene + 1]
        m = last - first
        counts[:] = 0
        for i in range(first, last):
            counts[level[i]] += 1
        dropped, states, others = np.argmax(counts), 1, 0
        for j in range(kinds):
            if j != dropped and counts[j] > 0:
                kept[others], stride[others] = j, states
                others += 1
                states *= counts[j] + 1
        after, weight = np.zeros((m + 1, states)), np.empty((m, kinds))
        after[m, 0] = 1.0
        for i in range(m - 1, -1, -1):
            rate = rates[officer[first + i]]
            for j in range(kinds):
                weight[i, j] = math.exp(rate * steps[j] - max(rate * steps[kinds - 1], 0.0))
            for state in range(states):
                after[i, state] = weight[i, dropped] * after[i + 1, state]
                for k in range(others):
                    if (state // stride[k]) % (counts[kept[k]] + 1) > 0:
                        after[i, state] += weight[i, kept[k]] * after[i + 1, state - stride[k]]
        state = states - 1
        for i in range(m):
            own[:] = 0.0
            own[dropped] = weight[i, dropped] * after[i + 1, state]
            for k in range(others):
                if (state // stride[k]) % (counts[kept[k]] + 1) > 0:
                    own[kept[k]] = weight[i, kept[k]] * after[i + 1, state - stride[k]]
            left, chosen = chance[first + i] * own.sum(), -1
            for j in range(kinds):
                if own[j] > 0 and (chosen < 0 or left > 0):
                    chosen = j
                    left -= own[j]
            drawn[first + i] = chosen
            for k in range(others):
                if kept[k] == chosen:
                    state -= stride[k]
    return drawn
