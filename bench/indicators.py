"""Indicators of 36,000 officers over five years against pandas: `python -m bench.indicators --events 10000000`.

The facts lie in Parquet, as in the store; both sides give counts by officer and month-end over three look-backs.
"""

import argparse
import tempfile
import time
from datetime import date
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import polars as pl

from openhalo.catalogue.index import load
from openhalo.early_intervention.indicators import compute
from openhalo.early_intervention.look_back import month_ends
from openhalo.engines.columns import DUCKDB, IBIS
from openhalo.engines.duckdb_cursor import cursor
from openhalo.records.manifest import Manifest, TableVersion
from openhalo.records.reading import Records
from openhalo.records.store import Store

DAYS = month_ends(date(2015, 1, 1), date(2019, 12, 31))
LOOKS = (3, 12, 60)
CODES = {
    "category": ["FORCE", "NEGLECT", "CONDUCT", "SEARCH_SEIZURE", "DISCOURTESY", "BIAS"],
    "finding": ["SUSTAINED", "NOT_SUSTAINED", "NO_FINDING", "UNFOUNDED"],
}
RECORD = "complaints/allegation"


def facts(path: Path, events: int, officers: int) -> Path:
    """Write allegations of six years, learned up to two years later."""
    draw = np.random.default_rng(1)
    day = np.datetime64("2010-01-01") + draw.integers(0, 3652, events)
    closed = day + draw.integers(0, 700, events)
    columns = {name: draw.choice(codes, events) for name, codes in CODES.items()}
    named = np.array([f"bench/officers/{n:06d}" for n in range(officers)])
    frame = pl.DataFrame(
        {"officer": named[draw.integers(0, officers, events)], "received_on": day, "found_on": closed, **columns}
    )
    frame.write_parquet(path)
    return path


class Facts(Records):
    """Records whose table is one Parquet file."""

    def table(self, record: str):
        columns = self.catalogue.record_type(record).columns()
        held = set(pl.read_parquet_schema(FILE[0]))
        cells = ", ".join(c if c in held else f"CAST(NULL AS {DUCKDB[kind]}) AS {c}" for c, kind in columns.items())
        cursor().execute(f"CREATE OR REPLACE VIEW bench_facts AS SELECT {cells} FROM read_parquet('{FILE[0]}')")
        return ibis.table({c: IBIS[kind] for c, kind in columns.items()}, name="bench_facts")


FILE: list[Path] = []


def specs(catalogue):
    """Return twenty counts: by category, by finding, and both."""
    whole = catalogue.indicators["allegations_force"]
    asked = [f"category = '{one}'" for one in CODES["category"]] + [f"finding = '{one}'" for one in CODES["finding"]]
    asked += [f"category = '{a}' and finding = '{b}'" for a in CODES["category"][:5] for b in CODES["finding"][:2]]
    return [
        whole.model_copy(update={"id": f"bench_{n}", "where": text, "months": list(LOOKS)})
        for n, text in enumerate(asked)
    ]


def by_pandas(file: Path, officers: int) -> np.ndarray:
    """Count with pandas: learned by the month's end, happened within the look-back; returns the sums of each count."""
    frame = pd.DataFrame({column.name: column.to_numpy() for column in pl.read_parquet(file)})
    frame["row"] = frame.officer.str[-6:].astype("int64")
    month = lambda column: column.dt.year * 12 + column.dt.month - 1  # noqa: E731
    frame["happened"], frame["begins"] = month(frame.received_on), month(frame[["received_on", "found_on"]].max(axis=1))
    first = 2015 * 12
    masks = [frame.category == c for c in CODES["category"]] + [frame.finding == f for f in CODES["finding"]]
    masks += [(frame.category == c) & (frame.finding == f) for c in CODES["category"][:5] for f in CODES["finding"][:2]]
    sums = []
    for mask in masks:
        held = frame[mask]
        for look in LOOKS:
            ends = held.happened + look
            counted = held[held.begins < ends]
            grid = np.zeros((officers, len(DAYS) + 1), np.int32)
            for places, sign in ((counted.begins, 1), (counted.happened + look, -1)):
                at = (places - first).clip(0, len(DAYS))
                number = counted.groupby([counted.row, at]).size()
                grid[number.index.get_level_values(0), number.index.get_level_values(1)] += sign * number.to_numpy()
            sums.append(grid[:, :-1].cumsum(axis=1).sum())
    return np.array(sums)


def row(events: int, officers: int = 36_000) -> tuple[str, float, float, str, str]:
    """Return a line of the table: work, our seconds, pandas' seconds, bar, rival; both sides must count the same."""
    with tempfile.TemporaryDirectory() as folder:
        FILE[:] = [facts(Path(folder) / "facts.parquet", events, officers)]
        catalogue = load()
        manifest = Manifest(
            version=1,
            created="2020-01-01T00:00:00Z",
            catalogue="",
            tables={RECORD: TableVersion(delta_version=0, rows=events, coverage=[])},
        )
        keys = [f"bench/officers/{n:06d}" for n in range(officers)]
        chosen = specs(catalogue)
        begun, busy = time.perf_counter(), time.process_time()
        found = compute(Facts(Store(Path(folder)), manifest, catalogue), chosen, DAYS, keys)
        ours, own = time.perf_counter() - begun, time.process_time() - busy
        begun, busy = time.perf_counter(), time.process_time()
        theirs = by_pandas(FILE[0], officers)
        rival, its = time.perf_counter() - begun, time.process_time() - busy
        sums = np.array([found.values(one.id, look).sum() for one in chosen for look in LOOKS])
        assert np.array_equal(sums, theirs), "both sides count the same"
    work = f"indicators: {len(chosen)} over {len(LOOKS)} look-backs, {events:,} events, {officers:,} officers, 5 years"
    told = f"pandas, same figures (processor: ours {own:.1f} s, pandas {its:.1f} s)"
    return work, ours, rival, "< 10 s at 10 M", told


def main() -> None:
    """Print both times and their ratio."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--events", type=int, default=10_000_000)
    asked.add_argument("--officers", type=int, default=36_000)
    given = asked.parse_args()
    work, ours, rival, bar, told = row(given.events, given.officers)
    print(f"{work}: {ours:.1f} s ({bar}); {rival / ours:.1f} times as fast as {rival:.1f} s of {told}")


if __name__ == "__main__":
    main()
