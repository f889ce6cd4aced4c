"""Log density of the same-scene model and its gradient, compiled."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from openhalo.statistics.estimates import Numbers

Indices = NDArray[np.int64]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def likelihood(
    rates: Numbers, steps: Numbers, starts: Indices, officer: Indices, level: Indices, kinds: int
) -> tuple[float, Numbers, Numbers]:
    """Return the conditional log likelihood of scenes, and its slopes in the officers' rates and in the steps.

    Args:
        rates: λ of each officer.
        steps: s of each level of force, the first one 0.
        starts: where each scene begins in `officer` and `level`, with their length at the end.
        officer, level: who was there, and the level of force that each used.
        kinds: how many levels there are.

    Given how often each level was used at a scene, the chance that these officers used them as they did is
    exp(Σ λ_i s_yi) over the sum of the same for every way to deal the levels out. That sum is a coefficient of
    Π_i Σ_j exp(λ_i s_j) x_j. It is built up officer by officer, with the most frequent level left out of the state,
    since the others determine its count; forward and backward sums give each officer's chance of each level.
    """
    total = 0.0
    by_rate, by_step = np.zeros(len(rates)), np.zeros(kinds)
    for scene in range(len(starts) - 1):
        first, last = starts[scene], starts[scene + 1]
        m = last - first
        counts = np.zeros(kinds, np.int64)
        for i in range(first, last):
            counts[level[i]] += 1
        dropped = np.argmax(counts)
        stride = np.zeros(kinds, np.int64)
        states = 1
        for j in range(kinds):
            if j != dropped:
                stride[j] = states
                states *= counts[j] + 1
        weight = np.empty((m, kinds))
        for i in range(m):
            rate = rates[officer[first + i]]
            top = max(rate * steps[kinds - 1], 0.0)
            for j in range(kinds):
                weight[i, j] = math.exp(rate * steps[j] - top)
            total += rate * steps[level[first + i]] - top
        # after[i][state]: ways in which officers i.. can use up `state`
        after = np.zeros((m + 1, states))
        after[m, 0] = 1.0
        for i in range(m - 1, -1, -1):
            for state in range(states):
                ways = weight[i, dropped] * after[i + 1, state]
                for j in range(kinds):
                    if j != dropped and (state // stride[j]) % (counts[j] + 1) > 0:
                        ways += weight[i, j] * after[i + 1, state - stride[j]]
                after[i, state] = ways
        whole = after[0, states - 1]
        if not whole > 0:
            return -np.inf, by_rate, by_step
        total -= math.log(whole)
        before = np.zeros(states)
        before[0] = 1.0
        for i in range(m):
            rate, own = rates[officer[first + i]], level[first + i]
            expected = 0.0
            following = np.zeros(states)
            chance = np.zeros(kinds)
            for state in range(states):
                if before[state] == 0.0:
                    continue
                rest = states - 1 - state
                chance[dropped] += before[state] * after[i + 1, rest]
                following[state] += before[state] * weight[i, dropped]
                for j in range(kinds):
                    if j != dropped and (rest // stride[j]) % (counts[j] + 1) > 0:
                        chance[j] += before[state] * after[i + 1, rest - stride[j]]
                        following[state + stride[j]] += before[state] * weight[i, j]
            for j in range(kinds):
                p = chance[j] * weight[i, j] / whole
                expected += p * steps[j]
                by_step[j] -= rate * p
            by_rate[officer[first + i]] += steps[own] - expected
            by_step[own] += rate
            before = following
    return total, by_rate, by_step
