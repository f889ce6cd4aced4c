"""A chart as SVG that takes its colours from the page, so that one drawing serves light, dark and print."""

import json
import os
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from html import escape
from importlib.metadata import version
from pathlib import Path
from typing import Any

from openhalo.base.errors import MissingExtra
from openhalo.base.provenance import hash_facts, hash_file
from openhalo.presentation import charts

_PAGE_COLOURS = {
    charts.INK: "currentColor",
    charts.SOFT: "var(--ink-soft)",
    charts.RULE: "var(--rule)",
    charts.PAPER: "var(--paper)",
    "white": "var(--paper)",
    charts.ACCENT: "var(--accent)",
    charts.UNKNOWN: "var(--hue-unknown)",
    **{hue: f"var(--hue-{index})" for index, hue in enumerate(charts.HUES, start=1)},
}
_DROPPED = {"role", "class", "pointer-events", "font-family", "stroke-miterlimit"}
_SVG = "{http://www.w3.org/2000/svg}"


class Drawings:
    """SVG drawings, kept in memory and on disk by what they were made from."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self.drawn = 0
        """How many had to be drawn; the rest came from the cache."""
        self._kept: dict[str, str] = {}

    def svg(self, make: Callable[..., Any], *facts: Any, alt: str, css: str) -> str:
        """Return a chart as an `<svg role="img">` for a page.

        Args:
            make: a function of `presentation.charts` that returns a chart.
            facts: its arguments: plain data, from which alone the drawing follows.
            alt: what a person would see, in words.
            css: class of the `<svg>`, such as `wide`.
        """
        key = hash_facts([make.__name__, [_plain(fact) for fact in facts], _makers()])
        if key not in self._kept:
            self._kept[key] = self._read(key) or self._draw(key, make, facts)
        head = f'<svg class="{escape(css)}" role="img" aria-label="{escape(alt)}"'
        return self._kept[key].replace("<svg", head, 1)

    def _read(self, key: str) -> str:
        path = self.folder / f"{key}.svg" if self.folder else None
        return path.read_text(encoding="utf-8") if path and path.is_file() else ""

    def _draw(self, key: str, make: Callable[..., Any], facts: tuple[Any, ...]) -> str:
        try:
            import vl_convert
        except ImportError:
            raise MissingExtra("publish", "drawing charts") from None
        self.drawn += 1
        drawing = for_page(vl_convert.vegalite_to_svg(make(*facts)))
        if self.folder:
            self.folder.mkdir(parents=True, exist_ok=True)
            draft = self.folder / f".{key}.{os.getpid()}"
            draft.write_text(drawing, encoding="utf-8")
            draft.replace(self.folder / f"{key}.svg")
        return drawing


def for_page(svg: str) -> str:
    """Return Vega's SVG without what a page does not need, its colours replaced by those of the page."""
    root = ET.fromstring(svg)
    box = root.attrib["viewBox"]
    _clean(root)
    root.attrib.clear()
    width, height = box.split()[2:]
    root.attrib.update({"viewBox": box, "width": width, "height": height})
    ET.register_namespace("", "http://www.w3.org/2000/svg")
    return ET.tostring(root, encoding="unicode").replace(' xmlns="http://www.w3.org/2000/svg"', "", 1)


def _clean(node: ET.Element) -> None:
    for child in list(node):
        _clean(child)
        empty_path = child.tag == f"{_SVG}path" and child.get("d") in ("", "M0,0h0v0h0Z")
        backdrop = child.get("class") == "background" or (node.tag == f"{_SVG}svg" and child.tag == f"{_SVG}rect")
        hidden = child.get("opacity") == "0" or child.get("display") == "none"
        hollow = child.tag in (f"{_SVG}g", f"{_SVG}text") and len(child) == 0 and not child.text
        if empty_path or backdrop or hidden or hollow:
            node.remove(child)
            continue
        for name in [n for n in child.attrib if n in _DROPPED or n.startswith("aria-") or n == "style"]:
            del child.attrib[name]
        if child.get("opacity") == "1":
            del child.attrib["opacity"]
        for name in ("fill", "stroke"):
            if child.get(name) in _PAGE_COLOURS:
                child.attrib[name] = _PAGE_COLOURS[child.attrib[name]]


def _plain(fact: Any) -> Any:
    return json.loads(json.dumps(fact, default=_fields))


def _fields(thing: Any) -> Any:
    return asdict(thing)


@cache
def _makers() -> list[str]:
    """Return what, besides its data, a drawing follows from: this code and the libraries under it."""
    own = [
        hash_file(Path(__file__).with_name(name))
        for name in ("analysis_charts.py", "charts.py", "drawing.py", "figures.py", "numbers.py")
    ]
    return [*own, version("vl-convert-python")]
