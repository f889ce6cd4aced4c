"""Styles and fonts: what templates use is there, nothing comes from elsewhere, and sides are start and end."""

import re
from importlib.resources import files
from pathlib import Path

import pytest

DESIGN = Path(str(files("openhalo_design")))
ASSETS = DESIGN / "assets"
STYLES = {path.name: path.read_text(encoding="utf-8") for path in ASSETS.rglob("*.css")}
PHYSICAL = re.compile(
    r"(?<![-\w])((margin|padding|border)-(left|right)|(left|right)\s*:|text-align\s*:\s*(left|right)|float\s*:\s*(left|right))"
)


def test_every_class_of_the_design_system_that_a_page_uses_has_its_styles():
    used = {name for page in DESIGN.parent.rglob("templates/*.html") for name in _classes(page)}
    styled = set(re.findall(r"\.(usa-[\w-]+)", "".join(STYLES.values())))
    # These only name a part; the styles of the whole reach them.
    plain = {"usa-breadcrumb--wrap", "usa-footer--slim", "usa-identifier__section--version", "usa-in-page-nav__link"}
    assert len(used) > 40
    assert used - styled - plain == set(), "run: make assets"


def _classes(page):
    return re.findall(r"(?<![\w-])usa-[\w-]+", page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", STYLES)
def test_styles_know_no_left_and_right_and_ask_nothing_of_anyone(name):
    text = re.sub(r"/\*.*?\*/", "", STYLES[name], flags=re.DOTALL)
    assert PHYSICAL.findall(text) == []
    places = re.findall(r"url\([\"']?([^\"')]+)", text)
    assert [place for place in places if not (ASSETS / place).is_file()] == []
    assert "!important" not in text or name == "site.css"


def test_vendored_files_come_with_their_licences():
    vendor = ASSETS / "vendor"
    assert "SIL Open Font License" in (vendor / "LICENSE-public-sans.txt").read_text(encoding="utf-8")
    assert "public domain" in (vendor / "LICENSE-uswds.md").read_text(encoding="utf-8")
    fonts = sorted(path.name for path in vendor.glob("*.woff2"))
    assert len(fonts) == 4 and all((vendor / name).read_bytes()[:4] == b"wOF2" for name in fonts)


def test_the_lock_of_the_tools_names_no_registry():
    lock = DESIGN.parents[1] / "deploy" / "assets" / "package-lock.json"
    text = lock.read_text(encoding="utf-8")
    assert '"resolved"' not in text and text.count('"integrity"') > 30
