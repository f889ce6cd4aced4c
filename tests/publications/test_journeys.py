"""Ways through the pages of a made-up site, read from the left and from the right: keys, zoom, print, what is heard."""

import os
import re
from pathlib import Path

import pytest

from .browsing import CHROMIUM, served, visiting

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
SNAPSHOTS = Path(__file__).parent / "snapshots"
KINDS = {
    "home": "index.html",
    "domain": "pages/stops/index.html",
    "measure": "pages/stops/search_share.html",
    "data": "pages/data.html",
    "method": "pages/method.html",
    "changes": "pages/changes.html",
    "about": "pages/about.html",
}
MEASURE = KINDS["measure"]
FOCUS = "document.activeElement"


@pytest.fixture(scope="module")
def base(two_ways):
    with served(two_ways) as where:
        yield where


@pytest.fixture
def visit(tab, base):
    with visiting(tab, base) as go:
        yield go


@pytest.mark.parametrize("kind", [*KINDS, "home-rtl"])
def test_what_a_screen_reader_hears(visit, kind):
    """Run with OPENHALO_WRITE_SNAPSHOTS=1 after a change that was meant, and read the difference."""
    page = visit("ar/index.html" if kind == "home-rtl" else KINDS[kind])
    # A hash says nothing to the ear, and follows every word of a definition.
    heard = re.sub(r"\b[0-9a-f]{12}\b", "(hash)", page.locator("body").aria_snapshot() + "\n")
    path = SNAPSHOTS / f"{kind}.txt"
    if os.environ.get("OPENHALO_WRITE_SNAPSHOTS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(heard, encoding="utf-8")
    assert heard == path.read_text(encoding="utf-8")


def test_no_page_breaks_a_rule_of_accessibility_read_from_the_right_or_with_the_menu_open(visit):
    from axe_playwright_python.sync_playwright import Axe

    axe = Axe()
    for place in (KINDS["home"], MEASURE, KINDS["changes"]):
        found = axe.run(visit(f"ar/{place}"))
        assert found.violations_count == 0, f"{place}: {found.generate_report()}"
    for scheme in ("light", "dark"):
        page = visit(KINDS["about"], 360, scheme)
        page.locator(".usa-menu-btn").click()
        assert axe.run(page).violations_count == 0


@pytest.mark.parametrize("folder", ["", "ar/"])
@pytest.mark.parametrize("width", [320, 360])
def test_nothing_runs_out_of_a_small_screen(visit, width, folder):
    for place in KINDS.values():
        page = visit(folder + place, width)
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        wide = page.evaluate(
            """edge => [...document.querySelectorAll('body *')].filter(one => one.checkVisibility()
            && getComputedStyle(one).position !== 'absolute' && !one.closest('.usa-skipnav, .scroll, svg'))
            .map(one => [one.tagName, one.className, one.getBoundingClientRect()])
            .filter(([,, box]) => box.width && (box.right > edge + 1 || box.left < -1)).map(one => one.slice(0, 2))""",
            width,
        )
        assert page.evaluate("document.documentElement.scrollWidth") <= width and not wide, (place, wide)
        hanging = page.eval_on_selector_all(
            "td[data-label]", "all => all.filter(one => parseFloat(getComputedStyle(one, '::before').marginLeft) < 0)"
        )
        assert not hanging, place


def test_words_may_be_set_wider_or_twice_as_large(visit):
    spaced = "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }"
    for style, width in ((spaced, 360), (spaced, 768), ("html { font-size: 200% }", 1280)):
        for place in (KINDS["home"], MEASURE):
            page = visit(place, width)
            page.evaluate(
                "style => { const sheet = new CSSStyleSheet(); sheet.replaceSync(style);"
                " document.adoptedStyleSheets = [sheet] }",
                style,
            )
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (place, style)
            cut = page.evaluate(
                "() => [...document.querySelectorAll('h1, p, a, td, th, dd')].filter(one => one.checkVisibility()"
                " && getComputedStyle(one).overflow === 'hidden' && one.scrollHeight > one.clientHeight + 2).length"
            )
            assert cut == 0


def test_keys_lead_past_the_menu_then_on_through_the_page(visit):
    page = visit(MEASURE)
    page.keyboard.press("Tab")
    assert page.evaluate(f"{FOCUS}.className") == "usa-skipnav"
    page.keyboard.press("Enter")
    assert page.evaluate(f"{FOCUS}.id") == "main"
    order = []
    for _ in range(9):
        page.keyboard.press("Tab")
        order.append(page.evaluate(f"{FOCUS}.textContent.trim()"))
    links = ["Compared with what?", "How sure is this?", "How is it counted?", "What is being done?"]
    assert order[:8] == ["Home", "Stops", *links, "Take it with you", "Read as table"]


def test_a_long_table_opens_with_a_key(visit):
    page = visit(MEASURE)
    summary = page.locator("#time summary")
    summary.focus()
    assert not page.locator("#time-table").is_visible()
    page.keyboard.press("Enter")
    assert page.locator("#time-table").is_visible()


def test_each_language_is_one_step_away_under_its_own_name_and_leads_to_the_same_page(visit, base):
    page = visit(MEASURE, 360)
    page.get_by_role("link", name="العربية").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"{base}ar/{MEASURE}")
    assert page.get_attribute("html", "dir") == "rtl" and page.get_attribute("html", "lang") == "ar"
    head = page.locator("h1").bounding_box()
    assert head["x"] + head["width"] >= 360 - 24
    page.get_by_role("link", name="English").click()
    page.wait_for_url(base + MEASURE)


def test_the_menu_of_a_phone_opens_and_closes_with_keys(visit):
    page = visit(MEASURE, 360)
    menu, nav = page.get_by_role("button", name="Menu"), page.locator("#menu")
    assert not nav.is_visible()
    menu.focus()
    page.keyboard.press("Enter")
    assert nav.is_visible()
    page.keyboard.press("Tab")
    assert page.evaluate(f"{FOCUS}.textContent") == "Close"
    page.keyboard.press("Tab")
    assert page.evaluate(f"{FOCUS}.textContent") == "Stops"
    page.keyboard.press("Escape")
    assert not nav.is_visible() and menu.evaluate(f"one => one === {FOCUS}")
    assert (
        page.get_by_role("button", name="Menu").is_visible()
        and not visit(MEASURE, 1280).locator(".usa-menu-btn").is_visible()
    )


def test_charts_keep_their_direction_and_text_turns(visit):
    page = visit(f"ar/{MEASURE}")
    styles = page.evaluate(
        "() => ['figure svg.wide', 'h1', '.usa-table th'].map(one => getComputedStyle(document.querySelector(one)))"
        ".map(one => [one.direction, one.textAlign])"
    )
    assert [one[0] for one in styles] == ["ltr", "rtl", "rtl"]


def test_a_printed_page_says_what_it_is_and_shows_its_tables(visit):
    page = visit(MEASURE)
    page.emulate_media(media="print")
    foot = page.locator(".usa-identifier__section--version")
    assert re.search(r"Release 0001, November 1, 2026, from version 1", foot.inner_text())
    assert f"https://records.test/{MEASURE}" in foot.inner_text()
    for gone in (".usa-nav", ".usa-breadcrumb", ".usa-in-page-nav"):
        assert not page.locator(gone).first.is_visible()
    assert page.locator("#time-table").bounding_box()["height"] > 100
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_pages_are_whole_without_scripts(browser, base):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(base + MEASURE)
    assert page.locator("figure svg.wide").first.is_visible() and page.locator("#race-table table").is_hidden()
    page.locator("#race a[href='#race-table']").click()
    assert page.locator("#race-table table").is_visible()
    assert page.locator("button:visible").count() == 0
    page.set_viewport_size({"width": 360, "height": 800})
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="About").click()
    assert page.locator("h1").inner_text() == "About this site"
    context.close()


def test_a_complaint_door_stands_where_the_agency_has_one(visit):
    page = visit("index.html")
    door = page.get_by_role("main").get_by_role("link", name="Make a complaint")
    assert door.get_attribute("href") == "https://complaints.test/"


def test_a_picture_stands_alone(visit, base, two_ways):
    page = visit(MEASURE)
    links = page.get_by_role("link", name=re.compile("Download the chart"))
    assert links.count() >= 2
    place = links.first.get_attribute("href")
    drawn = page.request.get(f"{base}pages/stops/{Path(place).name}")
    text = drawn.text()
    assert drawn.headers["content-type"] == "image/svg+xml" and "var(" not in text and "currentColor" not in text
    assert "release 0001" in text and page.locator("h1").inner_text().split()[-1] in text
