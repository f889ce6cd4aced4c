"""Signs that mean something in names of cells, or to a spreadsheet, are mere codes when records hold them."""

from datetime import date
from itertools import count

import polars as pl
import pytest

from openhalo.publications.protection.cells import as_named, as_told
from openhalo.releases.hashes import verify
from tests.disclosure.private_department import deliver, department, stops

SIGNS = [
    "?",
    "*",
    "%",
    "%3F",
    "%2A",
    "|",
    "=",
    "a|b=c",
    "%25",
    "=1+1",
    "+1",
    "-1",
    "@SUM(1)",
    "\tx",
    "'",
    '"',
    "..",
    "~",
]
POLICY = """
k: {k}
units: [persons]
zeros: {zeros}
tables:
  - {{measure: stops/stops, by: [precinct], grain: all}}
  - {{measure: stops/search_share, by: [precinct], grain: all}}
"""


def written(codes):
    return pl.DataFrame({"code": codes}, schema={"code": pl.String}).select(as_named(pl.col("code")))["code"]


@pytest.mark.parametrize("sign", SIGNS)
def test_a_code_stands_for_itself_in_the_name_of_a_cell(sign):
    (name,) = written([sign])
    assert name not in ("?", "*") and "|" not in name and "=" not in name
    assert as_told(pl.Series([name])) == [sign]


def test_no_two_codes_have_one_name_and_unknown_is_none_of_them():
    names = written([*SIGNS, None]).to_list()
    assert len(set(names)) == len(SIGNS) + 1 and names[-1] == "?"
    assert as_told(pl.Series([*names, "*"])) == [*SIGNS, None]


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    """Three stops in each precinct that is called by a sign, among 900 others."""
    site, number = department(tmp_path_factory.mktemp("signs") / "site", policy=POLICY), count()
    rows = stops(5, 900, years=1)
    rows += [
        {**rows[0], "id": f"sign-{next(number)}", "precinct": sign} for sign in SIGNS if sign.strip() for _ in range(3)
    ]
    deliver(site, rows, date(2022, 2, 10))
    return site.publish(today=date(2022, 2, 10))


@pytest.mark.parametrize("measure", ["stops/stops", "stops/search_share"])
def test_what_counts_three_is_withheld_however_it_is_called(release, measure):
    figures = pl.read_parquet(release / "data/figures.parquet").filter(
        pl.col("measure") == measure, pl.col("group") == "precinct"
    )
    shown = {row["code"]: row["status"] for row in figures.to_dicts()}
    signs = {sign.strip() for sign in SIGNS if sign.strip()}
    assert signs <= {code and code.strip() for code in shown}
    assert {shown[code] for code in shown if code and code.strip() in signs} == {"withheld"}
    assert shown["1"] == "ok"


def test_no_cell_of_a_csv_file_is_a_formula_and_parquet_is_exact(release):
    text = (release / "data/figures.csv").read_text(encoding="utf-8")
    assert "'=1+1" in text and ",=1+1" not in text and ",@SUM" not in text
    assert "=1+1" in pl.read_parquet(release / "data/figures.parquet")["code"].to_list()
    assert verify(release) == []
    assert "no spreadsheet runs it" in (release / "data/dictionary.csv").read_text(encoding="utf-8")
