"""What JavaScript adds, in a browser under the release's own security policy: filters, sorting, charts to explore."""

import json
import re
import shutil
import threading
from urllib.parse import urlsplit

import pytest

from openhalo.releases.http_server import address, server
from openhalo.releases.serving import one_release
from tests.libraries import library

playwright = library("playwright.sync_api")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [pytest.mark.ci, pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")]
SHARES, PLACES = "pages/stops/search_share.html", "pages/places.html"


@pytest.fixture(scope="module")
def base(real_release):
    with server(one_release(real_release), port=0) as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield address(made)
        made.shutdown()


@pytest.fixture
def visit(browser, base):
    """Open a place; at the end check that the console is silent and nobody else was asked."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page, complaints, asked = context.new_page(), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))

    def go(place):
        page.goto(base + place)
        page.wait_for_load_state("networkidle")
        return page, asked

    yield go
    context.close()
    assert not complaints
    assert {urlsplit(url).netloc for url in asked} == {urlsplit(base).netloc}


def test_a_chart_is_loaded_only_when_asked_for_and_says_its_figures(visit, real_release):
    page, asked = visit(SHARES)
    assert not any("vega" in url or url.endswith((".csv", ".json")) for url in asked)
    button = page.locator("#race button.explore")
    assert button.get_attribute("aria-expanded") == "false"
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#race-explored svg")
    assert button.get_attribute("aria-expanded") == "true" and button.inner_text() == "Close this chart"
    assert any(url.endswith("assets/vega.js") for url in asked) and any(
        url.endswith("search_share.csv") for url in asked
    )
    labels = page.locator("#race-explored svg text").evaluate_all("all => all.map(one => one.textContent)")
    assert {"Asian", "Black", "White", "Not known"} <= set(labels)
    box = page.locator("#race-explored svg").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + box["height"] * 0.06)
    tip = page.locator("#vg-tooltip-element.visible")
    tip.wait_for()
    table = page.locator("#race-rows tbody tr", has_text="Asian").locator("th, td").all_text_contents()
    assert (
        "Asian" in tip.inner_text()
        and table[2].split(" of ")[1] in tip.inner_text()
        and "95% interval" in tip.inner_text()
    )
    page.keyboard.press("Enter")
    assert page.locator("#race-explored").is_hidden()


def test_a_chart_through_time_lets_choose_the_period(visit):
    page, _asked = visit(SHARES)
    page.locator("#time button.explore").click()
    page.wait_for_selector("#time-explored svg")
    points = "#time-explored svg .mark-symbol path"
    assert page.locator(points).count() == 12
    choice = page.get_by_label("Each point is a")
    choice.select_option("quarter")
    playwright.expect(page.locator(points)).to_have_count(4)


def test_every_chart_that_is_offered_is_there_and_reads_the_table(real_release):
    offered = list(real_release.glob("pages/**/*.vl.json"))
    assert len(offered) > 20
    for path in offered:
        spec = json.loads(path.read_text(encoding="utf-8"))
        assert spec["data"]["values"] == [] and path.with_name(path.name.split(".")[0] + ".html").is_file()


def test_a_filter_is_held_in_the_address_and_announced_and_reaches_the_chart(visit, base):
    page, _asked = visit(f"{SHARES}?neighborhood=phillips")
    rows = page.locator("#neighborhood-rows tbody tr:visible th").all_inner_texts()
    assert rows and all("phillips" in row.lower() for row in rows)
    status = page.locator("#neighborhood-table [role=status]")
    assert status.inner_text() == f"{len(rows)} of {page.locator('#neighborhood-rows tbody tr').count()} shown"
    page.locator("#neighborhood button.explore").click()
    page.wait_for_selector("#neighborhood-explored svg")
    names = page.locator("#neighborhood-explored .role-axis-label text", has_text=re.compile("[A-Za-z]"))
    playwright.expect(names).to_have_count(len(rows))
    page.get_by_role("searchbox").first.focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("whit")
    playwright.expect(page).to_have_url(f"{base}{SHARES}?neighborhood=whit")
    assert page.locator("#neighborhood-rows tbody tr:visible th").all_inner_texts() == ["Whittier"]
    playwright.expect(names).to_have_text(["Whittier"])


def test_a_list_of_measures_is_filtered_by_its_words(visit):
    page, _asked = visit("pages/stops/index.html")
    page.get_by_label("Find a measure").fill("vehicle")
    playwright.expect(page).to_have_url(re.compile(r"[?]find=vehicle$"))
    shown = page.locator("#list li:visible").all_inner_texts()
    assert shown and all("vehicle" in one.lower() for one in shown)


def test_the_table_of_places_sorts_by_each_column_and_says_so(visit):
    page, _asked = visit(PLACES)
    table = page.locator("#neighborhood-rows")
    first = table.locator("tbody th").all_inner_texts()
    table.locator("thead th").nth(1).get_by_role("button").click()
    counts = [int(text.replace(",", "")) for text in table.locator("tbody td:nth-child(2)").all_inner_texts()]
    assert counts == sorted(counts, reverse=True) and len(counts) > 80
    assert table.locator("thead th").nth(1).get_attribute("aria-sort") == "descending"
    assert page.get_by_text("Sorted by Stops.").get_attribute("role") == "status"
    table.locator("thead th").nth(0).get_by_role("button").click()
    assert table.locator("tbody th").all_inner_texts() == first


@pytest.mark.parametrize("place", [SHARES, PLACES, "index.html"])
def test_without_javascript_everything_stands_and_no_dead_button_does(browser, base, place):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(base + place)
    assert page.locator("button.explore:visible").count() == 0 and page.locator("input:visible").count() == 0
    assert page.locator("[data-filter], .explored").locator("visible=true").count() == 0
    rows = page.locator("tbody tr, .list li")
    assert rows.count() > 10 and rows.evaluate_all("all => all.every(one => !one.hidden)")
    context.close()


def test_the_map_is_drawn_for_wide_and_narrow_and_light(visit, browser, base):
    page, _asked = visit(PLACES)
    assert page.locator(".map figure svg.wide:visible").count() >= 1
    alt = page.locator(".map figure svg.wide").first.get_attribute("aria-label")
    assert "A map of" in alt and "The largest:" in alt
    page.set_viewport_size({"width": 360, "height": 800})
    assert page.locator(".map figure svg.narrow:visible").count() >= 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    context = browser.new_context()
    other, weights = context.new_page(), []
    other.on("requestfinished", lambda request: weights.append(request.sizes()))
    other.goto(base + PLACES)
    other.wait_for_load_state("networkidle")
    assert sum(one["responseBodySize"] + one["responseHeadersSize"] for one in weights) < 150_000
    context.close()
