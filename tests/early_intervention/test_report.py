"""The report of a backtest is one restricted page: it says the result first, and asks nothing of anyone."""

import json
import re
import shutil

import pytest
from typer.testing import CliRunner

from openhalo.cli.main import app
from tests.copies import copy_of

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="session")
def told(town, tmp_path_factory):
    """The report as a file, and the same facts as JSON."""
    folder = tmp_path_factory.mktemp("report")
    site = str(copy_of(town, folder).path)
    asked = ["backtest", "--site", site, "--first", "2010", "--last", "2011", "--report", str(folder), "--json"]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    return folder / "backtest.html", json.loads(done.stdout)


def words(html):
    return " ".join(re.sub(r"<[^>]+>", " ", re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)).split())


def test_the_result_stands_first_and_every_figure_is_that_of_the_json(told):
    file, facts = told
    html = file.read_text("utf-8")
    said = words(html).replace("&#39;", "'")
    assert "Restricted: not for publication." in said[:200]
    first_figure = html.index("<figure>")
    assert all(html.index(sentence.split("“")[0][:40]) < first_figure for sentence in facts["summary"])
    for score in facts["scores"]:
        assert score["label"] in said
        for kind in ("precision", "recall"):
            assert f"{100 * score[kind]['low']:.1f}% to {100 * score[kind]['high']:.1f}%" in said
        if score["steady"]:
            assert f"{score['steady']['new_a_month']:,.0f}" in said
    assert facts["best"] in {score["policy"] for score in facts["scores"]}


def test_small_groups_are_withheld_and_nobody_is_named(told, town):
    file, facts = told
    html = file.read_text("utf-8")
    best = next(one for one in facts["scores"] if one["policy"] == facts["best"])
    small = [row for row in best["by_group"] if row["false"] is None]
    assert small
    assert '<span class="withheld">withheld (protects fewer than 30)</span>' in html
    officers = town.records("officers/officer").collect()
    assert not any(key in html for column in ("record_key", "pseudonym") for key in officers[column].to_list())


@pytest.mark.ci
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_it_reads_on_every_screen_without_script_and_asks_nothing(told, browser):
    from axe_playwright_python.sync_playwright import Axe

    place, axe = told[0].as_uri(), Axe()
    for width in (360, 768, 1280):
        for scheme in ("light", "dark"):
            page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
            asked = []
            page.on("request", lambda request, asked=asked: asked.append(request.url))
            page.goto(place)
            page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
            found = axe.run(page)
            assert found.violations_count == 0, found.generate_report()
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert all(url == place or url.startswith("data:") for url in asked)
            page.close()
    still = browser.new_context(java_script_enabled=False)
    page = still.new_page()
    page.goto(place)
    assert page.locator("figure svg:visible").count() == page.locator("figure").count() >= 8
    still.close()
