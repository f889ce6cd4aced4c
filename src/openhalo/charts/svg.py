"""A chart as SVG that takes its colours from the page, so that one drawing serves light, dark and print."""

import os
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.metadata import version
from pathlib import Path
from typing import Any

from openhalo.base.provenance import hash_facts, hash_file
from openhalo.charts import figures_chart
from openhalo.charts.svg_process import Job, svgs, wake

PAGE_COLOURS = {
    figures_chart.INK: "currentColor",
    figures_chart.SOFT: "var(--ink-soft)",
    figures_chart.RULE: "var(--rule)",
    figures_chart.PAPER: "var(--paper)",
    "white": "var(--paper)",
    figures_chart.ACCENT: "var(--accent)",
    figures_chart.UNKNOWN: "var(--hue-unknown)",
    **{hue: f"var(--hue-{index})" for index, hue in enumerate(figures_chart.HUES, start=1)},
}
"""Colour of a drawing → the page's own, which follows light, dark and print."""
_DROPPED = {"role", "class", "pointer-events", "font-family", "stroke-miterlimit"}
_SVG = "{http://www.w3.org/2000/svg}"


@dataclass(frozen=True)
class Drawing:
    """A chart that a page will show. It is drawn with all others that are promised, when the first is read."""

    drawings: "Drawings"
    key: str
    alt: str
    css: str

    def __html__(self) -> str:
        """Return the chart as an `<svg role="img">`."""
        head = f'<svg class="{escape(self.css)}" role="img" aria-label="{escape(self.alt)}"'
        return self.drawings.drawing(self.key).replace("<svg", head, 1)

    __str__ = __html__


class Drawings:
    """SVG drawings, kept in memory and on disk by what they were made from."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self.drawn = 0
        """How many had to be drawn; the rest came from the cache."""
        self._kept: dict[str, str] = {}
        self._promised: dict[str, Job] = {}

    def svg(self, make: Callable[..., figures_chart.Spec], *facts: Any, alt: str, css: str) -> Drawing:
        """Promise a chart for a page.

        Args:
            make: a function of `charts` that returns a chart.
            facts: its arguments.
            alt: what a person would see, in words.
            css: class of the `<svg>`, such as `wide`.
        """
        job: Job = (make(*facts), {})
        key = hash_facts([*job, _makers()])
        if key not in self._kept and key not in self._promised:
            self._promised[key] = job
            if not self._path(key):
                wake()
        return Drawing(self, key, alt, css)

    def drawing(self, key: str) -> str:
        """Return a promised chart as SVG, without words; all that are promised are drawn at once.

        Raises:
            MissingExtra: the library that draws is not installed.
        """
        if key not in self._kept:
            promised, self._promised = self._promised, {}
            self._kept |= {one: text for one in promised if (text := self._read(one))}
            new = {one: job for one, job in promised.items() if one not in self._kept}
            for one, text in zip(new, svgs(list(new.values())), strict=True):
                self._keep(one, for_page(text))
            self.drawn += len(new)
        return self._kept[key]

    def _read(self, key: str) -> str:
        path = self._path(key)
        return path.read_text(encoding="utf-8") if path else ""

    def _path(self, key: str) -> Path | None:
        path = self.folder / f"{key}.svg" if self.folder else None
        return path if path and path.is_file() else None

    def _keep(self, key: str, drawing: str) -> None:
        self._kept[key] = drawing
        if self.folder:
            self.folder.mkdir(parents=True, exist_ok=True)
            draft = self.folder / f".{key}.{os.getpid()}"
            draft.write_text(drawing, encoding="utf-8")
            draft.replace(self.folder / f"{key}.svg")


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
            if child.get(name) in PAGE_COLOURS:
                child.attrib[name] = PAGE_COLOURS[child.attrib[name]]


@cache
def _makers() -> list[str]:
    """Return what, besides its specification, a drawing follows from: this code and the library under it."""
    return [hash_file(Path(__file__)), version("vl-convert-python")]
