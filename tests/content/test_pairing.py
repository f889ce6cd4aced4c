"""Figures for which neither way is better stand beside a measure of how much was recorded."""

from openhalo.catalogue.index import load

CATALOGUE = load()
DOMAINS = ("stops", "force")


def test_every_count_of_what_police_did_is_paired_with_a_measure_of_recording():
    for spec in CATALOGUE.measures.values():
        if spec.domain in DOMAINS and spec.direction == "neither":
            assert spec.paired_with, f"{spec.id} stands alone"
            assert CATALOGUE.measures[spec.paired_with].direction == "higher", spec.id


def test_no_measure_of_stops_or_force_calls_less_of_it_better():
    recording = [one for one in CATALOGUE.measures.values() if one.domain in DOMAINS and one.direction != "neither"]
    assert recording and all("not missing(" in one.numerator for one in recording)
    assert all(one.direction == "higher" for one in recording)
