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
MANY = {"?": 40, "*": 41, "=1+1": 42, "@SUM(1)": 43, "a|b=c": 44}
"""Signs with so many stops; three have each of the others."""
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
    """Three stops in precincts that are called by a sign, more in some, among 900 others."""
    site, number = department(tmp_path_factory.mktemp("signs") / "site", policy=POLICY), count()
    rows = stops(5, 900, years=1)
    times = {sign: MANY.get(sign, 3) for sign in SIGNS if sign.strip()}
    rows += [{**rows[0], "id": f"sign-{next(number)}", "precinct": sign} for sign, n in times.items() for _ in range(n)]
    deliver(site, rows, date(2022, 2, 10))
    return site.publish(today=date(2022, 2, 10))


@pytest.mark.parametrize("measure", ["stops/stops", "stops/search_share"])
def test_a_sign_is_a_code_like_any_other(release, measure):
    """What counts three has no row; what counts many is told, and is neither all precincts nor an unknown one."""
    figures = pl.read_parquet(release / "data/figures.parquet").filter(
        pl.col("measure") == measure, pl.col("group") == "precinct"
    )
    told = {row["code"]: (row["status"], row["n"]) for row in figures.to_dicts()}
    assert told.keys() == {*MANY, "1", "2", "3", "Lake", None}
    assert told["1"][0] == "ok"
    if measure == "stops/stops":
        assert all(told[sign] in (("ok", n), ("withheld", None)) for sign, n in MANY.items())
        assert [told[sign][1] for sign in "?*"] == [40, 41]


def test_no_cell_of_a_csv_file_is_a_formula_and_parquet_is_exact(release):
    text = (release / "data/figures.csv").read_text(encoding="utf-8")
    assert "'=1+1" in text and ",=1+1" not in text and ",@SUM" not in text
    assert "=1+1" in pl.read_parquet(release / "data/figures.parquet")["code"].to_list()
    assert verify(release) == []
    assert "no spreadsheet runs it" in (release / "data/dictionary.csv").read_text(encoding="utf-8")
