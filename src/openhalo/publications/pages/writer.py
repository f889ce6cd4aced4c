"""Static pages of a release: home, a page a domain, a page a measure, data. Complete without JavaScript."""

import json
import shutil
from functools import cache
from importlib.resources import as_file
from pathlib import Path
from typing import Any, NamedTuple

from openhalo.charts.vega_bundle import write_engine
from openhalo.language.marks import plain
from openhalo.language.templates import assets, environment
from openhalo.language.translation import _, spoken
from openhalo.publications.pages.contents import Contents
from openhalo.publications.pages.pictures import write_pictures
from openhalo.publications.tables.open_data import dictionary_of, table_of
from openhalo.releases.page_marks import with_marks


def write_pages(folder: Path, contents: Contents) -> dict[str, int]:
    """Write the pages of one language: home, the general ones, a page a domain, a page a measure.

    Templates reach a page of the same language as `root ~ place`, a file of the release as `top ~ place`, and this
    page in another language as `top ~ imprint.place(other) ~ here`.

    Returns:
        How many numbers of each page say which figure they show.
    """
    templates, language = _templates(), spoken()
    base = contents.imprint.place(language)
    general = _general(contents)
    shared = {"c": contents, "imprint": contents.imprint, "language": language, "general": general}
    fresh = {
        domain: [one for one in contents.fresh if one.record.startswith(f"{domain}/")] for domain in contents.names
    }

    numbers: dict[str, int] = {}

    def write(here: str, template: str, **more: Any) -> None:
        path = folder / base / here
        path.parent.mkdir(parents=True, exist_ok=True)
        up = {"root": "../" * here.count("/"), "top": "../" * (base + here).count("/")}
        text = templates.get_template(template).render(**shared, **up, here=here, **more)
        text, numbers[base + here] = with_marks(text)
        path.write_text(text, encoding="utf-8", newline="\n")

    write("index.html", "home.html")
    for one in general:
        write(one.place, one.template)
    for domain in contents.names:
        words = _rendered(contents.catalogue.help.get(domain, ""))
        write(f"pages/{domain}/index.html", "domain.html", domain=domain, help=words, fresh=fresh[domain])
    for page in contents.pages:
        pictures = write_pictures(folder / base, page, contents.imprint)
        write(page_of(page.spec.id), "measure.html", page=page, table=table_of(page.spec.id), pictures=pictures)
        for cut in page.cuts:
            if cut.explore is not None:
                text = json.dumps(cut.explore, ensure_ascii=False, separators=(",", ":"))
                (folder / base / chart_of(page.spec.id, cut.id)).write_text(text, encoding="utf-8")
    for trace in contents.traces:
        write(trace.place, "trace.html", trace=trace)
    for analysis in contents.analyses:
        write(analysis.place, "analysis.html", page=analysis)
    return numbers


class General(NamedTuple):
    """A page beside those of the figures, which the menu names."""

    place: str
    template: str
    name: str


def _general(contents: Contents) -> list[General]:
    places = [General("pages/places.html", "places.html", _("Places"))] if contents.places else []
    tests = [General("pages/analyses/index.html", "analyses.html", _("Statistical tests"))] if contents.plan else []
    return [
        *places,
        *tests,
        General("pages/data.html", "data.html", _("Data")),
        General("pages/method.html", "method.html", _("How we count")),
        General("pages/changes.html", "changes.html", _("What changed")),
        General("pages/about.html", "about.html", _("About")),
    ]


def write_assets(folder: Path, cache: Path | None = None) -> None:
    """Copy what pages of every language share: styles, fonts, icon, scripts. The largest is kept in `cache`."""
    with as_file(assets()) as shared:
        shutil.copytree(shared, folder / "assets")
    write_engine(folder / "assets", cache)


def page_of(measure: str) -> str:
    """Return the path of a measure's page."""
    return f"pages/{measure}.html"


def chart_of(measure: str, cut: str) -> str:
    """Return the path of the chart that explores one comparison of a measure."""
    return f"pages/{measure}.{cut}.vl.json"


def _rendered(help_text: str) -> str:
    """Return a domain's help as HTML, without its title, which the page has already."""
    from markdown_it import MarkdownIt

    body = help_text.partition("\n")[2] if help_text.startswith("# ") else help_text
    return str(MarkdownIt("commonmark", {"html": False}).render(body))


@cache
def _templates() -> Any:
    """Return the templates of a release."""
    made = environment("openhalo.publications.pages")
    made.filters.update(dictionary=dictionary_of, page_of=page_of, chart_of=chart_of, plain=plain)
    return made
