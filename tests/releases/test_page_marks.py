"""Marked numbers go into the markup of a page and are found there again, with what stands around them."""

from openhalo.language.formatting import count, share
from openhalo.language.marks import Marked, plain
from openhalo.releases.page_marks import Shown, shown_on, with_marks

N, SHARE = Marked(1234, "stops/stops|race=A#n"), Marked(0.25, "stops/search_share|race=A#value")
HEAD = '<html lang="en">'


def read(body):
    page, number = with_marks(HEAD + body)
    found = list(shown_on(page))
    assert sum(len(one.of) for one in found) == number
    return page, found


def test_a_number_keeps_its_mark_where_it_is_chosen_and_loses_it_in_arithmetic():
    assert max(N, 3) is N and not isinstance(N + 0, Marked) and not isinstance(sum([N]), Marked)
    assert plain(f"{count(N)} of {share(SHARE)}") == "1,234 of 25.0%" and count(N) != "1,234"


def test_a_sentence_a_chart_and_its_words_name_their_numbers():
    page, found = read(f"<p>In {share(SHARE)}.</p>")
    assert page == '<html data-of="stops/search_share" lang="en"><p>In <data value="|race=A#value">25.0%</data>.</p>'
    assert found == [Shown((SHARE.of,), "25.0%", False, " ", ".")]
    page, found = read(f"<text>of {count(N)}</text><p>{share(SHARE)}</p>")
    assert '<text>of <tspan data-figure="stops/stops|race=A#n">1,234</tspan></text>' in page
    _page, found = read(f'<svg aria-label="A &amp; &quot;B&quot;: {count(N)}, {share(SHARE)}">')
    assert [(one.of, one.text, one.after) for one in found] == [((N.of,), "1,234", ","), ((SHARE.of,), "25.0%", "")]


def test_a_row_of_one_figure_names_it_once_and_a_row_with_other_numbers_names_each():
    rows = f"<tbody><tr><th>9</th><td>{count(N)}</td><td>{count(Marked(5, N.of))}</td></tr></tbody>"
    page, found = read(rows)
    assert '<tbody data-columns="n n"><tr data-figure="|race=A"><th>9</th><td>1,234</td>' in page
    assert [(one.of, one.text, one.row) for one in found] == [((N.of, N.of), "1,234 5", True)]
    page, found = read(rows.replace("</tr>", "<td>7</td></tr>"))
    assert "data-columns" not in page and [one.text for one in found] == ["1,234", "5"]


def test_what_nobody_sees_shows_nothing():
    page, _found = read(f"<p>{count(N)}</p>")
    for before, after in (("<!--", "-->"), ("<template>", "</template>"), ("<script>", "</script>")):
        assert list(shown_on(page.replace("<p>", before).replace("</p>", after))) == []
