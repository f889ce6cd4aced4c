"""Log density of the threshold test and its gradient, written to be compiled (`posteriors.compiled`)."""

import math

import numpy as np
from numpy.typing import NDArray

from openhalo.statistics.estimates import Numbers

_ROOT = math.sqrt(0.5)
_NORMAL = 1 / math.sqrt(2 * math.pi)
Indices = NDArray[np.int64]


def density(  # noqa: PLR0915
    q: Numbers,
    group: Indices,
    place: Indices,
    counts: Numbers,
    ends: Indices,
    scales: Numbers,
    inverses: Numbers,
    usual: Numbers,
) -> tuple[float, Numbers, Numbers]:
    """Return the log density of a position, its gradient, and threshold, log odds and log δ of each cell.

    Args:
        q: the position: parts in the order of `threshold_test._Model`.
        group, place: index of each cell's group and place.
        counts: 3 × cells: stops, searches, hits.
        ends: where each of the nine parts of the position ends, with 0 first.
        scales: of centres of thresholds (0: there are none), of spreads, of places in log odds and in log δ, 1 where
            these are learned.
        inverses: 2 × groups × groups: inverse prior covariance of the groups' log odds of guilt and of their log δ.
        usual: share searched of each group, at which its hit rate is a parameter.

    Innocent people give off a signal N(0, 1), guilty ones N(δ, 1); who is above the threshold t is searched. Searches
    that find something happen at A = φ·(1 − Φ(t − δ)), others at B = (1 − φ)·(1 − Φ(t)), φ being the share guilty.

    Stops fix how many are searched and how often something is found, and leave the rest open; t, φ and δ all bend
    along that ridge. So the position holds what stops fix (the log odds of a search, those of a hit) and log δ; t and
    φ are solved for, and the density carries the determinant of that change.
    """
    of_centre, of_spread, of_place, learned = scales[0], scales[1], scales[2:4], scales[4] > 0
    groups = len(usual)
    slope = np.zeros(len(q))
    parts = np.empty((3, len(group)))
    value = 0.0
    shared = ends[2] - ends[1] == 1
    for k in range(ends[1], ends[2]):
        ratio = math.exp(q[k]) / of_spread
        value += q[k] - 0.5 * ratio**2
        slope[k] = 1 - ratio**2
    for k in range(ends[5], ends[9]):
        value -= 0.5 * q[k] ** 2
        slope[k] = -q[k]
    place_mean, place_spread, average, by_average = np.zeros(2), of_place.copy(), np.zeros(2), np.zeros(2)
    for half in range(2):
        if learned:
            k = ends[7 + half]
            place_mean[half], place_spread[half] = of_place[half] * q[k], math.exp(q[k + 1])
            ratio = place_spread[half] / of_place[half]
            value += 0.5 * q[k + 1] ** 2 + q[k + 1] - 0.5 * ratio**2
            # Only how places lie from their own average meets the data; the average stands beside the first place.
            first, last = ends[5 + half], ends[6 + half]
            average[half] = q[first:last].mean()
            own = q[k] - ratio * average[half]
            value += 0.5 * q[k] ** 2 - 0.5 * own**2
            slope[k] = -own
            slope[k + 1] = 1 - ratio**2 + own * ratio * average[half]
            for j in range(first, last):
                slope[j] += own * ratio / (last - first)

    # Each group: from the log odds of a hit and log δ to the log odds of guilt, at the usual share searched.
    odds, near, leaning = np.empty(groups), np.empty(groups), np.empty(groups)
    odds_by_hit, odds_by_size, by_group = np.empty(groups), np.empty(groups), np.zeros((2, groups))
    near_by_hit, near_by_size, by_centre = np.empty(groups), np.empty(groups), np.zeros(groups)
    for g in range(groups):
        delta, hit = math.exp(q[ends[4] + g]), 1 / (1 + math.exp(-q[ends[3] + g]))
        low, high, t = -10.0, 40.0, 1.0
        for _ in range(100):
            guilty, innocent = 0.5 * math.erfc((t - delta) * _ROOT), 0.5 * math.erfc(t * _ROOT)
            if guilty <= 0 or innocent <= 0:
                high, step = t, np.inf
            else:
                left, right = usual[g] * hit / guilty, usual[g] * (1 - hit) / innocent
                rise = left * _NORMAL * math.exp(-0.5 * (t - delta) ** 2) / guilty
                rise += right * _NORMAL * math.exp(-0.5 * t**2) / innocent
                miss = left + right - 1
                if miss > 0:
                    high = t
                else:
                    low = t
                step = miss / rise if rise > 0 else np.inf
            if abs(step) < 1e-13 * (1 + abs(t)):
                break
            t = t - step if low < t - step < high else 0.5 * (low + high)
        guilty, innocent = 0.5 * math.erfc((t - delta) * _ROOT), 0.5 * math.erfc(t * _ROOT)
        if guilty <= 0 or innocent <= 0:
            return -np.inf, slope, parts
        phi = usual[g] * hit / guilty
        if not 0 < phi < 1:
            return -np.inf, slope, parts
        odds[g], near[g] = math.log(phi / (1 - phi)), t
        hazard = _NORMAL * math.exp(-0.5 * (t - delta) ** 2) / guilty
        hazard_0 = _NORMAL * math.exp(-0.5 * t**2) / innocent
        leaning[g] = (1 - usual[g]) / (hit * hazard + (1 - hit) * hazard_0)
        r = hazard / hazard_0
        over, under = 1 - hit + hit * r, 1 - phi + phi * r
        by_hit, by_size = over / under, -hazard * delta / under
        odds_by_hit[g], odds_by_size[g] = by_hit, by_size
        value += math.log(by_hit)
        t_by_hit, t_by_size = (hit - phi * by_hit) / hazard_0, -phi * by_size / hazard_0
        near_by_hit[g], near_by_size[g] = t_by_hit, t_by_size
        bend, bend_0 = hazard - (t - delta), hazard_0 - t
        r_by_hit = r * (bend - bend_0) * t_by_hit
        r_by_size = r * (bend * (t_by_size - delta) - bend_0 * t_by_size)
        slope[ends[3] + g] += (hit * (1 - hit) * (r - 1) + hit * r_by_hit) / over
        slope[ends[3] + g] -= (phi * (1 - phi) * (r - 1) * by_hit + phi * r_by_hit) / under
        slope[ends[4] + g] += hit * r_by_size / over
        slope[ends[4] + g] -= (phi * (1 - phi) * (r - 1) * by_size + phi * r_by_size) / under
    for g in range(groups):
        for other in range(groups):
            by_group[0, g] -= inverses[0, g, other] * (odds[other] - place_mean[0])
            by_group[1, g] -= inverses[1, g, other] * (q[ends[4] + other] - place_mean[1])
        value += 0.5 * (odds[g] - place_mean[0]) * by_group[0, g]
        value += 0.5 * (q[ends[4] + g] - place_mean[1]) * by_group[1, g]
        if of_centre > 0:
            centre = near[g] + q[ends[2] + g]
            value -= 0.5 * (centre / of_centre) ** 2
            by_centre[g] = -centre / of_centre**2
    if learned:
        for half in range(2):
            slope[ends[7 + half]] -= of_place[half] * by_group[half].sum()

    effect, by = np.empty(2), np.empty(2)
    for i in range(len(group)):
        g, d = group[i], place[i]
        spread_at = ends[1] if shared else ends[1] + g
        spread = math.exp(q[spread_at])
        effect[0], effect[1] = odds[g], q[ends[4] + g]
        for half in range(2):
            if d > 0:
                effect[half] += place_spread[half] * (q[ends[5 + half] + d - 1] - average[half])
            else:
                effect[half] -= place_mean[half]
        delta, phi = math.exp(effect[1]), 1 / (1 + math.exp(-effect[0]))
        share = 1 / (1 + math.exp(-q[i]))
        t = near[g] - leaning[g] * (q[i] - math.log(usual[g] / (1 - usual[g])))
        low, high, searched = -10.0, 40.0, 0.0
        for _ in range(100):  # Halley's steps, kept within what is known to hold the root
            guilty, innocent = 0.5 * math.erfc((t - delta) * _ROOT), 0.5 * math.erfc(t * _ROOT)
            at_guilty = phi * _NORMAL * math.exp(-0.5 * (t - delta) ** 2)
            at_innocent = (1 - phi) * _NORMAL * math.exp(-0.5 * t**2)
            searched, falls = phi * guilty + (1 - phi) * innocent, at_guilty + at_innocent
            if searched > share:
                low = t
            else:
                high = t
            following = np.inf
            if searched > 0 and falls > 0:
                r, miss = falls / searched, math.log(searched / share)
                following = t + 2 * miss * r / (2 * r**2 + miss * (r**2 - (falls * t - at_guilty * delta) / searched))
            if abs(following - t) < 1e-12:
                break
            t = following if low < following < high else 0.5 * (low + high)
        a, b = phi * guilty, (1 - phi) * innocent
        if a <= 0 or b <= 0 or falls <= 0:
            return -np.inf, slope, parts
        parts[0, i], parts[1, i], parts[2, i] = t, effect[0], effect[1]
        found, vain, let_go = counts[2, i], counts[1, i] - counts[2, i], counts[0, i] - counts[1, i]
        off = t / spread if of_centre == 0 else (t - near[g] - q[ends[2] + g]) / spread
        value += found * math.log(a) + vain * math.log(b) + let_go * math.log(1 - share)
        value += math.log(share * (1 - share) / falls) - 0.5 * off**2 - q[spread_at]
        slope[spread_at] += off**2 - 1
        if of_centre > 0:
            by_centre[g] += off / spread
        by_t = -found * at_guilty / a - vain * at_innocent / b - off / spread + (falls * t - at_guilty * delta) / falls
        slope[i] += 1 - 2 * share - let_go * share - by_t * share * (1 - share) / falls
        both = phi * (1 - phi)
        by[0] = found * (1 - phi) - vain * phi - ((1 - phi) * at_guilty - phi * at_innocent) / falls
        by[0] += by_t * both * (guilty - innocent) / falls
        by[1] = found * at_guilty * delta / a - at_guilty * (t - delta) * delta / falls
        by[1] += by_t * at_guilty * delta / falls
        for half in range(2):
            by_group[half, g] += by[half]
            if d > 0:
                k = ends[5 + half] + d - 1
                slope[k] += place_spread[half] * by[half]
                if learned:
                    slope[ends[7 + half] + 1] += place_spread[half] * (q[k] - average[half]) * by[half]
                    by_average[half] -= place_spread[half] * by[half]
            elif learned:
                slope[ends[7 + half]] -= of_place[half] * by[half]
    if learned:
        for half in range(2):
            first, last = ends[5 + half], ends[6 + half]
            slope[first:last] += by_average[half] / (last - first)
    for g in range(groups):
        slope[ends[3] + g] += by_group[0, g] * odds_by_hit[g]
        slope[ends[4] + g] += by_group[0, g] * odds_by_size[g] + by_group[1, g]
        if of_centre > 0:
            slope[ends[2] + g] += by_centre[g]
            slope[ends[3] + g] += by_centre[g] * near_by_hit[g]
            slope[ends[4] + g] += by_centre[g] * near_by_size[g]
    return value, slope, parts
