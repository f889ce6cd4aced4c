"""The pages from right to left: accessible, nothing wider than the screen, no text on another, charts as drawn."""

import threading

import pytest

from openhalo.releases.http_server import address, server
from openhalo.releases.serving import one_release

pytestmark = pytest.mark.ci

PLACES = (
    "index.html",
    "pages/data.html",
    "pages/stops/index.html",
    "pages/stops/search_share.html",
    "pages/force/applications_per_1000_residents.html",
)
OVERLAPS = """() => {
  const boxes = [];
  for (const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT); walker.nextNode();) {
    const text = walker.currentNode, holder = text.parentElement;
    if (!text.textContent.trim() || holder.closest('svg, .skip, caption.same') || !holder.checkVisibility()) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    for (const box of range.getClientRects()) if (box.width > 1) boxes.push([box, text]);
  }
  const over = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 0.4 * Math.min(a.height, b.height);
  const found = [];
  boxes.forEach(([a, one], i) => boxes.slice(i + 1).forEach(([b, other]) => {
    if (one !== other && over(a, b)) found.push([one.textContent.slice(0, 30), other.textContent.slice(0, 30)]);
  }));
  return found;
}"""


@pytest.fixture(scope="module")
def base(release):
    with server(one_release(release), port=0) as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield address(made)
        made.shutdown()


@pytest.fixture(scope="module")
def page(browser):
    return browser.new_page()


def _visit(page, url, width):
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(url)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("tag", ["ar-XT/", "es/"])
def test_pages_of_every_direction_fit_and_no_text_lies_on_another(page, base, place, tag):
    for width in (360, 1280):
        _visit(page, f"{base}{tag}{place}", width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate("document.scrollingElement.scrollLeft") == 0
        assert page.evaluate(OVERLAPS) == []


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("tag", ["ar-XT/", "es/"])
def test_no_rule_of_accessibility_is_broken(page, base, place, tag):
    from axe_playwright_python.sync_playwright import Axe

    _visit(page, f"{base}{tag}{place}", 1280)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_words_begin_at_the_right_and_charts_stay_as_drawn(page, base):
    _visit(page, f"{base}ar-XT/pages/stops/search_share.html", 1280)
    box = page.locator("h1").bounding_box()
    words = page.evaluate(
        "() => { const r = document.createRange(); r.selectNodeContents(document.querySelector('h1'));"
        " return r.getBoundingClientRect().right }"
    )
    assert abs(box["x"] + box["width"] - words) < 2
    assert page.eval_on_selector_all("figure svg", "all => all.every(one => getComputedStyle(one).direction === 'ltr')")
    bidi = "all => all.every(one => getComputedStyle(one).unicodeBidi === 'plaintext')"
    assert page.eval_on_selector_all("figure svg text", bidi)  # "0.7% to 35.4%" reads from the right
    first = page.locator("#race-table thead th").first.bounding_box()["x"]
    assert first > page.locator("#race-table thead th").nth(1).bounding_box()["x"]
