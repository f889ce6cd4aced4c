"""Bounds over records of unknown group: those of every possible way to give them a group, and of chance besides."""

from itertools import product

import numpy as np
import pytest

from openhalo.statistics.unknown_group import Counted, difference, ends, share

ONE, OTHER, UNKNOWN = Counted(4, 10), Counted(2, 9), Counted(2, 5)


def every_way():
    """Give each of the unknown records to one group, to the other, or to neither; count the two groups."""
    for given in product((0, 1, 2), repeat=int(UNKNOWN.of)):
        sides = np.zeros((3, 2))
        for at, side in enumerate(given):
            sides[side] += (at < UNKNOWN.yes, 1)
        yield ONE + sides[0], OTHER + sides[1]


def test_bounds_are_those_of_every_possible_way():
    pairs = [(one[0] / one[1], other[0] / other[1]) for one, other in every_way()]
    shares, gaps = [one for one, _ in pairs], [one - other for one, other in pairs]
    assert share(ONE, UNKNOWN)[:2] == pytest.approx((min(shares), max(shares)))
    assert difference(ONE, OTHER, UNKNOWN)[:2] == pytest.approx((min(gaps), max(gaps)))
    assert ends(4, 10, 2, 3) == pytest.approx((min(shares), max(shares)))


def test_without_unknown_records_only_chance_is_left():
    found = share(ONE, Counted(0, 0))
    assert found.low == found.high == 0.4
    # R: prop.test(4, 10, correct = FALSE)$conf.int
    assert found[2:] == pytest.approx((0.1681803, 0.6873262), abs=1e-7)


def test_the_ends_with_chance_hold_the_whole_range_in_95_of_100_samples():
    rng = np.random.default_rng(5)
    # by group, then known or not, then without and with the outcome
    chance = np.array([[[0.18, 0.06], [0.10, 0.01]], [[0.40, 0.05], [0.15, 0.05]]])
    truth = share(Counted(0.06, 0.24), Counted(0.06, 0.31))
    gap = difference(Counted(0.06, 0.24), Counted(0.05, 0.45), Counted(0.06, 0.31))
    held = np.zeros(2)
    for _ in range(400):
        drawn = rng.multinomial(2000, chance.ravel()).reshape(2, 2, 2)
        known = [Counted(drawn[group, 0, 1], drawn[group, 0].sum()) for group in (0, 1)]
        unknown = Counted(drawn[:, 1, 1].sum(), drawn[:, 1].sum())
        for at, (found, real) in enumerate(((share(known[0], unknown), truth), (difference(*known, unknown), gap))):
            held[at] += found.surely_low <= real.low and real.high <= found.surely_high
    assert (held / 400 > 0.92).all()


def test_counts_that_cannot_be_are_errors():
    with pytest.raises(ValueError, match="negative"):
        share(ONE, Counted(3, 2))
    with pytest.raises(ValueError, match="between 0 and trials"):
        share(Counted(5, 3), UNKNOWN)
