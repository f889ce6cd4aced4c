"""Synthetic stops as a city's export would hold them: one CSV, 14 columns, some cells blank or unknown."""

from pathlib import Path

import numpy as np
import polars as pl

YEAR_SECONDS = 364 * 86_400


def stops(rows: int, seed: int = 1, first_id: int = 0) -> pl.DataFrame:
    """Return `rows` stops of one year as text cells, in no order."""
    random = np.random.default_rng(seed)
    seconds = random.integers(0, YEAR_SECONDS, rows)
    # An hour that does not exist in spring would be rejected; keep the bench file clean.
    seconds = np.where((seconds // 3600) % 24 == 2, seconds + 3600, seconds)
    start = np.datetime64("2017-01-01T00:00:00", "us")
    yes_no = ["Y", "N", "N", "N", "N", ""]
    return pl.DataFrame(
        {
            "id": [f"17-{number:08d}" for number in range(first_id, first_id + rows)],
            "stopped": pl.Series(start + seconds.astype("timedelta64[s]")).dt.strftime("%Y-%m-%d %H:%M:%S"),
            "reason": random.choice(["traffic", "traffic", "suspicion", "warrant", "other"], rows),
            "race": random.choice(["A", "B", "B", "H", "I", "W", "W", "U", ""], rows),
            "gender": random.choice(["F", "M", "M", "U"], rows),
            "age": random.integers(15, 80, rows).astype(str),
            "searched_person": random.choice(yes_no, rows),
            "searched_vehicle": random.choice(yes_no, rows),
            "cited": random.choice(yes_no, rows),
            "lat": np.char.mod("%.6f", random.normal(44.97, 0.03, rows)),
            "lon": np.char.mod("%.6f", random.normal(-93.26, 0.03, rows)),
            "precinct": random.choice(["1", "2", "3", "4", "5"], rows),
            "neighborhood": random.choice([f"Neighborhood {i}" for i in range(87)], rows),
        }
    )


def write_stops(path: Path, rows: int, seed: int = 1) -> Path:
    """Write the bench file once and return it."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        stops(rows, seed).write_csv(path)
    return path


def write_shuffled(stops_file: Path, path: Path) -> Path:
    """Write the same rows in another order."""
    pl.read_csv(stops_file, infer_schema=False).sample(fraction=1, shuffle=True, seed=2).write_csv(path)
    return path


def write_changed(stops_file: Path, path: Path) -> Path:
    """Write the same rows, the age of each hundredth corrected."""
    rows = pl.read_csv(stops_file, infer_schema=False).with_row_index()
    age = pl.when(pl.col("index") % 100 == 0).then(pl.lit("44")).otherwise(pl.col("age")).alias("age")
    rows.with_columns(age).drop("index").write_csv(path)
    return path
