"""Anyone can count a release again from its own files, and any change to a row, a figure or a definition shows."""

import shutil

import polars as pl
import pytest
from typer.testing import CliRunner

from openhalo.cli.main import app
from openhalo.releases.hashes import verify
from openhalo.verification.rederivation import rederive
from tests.libraries import library
from tests.releases.site import forge

frictionless = library("frictionless")

INCIDENTS = "data/incidents/stops/stop.csv"
FIGURES = "data/figures.csv"


@pytest.fixture
def copy(small_release, tmp_path):
    return shutil.copytree(small_release, tmp_path / "copy")


def test_every_figure_that_the_file_carries_agrees(small_release):
    found = rederive(small_release)
    table = pl.read_csv(small_release / FIGURES, infer_schema_length=None)
    assert found.problems == [] and found.agree == table.filter(pl.col("check") == "verify").height > 150
    assert found.agree + sum(found.cannot.values()) == found.figures == table.height
    derived = table.filter(pl.col("check") == "verify")
    assert {"count", "share", "ratio"} <= set(derived["kind"]) and {"all", "month", "year"} <= set(derived["grain"])


def _set(column, value, where):
    """Return a change of one column: `value` where `where` is true, else what is there."""
    new = value if isinstance(value, pl.Expr) else pl.lit(value)
    return lambda table: table.with_columns(pl.when(where).then(new).otherwise(pl.col(column)).alias(column))


def _first(where):
    return where & (where.cum_sum() == 1)


ASIAN, SEARCHED = pl.col("race").eq_missing("ASIAN"), pl.col("search_conducted").eq_missing(True)
SHARE = (pl.col("measure") == "stops/search_share") & (pl.col("grain") == "all") & (pl.col("code") == "ASIAN")
SHARE &= pl.col("group2").is_null()
HARMS = {
    "a search is unmade": (INCIDENTS, [_set("search_conducted", False, _first(SEARCHED))]),
    "a race is changed": (INCIDENTS, [_set("race", "BLACK", _first(ASIAN))]),
    "a day is moved": (
        INCIDENTS,
        [
            _set(
                "occurred_at_date",
                pl.col("occurred_at_date").dt.offset_by("1mo"),
                _first(pl.col("occurred_at_date").is_not_null()),
            )
        ],
    ),
    "a row is taken away": (INCIDENTS, [lambda table: table.slice(1)]),
    "a row is doubled": (INCIDENTS, [lambda table: pl.concat([table, table.slice(0, 1)])]),
    "a value is changed": (FIGURES, [_set("value", pl.col("value") + 1e-9, SHARE)]),
    "a count is changed": (FIGURES, [_set("missing", pl.col("missing") + 1, SHARE)]),
    "a figure is left out": (FIGURES, [lambda table: table.filter(~SHARE)]),
    "a figure says that nobody can check it": (FIGURES, [_set("check", "recompute", SHARE), _set("n", 1, SHARE)]),
    "a figure is said to be too small": (FIGURES, [_set("status", "too_few", SHARE), _set("value", None, SHARE)]),
}


def _harmed(copy, harm):
    place, changes = HARMS[harm]
    for change in changes:
        forge(copy, place, change)
    return copy


@pytest.mark.parametrize("harm", HARMS)
def test_a_change_whose_hashes_were_mended_is_caught(copy, harm):
    _harmed(copy, harm)
    assert verify(copy) == []
    assert rederive(copy).problems != []


def test_a_definition_that_says_less_is_caught(copy):
    def widen(facts):
        facts["measures"]["stops/search_share"]["spec"]["numerator"] = "search_conducted or missing(search_conducted)"

    forge(copy, "definitions.json", widen)
    assert verify(copy) == []
    told = [problem.where for problem in rederive(copy).problems]
    assert "definitions.json: stops/search_share" in told and len(told) > 1


def test_a_data_package_reader_finds_nothing_wrong(small_release):
    with frictionless.system.use_context(trusted=True):
        report = frictionless.Package(str(small_release / "datapackage.json")).validate()
    assert report.valid, report.flatten(["type", "message"])
    assert "data-incidents-stops-stop-csv" in {task.name for task in report.tasks if task.type == "table"}


def test_the_verb_tells_how_many_were_counted_again(small_release, copy):
    done = CliRunner().invoke(app, ["verify", str(small_release)])
    assert done.exit_code == 0 and "counted again" in done.stdout
    failed = CliRunner().invoke(app, ["verify", str(_harmed(copy, "a value is changed"))])
    assert failed.exit_code == 15
