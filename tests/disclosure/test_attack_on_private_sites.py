"""Random private sites publish a series of releases; an independent attacker tries every secret in them."""

import numpy as np
import pytest

from tests.disclosure.attacker import attack
from tests.disclosure.private_site import CHILDREN, FAMILIES, publish_series, rule


def recovered(seed, releases, size, complementary=True):
    """Return the secrets tried, and those that the attacker knows to within less than the width."""
    numbers = rule(np.random.default_rng(seed))
    series = publish_series(seed, releases, size, numbers, complementary)
    public = []
    for release in series:
        truth = dict(zip(release.lattice.cells["key"], release.lattice.n.tolist(), strict=True))
        public.append({key: (n, truth[key]) for key, n in release.cells().select("key", "n").iter_rows()})
    targets = [
        (number, key)
        for number, release in enumerate(series)
        for key in release.lattice.cells["key"].filter(release.secret.tolist())
    ]
    # Not more than twenty a site: each costs the attacker two linear programs over all releases.
    chosen = np.random.default_rng(seed).permutation(len(targets))[:20]
    found = attack(public, FAMILIES, CHILDREN, numbers.zeros_shown, [targets[i] for i in chosen])
    known = {target: ends for target, ends in found.items() if ends[1] - ends[0] < numbers.width}
    for (number, key), (low, high) in found.items():
        assert low <= public[number][key][1] <= high
    return len(series), len(found), known


def test_no_secret_of_a_series_of_releases_is_recovered():
    tried = several = 0
    for seed in range(6):
        releases, secrets, known = recovered(seed, 2 + seed % 3, 60 + 40 * (seed % 5))
        assert known == {}, f"site {seed}"
        tried, several = tried + secrets, several + (releases > 1)
    assert tried > 80
    assert several > 3


def test_the_attacker_succeeds_without_complementary_suppression():
    assert sum(len(recovered(seed, 2, 60 + 40 * (seed % 5), complementary=False)[2]) for seed in range(3)) > 10


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 250))
def test_many_private_sites(seed):
    assert recovered(seed, 2 + seed % 3, 60 + 60 * (seed % 8))[2] == {}
