"""A figure can be followed from its page back to the records, the definition and the files behind it."""

import json
from dataclasses import replace

import pytest

from openhalo.language.marks import plain
from openhalo.publications.pages.changes_page import MOST_SHOWN, change_rows
from openhalo.publications.pages.contents import Change
from openhalo.verification.definitions import definition_hash, read_definitions


def _text(folder, measure):
    return (folder / f"pages/trace/{measure}.html").read_text(encoding="utf-8")


def test_the_trace_of_a_share_tells_every_step(small, small_release):
    page = _text(small_release, "stops/search_share")
    total = small.measure("stops/search_share").totals.row(0, named=True)
    assert total["n"] == 240 and total["missing"] > 0
    for number in (total["n"], total["n"] - total["missing"], int(total["numerator"])):
        assert f"<td>{number}</td>" in page
    receipt = small.receipts()[0]
    assert receipt.file in page and receipt.sha256 in page and "<td>240</td>" in page
    spec = small.catalogue.measure("stops/search_share")
    assert definition_hash(spec, spec) in page and f"<code>{spec.numerator}</code>" in page
    assert f"openhalo verify {small_release.name}" in page and "openhalo recompute SITE" in page


def test_every_measure_page_leads_to_its_trace_and_back(small_release):
    for measure in read_definitions(small_release).measures:
        page = (small_release / f"pages/{measure}.html").read_text(encoding="utf-8")
        assert f'href="../../pages/trace/{measure}.html"' in page
        assert f'href="../../../pages/{measure}.html"' in _text(small_release, measure)


def test_the_descriptor_says_what_of_the_core_list_is_published(small, small_release):
    facts = json.loads((small_release / "datapackage.json").read_text(encoding="utf-8"))
    standing = {one["name"]: one["standing"] for one in facts["core"]}
    assert list(standing) == list(small.catalogue.core_items)
    assert {"published", "no_records", "not_built"} <= set(standing.values())
    published = {measure for one in facts["core"] if one["standing"] == "published" for measure in one["measures"]}
    assert published and published <= set(read_definitions(small_release).measures)


COLUMNS = ["measure", "group", "code", "group2", "code2", "grain", "period", "what", "value_before", "value_after"]


def _facts(*figures):
    why = [{"measure": "stops/search_share", "why": ["data", "purge"]}, {"measure": "gone/one", "why": ["definition"]}]
    return {"measures": why, "columns": COLUMNS, "figures": [list(one) for one in figures]}


def test_changes_are_told_in_words_whole_figures_first(small):
    share = "stops/search_share"
    rows = change_rows(
        _facts(
            (share, "race", "BLACK", None, None, "all", "all", "changed", 0.25, None),
            (share, None, None, None, None, "month", "2020-03", "appeared", None, 0.5),
            (share, None, None, None, None, "all", "all", "changed", 0.125, 0.25),
            ("gone/one", None, None, None, None, "all", "all", "vanished", 3.0, None),
        ),
        small.catalogue,
    )
    rows = [replace(row, before=plain(row.before), now=plain(row.now)) for row in rows]
    why = "New or corrected records came in. A record was removed by law."
    label = small.catalogue.measure(share).label
    assert rows[0] == Change(label, "12.5%", "25.0%", why, share)
    assert rows[1].what == "gone/one" and (rows[1].before, rows[1].now, rows[1].measure) == ("3", "", "")
    assert rows[2] == Change(f"{label}, March 2020", "", "50.0%", why, share)
    assert rows[3] == Change(f"{label}, Black", "25.0%", "no figure", why, share)


@pytest.mark.parametrize(("figures", "rows"), [(MOST_SHOWN, MOST_SHOWN), (MOST_SHOWN + 7, MOST_SHOWN + 1)])
def test_a_long_list_says_where_the_rest_is(small, figures, rows):
    one = ("stops/search_share", "race", "BLACK", None, None, "all", "all", "changed", 0.25, 0.5)
    told = change_rows(_facts(*[one] * figures), small.catalogue)
    assert len(told) == rows
    assert figures == rows or told[-1].what == "7 more figures, in changes.json"
