"""A result is plain data: it can be written down, and what is said of it is made of its parts alone."""

import pickle
from dataclasses import fields, replace
from datetime import date
from pathlib import Path

import altair
import polars as pl
import pytest

from openhalo.base.errors import SiteError
from openhalo.catalogue.index import load
from openhalo.charts import figures_chart
from openhalo.cli.measures import _cells
from openhalo.language import message_files
from openhalo.language.translation import ENGLISH, speaking
from openhalo.measures.evaluation import evaluate
from openhalo.measures.figures import MeasureResult
from openhalo.measures.guard_results import GuardResult
from openhalo.measures.guard_words import as_written
from openhalo.measures.planning import Question
from openhalo.publications.protection.masking import Limits, Marks, masked

from .example_records import hold

CATALOGUE = load()
SPANISH = message_files.read("es", message_files.shipped())


def example(measure: str, by: list[str] | None = None, grain: str = "all") -> MeasureResult:
    spec = CATALOGUE.measures[measure]
    return evaluate(Question(spec, by or [], grain), hold(CATALOGUE, spec.example.records))


def searches() -> MeasureResult:
    """Stops of which one group is recorded only where there was a search, so that the guards have much to say."""
    stops = [{"race": "BLACK", "search_conducted": i < 40, "occurred_at": "2017-01-01 10:00"} for i in range(60)]
    stops += [{"search_conducted": False, "occurred_at": "2018-01-01 10:00"} for _ in range(60)]
    stops += [{"race": "WHITE", "search_conducted": True, "occurred_at": "2018-01-01 10:00"} for _ in range(3)]
    spec = CATALOGUE.measures["stops/search_share"]
    question = Question(spec, ["race"], "year", today=date(2099, 1, 1))
    return evaluate(question, hold(CATALOGUE, {"stops/stop": stops}))


@pytest.fixture
def drawn_plainly(monkeypatch):
    """Charts as plain data: Altair's check of a chart takes most of the time that these tests would take."""
    monkeypatch.setattr(figures_chart, "altair", lambda spec: spec)


def everything_said(result: MeasureResult) -> list[object]:
    said: list[object] = [repr(result), result._repr_html_(), result.to_dict(), result.chart()]
    with speaking(SPANISH):
        return [*said, result.spoken(), result.guard_notes]


@pytest.mark.parametrize("measure", sorted({spec.kind: name for name, spec in CATALOGUE.measures.items()}.values()))
def test_a_result_comes_back_whole_from_a_file(measure, drawn_plainly):
    result = example(measure)
    again = pickle.loads(pickle.dumps(result))
    assert again.figures.equals(result.figures) and again.totals.equals(result.totals)
    assert everything_said(again) == everything_said(result)


def test_a_file_holds_no_records():
    result = searches()
    assert len(result.guard_results) >= 3
    whole = pickle.dumps(result)
    assert len(whole) < 40_000
    assert all(word not in whole for word in (b"openhalo.records", b"openhalo.catalogue.index", b"ibis"))


def test_a_result_shows_itself_in_one_line():
    result = searches()
    assert repr(result) == "<MeasureResult stops/search_share by race, by year: 6 figures, store version 1>"
    long = replace(result, by=[f"link.of.many.parts.field_{i}" for i in range(40)])
    assert len(repr(long)) < 300
    assert all(len(repr(example(measure))) < 300 for measure in ("stops/stops", "stops/vehicle_search_share_ratio"))


def test_a_notebook_shows_question_answer_notes_and_figures():
    shown = searches()._repr_html_()
    result = searches()
    assert result.spec.question in shown and "<table" in shown
    assert shown.count("<li>") == len(result.guard_notes)
    odd = replace(result, guard_results=(GuardResult("x", "note", as_written, {"text": "a < b & c"}),))
    assert "<li>a &lt; b &amp; c</li>" in odd._repr_html_()


def test_the_methods_of_a_result():
    result = searches()
    assert isinstance(result.to_polars(), pl.DataFrame)
    assert isinstance(result.chart(), altair.LayerChart)
    assert result.sentence() == result.sentence("en") != result.sentence("es")
    with speaking(SPANISH):
        assert result.sentence() == result.sentence("en")
        assert result.spoken() == result.sentence("es")
    with pytest.raises(SiteError):
        result.sentence("xx")


@pytest.mark.parametrize("part", [part.name for part in fields(MeasureResult)])
def test_a_replaced_part_leaves_nothing_old_behind(part, drawn_plainly):
    """`replace` of any part gives what a new result of the same parts would be, whatever was asked before."""
    result, other = searches(), example("stops/stops", ["race"])
    everything_said(result)
    changed = {
        "spec": CATALOGUE.measures["stops/search_share"].model_copy(update={"answer": "Another answer: {value}."}),
        "by": [],
        "grain": "all",
        "guard_results": (GuardResult("withheld", "note", as_written, {"text": "withheld"}),),
        "labels": {"race": {"BLACK": "others"}},
        "provenance": {**result.provenance, "store_version": 7},
        "figures": result.figures.head(1),
        "totals": result.totals.head(1),
        "method": other.method,
        "k": 99,
        "messages": (Path("elsewhere"),),
    }[part]
    replaced = replace(result, **{part: changed})
    parts = {one.name: getattr(result, one.name) for one in fields(MeasureResult)}
    assert everything_said(replaced) == everything_said(MeasureResult(**{**parts, part: changed}))
    if part == "guard_results":
        assert [note.text for note in replaced.guard_notes] == ["withheld"]
    assert all(one.init for one in fields(MeasureResult)) and vars(replaced).keys() == parts.keys()


def test_an_answer_of_an_earlier_day_says_so():
    result = searches()
    earlier = replace(result, provenance={**result.provenance, "known_by": date(2017, 6, 30)})
    assert earlier.sentence() == f"As it was known on June 30, 2017: {result.sentence()}"
    assert "As it was known on June 30, 2017" in earlier._repr_html_()


def test_a_masked_result_holds_nothing_of_what_was_said_before():
    result = searches()
    before = [note.text for note in result.guard_notes]
    assert any("20 of 80" in text for text in before)
    every = pl.repeat(True, result.figures.height, eager=True)
    marks = Marks(every, pl.repeat(True, result.totals.height, eager=True))
    shown = masked(result, marks, Limits(10, 3, ("officers", "persons")), CATALOGUE)
    for language in (ENGLISH, SPANISH):
        with speaking(language):
            texts = [note.text for note in shown.guard_notes]
        assert len(texts) == 3 and not any(count in text for text in texts for count in ("43", "20 ", "80"))
    held = str([(note.values, note.facts) for note in shown.guard_results])
    assert not any(count in held for count in ("43", "20.0", "80"))
    assert {"missingness", "review", "withheld"} == {note.guard for note in shown.guard_results}


def test_a_concentration_reads_as_a_share_wherever_it_stands():
    name = next(name for name, spec in CATALOGUE.measures.items() if spec.scale != spec.kind and spec.holders)
    result = replace(example(name), figures=searches().figures.head(1))
    row = {**result.figures.to_dicts()[0], "value": 0.312, "low": 0.25, "high": 0.4, "status": "ok"}
    assert _cells(row, result, bounded=False)[2:] == ["31.2%", "25.0% – 40.0%"]
