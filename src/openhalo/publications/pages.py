"""Static pages of a release: home, a page a domain, a page a measure, data. Complete without JavaScript."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from openhalo.base.errors import MissingExtra
from openhalo.catalogue.index import Catalogue
from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.presentation import numbers
from openhalo.presentation.words import _, plural, spoken
from openhalo.publications.freshness import Freshness
from openhalo.publications.imprint import Imprint
from openhalo.publications.measure_pages import MeasurePage
from openhalo.publications.open_data import table_of


@dataclass
class Contents:
    """What the pages of a release are made from."""

    imprint: Imprint
    pages: Sequence[MeasurePage]
    waiting: Sequence[tuple[MeasureSpec, list[str]]]
    """Measures that are not published, and the record types that they wait for."""
    fresh: Sequence[Freshness]
    receipts: Sequence[Any]
    sources: Sequence[Any]
    tables: Sequence[str]
    store_version: int
    catalogue: Catalogue

    @property
    def domains(self) -> dict[str, list[MeasurePage]]:
        """Return the pages by domain, counts first."""
        found: dict[str, list[MeasurePage]] = {}
        for page in sorted(self.pages, key=lambda page: (page.spec.domain, page.spec.kind != "count", page.spec.id)):
            found.setdefault(page.spec.domain, []).append(page)
        return found

    @property
    def key_figures(self) -> list[MeasurePage]:
        """Return what the home page says first: of each domain the count, then one more figure; four at most."""
        firsts, seconds = [], []
        for pages in self.domains.values():
            held = [page for page in pages if page.value]
            counts = [page for page in held if page.spec.kind == "count"]
            # Of the rest what says most surely what happened: no figure about recording, the fewest left out.
            others = [page for page in held if page.spec.kind != "count" and page.spec.direction == "neither"]
            others.sort(key=lambda page: (page.share_missing, len(page.spec.id)))
            firsts += (counts or others)[:1]
            seconds += others[: len(counts[:1])]
        return [*firsts, *seconds][:4]

    @property
    def names(self) -> dict[str, str]:
        """Return the name of each domain that has a page: those of measures, and of what they are counted against."""
        used = [*self.domains]
        used += [page.spec.per.record.partition("/")[0] for page in self.pages if page.spec.per]
        titles = {domain: self.catalogue.help.get(domain, "").partition("\n")[0] for domain in used}
        return {domain: _(title.removeprefix("# ") or domain.capitalize()) for domain, title in titles.items()}


def write_pages(folder: Path, contents: Contents) -> None:
    """Write `index.html`, `pages/data.html`, `pages/<domain>/index.html`, `pages/<domain>/<measure>.html`, assets."""
    environment = _environment()
    shared = {"c": contents, "imprint": contents.imprint, "language": spoken()}
    fresh = {
        domain: [one for one in contents.fresh if one.record.startswith(f"{domain}/")] for domain in contents.names
    }

    def write(place: str, template: str, **more: Any) -> None:
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        root = "../" * place.count("/")
        text = environment.get_template(template).render(**shared, root=root, here=place, **more)
        path.write_text(text, encoding="utf-8", newline="\n")

    write("index.html", "home.html")
    write("pages/data.html", "data.html")
    for domain in contents.names:
        words = _rendered(contents.catalogue.help.get(domain, ""))
        write(f"pages/{domain}/index.html", "domain.html", domain=domain, help=words, fresh=fresh[domain])
    for page in contents.pages:
        write(page_of(page.spec.id), "measure.html", page=page, table=table_of(page.spec.id))
    with as_file(files("openhalo.publications") / "assets") as assets:
        shutil.copytree(assets, folder / "assets")


def page_of(measure: str) -> str:
    """Return the path of a measure's page."""
    return f"pages/{measure}.html"


def _rendered(help_text: str) -> str:
    """Return a domain's help as HTML, without its title, which the page has already."""
    from markdown_it import MarkdownIt

    body = help_text.partition("\n")[2] if help_text.startswith("# ") else help_text
    return str(MarkdownIt("commonmark", {"html": False}).render(body))


def _environment() -> Any:
    try:
        import jinja2
    except ImportError:
        raise MissingExtra("publish", "writing pages") from None
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("openhalo.publications"), autoescape=True, undefined=jinja2.StrictUndefined,
        extensions=["jinja2.ext.i18n"], trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.install_gettext_callables(_, plural, newstyle=True)  # type: ignore[attr-defined]
    environment.filters.update(
        count=numbers.count, share=numbers.share, day=numbers.day, span=lambda f: numbers.span(f.first, f.last),
        page_of=page_of,
    )  # fmt: skip
    return environment
