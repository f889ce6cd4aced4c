"""Cells filled up with zeros, and codes that stand as yes/no columns."""

import pytest

from openhalo.base.errors import CatalogueError
from openhalo.intake import receipts, rejects

SOURCE = """
label: T
record: stops/stop
publisher: T
licence: T
reference: T
unit: stop
zone: America/New_York
scope: {mode: replace}
fields:
  occurred_at: {from: day, width: 8, time_column: time, time_width: 4, formats: ["%m%d%Y %H%M"], precision: minute}
  contraband:
    flags: {pistol: FIREARM, rifle: FIREARM, other: OTHER}
    true: ["Y", "1"]
    false: ["N"]
  contraband_found: {derive: not missing(contraband)}
"""
ROWS = """day,time,pistol,rifle,other
1012014,30,Y,1,N
12312014,5,N,N,N
3212014,2330,,,
3212014,0,N,,Y
"""


def imported(make_site, tmp_path, rows, source=SOURCE):
    site = make_site({"sources/form.yaml": source})
    (tmp_path / "form.csv").write_text(rows)
    return site, site.import_file("form", tmp_path / "form.csv")


def test_short_dates_and_times_are_filled_up_and_flags_become_codes(make_site, tmp_path):
    site, receipt = imported(make_site, tmp_path, ROWS)
    assert (receipt.rows_accepted, receipt.rows_rejected) == (4, 0)
    rows = site.records("stops/stop").collect().sort("occurred_at_local").to_dicts()
    assert [f"{row['occurred_at_local']:%Y-%m-%d %H:%M}" for row in rows] == [
        "2014-01-01 00:30",
        "2014-03-21 00:00",
        "2014-03-21 23:30",
        "2014-12-31 00:05",
    ]
    assert [row["contraband"] for row in rows] == [["FIREARM"], ["OTHER"], None, None]
    assert [row["contraband_raw"] for row in rows] == ["pistol, rifle", "other", None, None]
    assert [row["contraband_missing"] for row in rows] == [None, None, "not_collected", "not_applicable"]
    assert [row["contraband_found"] for row in rows] == [True, True, False, False]


def test_a_flag_that_is_neither_yes_nor_no_is_rejected(make_site, tmp_path):
    site, receipt = imported(make_site, tmp_path, ROWS + "3212014,100,maybe,N,N\n")
    assert (receipt.rows_accepted, receipt.rows_rejected) == (4, 1)
    reasons = rejects.by_reason(receipts.rejected_rows(site.deliveries, receipt.delivery))
    assert reasons["reason"].to_list() == ["contraband: found 'maybe', which is neither yes nor no; allowed: 1, N, Y"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("other: OTHER", "other: NOTHING"), "there is no code of vocabulary 'contraband' 'NOTHING'"),
        (('    true: ["Y", "1"]\n', ""), "reads yes and no"),
        (("  contraband:\n", "  reason:\n"), "'flags' on a field of type code"),
    ],
)
def test_flags_are_checked(make_site, change, said):
    with pytest.raises(CatalogueError, match=said):
        _ = make_site({"sources/form.yaml": SOURCE.replace(*change)}).catalogue
