"""A result is plain data: it can be pickled, is short where it stands in a line, and says what its fields hold."""

import html
import pickle
from dataclasses import fields, replace
from datetime import date
from functools import cache

import polars as pl
import pytest

from openhalo.analyses.results import Account, AnalysisResult, Counts
from openhalo.analyses.wording import Wording
from openhalo.base.errors import MeasureError, SiteError
from openhalo.catalogue.analysis_kinds import KINDS
from openhalo.language import message_files
from openhalo.language.translation import speaking
from openhalo.sites.open_site import open_site
from openhalo.statistics.results import Assumption
from tests.copies import copy_of
from tests.libraries import needs

from .every_kind import ANALYSES, BY_OFFICER, SAMPLED, fill_with_every_kind
from .test_staggered import department

LANGUAGES = ("en", "es")


@pytest.fixture(scope="module")
def every_site(made_once):
    folder, _none = made_once("every_kind", fill_with_every_kind)
    return open_site(folder / "site")


@pytest.fixture(scope="module")
def result_of(every_site, tmp_path_factory):
    """Return what gives the result of a kind, each made once."""
    site = every_site

    @cache
    def of(kind):
        if kind == "staggered":
            made, _counted, _first = department(tmp_path_factory.mktemp("staggered"), 0.4)
            return made.analyse("complaints/after_crisis_training")
        return site.analyse(ANALYSES.get(kind, BY_OFFICER))

    return of


KINDS_SHOWN = [
    *(
        pytest.param(kind, marks=(pytest.mark.ci, needs("numba", "nutpie")) if kind in SAMPLED else ())
        for kind in sorted(KINDS)
    ),
    "internal_benchmark of officers",
]


@pytest.fixture(scope="module", params=KINDS_SHOWN)
def result(request, result_of):
    return result_of(request.param)


@pytest.fixture(scope="module")
def plain(result_of):
    return result_of("rate_ratio")


def words(result):
    """Return all that a result says and shows, by language."""
    said = {}
    for tag in LANGUAGES:
        with speaking(message_files.read(tag, message_files.shipped())):
            said[tag] = (
                result.sentence(tag),
                result.headline(),
                result.answers(),
                result.notes,
                result.tables(),
                [(one.alt, one.caption, one.spec("wide"), one.spec("narrow")) for one in result.pictures()],
                result._repr_html_(),
                result.to_dict()["comparisons"],
            )
    return said


def test_every_kind_is_there(result):
    assert not result.refusal and result.sentence()
    assert set(KINDS) - set(ANALYSES) == {"staggered"}, "name the kind in tests/analyses/every_kind.py"


@pytest.mark.parametrize("kind", sorted(set(ANALYSES) - set(SAMPLED)))
def test_before_the_first_record_every_kind_is_refused_with_a_reason(every_site, kind):
    if kind == "survey_estimate":
        with pytest.raises(MeasureError, match="does not say when its records were learned"):
            every_site.analyse(ANALYSES[kind], known_by=date(1900, 1, 1))
        return
    result = every_site.analyse(ANALYSES[kind], known_by=date(1900, 1, 1))
    assert result.refusal and "not carried out" in result.sentence()
    assert result.sentence().startswith("As it was known on January 1, 1900: ")


def test_a_result_speaks_as_its_site_does(every_site, plain, tmp_path):
    """What the site translates takes the place of ours, in a result as on a page."""
    site = copy_of(every_site, tmp_path)
    limit = plain.limit
    assert limit in plain.sentence() and "propias" not in plain.sentence("es")
    folder = site.path / "locale" / "es"
    folder.mkdir(parents=True, exist_ok=True)
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\nLanguage: es\\n"\n\n'
    (folder / "site.po").write_text(f'{header}msgid "{limit}"\nmsgstr "En palabras propias."\n', encoding="utf-8")
    assert "En palabras propias." in site.analyse(plain.subject.spec.id).sentence("es")


def test_a_result_that_was_pickled_says_the_same(result):
    again = pickle.loads(pickle.dumps(result))
    said, expected = words(again), words(result)
    assert str(said) == str(expected)  # NaN is itself here
    assert said["en"] != said["es"]
    assert again.detail.equals(result.detail) and again.subject.spec == result.subject.spec


def test_a_pickle_holds_no_records(result):
    """Records lie in the store: neither a draw of a posterior nor an answer of one person goes with the result."""
    assert len(pickle.dumps(result)) < 100_000
    assert b"openhalo.records.reading" not in pickle.dumps(result)


def test_its_line_is_short_and_says_which_it_is(result):
    line = repr(result)
    assert len(line) < 300 and result.subject.spec.id in line and result.subject.standing in line
    assert f"comparisons: {len(result.contrasts)}" in line and "\n" not in line


def test_a_refusal_is_said_in_the_line_however_long(plain):
    refused = replace(plain, contrasts=(), refusal="too few of them " * 40)
    assert len(repr(refused)) < 300 and "refused: too few of them" in repr(refused)
    assert "too few of them" in refused._repr_html_() and pickle.loads(pickle.dumps(refused)).refusal == refused.refusal


def test_a_notebook_shows_the_sentence_and_a_small_table(result):
    shown = result._repr_html_()
    assert html.escape(result.sentence()) in shown
    assert 1 < shown.count("<tr>") <= 14


def test_what_a_notebook_shows_is_escaped(plain):
    odd = replace(plain, limit="<script>alert(1)</script> & more")
    assert (
        "<script>" not in odd._repr_html_() and "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in odd._repr_html_()
    )


def test_comparisons_are_a_frame_and_the_first_picture_is_a_chart(result):
    rows = result.to_polars()
    assert rows.height == len(result.contrasts) and {"group", "estimate", "low", "high", "n"} <= set(rows.columns)
    pictures, chart = result.pictures(), result.chart()
    assert (chart is None) == (not pictures)
    if pictures:
        assert chart.to_dict()["$schema"].startswith("https://vega.github.io/schema/vega-lite/")


def test_a_sentence_is_english_unless_another_language_is_named(plain):
    with speaking(message_files.read("es", message_files.shipped())):
        assert plain.sentence() == plain.sentence("en") != plain.sentence("es") == plain.spoken()
    with pytest.raises(SiteError, match="there is no language 'xx'"):
        plain.sentence("xx")


class Other(Account):
    def told(self, result):
        return "Told otherwise."

    def notes(self, result):
        return ["Noted otherwise."]


OTHERWISE = {
    "contrasts": ((), lambda one: (one.to_polars().height, one.leading, one.pictures()[0].spec()["data"]["values"])),
    "wording": (Wording("Said otherwise."), lambda one: one.answers()),
    "account": (Other(), lambda one: (one.headline(), one.notes)),
    "refusal": ("no reason", lambda one: (one.headline(), repr(one))),
    "detail": (pl.DataFrame({"a": [1]}), lambda one: one.to_dict()["detail"]),
    "caution": ("Take care.", lambda one: one.headline()),
    "limit": ("Not that.", lambda one: one.sentence()),
    "assumed": ((Assumption("that", "met"),), lambda one: one.assumptions),
    "method": ("otherwise", lambda one: one.methods),
    "sources": (("Other (2026)",), lambda one: one.citations),
    "family": (7, lambda one: one.family),
    "facts": ({"another": 1}, lambda one: one.to_dict()["another"]),
}
"""Field → another value, and what must then be told otherwise."""


@pytest.mark.parametrize("name", [one.name for one in fields(AnalysisResult)])
def test_a_field_that_is_replaced_is_spoken_of_as_it_is_now(plain, name):
    if name == "subject":
        test = plain.subject.test.model_copy(update={"reference": "BLACK"})
        other = replace(plain, subject=replace(plain.subject, test=test))
        assert other.pictures()[0].caption != plain.pictures()[0].caption
        return
    value, view = OTHERWISE[name]
    words(plain)  # so that what could be kept was asked for
    other = replace(plain, **{name: value})
    before = None if name == "facts" else view(plain)
    assert getattr(other, name) is value and str(view(other)) != str(before)
    assert isinstance(other.account.tables(other), list | tuple | Counts)
