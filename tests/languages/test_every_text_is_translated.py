"""Whatever a page says passes through translation: in the test language nothing stands outside of its brackets."""

import json
import re
from html.parser import HTMLParser

import pytest

from .conftest import PLAN, SETTINGS, SOURCES
from .right_to_left import right_to_left

KEPT = {
    "CSV",
    "JSON",
    "SVG",
    "OpenHALO",
    "Parquet",
    "English",
    "Español",
    "Hill",
    "Docks",
    "Mill",
    "verify",
    "openhalo",
}
KEPT |= set(right_to_left().drawn["time"]["shortMonths"])
"""Names, of programs, languages and places, forms of files, and months as axes write them."""
VOID = {"meta", "link", "br", "img", "input", "hr"}
SAYING = (
    "aria-label",
    "alt",
    "title",
    "placeholder",
    "data-told",
    "data-sort",
    "data-by",
    "data-close",
    "data-wait",
    "data-failed",
)


class Said(HTMLParser):
    """Every text of a page that people see or hear, but code and citations in a language that they name."""

    def __init__(self):
        super().__init__()
        self.found, self.open = [], []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag not in VOID:
            self.open.append(
                tag in ("code", "script", "style")
                or (tag != "html" and "lang" in given)
                or given.get("translate") == "no"
            )
        if not any(self.open):
            self.found += [given[name] for name in SAYING if given.get(name)]

    def handle_startendtag(self, tag, attributes):
        pass

    def handle_endtag(self, tag):
        if tag not in VOID:
            self.open.pop()

    def handle_data(self, text):
        if not any(self.open):
            self.found.append(text)


def texts(html):
    reader = Said()
    reader.feed(html)
    return reader.found


def unbracketed(pieces):
    """Return the words of texts that stand outside of brackets, however these are nested and whatever is within."""
    depth, rest = 0, []
    for piece in pieces:
        before = depth
        for sign in piece + "\n":
            depth += {"⟦": 1, "⟧": -1}.get(sign, 0)
            if depth == 0 and sign != "⟧":
                rest.append(sign)
        depth = before if piece.endswith("…") else depth  # a long label of a chart was cut, and its bracket with it
    assert depth == 0
    return {word for word in re.findall(r"[^\W\d_]{2,}", "".join(rest)) if word not in KEPT}


def test_a_text_outside_of_brackets_is_found():
    page = "<html lang=ar><p>⟦a <b>b</b>⟧ c<br>12</p><p aria-label='⟦d⟧'>Hello</p><code>sha</code></html>"
    assert unbracketed(texts(page)) == {"Hello"}


@pytest.mark.ci
def test_no_text_of_any_page_lies_outside_of_translation(release):
    pages = sorted((release / "ar-XT").rglob("*.html"))
    kinds = {page.relative_to(release / "ar-XT").parts[1:-1] or page.name for page in pages}
    assert kinds >= {"index.html", "data.html", "places.html", "method.html", "changes.html", "about.html"}
    assert kinds >= {("stops",), ("complaints",), ("analyses",), ("analyses", "stops"), ("trace", "force")}
    outside = {
        page.relative_to(release).as_posix(): unbracketed(texts(page.read_text(encoding="utf-8"))) for page in pages
    }
    assert {page: words for page, words in outside.items() if words} == {}


@pytest.mark.ci
def test_no_english_fills_a_sentence_of_another_language(release):
    """What stands within brackets was translated as a whole; what fills it must have been, too."""
    run = re.compile(r"[A-Za-z]{2,}(?:[ ,;]+[A-Za-z]{2,}){2,}")
    left = {
        (page.name, words)
        for page in sorted((release / "ar-XT").rglob("*.html"))
        for piece in texts(page.read_text(encoding="utf-8"))
        for words in run.findall(piece)
    }
    assert left == set()


def _sentences(page):
    pieces = " \n ".join(texts(page.read_text(encoding="utf-8")))
    found = (" ".join(one.split()) for one in re.split(r"(?<=[.:;?!])\s|\n", pieces))
    return {one for one in found if len(re.findall(r"[^\W\d_]{2,}", one)) > 4}


@pytest.mark.ci
def test_no_sentence_of_a_spanish_page_is_that_of_the_english_one(release):
    own = json.dumps(PLAN) + SETTINGS + str(SOURCES) + "These fields are public."
    pages = sorted((release / "es").rglob("*.html"))
    assert len(pages) > 20 and all((release / page.relative_to(release / "es")).is_file() for page in pages)
    same = {
        sentence
        for page in pages
        for sentence in _sentences(page) & _sentences(release / page.relative_to(release / "es"))
    }
    assert {sentence for sentence in same if sentence.strip(" .") not in own} == set()


@pytest.mark.ci
def test_every_page_says_its_language_and_leads_to_the_same_page_in_the_others(release, imprint):
    for language in imprint.languages:
        base = release / imprint.place(language)
        page = (base / "pages/stops/search_share.html").read_text(encoding="utf-8")
        assert re.search(rf'<html [^>]*lang="{language.tag}" dir="{language.direction}">', page)
        for other in imprint.languages:
            for place in re.findall(rf'(?:hreflang="{other.tag}" )?href="([^"]+)"[^>]*hreflang="{other.tag}"', page):
                assert (base / "pages/stops" / place).resolve().is_file()
            assert len(re.findall(rf'hreflang="{other.tag}"', page)) == (1 if other is language else 2)


@pytest.mark.ci
@pytest.mark.parametrize(("tag", "told"), [("", False), ("es", True)])
def test_a_translation_that_nobody_has_reviewed_says_so_with_a_way_to_tell_mistakes(release, tag, told):
    for page in (release / tag).glob("**/*.html") if tag else [release / "index.html"]:
        text = page.read_text(encoding="utf-8")
        assert ("mailto:archive@example.org" in text) is told
