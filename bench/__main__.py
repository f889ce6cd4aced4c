"""Run the bench and print one table: `make bench`, or `python -m bench --rows 1000000`.

Every figure is a ratio against a named rival that did the same work on the same file in the same run, taken as
the median of paired rounds, so that a busy machine slows both sides alike. Nothing here fails a build.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench import data, disclosure, indicators, models, names, private_town, rivals, subjects, veil


@dataclass(frozen=True)
class Contest:
    """Our work against a rival's. Each call gets a fresh folder; `bar` is the ratio that we promise."""

    name: str
    ours: Callable[[Path], object]
    rival: Callable[[Path], object] | None
    rival_name: str
    bar: str


def contests(rows: int, work: Path) -> Iterator[Contest]:
    """Yield the contests over one synthetic file of `rows` stops."""
    stops = data.write_stops(work / f"stops-{rows}.csv", rows)
    again = data.write_shuffled(stops, work / f"stops-{rows}-shuffled.csv")
    changed = data.write_changed(stops, work / f"stops-{rows}-changed.csv")
    loaded = subjects.loaded_site(work / "loaded", stops)

    checked, bare = "pandas + pandera, same checks, sorted Parquet", "bare Polars: CSV → sorted Parquet, no checks"
    grouped = "pandas groupby on a frame in memory, no intervals"
    yield Contest("import a year", _on(subjects.import_once, stops), _on(rivals.pandas_pandera, stops), checked, "≥ 5×")
    yield Contest("import a year", _on(subjects.import_once, stops), _on(rivals.bare_polars, stops), bare, "≥ 0.5×")
    yield Contest("the same bytes again", lambda _: subjects.import_again(loaded, stops), None, "", "< 1 s at 0.9 M")
    yield Contest(
        "the same rows, reordered",
        lambda f: subjects.import_again(subjects.copy(loaded, f), again),
        None,
        "",
        "< 1 s at 0.9 M",
    )
    yield Contest(
        "1 % of the rows changed",
        lambda f: subjects.import_changed(subjects.copy(loaded, f), changed),
        None,
        "",
        "< 5 s at 0.9 M",
    )
    yield Contest(
        "search share by race × precinct × month",
        lambda _: subjects.measure(loaded),
        lambda _: rivals.pandas_grouped(stops),
        grouped,
        "< 100 ms at 10 M",
    )
    public = subjects.release_site(work / "public", stops)
    public.publish()
    yield Contest("release, no drawing kept", lambda f: subjects.release(public, f, cold=True), None, "", "")
    yield Contest(
        "release, drawings kept", lambda f: subjects.release(public, f), None, "", "< 15 s with cached charts"
    )
    yield Contest(
        "release, one measure changed",
        lambda f: subjects.release(public, f, changed=True),
        None,
        "",
        "+ ≤ 25 ms a changed chart",
    )


def _on(work: Callable[[Path, Path], object], stops: Path) -> Callable[[Path], object]:
    return lambda folder: work(folder, stops)


def run(rows: int, rounds: int, work: Path, only: str = "", large: bool = False) -> Table:
    """Run every contest whose name holds `only` and return the table; `large`: the longest ones too."""
    table = Table(title=f"{rows:,} synthetic stops, median of {rounds} paired rounds", title_justify="left")
    for name in ("work", "ours, s", "rival, s", "× as fast", "bar", "rival"):
        table.add_column(name, justify="right" if name in ("ours, s", "rival, s", "× as fast") else "left")
    if only in "statistics: veil of darkness":
        for name, ours, rival, bar, who in veil.rows(work, rounds, large):
            told = (f"{rival:.2f}", f"{rival / ours:.0f}") if rival else ("", "")
            table.add_row(name, f"{ours:.3f}", *told, bar, who)
    if only in "statistics: posteriors":
        for name, ours, bar, told in models.rows():
            table.add_row(name, f"{ours:.1f}", "", "", bar, told)
    if only in "statistics: chances of names":
        name, ours, rival, bar, told = names.row(rounds)
        table.add_row(name, f"{ours:.2f}", f"{rival:.2f}", f"{rival / ours:.1f}", bar, told)
    if only in "disclosure":
        name, ours, bar = private_town.row()
        table.add_row(name, f"{ours:.1f}", "", "", bar, "")
        name, ours, rival, bar, told = disclosure.row(rounds)
        table.add_row(name, f"{ours:.1f}", f"{rival:.1f}", f"{rival / ours:.1f}", bar, told)
    if only in "indicators":
        name, ours, rival, bar, told = indicators.row(10 * rows)
        table.add_row(name, f"{ours:.1f}", f"{rival:.1f}", f"{rival / ours:.1f}", bar, told)
    if only.startswith("statistics") or only in ("indicators", "disclosure"):
        return table
    for contest in (one for one in contests(rows, work) if only in one.name):
        pairs = []
        for number in track(range(rounds + 1), contest.name, transient=True, console=Console(stderr=True)):
            pair = _seconds(contest.ours, work), _seconds(contest.rival, work) if contest.rival else float("nan")
            if number:  # the first round warms caches and is not counted
                pairs.append(pair)
        ours, rival = (statistics.median(side) for side in zip(*pairs, strict=True))
        ratio = statistics.median(b / a for a, b in pairs)
        told = (f"{rival:.2f}", f"{ratio:.2f}") if contest.rival else ("", "")
        table.add_row(contest.name, f"{ours:.2f}", *told, contest.bar, contest.rival_name)
    return table


def _seconds(work: Callable[[Path], object], root: Path) -> float:
    with tempfile.TemporaryDirectory(dir=root) as folder:
        start = time.perf_counter()
        work(Path(folder))
        return time.perf_counter() - start


def main() -> None:
    """Read the arguments, run, print."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="only work whose name holds this")
    parser.add_argument("--large", action="store_true", help="rivals do 5 million stops too: minutes, and 8 GB each")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="openhalo-bench-") as work:
        Console(width=150).print(run(asked.rows, asked.rounds, Path(work), asked.only, asked.large))


if __name__ == "__main__":
    main()
