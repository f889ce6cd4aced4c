"""A chart as a picture to take along: it stands alone, with its title, source and release."""

import re
from pathlib import Path
from textwrap import wrap
from xml.sax.saxutils import escape

from openhalo.charts import figures_chart
from openhalo.charts.svg import PAGE_COLOURS
from openhalo.language.marks import plain
from openhalo.language.translation import _
from openhalo.publications.imprint import Imprint
from openhalo.publications.pages.measure_page import MeasurePage

_MARGIN, _LINE = 24, 22
_LETTERS = 84
"""Letters of a line at 15 px on the widest chart."""


def write_pictures(folder: Path, page: MeasurePage, imprint: Imprint) -> list[tuple[str, str]]:
    """Write each chart of a measure's page as an SVG file; return place and title of each."""
    made = []
    for cut in page.cuts:
        if cut.wide is not None:
            place = f"pages/{page.spec.id}-{cut.id}.svg"
            source = "; ".join(one.label for one in page.sources)
            text = _("{publisher}. {title}, release {number}. Records: {source}.")
            foot = text.format(publisher=imprint.publisher, title=imprint.title, number=imprint.number, source=source)
            (folder / place).parent.mkdir(parents=True, exist_ok=True)
            below = plain(" ".join([*cut.caption, foot]))
            drawn = picture(plain(str(cut.wide)), page.spec.question, cut.subtitle, below)
            (folder / place).write_text(drawn, encoding="utf-8", newline="\n")
            made.append((place, cut.title))
    return made


def picture(drawing: str, title: str, subtitle: str, foot: str) -> str:
    """Return a page's drawing as an SVG document of its own, on white paper, with words above and below it.

    Colours stand in the drawing itself, since a file that is passed on has no page to take them from.
    """
    head, body = re.match(r"(<svg[^>]*>)(.*)</svg>\s*$", drawing, re.DOTALL).groups()  # type: ignore[union-attr]
    width, height = (float(part) for part in re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', head).groups())  # type: ignore[union-attr]
    for colour, name in PAGE_COLOURS.items():
        body = body.replace(f'"{name}"', f'"{colour}"')
    above = [
        *_lines(title, _LETTERS * 3 // 4, 20, figures_chart.INK, 700),
        *_lines(subtitle, _LETTERS, 15, figures_chart.SOFT),
    ]
    below = _lines(foot, _LETTERS + 8, 13, figures_chart.SOFT)
    start = _MARGIN + _LINE * len(above) + 8
    whole = start + height + _LINE * len(below) + _MARGIN
    rows = [(float(_MARGIN + 14 + _LINE * row), line) for row, line in enumerate(above)]
    rows += [(start + height + 16 + _LINE * row, line) for row, line in enumerate(below)]
    words = "".join(line.replace("<text", f'<text x="{_MARGIN}" y="{at:g}"', 1) for at, line in rows)
    full = f"{width + 2 * _MARGIN:g}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {full} {whole:g}" width="{full}" height="{whole:g}" '
        f'font-family="{figures_chart.FONT}" color="{figures_chart.INK}" fill="{figures_chart.INK}">'
        f"<title>{escape(title)}</title>"
        f'<rect width="100%" height="100%" fill="{figures_chart.PAPER}"/>{words}'
        f'<g transform="translate({_MARGIN},{start})">{body}</g></svg>\n'
    )


def _lines(text: str, letters: int, size: int, colour: str, weight: int = 400) -> list[str]:
    style = f'font-size="{size}" font-weight="{weight}" fill="{colour}"'
    return [f"<text {style}>{escape(line)}</text>" for line in wrap(text, letters)]
