"""How far tests that rest on random draws lie from their limits: `python -m bench.draws [--seeds 20] [TESTS ...]`.

Each test runs once by each seed of the sampler, as if on so many processors. Of every quantity that it holds to a
limit (the fixture `margin`), and of R-hat and effective draws, the table tells the mean, the standard deviation, how
many of these the nearest limit lies away, and the chance to cross it: the tail of Student's t for a new draw, which
allows for so few seeds. Chains that disagree draw once more, twice as many: R-hat less 1 halves and effective draws
double then, and both attempts must fail.
"""

import argparse
import contextlib
import json
import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import t

from openhalo.statistics import posteriors

TESTS = [f"tests/{name}.py" for name in (
    "statistics/test_same_scene", "statistics/test_threshold_test", "statistics/test_multilevel",
    "statistics/test_small_areas_of_schools", "analyses/test_models", "analyses/test_small_areas",
)]  # fmt: skip
CHAINS = ("log of R-hat less 1", "log of effective draws", "divergences")


class Watch:
    """Runs tests with another seed of the sampler, and keeps what they hold to limits."""

    def __init__(self, seed: int) -> None:
        self.seed, self.test, self.rows = seed, "", []

    def keep(self, test: str, quantity: str, values: list[float], least: float, most: float) -> None:
        self.rows.append([self.seed, test.removeprefix("tests/"), quantity, values, least, most])

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        self.test = item.nodeid

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for quantity, of in report.user_properties if report.when == "call" else ():
            self.keep(report.nodeid, quantity, *of)

    @contextlib.contextmanager
    def seeded(self) -> Iterator[None]:
        """Give the sampler its seed, and keep how well the chains agree the first time."""
        draw, agree, first, last = posteriors.draw, posteriors.Draws.agree, set(), []

        def draw_by_seed(density: posteriors.Density, *args, seed: int = 1, **more) -> posteriors.Draws:
            found = draw(density, *args, seed=seed + 1000 * self.seed, **more)
            if density not in last:
                first.add(id(found))
            last[:] = [density]
            return found

        def agree_and_keep(found: posteriors.Draws, worst_rhat: float, least_ess: float) -> bool:
            if id(found) in first:
                first.discard(id(found))
                off = float(np.log(max(found.rhat - 1, 1e-6)))
                self.keep(self.test, CHAINS[0], [off], -np.inf, float(np.log(worst_rhat - 1)))
                self.keep(self.test, CHAINS[1], [float(np.log(found.ess))], float(np.log(least_ess)), np.inf)
                self.keep(self.test, CHAINS[2], [float(found.divergences)], -np.inf, found.allowed + 0.5)
            return agree(found, worst_rhat, least_ess)

        posteriors.draw, posteriors.Draws.agree = draw_by_seed, agree_and_keep
        try:
            yield
        finally:
            posteriors.draw, posteriors.Draws.agree = draw, agree


def chance(values: np.ndarray, least: float, most: float) -> tuple[float, float, float, float]:
    """Return mean, deviation, deviations to the nearest limit, and the chance that a new draw crosses one.

    Args:
        values: seeds × entries, which are alike: they share their deviation.
        least, most: the limits.
    """
    seeds, entries = values.shape
    mean, spread = values.mean(axis=0), float(np.sqrt(values.var(axis=0, ddof=1).mean()))
    room = np.concatenate([mean - least, most - mean]) / max(spread, 1e-12)
    crossing = t.sf(room / np.sqrt(1 + 1 / seeds), entries * (seeds - 1)).sum()
    return float(mean.mean()), spread, float(room.min()), float(crossing)


def table(rows: list[list]) -> Iterator[str]:
    """Yield the lines of the table."""
    seen = defaultdict(list)
    for _seed, test, quantity, values, least, most in rows:
        seen[test, quantity, least, most].append(values)
    yield "| test | quantity | mean | Monte Carlo sd | seeds | limits | sds to the limit | chance to fail |"
    yield "|---|---|--:|--:|--:|---|--:|--:|"
    for (test, quantity, least, most), values in seen.items():
        mean, spread, room, crossing = chance(np.array(values), least, most)
        if quantity in CHAINS:
            twice = np.array(values) + {CHAINS[0]: -np.log(2), CHAINS[1]: np.log(2)}.get(quantity, 0.0)
            crossing *= chance(twice, least, most)[3]
        limits = " to ".join(f"{one:.4g}" for one in (least, most) if np.isfinite(one))
        yield (f"| {test} | {quantity} | {mean:.4g} | {spread:.2g} | {len(values)} | {limits} | "
               f"{min(room, 99):.1f} | {max(crossing, 1e-9):.0e} |")  # fmt: skip


def main() -> None:
    """Run the tests by each seed, and print the table."""
    parser = argparse.ArgumentParser(prog="bench.draws", description=__doc__)
    parser.add_argument("tests", nargs="*", default=TESTS)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--keep", type=Path, help="a file to which rows are added; the table is of all that it holds")
    asked = parser.parse_args()
    rows = []
    for seed in range(asked.first, asked.first + asked.seeds):
        watch = Watch(seed)
        with watch.seeded():
            pytest.main(["-n", "0", "-p", "no:cacheprovider", "--tb=line", "-q", *asked.tests], plugins=[watch])
        rows += watch.rows
        if asked.keep:
            with asked.keep.open("a", encoding="utf-8") as file:
                file.writelines(json.dumps(row) + os.linesep for row in watch.rows)
    if asked.keep:
        rows = [json.loads(line) for line in asked.keep.read_text(encoding="utf-8").splitlines()]
    print(*table(rows), sep="\n")


if __name__ == "__main__":
    main()
