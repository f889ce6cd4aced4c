"""A number on a page is the one that the data have: any other, and one that no longer says what it is, is found."""

import json
import re
import shutil

import pytest
from typer.testing import CliRunner

from openhalo.cli.main import app
from openhalo.releases.hashes import verify
from openhalo.sites.open_site import open_site
from openhalo.verification.rederivation import rederive
from tests.releases.page_harm import every_digit_is_found
from tests.releases.site import AGENCY, deliver, forge, rows, small_site

PLAN = """
written: 2026-11-22
author: Tests
because: Tests.
tests:
  - {analysis: stops/search_share_ratio, reference: ASIAN, compare: [BLACK]}
exploratory:
  - {analysis: stops/search_share_unknown_race, reference: ASIAN, added: 2026-11-22, because: Asked later.}
"""
PAGE = "pages/stops/search_share.html"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A site that speaks two languages, with a second release that differs from the first."""
    made = small_site(tmp_path_factory.mktemp("numbers") / "site", AGENCY + "languages: [en, es]\n")
    (made.path / "analysis_plan.yaml").write_text(PLAN, encoding="utf-8")
    made = open_site(made.path)
    made.publish()
    deliver(made, rows(300))
    made.publish()
    return made


@pytest.fixture
def copy(site, tmp_path):
    return shutil.copytree(site.releases / "0002", tmp_path / "copy")


def mended(folder):
    """Mend every hash of a release, so that only its content can tell."""
    forge(folder, "definitions.json", lambda facts: None)
    return folder


def change(folder, pattern, new, page=PAGE):
    path = folder / page
    text = path.read_text(encoding="utf-8")
    assert re.search(pattern, text, re.DOTALL)
    path.write_text(re.sub(pattern, new, text, count=1, flags=re.DOTALL), encoding="utf-8")
    return mended(folder)


def problems(folder):
    assert verify(folder) == []
    return rederive(folder).problems


@pytest.mark.ci
def test_one_other_digit_is_found_on_every_page_and_in_each_kind_of_number(copy):
    kinds = every_digit_is_found(copy)
    english, spanish = (
        {place for place in kinds if kinds[place] and place.startswith("es/") is es} for es in (False, True)
    )
    assert {f"es/{place}" for place in english} == spanish
    assert {"index.html", "pages/stops/index.html", "pages/changes.html", PAGE} <= english
    assert {"pages/trace/stops/search_share.html", "pages/analyses/stops/search_share_unknown_race.html"} <= english
    assert {"data value value", "data value missing/n", "words value", "words denominator"} <= kinds["es/" + PAGE]
    assert {"tspan data-figure value", "tspan data-figure denominator", "row, cell 0, number 0"} <= kinds[PAGE]


def test_a_digit_of_a_page_whose_hashes_were_mended_is_named(copy):
    assert problems(copy) == []
    change(copy, r'(<tr data-figure="\|race=BLACK">.*?<td class="num">)(\d+)\.', r"\g<1>99.")
    found = [str(problem) for problem in problems(copy)]
    assert len(found) == 1 and PAGE in found[0] and "stops/search_share|race=BLACK#value stands as '99." in found[0]
    failed = CliRunner().invoke(app, ["verify", str(copy)])
    assert failed.exit_code == 15 and "race=BLACK" in failed.output


def test_the_verb_tells_how_many_numbers_agree(copy):
    done = CliRunner().invoke(app, ["verify", str(mended(copy))])
    assert done.exit_code == 0 and re.search(r"numbers on pages: [\d,]+ on \d+ pages", done.stdout)
    told = json.loads(CliRunner().invoke(app, ["verify", str(copy), "--json"]).stdout)
    stated = json.loads((copy / "datapackage.json").read_text(encoding="utf-8"))["numbers"]
    assert told["numbers_on_pages"] == sum(stated.values()) > 1000


HARMS = {
    "a row no longer says what it shows": (r'<tr data-figure="\|race=BLACK">', "<tr>", "numbers say which figure"),
    "a sentence no longer says it": (r'<data value="#value">([^<]*)</data>', r"\1", "numbers say which figure"),
    "words for a chart no longer say it": (r' data-figures="[^"]*"', "", "numbers say which figure"),
    "a mark stands where nobody sees it": (r'(<data value="#value">[^<]*</data>)', r"<!--\1-->13", "say which figure"),
    "a figure is not in the data": (r"race=BLACK", "race=GREEN", "is not in the data"),
    "a digit stands before the number": (r'(<data value="#value">)', r"1\1", "as the data say"),
    "a digit stands behind it": (r'(<data value="#value">[^<]*</data>)', r"\g<1>5", "as the data say"),
    "another number stands in the row": (
        r'(<tr data-figure="\|race=BLACK"[^\n]*)</td></tr>',
        r"\1 7</td></tr>",
        "stands as",
    ),
    "a sign is changed": (r'(<tr data-figure="\|race=BLACK">.*?<td class="num">)(\d)', r"\1-\2", "stands as"),
}


@pytest.mark.parametrize("harm", HARMS)
def test_what_is_done_to_a_page_is_found(copy, harm):
    pattern, new, said = HARMS[harm]
    found = [str(problem) for problem in problems(change(copy, pattern, new))]
    assert found != [] and all(PAGE in problem for problem in found) and any(said in problem for problem in found)


def test_a_page_without_marks_is_found_though_the_descriptor_says_that_it_has_none(copy):
    path = copy / PAGE
    text = re.sub(r' data-(figure|figures|columns)="[^"]*"|</?data[^>]*>', "", path.read_text(encoding="utf-8"))
    path.write_text(text, encoding="utf-8")
    forge(copy, "datapackage.json", lambda facts: facts["numbers"].update({PAGE: 0}))
    found = [str(problem) for problem in problems(copy)]
    assert any("no number says that it is stops/search_share|race=BLACK#value" in problem for problem in found)


def test_of_a_language_that_this_copy_does_not_speak_the_digits_are_compared(copy):
    pages = [path for path in copy.glob("es/**/*.html")]
    for path in pages:
        path.write_text(path.read_text(encoding="utf-8").replace('lang="es"', 'lang="xx"', 1), encoding="utf-8")
    assert pages and problems(mended(copy)) == []
    change(copy, r'(<data value="#value">)(\d)', r"\g<1>9", "es/" + PAGE)
    assert [problem.where for problem in problems(copy)] == ["es/" + PAGE]
