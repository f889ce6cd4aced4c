"""A mutated file through the whole import: read = accepted + rejected = what the csv module counts, or a refusal."""

import csv
import io
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from openhalo.base.errors import OpenHaloError
from openhalo.intake import file_bytes
from openhalo.intake.receipts import rejected_rows
from openhalo.sites.open_site import open_site

AGENCY = "title: T\npublisher: {kind: demo, name: T}\nagencies: {testpd: {name: T}}\n"
SOURCE = """
label: A test export
record: stops/stop
publisher: Test city
licence: public domain
reference: none
unit: stop
zone: America/Chicago
key: [id]
scope: {mode: append}
fields:
  occurred_at: {from: date, formats: ["%Y-%m-%d"]}
  race: {from: race, codes: {White: WHITE, Black: BLACK}}
"""
CSV = (
    b"id,date,race\n1,2017-01-02,White\n2,2017-01-03,Black\n3,2017-01-04,White\n3,2017-01-04,Grey\n4,2017-01-05,White\n"
)
telling = st.sampled_from(list(b',,""\n\n\r; 1\xc3\x00'))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(CSV)), st.lists(telling, max_size=2), st.integers(0, 2)), max_size=4))
def test_no_row_is_lost_on_the_way_to_the_receipt(changes):
    content = bytearray(CSV)
    for place, piece, gone in changes:
        content[place : place + gone] = bytes(piece)
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder)
        (site / "catalogue" / "sources").mkdir(parents=True)
        (site / "agency.yaml").write_text(AGENCY)
        (site / "catalogue" / "sources" / "export.yaml").write_text(SOURCE)
        (site / "file.csv").write_bytes(content)
        opened = open_site(site)
        try:
            receipt = opened.import_file("export", site / "file.csv")
        except OpenHaloError:
            return
        csv.field_size_limit(file_bytes.LONGEST_LINE)
        lines = list(csv.reader(io.StringIO(bytes(content).decode("utf-8-sig"), newline="")))
        assert receipt.rows_read == sum(1 for line in lines[1:] if line)
        assert receipt.rows_rejected == rejected_rows(opened.deliveries, receipt.delivery).height
        held = opened.records("stops/stop").collect().height if receipt.records_added else 0
        assert held == receipt.rows_accepted
