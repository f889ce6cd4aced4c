"""How far tests that rest on random draws lie from their limits: `python -m bench.draws [--seeds 20] [TESTS ...]`.

Each test runs once by each seed of the sampler, as if on so many processors. Of every quantity that it holds to a
limit (the fixture `margin`), and of how well chains agree, the table tells the standard deviation, how many of these
the nearest limit lies away, and the chance to cross it: the tail of Student's t for a new draw, which allows for so few
seeds. Chains that disagree draw once more, twice as many: R-hat less 1 halves, effective draws double, and only if they
disagree again does the test fail. Quantities farther than 20 deviations from their limits are left out.
"""

import argparse
import contextlib
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import t

from openhalo.statistics import posteriors

TESTS = [
    f"tests/{name}.py"
    for name in (
        "statistics/test_same_scene",
        "statistics/test_threshold_test",
        "statistics/test_small_area_estimate",
        "statistics/test_small_areas_of_schools",
        "analyses/test_same_scene",
        "analyses/test_threshold_test",
        "analyses/test_small_area_estimate",
    )
]
CHAINS = {"log of R-hat less 1": -np.log(2), "log of effective draws": np.log(2), "divergences": 0.0}
"""What the chains show about themselves, and what twice as many draws add to it."""
FAR = 20


class Watch:
    """Runs tests with another seed of the sampler, and keeps what they hold to limits."""

    def __init__(self, seed: int) -> None:
        self.seed, self.test, self.rows = seed, "", []

    def keep(self, test: str, quantity: str, values: list[float], least: float, most: float) -> None:
        self.rows.append([self.seed, test.rpartition("/")[2], quantity, values, least, most])

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
                shown = np.log(max(found.rhat - 1, 1e-6)), np.log(found.ess), found.divergences
                least, most = (-np.inf, np.log(least_ess), -np.inf), (np.log(worst_rhat - 1), np.inf, found.allowed + 1)
                for of in zip(CHAINS, shown, least, most, strict=True):
                    self.keep(self.test, of[0], [float(of[1])], float(of[2]), float(of[3]))
            return agree(found, worst_rhat, least_ess)

        posteriors.draw, posteriors.Draws.agree = draw_by_seed, agree_and_keep
        try:
            yield
        finally:
            posteriors.draw, posteriors.Draws.agree = draw, agree


def crossing(values: np.ndarray, least: float, most: float) -> tuple[float, float, float]:
    """Return the deviation, how many of these the nearest limit lies away, and the chance that a new draw crosses one.

    `values` are seeds × entries, which are alike: they share their deviation.
    """
    seeds, entries = values.shape
    mean, spread = values.mean(axis=0), max(float(np.sqrt(values.var(axis=0, ddof=1).mean())), 1e-12)
    room = np.concatenate([mean - least, most - mean]) / spread
    return spread, float(room.min()), float(t.sf(room / np.sqrt(1 + 1 / seeds), entries * (seeds - 1)).sum())


def said(test: str) -> str:
    """Return a test's name in words: `test_small_areas.py::test_shares_hold[fast]` is "shares hold [fast]"."""
    name, bracket, case = test.rpartition("::")[2].removeprefix("test_").partition("[")
    return name.replace("_", " ") + (f" [{case.partition('-')[0].rstrip(']')}]" if bracket else "")


def table(rows: list[list]) -> Iterator[str]:
    """Yield the lines of the table."""
    seen = defaultdict(list)
    # Two processors may give the same draws by one seed: that is one run.
    for row in {json.dumps(row): row for row in rows}.values():
        _seed, test, quantity, values, least, most = row
        seen[test, quantity, least, most].append(values)
    yield "| test | quantity | Monte Carlo sd | seeds | limit, in sds | chance to fail |\n|---|---|--:|--:|--:|--:|"
    for (test, quantity, least, most), values in sorted(seen.items()):
        if len(values) < 2:
            continue
        spread, room, chance = crossing(np.array(values), least, most)
        if quantity in CHAINS:
            chance *= crossing(np.array(values) + CHAINS[quantity], least, most)[2]
        if room < FAR:
            yield f"| {said(test)} | {quantity} | {spread:.2g} | {len(values)} | {room:.1f} | {max(chance, 1e-9):.0e} |"


def main() -> None:
    """Run the tests by each seed, and print the table."""
    parser = argparse.ArgumentParser(prog="bench.draws", description=__doc__)
    parser.add_argument("tests", nargs="*", default=TESTS)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--keep", type=Path, help="a file to which rows are added; the table is of all that it holds")
    asked, rows = parser.parse_args(), []
    for seed in range(asked.first, asked.first + asked.seeds):
        watch = Watch(seed)
        with watch.seeded():
            pytest.main(
                ["-n", "0", "-m", "not soak", "-p", "no:cacheprovider", "--tb=line", "-q", *asked.tests],
                plugins=[watch],
            )
        rows += watch.rows
        if asked.keep:
            with asked.keep.open("a", encoding="utf-8") as file:
                file.writelines(f"{json.dumps(row)}\n" for row in watch.rows)
    if asked.keep:
        rows = [json.loads(line) for line in asked.keep.read_text(encoding="utf-8").splitlines()]
    print(*table(rows), sep="\n")


if __name__ == "__main__":
    main()
