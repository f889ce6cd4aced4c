"""Log density of the threshold test and its gradient, compiled."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from openhalo.statistics.estimates import Numbers

_ROOT = math.sqrt(0.5)
_NORMAL = 1 / math.sqrt(2 * math.pi)
Indices = NDArray[np.int64]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def density(  # noqa: PLR0915
    q: Numbers, group: Indices, place: Indices, counts: Numbers, ends: Indices, scales: Numbers
) -> tuple[float, Numbers]:
    """Return the log density of a position and its gradient.

    Args:
        q: the position: parts in the order of `threshold_test._Model`, each standard normal before it is scaled,
            but for spreads, which stand as logarithms.
        group, place: index of each cell's group and place.
        counts: 3 × cells: stops, searches, hits.
        ends: where each of the eleven parts of the position ends, with 0 first.
        scales: threshold, spread, mean, of groups in log odds and in log δ, of places, 1 where their spread is
            learned, 1 where the first group is pinned.

    Innocent people give off a signal N(0, 1), guilty ones N(δ, 1); who is above the threshold t is searched. Searches
    that find something happen at A = φ·(1 − Φ(t − δ)), others at B = (1 − φ)·(1 − Φ(t)), φ being the share guilty.
    """
    of_threshold, of_spread, of_mean, of_place, learned = scales[0], scales[1], scales[2], scales[5], scales[6] > 0
    slope = -q
    value = -0.5 * np.dot(q, q)
    spreads, centres = ends[1], ends[2]
    shared = ends[2] - ends[1] == 1
    for k in range(ends[1], ends[2]):
        ratio = math.exp(q[k]) / of_spread
        value += 0.5 * q[k] ** 2 + q[k] - 0.5 * ratio**2
        slope[k] = 1 - ratio**2
    place_spread = np.full(2, of_place)
    place_mean = np.zeros(2)
    for half in range(2):
        if learned:
            k = ends[6 + 4 * half]
            place_mean[half], place_spread[half] = of_place * q[k], math.exp(q[k + 1])
            ratio = place_spread[half] / of_place
            value += 0.5 * q[k + 1] ** 2 + q[k + 1] - 0.5 * ratio**2
            slope[k + 1] = 1 - ratio**2
    by = np.empty(2)
    effect = np.empty(2)
    for i in range(len(group)):
        g, d = group[i], place[i]
        spread_at = spreads if shared else spreads + g
        spread = math.exp(q[spread_at])
        t = spread * q[i] + (of_threshold * q[centres + g] if of_threshold > 0 else 0.0)
        for half in range(2):
            first = 3 + 4 * half
            effect[half] = of_mean * q[ends[first]] if of_mean > 0 else 0.0
            if not (scales[7] > 0 and g == 0):
                effect[half] += scales[3 + half] * q[ends[first + 1] + g - int(scales[7])]
            if d > 0:
                effect[half] += place_mean[half] + place_spread[half] * q[ends[first + 2] + d - 1]
        delta, phi = math.exp(effect[1]), 1 / (1 + math.exp(-effect[0]))
        above_guilty, above_innocent = 0.5 * math.erfc((t - delta) * _ROOT), 0.5 * math.erfc(t * _ROOT)
        a, b = phi * above_guilty, (1 - phi) * above_innocent
        rest = 1 - a - b
        if a <= 0 or b <= 0 or rest <= 0:
            return -np.inf, slope
        found, vain, let_go = counts[2, i], counts[1, i] - counts[2, i], counts[0, i] - counts[1, i]
        value += found * math.log(a) + vain * math.log(b) + let_go * math.log(rest)
        da, db = found / a - let_go / rest, vain / b - let_go / rest
        guilty_at = phi * _NORMAL * math.exp(-0.5 * (t - delta) ** 2)
        innocent_at = (1 - phi) * _NORMAL * math.exp(-0.5 * t**2)
        by_t = -da * guilty_at - db * innocent_at
        by[0] = phi * (1 - phi) * (da * above_guilty - db * above_innocent)
        by[1] = da * guilty_at * delta
        slope[i] += by_t * spread
        slope[spread_at] += by_t * spread * q[i]
        if of_threshold > 0:
            slope[centres + g] += of_threshold * by_t
        for half in range(2):
            first = 3 + 4 * half
            if of_mean > 0:
                slope[ends[first]] += of_mean * by[half]
            if not (scales[7] > 0 and g == 0):
                slope[ends[first + 1] + g - int(scales[7])] += scales[3 + half] * by[half]
            if d > 0:
                k = ends[first + 2] + d - 1
                slope[k] += place_spread[half] * by[half]
                if learned:
                    slope[ends[first + 3]] += of_place * by[half]
                    slope[ends[first + 3] + 1] += place_spread[half] * q[k] * by[half]
    return value, slope
