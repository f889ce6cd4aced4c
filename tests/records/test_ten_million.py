"""Ten million stops of one year: the store holds them all, figures are right, memory stays bounded."""

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from bench import data

ROWS = 10_000_000
MOST_MEMORY = 6 * 1024**3
"""Bytes. The file alone has 0.9 GB; whole rows of it in memory at once would take more than 10."""

IMPORT = """
import resource, sys
from pathlib import Path
from bench.subjects import new_site
site = new_site(Path(sys.argv[1]))
receipt = site.import_file("bench_stops", sys.argv[2])
searched = site.measure("stops/search_share", by="race", period="year").figures
for row in searched.iter_rows(named=True):
    print(row["race"], int(row["numerator"]), int(row["denominator"]))
print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


@pytest.mark.soak
def test_ten_million_stops_of_one_year(tmp_path):
    stops = data.write_stops(tmp_path / "stops.csv", ROWS)
    done = subprocess.run(
        [sys.executable, "-c", IMPORT, tmp_path / "site", stops],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    *figures, (_, peak) = [line.split() for line in done.stdout.splitlines()]

    person, vehicle = pl.col("searched_person"), pl.col("searched_vehicle")
    yes = (person == "Y") | (vehicle == "Y")
    known = yes | ((person == "N") & (vehicle == "N"))
    counted = (
        pl.scan_csv(stops, infer_schema=False).group_by("race").agg(yes.sum(), known.sum().alias("known")).collect()
    )
    codes = {"A": "ASIAN", "B": "BLACK", "H": "HISP", "I": "AIAN", "W": "WHITE"}
    expected: dict[str, tuple[int, int]] = {}
    for race, searched, recorded in counted.iter_rows():
        code = codes.get(race, "None")
        before = expected.get(code, (0, 0))
        expected[code] = (before[0] + searched, before[1] + recorded)
    assert {race: (int(k), int(n)) for race, k, n in figures} == expected
    assert int(peak) < MOST_MEMORY
