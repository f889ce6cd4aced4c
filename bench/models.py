"""Posteriors: how long they take, whether the chains agree, and how many effective draws a second of work brings.

No rival is run: the published times are hours to days (see the docs of each model), and the other samplers need a
compiler of their own. Seconds of the processor stand beside those of the clock, since others may use the machine.
"""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import polars as pl
from scipy.special import ndtr

from openhalo.statistics import same_scene, small_area_estimate, threshold_test
from openhalo.statistics.posteriors import Draws
from openhalo.statistics.scenes import scenes


def made_stops(groups: int, places: int, size: int, seed: int = 3) -> threshold_test.Cells:
    """Return cells of stops, searches and hits drawn from the threshold test's own model."""
    rng = np.random.default_rng(seed)
    group, place = (x.ravel() for x in np.meshgrid(range(groups), range(places)))
    odds = rng.normal(-2, 0.3, groups)[group] + rng.normal(0, 0.1, places)[place]
    delta = rng.uniform(1.5, 2, groups)[group] * np.exp(rng.normal(0, 0.1, places)[place])
    t = rng.normal(rng.normal(1.3, 0.2, groups)[group], 0.1)
    found, vain = ndtr(delta - t) / (1 + np.exp(-odds)), ndtr(-t) / (1 + np.exp(odds))
    stops = rng.poisson(size, len(group)) + 200
    searches = rng.binomial(stops, found + vain)
    hits = rng.binomial(searches, found / (found + vain))
    return threshold_test.kept_cells(group, place, stops, searches, hits, tuple("ABCDEFG"[:groups]))


def made_survey(areas: int, answers: int, seed: int = 3) -> tuple[tuple[int, ...], list[np.ndarray]]:
    """Return the sizes of area, race, gender and age, and for each kind of person: codes, yes, asked, residents."""
    rng, sizes = np.random.default_rng(seed), (areas, 5, 2, 5)
    codes = np.stack(np.meshgrid(*map(np.arange, sizes), indexing="ij"), axis=-1).reshape(-1, 4)
    spreads = (0.5, 0.6, 0.15, 0.3)
    odds = 0.3 + sum(rng.normal(0, spreads[k], n)[codes[:, k]] for k, n in enumerate(sizes))
    people = np.round(rng.lognormal(4, 1, areas)[codes[:, 0]] * rng.uniform(0.2, 1.8, len(codes)))
    asked = rng.multinomial(answers, people / people.sum())
    return sizes, [codes, rng.binomial(asked, 1 / (1 + np.exp(-odds))), asked, people]


def rows() -> Iterator[tuple[str, float, str, str]]:
    """Yield work, seconds, the bar, and what the chains show. Compiling comes before the clock starts."""
    cells = made_stops(4, 100, 2000)
    model = threshold_test._Model(cells, threshold_test.FAST)
    model.density(model.start())
    yield _timed("threshold test, 100 places × 4 groups", "< 15 s", lambda: threshold_test.threshold_test(cells).draws)
    sizes, (codes, yes, asked, people) = made_survey(100, 2000)

    def shares() -> Draws:
        some = asked > 0
        model = small_area_estimate.fit(codes[some], yes[some], asked[some], sizes)
        small_area_estimate.by_area(model, codes, people, 0)
        return model.draws

    yield _timed("shares of 100 areas, 2,000 answers, 50 kinds of people", "< 60 s", shares)
    folder = os.environ.get("OPENHALO_DATA")
    if folder is None:
        return
    seen = pl.read_csv(Path(folder) / "reference" / "same_scene_seattle.csv.gz")
    at = scenes(seen["id"], seen["idOff"], seen["y"])
    yield _timed("officers at the same scene, Seattle", "< 120 s", lambda: same_scene.same_scene(at).draws)


def _timed(name: str, bar: str, work: Callable[[], Draws]) -> tuple[str, float, str, str]:
    start, used = time.perf_counter(), time.process_time()
    found = work()
    seconds, used = time.perf_counter() - start, time.process_time() - used
    told = f"{used:.0f} s of processor; R-hat {found.rhat:.3f}, ESS {found.ess:,.0f} ({found.ess / seconds:,.0f} a s)"
    return name, seconds, bar, f"{told}, {found.divergences} divergences, load {os.getloadavg()[0]:.0f}"
