"""What mapping must tell apart: entries of one row, parts of a key, the hour that comes twice."""

from datetime import UTC, datetime

import polars as pl
import pytest

RECORD = """
label: Count
plural: counts
description: How many, where.
source: a test
units: {count: counts}
time: day
fields:
  day: {type: date, label: Day, privacy: public, required: true, source: a test}
  seen_at: {type: time, label: Seen, privacy: public, source: a test}
  kind: {type: text, label: Kind, privacy: public, required: true, source: a test}
  amount: {type: integer, label: Amount, privacy: public, source: a test}
example: {day: "2017-01-01", kind: a}
"""
SOURCE = """
label: Counts
record: town/count
publisher: a test
licence: none
reference: none
unit: count
zone: America/Chicago
"""
WIDE = (
    SOURCE
    + """
key: [id]
scope: {mode: append}
fields:
  day: {from: day, formats: ["%Y-%m-%d"]}
repeat:
  cats: {kind: {value: cats}, amount: {from: cats}}
  dogs: {kind: {value: dogs}, amount: {from: dogs}}
"""
)
TWO_KEYS = (
    SOURCE
    + """
key: [a, b]
scope: {mode: append}
fields:
  day: {value: "2017-01-01"}
  kind: {from: a}
  amount: {from: b}
"""
)


@pytest.fixture
def take_in(make_site, tmp_path):
    def run(spec, text):
        site = make_site({"town/count.yaml": RECORD, "sources/counts.yaml": spec})
        file = tmp_path / "counts.csv"
        file.write_text(text, encoding="utf-8")
        return site, site.import_file("counts", file)

    return run


def test_a_wrong_cell_of_any_entry_rejects_its_row(take_in):
    site, receipt = take_in(WIDE, "id,day,cats,dogs\n1,2017-01-01,3,4\n2,2017-01-02,5,many\n3,2017-01-03,few,6\n")
    assert (receipt.rows_read, receipt.rows_accepted, receipt.rows_rejected) == (3, 1, 2)
    rejected = pl.read_parquet(site.deliveries / receipt.delivery / "rejected.parquet")
    reasons = rejected.explode("reasons").unnest("reasons").sort("row")["reason"].to_list()
    assert reasons == ["amount: found 'many', which is no integer", "amount: found 'few', which is no integer"]
    assert site.records("town/count").collect().sort("kind")["amount"].to_list() == [3, 4]


def test_a_bar_in_a_key_is_not_the_bar_between_its_parts(take_in):
    spec = TWO_KEYS.replace('{value: "2017-01-01"}', '{from: day, formats: ["%Y-%m-%d"]}').replace(
        "{from: b}", "{from: n}"
    )
    spec += "ignore: {b: part of the key only}\n"
    site, receipt = take_in(spec, "a,b,day,n\nx|y,z,2017-01-01,1\nx,y|z,2017-01-01,2\n")
    assert receipt.records_added == 2
    assert site.records("town/count").collect()["record_key"].n_unique() == 2


@pytest.mark.parametrize(("which", "hour"), [("earliest", 6), ("latest", 7), ("reject", None)])
def test_the_hour_that_comes_twice_is_the_one_that_the_spec_says(take_in, which, hour):
    spec = (
        SOURCE
        + f"""
key: [id]
scope: {{mode: append}}
fields:
  day: {{from: day, formats: ["%Y-%m-%d"]}}
  kind: {{value: cats}}
  seen_at: {{from: seen, formats: ["%Y-%m-%d %H:%M"], ambiguous: {which}}}
"""
    )
    site, receipt = take_in(spec, "id,day,seen\n1,2017-11-05,2017-11-05 01:30\n2,2017-03-12,2017-03-12 02:30\n")
    assert receipt.rows_rejected == (1 if hour else 2), "02:30 never was on the day when clocks go forward"
    if hour:
        seen = site.records("town/count").collect()["seen_at"].to_list()
        assert seen == [datetime(2017, 11, 5, hour, 30, tzinfo=UTC)]
