"""Charts are drawn late, once, and by two processes without anyone seeing a difference."""

import sys

import pytest

from openhalo.charts import figures_chart, svg_process
from openhalo.charts.figure import Figure
from openhalo.charts.svg import Drawings


def rows(n):
    return [Figure(f"Group {i}", 0.1 + i / 50, low=0.05, high=0.4, denominator=90 + n, code=f"C{i}") for i in range(3)]


SPECS = [(figures_chart.by_group("share", rows(n), "wide"), {}) for n in range(4)]


@pytest.fixture(scope="module")
def alone():
    return [svg_process.svgs([spec])[0] for spec in SPECS]


def test_two_processes_draw_what_one_draws_in_the_same_order(monkeypatch, alone):
    monkeypatch.setattr(svg_process, "WORTH_A_PROCESS", 2)
    assert svg_process.svgs(SPECS[:3]) == alone[:3] and svg_process.svgs(SPECS) == alone
    assert len(set(alone)) == len(SPECS)


@pytest.mark.parametrize("command", ["/no/such/program", "/bin/false", "/bin/true", "/bin/cat"])
def test_where_no_second_process_can_be_had_one_draws_all(monkeypatch, alone, command):
    monkeypatch.setattr(svg_process, "WORTH_A_PROCESS", 2)
    monkeypatch.setattr(sys, "executable", command)
    assert svg_process.svgs(SPECS) == alone


def test_what_was_drawn_once_is_kept_and_what_is_not_read_is_not_drawn(tmp_path):
    drawings = Drawings(tmp_path)
    first, second = (
        drawings.svg(figures_chart.by_group, "share", rows(n), "wide", alt="A & B", css="wide") for n in (1, 2)
    )
    assert drawings.drawn == 0
    assert str(first).startswith('<svg class="wide" role="img" aria-label="A &amp; B"') and drawings.drawn == 2
    assert str(second) != str(first) and drawings.drawn == 2
    again = Drawings(tmp_path)
    assert str(again.svg(figures_chart.by_group, "share", rows(1), "wide", alt="A & B", css="wide")) == str(first)
    assert again.drawn == 0
    assert str(again.svg(figures_chart.by_group, "share", rows(3), "wide", alt="", css="wide")) != str(first)
    assert again.drawn == 1


def test_a_group_has_one_colour_in_every_language():
    english, spanish = ["ASIAN", "BLACK", "WHITE", "OTHER"], ["ASIAN", "WHITE", "BLACK", "OTHER"]
    assert [figures_chart.hue(code, english) for code in english] == [
        figures_chart.hue(code, spanish) for code in english
    ]
    assert len({figures_chart.hue(code, english) for code in english}) == 4


def test_short_labels_leave_their_room_to_the_plot_and_empty_layers_are_not_drawn():
    short, long = (
        figures_chart.by_group("share", [Figure("A" * n, 0.2, low=0.1, high=0.3, denominator=50, code="A")], "wide")
        for n in (2, 30)
    )
    assert short["width"] > long["width"] + 150
    whole = [spec["width"] + spec["padding"]["left"] + spec["padding"]["right"] for spec in (short, long)]
    assert whole[0] == whole[1]
    fields = {layer["encoding"].get("x", {}).get("field") for layer in short["layer"]}
    assert "low" in fields and "bound_low" not in fields
