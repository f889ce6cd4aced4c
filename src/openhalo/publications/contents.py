"""What the pages of one language are made from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from openhalo.catalogue.index import Catalogue
from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.presentation.words import _
from openhalo.publications.freshness import Freshness
from openhalo.publications.imprint import Imprint
from openhalo.publications.measure_pages import MeasurePage
from openhalo.publications.place_page import PlaceTable


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
    places: Sequence[PlaceTable] = ()
    """What was counted where; empty where records name no places."""

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
