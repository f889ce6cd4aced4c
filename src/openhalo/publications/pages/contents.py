"""What the pages of one language are made from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from openhalo.catalogue.analysis_plans import AnalysisPlan
from openhalo.catalogue.core_standing import telling
from openhalo.catalogue.index import Catalogue
from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.language.translation import _, capital
from openhalo.publications.imprint import Imprint
from openhalo.publications.pages.analysis_page import AnalysisPage
from openhalo.publications.pages.measure_page import MeasurePage
from openhalo.publications.pages.place_page import PlaceTable
from openhalo.publications.pages.trace import Trace
from openhalo.publications.tables.freshness import Freshness


@dataclass(frozen=True)
class Change:
    """One figure that is different from the release before."""

    what: str
    """The figure in words: measure, group, period."""
    before: str
    """As it stood, in words; empty where it is new."""
    now: str
    """As it stands, in words; empty where it is gone."""
    why: str
    """What made it so, in words: late records, a mended definition, a purge."""
    measure: str = ""
    """Id of the measure, whose page the change leads to; empty where there is none."""


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
    core: Sequence[Any] = ()
    """How each item of the core list stands: `item`, `standing`, `measures`; empty where there is no such list."""
    changes: Sequence[Change] = ()
    """What is different from the release before."""
    previous: str = ""
    """The release before; empty for the first."""
    traces: Sequence[Trace] = ()
    """Of each measure, the way from its figure back to the files that its records came in."""
    analyses: Sequence[AnalysisPage] = ()
    plan: AnalysisPlan | None = None

    @property
    def domains(self) -> dict[str, list[MeasurePage]]:
        """Return the pages by domain, in the order of the core list."""
        pages = {page.spec.id: page for page in self.pages}
        found: dict[str, list[MeasurePage]] = {domain: [] for domain in sorted({p.spec.domain for p in self.pages})}
        specs = [page.spec for page in self.pages]
        for spec in telling(specs, self.catalogue.core_items, self.catalogue.lead):
            found[spec.domain].append(pages[spec.id])
        return found

    @property
    def menu(self) -> list[str]:
        """Return the domains that the menu names: those with a figure or a test."""
        return sorted({page.spec.domain for page in self.pages} | {page.spec.domain for page in self.analyses})

    def grouped(self, domain: str) -> list[tuple[str, str, list[MeasurePage]]]:
        """Return a domain's pages by what they answer: id and name of the item of the core list, pages."""
        found: dict[str, list[MeasurePage]] = {}
        for page in self.domains.get(domain, []):
            found.setdefault(page.spec.core, []).append(page)
        items = self.catalogue.core_items
        return [
            (name or "others", items[name].label if name in items else _("Other figures"), pages)
            for name, pages in found.items()
        ]

    def foremost(self, domain: str, most: int = 6) -> list[MeasurePage]:
        """Return what a short list of a domain says: the first page of each item, then more, in their order."""
        pages = self.domains.get(domain, [])
        firsts = [pages[0].spec.id for _name, _label, pages in self.grouped(domain)]
        chosen = sorted(pages, key=lambda page: page.spec.id not in firsts)[:most]
        return [page for page in pages if page in chosen]

    def tested(self, measure: MeasureSpec) -> list[AnalysisPage]:
        """Return the tests of what a measure counts: of the same records, and of the same outcome among them."""
        if not measure.traits.plain:
            return []
        same = (measure.record, measure.where, measure.numerator)
        return [
            page
            for page in self.analyses
            if (page.spec.record, page.spec.where, page.spec.settings.get("outcome", "")) == same
        ]

    @property
    def key_figures(self) -> list[MeasurePage]:
        """Return what the home page says first, four at most: what leads; then of each domain the count, one more."""
        lead = self.catalogue.lead
        leading = sorted((p for p in self.pages if p.value and p.spec.id in lead), key=lambda p: lead.index(p.spec.id))
        firsts, seconds = [], []
        for pages in self.domains.values():
            held = [page for page in pages if page.value]
            counts = [page for page in held if page.spec.traits.additive]
            # Of the rest what says most surely what happened: no figure about recording, the fewest left out.
            others = [page for page in held if not page.spec.traits.additive and page.spec.direction == "neither"]
            others.sort(key=lambda page: (page.share_missing, len(page.spec.id)))
            firsts += (counts or others)[:1]
            seconds += others[: len(counts[:1])]
        return list({page.spec.id: page for page in [*leading, *firsts, *seconds]}.values())[:4]

    @property
    def incident_files(self) -> list[tuple[str, str]]:
        """Return name and path of each file of single records in the release."""
        found = [path.removeprefix("data/incidents/") for path in self.tables if path.startswith("data/incidents/")]
        records = {path: self.catalogue.record_type(path.removesuffix(".csv")) for path in found}
        return [(capital(record.plural), f"data/incidents/{path}") for path, record in records.items()]

    @property
    def names(self) -> dict[str, str]:
        """Return the name of each domain that has a page: those of measures, and of what they are counted against."""
        used = self.menu
        used += [page.spec.per.record.partition("/")[0] for page in self.pages if page.spec.per]
        titles = {domain: self.catalogue.help.get(domain, "").partition("\n")[0] for domain in used}
        return {domain: title.removeprefix("# ") or domain.capitalize() for domain, title in titles.items()}
