"""A release says what changed since the one before, and whether records, a definition or a purge made it so."""

import json
import shutil

import polars as pl
import pytest
from typer.testing import CliRunner

from openhalo.base.errors import ReleaseError
from openhalo.cli.main import app
from openhalo.releases.comparing import compare
from openhalo.releases.editions import read_figures
from openhalo.sites.open_site import open_site
from tests.releases.site import deliver, forge, rows, small_site

pytestmark = pytest.mark.ci

STRICTER = """
kind: share
label: Share of stops with a search
question: How often?
answer: "{value}"
record: stops/stop
unit: stop
numerator: search_conducted and precinct = '1'
groups: [race, gender, reason, precinct, neighborhood]
periods: [year]
direction: neither
why_it_matters: It does.
limits: [Made up.]
sources: [made up]
author: tests
reviewed: 2026-01-01
next_review: 2099-01-01
example: {records: {stops/stop: []}, expect: []}
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A site with five releases: the first, the same again, more records, another definition, a purge."""
    made = small_site(tmp_path_factory.mktemp("changes") / "site")
    made.publish()
    made.publish()
    deliver(made, rows(300))
    made.publish()
    path = made.path / "catalogue" / "stops" / "measures" / "search_share.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(STRICTER, encoding="utf-8")
    made = open_site(made.path)
    made.publish()
    made.purge("testpd/made_up/17", authority="Court order 1")
    made.publish()
    return made


def _changes(folder):
    return json.loads((folder / "changes.json").read_text(encoding="utf-8"))


def _by_measure(facts):
    return {one["measure"]: one for one in facts["measures"]}


def test_a_first_release_has_nothing_to_compare_with(small_release):
    facts = _changes(small_release)
    assert (facts["from"], facts["measures"], facts["figures"]) == (None, [], [])


def test_the_same_records_change_nothing(site):
    facts = _changes(site.releases / "0002")
    assert facts["figures"] == [] and facts["from"]["release"] == "0001"
    assert facts["counts"]["same"] == read_figures(site.releases / "0002").height


def test_new_records_change_figures_and_are_named_as_the_cause(site):
    facts = _changes(site.releases / "0003")
    told = _by_measure(facts)
    assert told["stops/stops"]["why"] == ["data"] and told["stops/stops"]["changed"] > 0
    place = {name: index for index, name in enumerate(facts["columns"])}
    whole = [f for f in facts["figures"] if f[place["measure"]] == "stops/stops" and f[place["group"]] is None]
    (total,) = [f for f in whole if f[place["grain"]] == "all"]
    assert (total[place["n_before"]], total[place["n_after"]], total[place["what"]]) == (240, 300, "changed")
    assert compare(site.releases / "0001", site.releases / "0003")["figures"] == facts["figures"]


def test_another_definition_is_named_as_the_cause_and_only_where_it_counts(site):
    told = _by_measure(_changes(site.releases / "0004"))
    assert set(told) == {"stops/search_share", "stops/search_share_ratio", "stops/gender_search_share_ratio"}
    assert {why for one in told.values() for why in one["why"]} == {"definition"}
    assert told["stops/search_share"]["vanished"] > 0


def test_a_purge_is_named_as_the_cause(site):
    told = _by_measure(_changes(site.releases / "0005"))
    assert told["stops/stops"]["why"] == ["purge"]


def test_a_withheld_figure_never_appears(small_release, tmp_path):
    before, after = (shutil.copytree(small_release, tmp_path / name) for name in ("before", "after"))
    numbers = ["n", "missing", "numerator", "denominator", "value", "low", "high", "bound_low", "bound_high"]
    asian = (
        pl.col("code").eq_missing("ASIAN")
        & pl.col("group2").is_null()
        & (pl.col("measure") == "stops/stops")
        & (pl.col("grain") == "all")
    )

    def withhold(table):
        kept = [pl.when(~asian).then(pl.col(name)).alias(name) for name in numbers]
        return table.with_columns(*kept, pl.when(asian).then(pl.lit("withheld")).otherwise("status").alias("status"))

    forge(before, "data/figures.csv", withhold)
    for one, other in ((before, after), (after, before)):
        facts = compare(one, other)
        assert (facts["figures"], facts["counts"]["withheld"]) == ([], 1)


def test_the_verb_tells_it_in_words_and_as_data(site):
    folders = [str(site.releases / "0002"), str(site.releases / "0003")]
    told = CliRunner().invoke(app, ["diff", *folders])
    assert told.exit_code == 0 and "stops/stops" in told.stdout and "(data)" in told.stdout
    facts = json.loads(CliRunner().invoke(app, ["diff", *folders, "--json"]).stdout)
    assert facts["counts"]["changed"] > 0 and facts["to"]["release"] == "0003"


def test_a_release_is_computed_again_as_long_as_its_records_and_definitions_stand(site):
    after_purge = site.recompute("0003")
    assert (after_purge.problems, after_purge.cannot) == ([], {})
    assert after_purge.agree + after_purge.moved == after_purge.figures
    assert 0 < after_purge.moved < after_purge.figures / 2
    newest = site.recompute()
    assert newest.release == "0005" and newest.problems == [] and newest.agree == newest.figures


def test_no_release_is_a_users_mistake(small_release, tmp_path):
    with pytest.raises(ReleaseError):
        compare(tmp_path, small_release)
