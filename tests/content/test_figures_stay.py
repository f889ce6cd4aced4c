"""The demo's figures are what they were before the code was laid out anew, names of definitions aside."""

import csv
import hashlib
from pathlib import Path

import pytest

FROZEN = Path(__file__).parent / "frozen" / "demo_figures.csv"
NAMES = {"label", "label2"}
"""Columns that say how something is called."""


def digest(file: Path) -> str:
    """Return the hash of a table's cells, without columns of names, its rows in the order of their text."""
    with file.open(encoding="utf-8", newline="") as text:
        head, *rows = csv.reader(text)
    kept = [place for place, name in enumerate(head) if name not in NAMES]
    cells = [repr([row[place] for place in kept]) for row in (head, *rows)]
    return hashlib.sha256("\n".join([cells[0], *sorted(cells[1:])]).encode()).hexdigest()


def tables(release: Path) -> dict[str, str]:
    """Return the digest of each table of a release by its path; the dictionary is made of names."""
    data = release / "data"
    files = [path for path in sorted(data.rglob("*.csv")) if not path.name.startswith("dictionary")]
    return {path.relative_to(data).as_posix(): digest(path) for path in files}


@pytest.fixture(scope="module")
def frozen() -> dict[str, str]:
    with FROZEN.open(encoding="utf-8", newline="") as text:
        return {row["table"]: row["sha256"] for row in csv.DictReader(text)}


def test_the_demo_has_the_tables_that_it_had(demo, frozen):
    assert frozen.keys() - tables(demo.release).keys() == set()


def test_each_table_holds_what_it_held(demo, frozen):
    found = tables(demo.release)
    assert [name for name, told in frozen.items() if found[name] != told] == []
