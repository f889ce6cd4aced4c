"""What stands in a site's folder, opened: settings, definitions, records, releases. What is done there: `open_site`."""

from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path

from openhalo.base.errors import Problem, StoreError
from openhalo.base.periods import must_be_day
from openhalo.catalogue.analysis_plans import AnalysisPlan
from openhalo.catalogue.index import Catalogue, load
from openhalo.early_intervention.governance import Governance
from openhalo.intake import template
from openhalo.intake.receipts import Receipt, receipts
from openhalo.records.reading import Records
from openhalo.records.store import Store
from openhalo.releases.register import Register
from openhalo.sites.analysis_plan import read_plan
from openhalo.sites.governance import read_governance
from openhalo.sites.layout import SiteLayout
from openhalo.sites.settings import Settings, read_settings


@dataclass(frozen=True)
class OpenedSite:
    """A site's folder."""

    path: Path

    @property
    def layout(self) -> SiteLayout:
        """Return where everything of the site stands."""
        return SiteLayout(self.path)

    @cached_property
    def settings(self) -> Settings:
        """Return the site's settings (`agency.yaml`)."""
        return read_settings(self.path)

    @cached_property
    def catalogue(self) -> Catalogue:
        """Return the shipped catalogue, the site's own over it, and the template of each record type as a source."""
        found = load(self.layout.catalogue)
        return replace(found, sources={**template.sources(found.schema), **found.sources})

    @cached_property
    def plan(self) -> AnalysisPlan | None:
        """Return the site's analysis plan (`analysis_plan.yaml`); None without one.

        Raises:
            SiteError: it is wrong, with every problem.
        """
        return read_plan(self.path)

    @property
    def governance(self) -> Governance | None:
        """Return the site's governance record (`governance.yaml`), as it stands now; None without one.

        Raises:
            SiteError: it is incomplete, with everything that is missing.
        """
        return read_governance(self.path)

    @property
    def store(self) -> Store:
        """Return the site's store."""
        return Store(self.layout.store)

    @property
    def deliveries(self) -> Path:
        """Return the folder of receipts and rejected rows."""
        return self.layout.deliveries

    @property
    def releases(self) -> Path:
        """Return the folder of finished releases."""
        return self.layout.releases

    @property
    def register(self) -> Register:
        """Return the register of releases: which are public, which wait for approval, which were recalled."""
        return Register(self.releases)

    def receipts(self) -> list[Receipt]:
        """Return the receipts of all deliveries, oldest first; not of one that is still under way or was killed."""
        newest = self.store.manifest().version
        return [receipt for receipt in receipts(self.deliveries) if receipt.store_version <= newest]


def open_records(opened: OpenedSite, version: int | None = None, known_by: date | None = None) -> Records:
    """Return the records of a store version (the newest without it), under the decisions of the site's settings.

    Raises:
        MeasureError: `known_by` is no day.
    """
    if known_by is not None:
        must_be_day(known_by)
    settings = opened.settings
    manifest = opened.store.manifest(version)
    if version is None:
        _must_be_newest(opened, manifest.version)
    decided = (dict(settings.authoritative), dict(settings.visitor_places))
    messages = (opened.layout.messages,)
    return Records(opened.store, manifest, opened.catalogue, known_by, *decided, messages=messages)


def _must_be_newest(opened: OpenedSite, newest: int) -> None:
    """Refuse a store that lost versions which releases were made from: less than the records would count.

    Raises:
        StoreError: with the newest version that was there.
    """
    known = max((entry.store_version for entry in opened.register.entries()), default=0)
    if known > newest:
        found = f"the newest version here is {newest}, and a release was made from version {known}"
        raise StoreError(Problem(str(opened.store.manifests), found, todo="restore the site's backup"))
