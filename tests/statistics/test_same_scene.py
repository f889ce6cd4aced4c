"""Officers at the same scene: against the definition, against the paper's officers, and refusals."""

import itertools
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from openhalo.statistics import same_scene, same_scene_density
from openhalo.statistics.posteriors import compiled
from openhalo.statistics.results import Refused
from openhalo.statistics.same_scene_dealing import dealt
from openhalo.statistics.scenes import scenes
from tests.libraries import needs

pytestmark = needs("numba", "nutpie")

# Table 4 of the paper: officers with the highest chance of lying in the top 5 % of their peers, in its order.
TABLE_4 = (836, 28, 182, 1341, 1006, 735, 1222, 1450, 829)


def slow_likelihood(rates, steps, at):
    """The definition: over every different way to deal the levels of a scene out to its officers."""
    total = 0.0
    for first, last in itertools.pairwise(at.starts):
        rate, level = rates[at.officer[first:last]], at.level[first:last]
        ways = set(itertools.permutations(level.tolist()))
        total += rate @ steps[level] - np.log(sum(np.exp(rate @ steps[list(way)]) for way in ways))
    return total


def slow_peers(rates, prior):
    """The definition, two officers at a time: what is left of the second's variance, or that of their difference."""
    near = np.zeros((rates.shape[1], rates.shape[1]), bool)
    for i, j in itertools.permutations(range(rates.shape[1]), 2):
        (own, both), (_both, other) = np.cov(rates[:, i], rates[:, j])
        near[i, j] = (other - both**2 / own if prior.given else np.var(rates[:, i] - rates[:, j], ddof=1)) < prior.peers
    return near


@pytest.fixture(scope="module")
def made_up():
    chance = np.random.default_rng(0)
    return scenes(np.repeat(np.arange(40), 5), chance.integers(0, 12, 200), chance.integers(0, 4, 200))


def test_likelihood_is_the_definition(made_up):
    model = same_scene._Model(made_up, same_scene.PAPER)
    rates, steps = np.random.default_rng(1).normal(size=len(made_up.names)), np.array([0, 1, 1.3, 1.8])
    fast = model.likelihood(rates, steps, made_up.starts, made_up.officer, made_up.level, made_up.kinds)[0]
    assert fast == pytest.approx(slow_likelihood(rates, steps, made_up), rel=1e-12)


@pytest.mark.parametrize("prior", [same_scene.PAPER, same_scene.PACKAGE])
def test_gradient_is_the_slope(made_up, prior):
    model = same_scene._Model(made_up, prior)
    q = model.start() + 0.3 * np.random.default_rng(2).normal(size=len(model.start()))
    step = 1e-5
    slope = [(model.density(q + step * e)[0] - model.density(q - step * e)[0]) / (2 * step) for e in np.eye(len(q))]
    assert model.density(q)[1] == pytest.approx(np.array(slope), abs=1e-6)


def test_scenes_that_tell_nothing_are_left_out_or_refused():
    scene = np.repeat(np.arange(30), 2)
    alike = np.zeros(60, int)
    with pytest.raises(Refused, match="only 0 scenes"):
        scenes(scene, np.arange(60) % 7, alike)
    differing = np.tile([0, 1], 30)
    differing[:4] = 1
    assert len(scenes(scene, np.arange(60) % 7, differing).starts) - 1 == 28


@pytest.mark.ci
def test_an_officer_who_uses_more_force_than_others_stands_out(margin):
    chance = np.random.default_rng(4)
    scene = np.repeat(np.arange(400), 4)
    officer = np.concatenate([chance.choice(30, 4, replace=False) for _ in range(400)])
    truth = np.where(np.arange(30) == 7, 2.0, 0.0)
    force = (chance.random(1600) < 1 / (1 + np.exp(1 - truth[officer]))).astype(int)
    found = same_scene.same_scene(
        scenes(scene, officer, force), draws=300, tune=300, chains=2, worst_rhat=1.05, least_ess=100
    )
    at = list(found.officers).index(7)
    margin("low end of the rate", found.low[at], most=2.0)
    margin("high end of the rate", found.high[at], least=1.5)
    margin("chance of the top", found.top[at], least=0.9)
    margin("highest chance of any other", np.delete(found.top, at).max(), most=0.9)
    margin("peers", found.peers[at], least=9)


def test_ranks_are_those_of_the_authors():
    """Among 21 officers, ranks of 20 and more (≥ .95 · 21) are the top, and rank 1 (≤ .05 · 21) is the bottom."""
    rates = np.tile(np.arange(21.0), (4, 1))
    rates[2:, [0, 1]] = rates[2:, [1, 0]]
    top, bottom = compiled(same_scene_density.among_peers)(rates, ~np.eye(21, dtype=bool), 0.05)
    assert top.tolist() == [0.0] * 19 + [1.0, 1.0]
    assert bottom.tolist() == [0.5, 0.5] + [0.0] * 19


def test_force_is_dealt_out_as_the_definition_says():
    at = scenes(np.repeat(np.arange(20), 4), np.tile([0, 1, 2, 3], 20), np.tile([0, 0, 1, 3], 20))
    rates, steps, rng = np.array([1.0, -0.5, 0.3, 0.8]), np.array([0, 1, 1.4]), np.random.default_rng(3)
    drawn = [
        compiled(dealt)(rates, steps, at.starts, at.officer, at.level, at.kinds, rng.random(80)).reshape(20, 4)
        for _ in range(1000)
    ]
    ways, seen = np.unique(np.concatenate(drawn), axis=0, return_counts=True)
    weight = np.exp(steps[ways] @ rates)
    assert len(ways) == 12
    assert seen / 20_000 == pytest.approx(weight / weight.sum(), abs=0.012)


def recorded(kind, seed=1):
    """Return scenes of six squads of ten. Who uses force depends on the officer's rate and, by `kind`, on more."""
    rng = np.random.default_rng(seed)
    size = rng.integers(2, 7, 500)
    officer = np.concatenate([rng.choice(10, m, replace=False) + 10 * rng.integers(6) for m in size])
    starts = np.r_[0, np.cumsum(size)]
    lean = (
        rng.normal(size=60)[officer, None] * [0, 1, 1.2, 1.4] + [0, -1, -2.5, -4] + rng.gumbel(size=(len(officer), 4))
    )
    if kind == "specialists":  # every other officer uses no force but the gravest
        lean[:, 1] -= 3 * (officer % 2 == 0)
        lean[:, 2:] += np.where(officer % 2 == 0, 1, -1.5)[:, None]
    if kind == "crowds":  # half of the officers use force in a crowd of officers, the others when nearly alone
        lean[:, 1:] += 2 * (np.where(officer % 2, 1, -1) * np.where(np.repeat(size, size) > 4, 1, -1))[:, None]
    first = rng.choice([-1, 1], (60, 60))
    first = np.triu(first, 1) - np.triu(first, 1).T
    for start, end in itertools.pairwise(starts):
        if kind == "who goes first":  # each two have their habit of who goes first, and the first one acts
            there = officer[start:end]
            lean[start + np.argmax(first[np.ix_(there, there)].sum(axis=1)), 1:] += 3
        if kind == "chance":
            lean[start + rng.integers(end - start), 1:] += 3
    return scenes(np.repeat(np.arange(500), size), officer, lean.argmax(axis=1))


@pytest.mark.ci
@pytest.mark.parametrize(
    ("kind", "failing"),
    [("model", None), ("chance", None), ("specialists", "levels"), ("crowds", "sizes"), ("who goes first", "pairs")],
)
def test_the_check_fails_where_something_left_out_decides(margin, kind, failing):
    draws = 600 if kind == "specialists" else 400  # where the model is wrong, chains mix badly
    short = {"draws": draws, "tune": 200, "chains": 2, "worst_rhat": 1.2, "least_ess": 20}
    found = same_scene.same_scene(recorded(kind), **short)
    tails = found.check.tails
    if failing is None:
        margin("least tail", min(tails.values()), least=0.05)
        assert found.check.holds
        margin("surprising officers", found.check.surprising, most=0.1)
    else:
        margin("tail", tails[failing], most=0.01)
        assert not found.check.holds
        assert any(one.state == "not met" for one in found.assumptions)
    # What goes beyond the rates is compared with rates as they are: the groups lie near the line either way on average.
    off = np.average(found.check.groups[:, 1] - found.check.groups[:, 2], weights=found.check.groups[:, 3])
    margin("groups off the line", off, -0.02, 0.02)


@pytest.mark.ci
@pytest.mark.parametrize(
    ("prior", "steps"),
    [("package", [0, 1, 1.0933, 1.6300]), ("paper", [0, 1, 1.0802, 1.2152])],
    ids=["package", "paper"],
)
def test_both_models_equal_an_independent_computation(margin, data, prior, steps):
    """The 30 officers of Seattle with most scenes and the 251st to 262nd, at their 408 scenes among each other.

    The frozen numbers come from NumPyro 0.22 (NUTS on JAX, 4 chains of 700 + 3,000, ESS at least 2,030). Its
    model writes out each of the 1,818 different ways in which levels could have been dealt out at a scene, with
    λ ~ N(0, 2²) and half normal steps, peers by Var(λi - λj) < 2 (`package`); or with λ ~ N(0, 1), log-normal steps
    around .1, peers by Var(λj | λi) < .3 (`paper`). Ranks were counted with NumPy: top ≥ .95 · n, bottom ≤ .05 · n.
    """
    frozen = pl.read_csv(Path(__file__).parent / "frozen" / "same_scene_seattle_42.csv").filter(prior=prior)
    rows = pl.read_csv(data / "reference" / "same_scene_seattle.csv.gz").filter(
        pl.col("idOff").is_in(frozen["officer"].implode())
    )
    at = scenes(rows["id"], rows["idOff"], rows["y"])
    model = {"package": same_scene.PACKAGE, "paper": same_scene.PAPER}[prior]
    found = same_scene.same_scene(at, model)
    assert (len(at.starts) - 1, found.officers.tolist()) == (408, frozen["officer"].to_list())
    error = frozen["deviation"].to_numpy() * np.sqrt(1 / 2030 + 1 / found.draws.ess)
    margin("rates off, in errors", (found.rate - frozen["mean"].to_numpy()) / error, -5, 5)
    rates = found.draws.flat[:, :42] * model.rate
    margin("deviations over the frozen ones", rates.std(axis=0) / frozen["deviation"].to_numpy(), 0.88, 1.12)
    assert np.stack([found.low, found.high]) == pytest.approx(np.quantile(rates, [0.025, 0.975], axis=0))
    # An officer whose variance lies near the limit is a peer by some draws and none by others. Who is one is counted
    # anew here, and rates against peers are held against the frozen rates of just these.
    near = slow_peers(rates, model)
    assert found.peers.tolist() == near.sum(axis=1).tolist()
    margin("peers off", found.peers - frozen["peers"].to_numpy(), -8, 8)
    against = frozen["mean"].to_numpy() - near @ frozen["mean"].to_numpy() / near.sum(axis=1)
    margin("off against peers, in errors", (found.against_peers - against) / error, -5, 5)
    whole = (found.peers == 41) & (frozen["peers"].to_numpy() == 41)  # the same peers, since it is all others
    for end in ("top", "bottom"):
        off = np.where(whole, getattr(found, end) - frozen[end].to_numpy(), 0)
        margin(f"chances of the {end} off", off, -0.04, 0.04)
    rank = 1 + ((rates[:, None, :] < rates[:, :, None]) & near).sum(axis=2)
    of = 1 + near.sum(axis=1)
    assert found.top == pytest.approx((rank >= 0.95 * of - 1e-9).mean(axis=0))
    assert found.bottom == pytest.approx((rank <= 0.05 * of + 1e-9).mean(axis=0))
    margin("steps off", found.steps - steps, -0.04, 0.04)


@pytest.mark.soak
def test_the_officers_of_the_paper(data):
    """Table 4 (Ridgeway 2025): four chains of a million Metropolis steps, about 300 effective draws: ± .02 at .8."""
    rows = pl.read_csv(data / "reference" / "same_scene_seattle.csv.gz")
    found = same_scene.same_scene(scenes(rows["id"], rows["idOff"], rows["y"]))
    flagged = np.flatnonzero(found.top > 0.8)
    order = [int(found.officers[i]) for i in flagged[np.argsort(-found.top[flagged])]]
    # Two pairs are as good as tied, in the paper (.999 and .999, .878 and .872) and with ten times its effective draws
    # (.9993 and .9990; .870 and .877): chance orders them.
    assert [set(order[:2]), *order[2:6], set(order[6:8]), *order[8:]] == [
        set(TABLE_4[:2]),
        *TABLE_4[2:6],
        set(TABLE_4[6:8]),
        *TABLE_4[8:],
    ]
    chances = [0.999, 0.999, 0.996, 0.940, 0.917, 0.895, 0.878, 0.872, 0.824]
    at_table = [list(found.officers).index(officer) for officer in TABLE_4]
    assert found.top[at_table] == pytest.approx(chances, abs=0.015)
    published = [1.994, 2.242, 1.880, 1.822, 2.019, 1.579, 1.589, 1.994, 1.494]
    assert found.against_peers[at_table] == pytest.approx(published, abs=0.03)
    assert found.steps == pytest.approx([0, 1, 1.05, 1.13], abs=0.005)
    # The paper's 26 at the bottom lie within its own error of chances around .8.
    assert (found.bottom > 0.82).sum() <= 26 <= (found.bottom > 0.78).sum()
    assert 25 <= (found.bottom > 0.8).sum() <= 31  # 28 with 12,000 draws
    # Who of two partners uses more varies more than the model foretells: variance 11 % higher, 7 standard errors.
    assert found.check.tails["pairs"] < 0.01 < min(found.check.tails["levels"], found.check.tails["sizes"])
