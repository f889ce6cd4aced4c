"""What every department should publish, and how a release stands against it."""

import re
from pathlib import Path

import pytest

from openhalo.base.errors import CatalogueError
from openhalo.catalogue.index import load


@pytest.fixture(scope="module")
def catalogue():
    return load()


def test_an_item_stands_in_one_of_four_ways(catalogue):
    statuses = catalogue.core_statuses(
        published=["stops/stops", "stops/search_share"], waiting={"force/applications": ["force/force_application"]}
    )
    assert [one.name for one in statuses] == list(catalogue.core_items)
    standing = {one.name: one for one in statuses}
    assert standing["stops"].standing == "published"
    assert "stops/stops" in standing["stops"].measures
    assert standing["searches"].measures == ("stops/search_share",)
    assert standing["stop_recording"].standing == "not_declared"
    assert standing["deaths"].standing == "not_built"
    force = standing["force"]
    waits = all(one == "force/applications" for one in force.measures)
    assert (force.standing, force.lacking) == ("no_records" if waits else "not_declared", ("force/force_application",))


def test_an_analysis_answers_an_item_too(catalogue):
    def trust(**given):
        return next(one for one in catalogue.core_statuses([], {}, **given) if one.name == "trust")

    assert (trust().standing, trust().analyses) == ("not_declared", ("surveys/trust",))
    assert trust(told=["surveys/trust"]).standing == "published"
    waits = trust(untold={"surveys/trust": ["surveys/response"]})
    assert (waits.standing, waits.lacking) == ("no_records", ("surveys/response",))


def test_items_name_requirements_of_every_source_document(catalogue):
    named = {one for item in catalogue.core_items.values() for one in item.requirements}
    assert all(re.fullmatch(r"[A-Z0-9]+(-[A-Z]+)?-[A-Z]?\d+(\.\d+)?[a-z]?", one) for one in named), named
    documents = {"HALO", "NE", "USCM", "CE", "IACP", "IL10"}
    assert {one.partition("-")[0] for one in named} >= documents


def test_every_domain_with_counts_answers_an_item(catalogue):
    answered = {spec.domain for spec in catalogue.measures.values() if spec.core}
    assert {"stops", "force"} <= answered


def test_a_measure_must_name_an_item_that_exists(tmp_path, catalogue):
    shipped = Path("src/openhalo_catalogue/stops/measures/stops.yaml").read_text(encoding="utf-8")
    ours = tmp_path / "stops" / "measures" / "our_stops.yaml"
    ours.parent.mkdir(parents=True)
    ours.write_text(shipped.replace("core: stops", "core: stopz"), encoding="utf-8")
    with pytest.raises(CatalogueError) as caught:
        load(tmp_path)
    (problem,) = caught.value.problems
    assert "'stopz'" in problem.found
    assert "stops" in problem.todo


def test_a_site_has_no_core_list_of_its_own(tmp_path):
    (tmp_path / "core.yaml").write_text("label: Ours\ndescription: Less\nitems: {}\n", encoding="utf-8")
    with pytest.raises(CatalogueError) as caught:
        load(tmp_path)
    assert "part of the shipped standard" in caught.value.problems[0].found
