"""Every measure of the catalogue gives the figures of its own worked example, through the real engine."""

import pytest

from measures.example_records import hold
from openhalo.catalogue.index import load
from openhalo.measures.evaluation import evaluate
from openhalo.measures.planning import Question

CATALOGUE = load()


@pytest.mark.parametrize("measure", sorted(CATALOGUE.measures))
def test_a_measure_gives_its_worked_example(measure):
    spec = CATALOGUE.measures[measure]
    result = evaluate(Question(spec, spec.example.by, "all"), hold(CATALOGUE, spec.example.records))
    found = result.figures.to_dicts()
    assert len(found) == len(spec.example.expect)
    for row, expected in zip(found, spec.example.expect, strict=True):
        for name, value in expected.items():
            close = pytest.approx(value, rel=1e-6) if isinstance(value, int | float) else value
            assert row[name] == close, f"{name} of {row}"


@pytest.mark.parametrize("measure", sorted(CATALOGUE.measures))
def test_the_answer_is_a_whole_sentence(measure):
    spec = CATALOGUE.measures[measure]
    sentence = evaluate(Question(spec, [], "all"), hold(CATALOGUE, spec.example.records)).sentence()
    assert sentence.endswith(".") and "{" not in sentence and "None" not in sentence
