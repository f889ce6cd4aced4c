"""The demo's figures are what they were before the code was laid out anew, names of definitions aside.

Words, codes and counts are held by their hash. Decimals end differently from processor to processor (a logarithm's last
bit), so of each column the sum is held, every cell weighed by the row that it stands in.
"""

import csv
import hashlib
import json
import math
import re
import zlib
from pathlib import Path

import pytest

pytestmark = pytest.mark.ci

FROZEN = Path(__file__).parent / "frozen" / "demo_figures.csv"
NAMES = {"label", "label2"}
"""Columns that say how something is called."""
DECIMAL = re.compile(r"-?\d+\.\d+(e[-+]?\d+)?")
CLOSE = 1e-9
"""How far sums may differ, as a share of what they sum: 1,000 times what processors make of it."""


def held(file: Path) -> tuple[str, dict[str, float]]:
    """Return the hash of a table's cells but decimals, and the weighed sum of the decimals of each column."""
    with file.open(encoding="utf-8", newline="") as text:
        head, *rows = csv.reader(text)
    kept = [place for place, name in enumerate(head) if name not in NAMES]
    exact, sums = [repr([head[place] for place in kept])], dict[str, float]()
    for row in rows:
        decimal = [place for place in kept if DECIMAL.fullmatch(row[place])]
        words = repr(["decimal" if place in decimal else row[place] for place in kept])
        weight = 1 + zlib.crc32(f"{len(exact)} {words}".encode()) / 2**32
        for place in decimal:
            sums[head[place]] = sums.get(head[place], 0.0) + weight * float(row[place])
        exact.append(words)
    return hashlib.sha256("\n".join(exact).encode()).hexdigest(), sums


def tables(release: Path) -> dict[str, tuple[str, dict[str, float]]]:
    """Return what is held of each table of a release by its path; the dictionary is made of names."""
    data = release / "data"
    files = [path for path in sorted(data.rglob("*.csv")) if not path.name.startswith("dictionary")]
    return {path.relative_to(data).as_posix(): held(path) for path in files}


def same(found: tuple[str, dict[str, float]], told: tuple[str, dict[str, float]]) -> bool:
    """Return whether two tables hold the same."""
    (words, sums), (words_told, sums_told) = found, told
    return (
        words == words_told
        and sums.keys() == sums_told.keys()
        and all(math.isclose(sums[name], sums_told[name], rel_tol=CLOSE) for name in sums)
    )


@pytest.fixture(scope="module")
def frozen() -> dict[str, tuple[str, dict[str, float]]]:
    with FROZEN.open(encoding="utf-8", newline="") as text:
        return {row["table"]: (row["sha256"], json.loads(row["sums"])) for row in csv.DictReader(text)}


def test_the_demo_has_the_tables_that_it_had(demo, frozen):
    assert frozen.keys() - tables(demo.release).keys() == set()


def test_each_table_holds_what_it_held(demo, frozen):
    found = tables(demo.release)
    assert [name for name, told in frozen.items() if not same(found[name], told)] == []


def test_a_changed_decimal_is_seen_and_its_last_bit_is_not(tmp_path, demo):
    table = demo.release / "data" / "stops" / "search_share_ratio.csv"
    with table.open(encoding="utf-8", newline="") as text:
        rows = list(csv.reader(text))
    at, cell = next((row, cell) for row in rows for cell, told in enumerate(row) if DECIMAL.fullmatch(told))
    number, told, again = float(at[cell]), held(table), tmp_path / "table.csv"
    for other, the_same in ((math.nextafter(number, math.inf), True), (number * 1.0001, False)):
        at[cell] = repr(other)
        with again.open("w", encoding="utf-8", newline="") as text:
            csv.writer(text).writerows(rows)
        assert same(held(again), told) == the_same
