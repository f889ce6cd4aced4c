"""The veil of darkness against statsmodels and R on the same stops: natural spline of the time and 22 districts."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import statsmodels.api as sm

from openhalo.statistics.sun import evening
from openhalo.statistics.veil_of_darkness import VeilOfDarkness, veil_of_darkness

_R = """
stops <- read.csv(commandArgs(TRUE)[1])
start <- proc.time()[["elapsed"]]
fit <- glm(group ~ dark + splines::ns(minute, df = 6) + factor(place), binomial, stops)
cat(proc.time()[["elapsed"]] - start, coef(fit)[["dark"]], "\\n")
"""

T = TypeVar("T")
Stops = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def made_stops(rows: int, seed: int = 1) -> Stops:
    """Return minute, sunset, dusk, group and place of stops, all at times compared, neither in twilight."""
    rng = np.random.default_rng(seed)
    sky = evening(np.arange("2017-01-01", "2018-01-01", dtype="datetime64[D]"), 40.0, -75.0, "America/New_York")
    day, minute = rng.integers(0, 365, 4 * rows), rng.integers(1017, 1267, 4 * rows)
    sunset, dusk = sky.sunset[day], sky.dusk[day]
    kept = np.flatnonzero(((minute <= sunset) | (minute > dusk)) & (minute >= sky.dusk.min()))[:rows]
    minute, sunset, dusk, place = minute[kept], sunset[kept], dusk[kept], rng.integers(0, 22, rows)
    odds = 0.3 - 0.2 * (minute > dusk) + 0.002 * (minute - 1100) + 0.1 * place
    return minute, sunset, dusk, rng.random(rows) < 1 / (1 + np.exp(-odds)), place


def ours(stops: Stops) -> VeilOfDarkness:
    """Answer by our own test."""
    minute, sunset, dusk, group, place = stops
    return veil_of_darkness(minute, sunset, dusk, group, place=place, variant="strict")


def by_statsmodels(stops: Stops) -> float:
    """Fit the same model a row a stop; R's spline is given to it, because it has none of its own."""
    from openhalo.statistics.splines import natural_spline

    minute, _, dusk, group, place = stops
    places = (place[:, None] == np.arange(1, 22)).astype(float)
    design = np.column_stack([np.ones(len(minute)), minute > dusk, natural_spline(minute, 6), places])
    return float(sm.GLM(group.astype(float), design, family=sm.families.Binomial()).fit().params[1])


def by_r(stops: Stops, folder: Path) -> tuple[float, float]:
    """Return seconds that R's glm takes once the stops are read, and its estimate."""
    minute, _, dusk, group, place = stops
    table, script = folder / "stops.csv", folder / "veil.R"
    rows = np.column_stack([minute, minute > dusk, group, place]).astype(int)
    np.savetxt(table, rows, "%d", ",", header="minute,dark,group,place", comments="")
    script.write_text(_R, encoding="utf-8")
    told = subprocess.run(["Rscript", str(script), str(table)], capture_output=True, text=True, check=True).stdout
    seconds, estimate = told.split()
    return float(seconds), float(estimate)


Row = tuple[str, float, float | None, str, str]
"""Work, our seconds, the rival's, the bar, the rival."""


def rows(folder: Path, rounds: int = 3, large: bool = False) -> list[Row]:
    """Return medians of paired rounds; all must agree.

    `large`: let the rivals do 5 million stops too, once: some minutes, and 8 GB each.
    """
    name, found = "veil of darkness, {:,} stops, 22 districts", []
    stops = made_stops(80_000)
    pairs = []
    for _ in range(rounds + 1):
        (mine, answer), (other, rival) = _timed(lambda: ours(stops)), _timed(lambda: by_statsmodels(stops))
        assert abs(answer.estimate - rival) < 1e-6
        pairs.append((mine, other))
    found.append(
        (name.format(80_000), *np.median(pairs[1:], axis=0).tolist(), "≥ 40×", "statsmodels GLM, a row a stop")
    )
    if shutil.which("Rscript"):
        pairs = []
        for _ in range(rounds):
            (mine, answer), (seconds, estimate) = _timed(lambda: ours(stops)), by_r(stops, folder)
            assert abs(answer.estimate - estimate) < 1e-5
            pairs.append((mine, seconds))
        found.append((name.format(80_000), *np.median(pairs, axis=0).tolist(), "", "R glm + ns, a row a stop"))
    else:
        found.append((name.format(80_000), pairs[-1][0], None, "", "R is not installed here: left out"))
    many = made_stops(5_000_000)
    ours(many)
    seconds = float(np.median([_timed(lambda: ours(many))[0] for _ in range(rounds)]))
    load = f"load {os.getloadavg()[0]:.1f} at the time" if hasattr(os, "getloadavg") else ""
    found.append((name.format(5_000_000), seconds, None, "< 1 s", load))
    return [*found, *(against(many, name.format(5_000_000), folder) if large else [])]


def against(stops: Stops, name: str, folder: Path) -> list[Row]:
    """Return one round against each rival that is installed."""
    mine, answer = _timed(lambda: ours(stops))
    other, rival = _timed(lambda: by_statsmodels(stops))
    assert abs(answer.estimate - rival) < 1e-6
    found: list[Row] = [(name, mine, other, "", "statsmodels GLM, a row a stop, one round")]
    if shutil.which("Rscript"):
        mine, answer = _timed(lambda: ours(stops))
        seconds, estimate = by_r(stops, folder)
        assert abs(answer.estimate - estimate) < 1e-5
        found.append((name, mine, seconds, "", "R glm + ns, a row a stop, one round"))
    return found


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    start = time.perf_counter()
    answer = work()
    return time.perf_counter() - start, answer
