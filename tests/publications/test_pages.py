"""Pages in a real browser: they fit every screen, ask nothing of anyone else, and can be read without a mouse."""

import gzip
import re
from itertools import pairwise, product

import pytest

from openhalo.catalogue.index import load
from tests.libraries import library

from .browsing import CHROMIUM, served, visiting

playwright = library("playwright.sync_api")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
PAGES = ("index.html", "pages/method.html", "pages/stops/search_share.html", "pages/stops/index.html")
WIDTHS = (360, 768, 1280)


@pytest.fixture(scope="module")
def base(real_release):
    with served(real_release) as where:
        yield where


@pytest.fixture
def visit(tab, base):
    with visiting(tab, base) as go:
        yield go


@pytest.mark.parametrize(("place", "width"), list(product(PAGES, WIDTHS)))
def test_a_page_fits_the_screen_and_its_landmarks_are_there(visit, place, width):
    page = visit(place, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if width < 768:
        page.get_by_role("button", name="Menu").click()
    for role, name in (("banner", None), ("main", None), ("contentinfo", None), ("navigation", "Main")):
        assert page.get_by_role(role, **({"name": name} if name else {})).count() == 1, role
    assert page.locator("h1").count() == 1
    levels = page.eval_on_selector_all("h1,h2,h3,h4", "all => all.map(one => Number(one.tagName[1]))")
    assert all(after - before <= 1 for before, after in pairwise(levels)), levels
    assert page.get_attribute("html", "lang") == "en" and page.get_attribute("html", "dir") == "ltr"
    ids = page.eval_on_selector_all("[id]", "all => all.map(one => one.id)")
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("place", PAGES)
def test_tables_have_captions_and_heads_and_links_lead_somewhere(visit, base, place):
    page = visit(place)
    bad = page.eval_on_selector_all(
        "table",
        "all => all.filter(one => !one.caption || !one.tHead || one.querySelectorAll('thead th:not([scope])').length"
        " || [...one.tBodies[0].rows].some(row => row.cells[0].tagName !== 'TH')).length",
    )
    assert bad == 0
    links = page.eval_on_selector_all("a[href]", "all => all.map(one => one.href)")
    for link in {link for link in links if "#" not in link}:
        assert page.request.get(link).ok, link
    for link in {link for link in links if link.startswith(f"{base}{place}#")}:
        assert page.locator(f"[id='{link.partition('#')[2]}']").count() == 1, link


def test_the_keyboard_finds_the_content_first_and_focus_can_be_seen(visit):
    page = visit(PAGES[2])
    page.keyboard.press("Tab")
    skip = page.locator(".usa-skipnav")
    assert skip.evaluate("one => one === document.activeElement")
    # The link slides into view; the page's security policy forbids waiting by script.
    playwright.expect(skip).to_be_in_viewport(ratio=1)
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    for _ in range(12):
        page.keyboard.press("Tab")
        style = page.evaluate(
            "() => { const s = getComputedStyle(document.activeElement);"
            " return [s.outlineStyle, parseFloat(s.outlineWidth)] }"
        )
        assert style[0] == "solid" and style[1] >= 2


@pytest.mark.parametrize(("width", "shown", "hidden"), [(360, "narrow", "wide"), (1280, "wide", "narrow")])
def test_each_screen_gets_its_own_chart_with_words_and_readable_text(visit, width, shown, hidden):
    page = visit(PAGES[2], width)
    charts = page.locator(f"figure svg.{shown}")
    assert charts.count() >= 4
    for chart in charts.all():
        assert chart.is_visible() and chart.get_attribute("role") == "img"
        assert len(chart.get_attribute("aria-label")) > 60
        box, natural = chart.bounding_box(), float(chart.get_attribute("width"))
        assert box["width"] / natural * 14 >= 12.5  # 14 px labels stay readable
    assert all(not chart.is_visible() for chart in page.locator(f"figure svg.{hidden}").all())


@pytest.mark.parametrize("cut", ["time", "race"])
def test_the_table_link_opens_the_table(visit, cut):
    page = visit(PAGES[2])
    table = page.locator(f"#{cut}-table table")
    assert table.is_hidden()
    page.locator(f"#{cut} a[href='#{cut}-table']").click()
    assert table.is_visible()


def test_a_list_of_figures_is_grouped_by_what_they_answer(visit):
    page = visit("pages/stops/index.html")
    groups = {one.locator("h3").inner_text(): one.locator("li").count() for one in page.locator("section.asked").all()}
    assert list(groups)[:3] == ["Stops", "Reasons for stops", "Searches"] and "Other figures" not in groups
    page.get_by_label("Find a measure").fill("citation")
    playwright.expect(page.locator("section.asked:visible")).to_have_count(3)
    assert page.locator("section.asked li:visible").count() >= 3


def test_headings_read_well_where_a_field_says_yes_or_no(real_release):
    for path in real_release.glob("pages/stops/*.html"):
        heads = re.findall(r'<h3 id="[^"]+-title">(By [^<]+)', path.read_text("utf-8"))
        assert not [head for head in heads if " a person or a vehicle was" in head], path


def test_every_yes_or_no_field_that_figures_are_cut_by_says_how_it_reads_after_by():
    catalogue = load()
    for spec in catalogue.measures.values():
        for path in {*spec.groups, *(one for pair in spec.pairs for one in pair)}:
            found = catalogue.schema.follow(spec.record, path) if spec.record else None
            assert not found or found[1].type != "boolean" or found[1].by, (spec.id, path)


@pytest.mark.parametrize("place", PAGES)
def test_the_first_load_is_light(browser, base, place):
    context = browser.new_context()
    page, weights = context.new_page(), []
    page.on("requestfinished", lambda request: weights.append(request.sizes()))
    page.goto(base + place)
    page.wait_for_load_state("networkidle")
    assert sum(one["responseBodySize"] + one["responseHeadersSize"] for one in weights) < 150_000
    context.close()


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.ci)])
def test_words_stand_out_from_the_paper(visit, scheme):
    page = visit(PAGES[2], scheme=scheme)
    pairs = page.evaluate(
        """() => [...document.querySelectorAll('p, a, td, th, h1, h2, h3, dt, dd, code, figcaption, svg.wide text')]
        .filter(one => one.checkVisibility()
          && !one.closest('.usa-site-alert, .usa-skipnav, .usa-identifier') && !one.getAttribute('stroke'))
        .map(one => { const s = getComputedStyle(one);
          return [one instanceof SVGElement ? s.fill : s.color, getComputedStyle(document.body).backgroundColor,
                  one.tagName, one.textContent.slice(0, 30)] })"""
    )
    weak = {(tag, words) for ink, paper, tag, words in pairs if _contrast(ink, paper) < (7 if tag == "A" else 4.5)}
    assert len(pairs) > 100 and not weak


def test_right_to_left_fits_too(visit):
    page = visit(PAGES[2], 360)
    page.evaluate("document.documentElement.dir = 'rtl'")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    heading = page.evaluate("getComputedStyle(document.querySelector('h1')).textAlign")
    assert heading in ("start", "right")


def test_a_demo_says_so_and_offers_no_complaint(visit):
    page = visit(PAGES[0])
    assert "This is a demonstration" in page.get_by_role("region", name="About this site").inner_text()
    assert page.get_by_role("button").count() == 0
    assert page.get_by_role("link", name="omplain").count() == 0


def _contrast(one, other):
    def light(colour):
        parts = [float(part) / 255 for part in colour.partition("(")[2].rstrip(")").split(",")[:3]]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    bright, dark = sorted((light(one), light(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _every_look(release, places):
    """Return as few places as show every class that the styles colour: pages with the most of them first."""
    found = {place: set(re.findall(r'class="([^"]+)"', (release / place).read_text("utf-8"))) for place in places}
    chosen, seen = [], set()
    for place in sorted(places, key=lambda place: (-len(found[place]), place)):
        if not found[place] <= seen:
            chosen.append(place)
            seen |= found[place]
    return chosen


CONTRAST = "color-contrast"


EVERYWHERE = [
    pytest.param("rules everywhere", marks=pytest.mark.ci),
    pytest.param("light everywhere", marks=pytest.mark.ci),
    pytest.param("dark everywhere", marks=pytest.mark.soak),
]


@pytest.mark.parametrize("looked_at", ["rules", "light", "dark", *EVERYWHERE])
def test_no_page_breaks_a_rule_of_accessibility(visit, real_release, looked_at):
    """All rules, and contrast in light and dark, on pages that together show every look; or on all."""
    from axe_playwright_python.sync_playwright import Axe

    axe, places = Axe(), sorted(path.relative_to(real_release).as_posix() for path in real_release.rglob("*.html"))
    options = {"resultTypes": ["violations"]}
    assert len(places) >= 12
    options |= {"rules": {CONTRAST: {"enabled": False}}} if "rules" in looked_at else {"runOnly": [CONTRAST]}
    places = places if "everywhere" in looked_at else _every_look(real_release, places)
    for place in places:
        page = visit(place, scheme="dark" if "dark" in looked_at else "light")
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        found = axe.run(page, options=options)
        assert found.violations_count == 0, f"{place}: {found.generate_report()}"
        assert len(found.response["passes"]) > 0


def test_no_page_runs_out_of_a_phone(visit, real_release):
    """With every table open: it is the long cells of tables that push a page wider than its screen."""
    out = {}
    for path in sorted(real_release.rglob("*.html")):
        place = path.relative_to(real_release).as_posix()
        page = visit(place, 360)
        found = page.evaluate(
            """() => { document.querySelectorAll('details').forEach(one => one.open = true);
            return [...document.querySelectorAll('main table, main figure, main dl, main ul')]
            .filter(one => one.checkVisibility() && !one.closest('.scroll'))
            .filter(one => one.getBoundingClientRect().right > 361).map(one => one.textContent.trim().slice(0, 40)) }"""
        )
        if found:
            out[place] = found
    assert out == {}


def test_the_first_load_of_every_page_is_under_150_kb(real_release):
    def packed(path):
        return len(path.read_bytes() if path.suffix == ".woff2" else gzip.compress(path.read_bytes()))

    assets = real_release / "assets"
    shared = [*assets.rglob("*.css"), *assets.rglob("*.woff2"), assets / "site.js", assets / "icon.svg"]
    load = sum(map(packed, shared))
    weights = {path: load + packed(path) for path in real_release.rglob("*.html")}
    assert len(weights) >= 12
    assert {path: weight for path, weight in weights.items() if weight >= 150_000} == {}


def test_a_domain_says_what_its_records_are_and_cannot_show(visit):
    page = visit("pages/stops/index.html")
    assert page.locator("h1").inner_text() == "Stops"
    heads = page.locator("h2").all_inner_texts()
    assert heads[0] == "What the records show" and {"What a stop is", "What stops cannot show"} <= set(heads)
    assert page.get_by_role("link", name="How many stops did officers make?").count() == 1
    assert page.locator("nav a[aria-current=page]").inner_text() == "Stops"


def test_bounds_are_shown_only_where_something_is_unknown(visit):
    page = visit(PAGES[2])
    heads = {cut: page.locator(f"#{cut}-table thead").text_content() for cut in ("race", "precinct")}
    assert "Could lie between" in heads["race"] and "Could lie between" not in heads["precinct"]
