"""Static pages of a release: home, one page a measure, data. Complete without JavaScript, nothing from elsewhere."""

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
        """Return the pages by domain, in the order of their names."""
        found: dict[str, list[MeasurePage]] = {}
        for page in sorted(self.pages, key=lambda page: page.spec.id):
            found.setdefault(page.spec.domain, []).append(page)
        return found

    @property
    def key_figures(self) -> list[MeasurePage]:
        """Return what the home page says first: of each domain the count, then one more figure; four at most."""
        firsts, seconds = [], []
        for pages in self.domains.values():
            held = sorted(
                (page for page in pages if page.value and page.leads), key=lambda page: page.spec.kind != "count"
            )
            firsts += held[:1]
            seconds += [page for page in held[1:] if page.spec.kind != "count"][:1]
        return [*firsts, *seconds][:4]


def write_pages(folder: Path, contents: Contents) -> None:
    """Write `index.html`, `pages/data.html`, `pages/<domain>/<measure>.html` and their assets."""
    environment = _environment()
    shared = {"c": contents, "imprint": contents.imprint, "language": spoken(), "domain_name": domain_name}

    def write(place: str, template: str, **more: Any) -> None:
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        root = "../" * place.count("/")
        text = environment.get_template(template).render(**shared, root=root, here=place, **more)
        path.write_text(text, encoding="utf-8", newline="\n")

    write("index.html", "home.html")
    write("pages/data.html", "data.html")
    for page in contents.pages:
        write(page_of(page.spec.id), "measure.html", page=page, table=table_of(page.spec.id))
    with as_file(files("openhalo.publications") / "assets") as assets:
        shutil.copytree(assets, folder / "assets")


def page_of(measure: str) -> str:
    """Return the path of a measure's page."""
    return f"pages/{measure}.html"


def domain_name(domain: str) -> str:
    """Return how a domain is called on a page."""
    return _(domain.replace("_", " ").capitalize())


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
