"""Log density of the same-scene model and its gradient, written to be compiled (`posteriors.compiled`)."""

import math

import numpy as np
from numpy.typing import NDArray

from openhalo.statistics.estimates import Numbers

Indices = NDArray[np.int64]


def likelihood(  # noqa: PLR0915
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
    weight, top = np.empty((len(rates), kinds)), np.empty(len(rates))
    for i in range(len(rates)):
        top[i] = max(rates[i] * steps[kinds - 1], 0.0)
        for j in range(kinds):
            weight[i, j] = math.exp(rates[i] * steps[j] - top[i])
    counts, stride, kept = np.zeros(kinds, np.int64), np.zeros(kinds, np.int64), np.zeros(kinds, np.int64)
    longest, widest = 0, 1
    for scene in range(len(starts) - 1):
        counts[:] = 0
        for i in range(starts[scene], starts[scene + 1]):
            counts[level[i]] += 1
        dropped, states = np.argmax(counts), 1
        for j in range(kinds):
            if j != dropped:
                states *= counts[j] + 1
        longest, widest = max(longest, starts[scene + 1] - starts[scene]), max(widest, states)
    after, chance = np.empty((longest + 1, widest)), np.empty(kinds)
    before, following, room = np.empty(widest), np.empty(widest), np.empty((kinds, widest), np.bool_)

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
        for k in range(others):
            for state in range(states):
                room[k, state] = (state // stride[k]) % (counts[kept[k]] + 1) > 0
        # after[i, state]: ways in which officers i.. can use up `state`
        after[m, :states] = 0.0
        after[m, 0] = 1.0
        for i in range(m - 1, -1, -1):
            own = weight[officer[first + i]]
            for state in range(states):
                after[i, state] = own[dropped] * after[i + 1, state]
            for k in range(others):
                w, s = own[kept[k]], stride[k]
                for state in range(s, states):
                    if room[k, state]:
                        after[i, state] += w * after[i + 1, state - s]
        whole = after[0, states - 1]
        if not whole > 0:
            return -np.inf, by_rate, by_step
        total -= math.log(whole)
        before[:states] = 0.0
        before[0] = 1.0
        for i in range(m):
            who, used = officer[first + i], level[first + i]
            rate, own = rates[who], weight[who]
            total += rate * steps[used] - top[who]
            chance[dropped] = 0.0
            for state in range(states):
                chance[dropped] += before[state] * after[i + 1, states - 1 - state]
                following[state] = before[state] * own[dropped]
            for k in range(others):
                w, s, ways = own[kept[k]], stride[k], 0.0
                for state in range(states - s):
                    if room[k, state + s]:
                        following[state + s] += before[state] * w
                    rest = states - 1 - state
                    if room[k, rest]:
                        ways += before[state] * after[i + 1, rest - s]
                chance[kept[k]] = ways
            p = chance[dropped] * own[dropped] / whole
            expected = p * steps[dropped]
            by_step[dropped] -= rate * p
            for k in range(others):
                j = kept[k]
                p = chance[j] * own[j] / whole
                expected += p * steps[j]
                by_step[j] -= rate * p
            by_rate[who] += steps[used] - expected
            by_step[used] += rate
            before, following = following, before
    return total, by_rate, by_step


def among_peers(rates: Numbers, near: NDArray[np.bool_], share: float) -> tuple[Numbers, Numbers]:
    """Return, for each officer, in which share of draws λ lies among the top, and among the bottom, of its peers.

    Ranks are the authors': 1 for the lowest of an officer and its peers together.

    Args:
        rates: λ, draws × officers.
        near: officers × officers: who is whose peer.
        share: share of peers that counts as the top, or the bottom.
    """
    officers = near.shape[0]
    peers = np.empty((officers, officers), np.int64)
    many = np.zeros(officers, np.int64)
    for i in range(officers):
        for j in range(officers):
            if near[i, j]:
                peers[i, many[i]] = j
                many[i] += 1
    top, bottom = np.zeros(officers), np.zeros(officers)
    for draw in range(len(rates)):
        row = rates[draw]
        for i in range(officers):
            own, below = row[i], 0
            for k in range(many[i]):
                below += row[peers[i, k]] < own
            top[i] += 1 + below >= (1 - share) * (1 + many[i])
            bottom[i] += 1 + below <= share * (1 + many[i])
    return top / len(rates), bottom / len(rates)
