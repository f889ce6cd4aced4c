"""The sheet to print names whoever reached a threshold, in no order, and never splits an officer over two pages."""

import math
import re
import shutil
import subprocess
from datetime import date

import pytest
from typer.testing import CliRunner

from openhalo.base.errors import CatalogueError, MeasureError, SiteError
from openhalo.cli.main import app
from openhalo.early_intervention.look_back import months_before
from openhalo.sites.open_site import open_site

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUARTER, DAY = "2012-Q3", date(2012, 9, 30)
RULES = ["miami_dade", "new_jersey"]
A_PAGE = 4
"""Officers with one factor that fit on a page, at most."""


@pytest.fixture(scope="module")
def printed(town, tmp_path_factory):
    file = tmp_path_factory.mktemp("sheet") / "sheet.html"
    asked = ["sheet", "--site", str(town.path), "--quarter", QUARTER, "--out", str(file)]
    done = CliRunner().invoke(app, [*asked, *(part for rule in RULES for part in ("--rule", rule))])
    assert done.exit_code == 0, done.output
    return file


def test_everyone_who_reached_a_threshold_stands_there_once_in_no_order(town, printed):
    rows = town.records("complaints/allegation").collect().drop_nulls("officer")
    reached = set()
    for months, least in ((3, 2), (12, 3)):
        some = rows.filter(rows["received_on"] > months_before(DAY, months), rows["received_on"] <= DAY)
        reached |= {key for key, n in some["officer"].value_counts().iter_rows() if n >= least}
    expected = {f"P-{key.rpartition('/')[2]}" for key in reached}
    html = printed.read_text("utf-8")
    named = re.findall(r"P-o\d{4}", html)
    assert set(named) == expected
    assert len(named) == len(expected) >= 10
    counts = {officer: rows["officer"].str.ends_with(officer[1:].removeprefix("-")).sum() for officer in named}
    assert named != sorted(named), "not by name"
    assert list(counts.values()) not in (sorted(counts.values()), sorted(counts.values(), reverse=True)), "nor by need"
    assert not re.search(r"Name of|Male|Female|White|Black", html)
    sheet = town.sheet(QUARTER, rules=RULES)
    assert sheet == town.sheet(QUARTER, rules=RULES)
    assert sheet.not_held == ["Force reports: 3 or more in 3 months"], "what cannot be counted is said"
    other = town.sheet("2012-Q4", rules=["new_jersey"])
    assert other.asked == ["Allegations in complaints: 3 or more in 12 months"]


def test_each_factor_has_the_verdicts_of_the_spreadsheet(town, printed):
    html = printed.read_text("utf-8")
    factors = sum(len(card.reached) for card in town.sheet(QUARTER, rules=RULES).cards)
    for code in town.catalogue.vocabularies["factor_verdict"].codes.values():
        assert html.count(f"<li>{code.label}</li>") >= factors
    assert "Restricted: not for publication." in html


def test_governance_comes_first_and_mistakes_are_told(town, tmp_path):
    site = open_site(shutil.copytree(town.path, tmp_path / "site"))
    with pytest.raises(MeasureError, match="2013-Q4"):
        site.sheet("2012")
    with pytest.raises(CatalogueError, match="new_jersey"):
        site.sheet(QUARTER, rules=["new_jersy"])
    (site.path / "governance.yaml").unlink()
    with pytest.raises(SiteError, match="no governance record"):
        site.sheet(QUARTER)


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
@pytest.mark.parametrize("paper", ["Letter", "A4"])
def test_printed_no_officer_is_split_and_no_page_is_wasted(town, printed, browser, paper, tmp_path):
    page = browser.new_page()
    page.goto(printed.as_uri())
    page.pdf(path=tmp_path / "sheet.pdf", format=paper)
    page.close()
    data = (tmp_path / "sheet.pdf").read_bytes()
    pages = len(re.findall(rb"/Type\s*/Page\b", data))
    cards = town.sheet(QUARTER, rules=RULES).cards
    assert math.ceil(len(cards) / A_PAGE) <= pages <= 1 + math.ceil(len(cards) / 2)
    if shutil.which("pdftotext"):
        text = subprocess.run(
            ["pdftotext", "-layout", tmp_path / "sheet.pdf", "-"], capture_output=True, check=True, text=True
        ).stdout
        for sheet in text.split("\f")[:-1]:
            assert len(re.findall(r"P-o\d{4}", sheet)) == sheet.count("What the officer says")
            assert "Restricted: not for publication." in sheet


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_in_black_and_white_nothing_is_lost_and_screens_read_it(printed, browser):
    from axe_playwright_python.sync_playwright import Axe

    for width in (360, 1280):
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.goto(printed.as_uri())
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.emulate_media(media="print")
        colours = page.evaluate(
            """[...document.querySelectorAll('main *')].flatMap(one => {
            const style = getComputedStyle(one); return [style.color, style.borderTopColor] })"""
        )
        for colour in set(colours):
            red, green, blue = re.findall(r"[\d.]+", colour)[:3]
            assert red == green == blue, f"{colour} is a shade of grey"
        page.close()
