"""The Python face: open a site, import, ask, publish."""

from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from openhalo.analyses.results import AnalysisResult
from openhalo.analyses.runner import run_one
from openhalo.base.errors import Problem, ReleaseError, SiteError, name_all
from openhalo.base.periods import Grain, Period
from openhalo.base.progress import Report, silent
from openhalo.catalogue.analysis_plans import AnalysisPlan
from openhalo.catalogue.index import Catalogue, load
from openhalo.catalogue.sources import SourceSpec
from openhalo.intake import template
from openhalo.intake.receipts import Receipt, receipts
from openhalo.measures.evaluation import evaluate
from openhalo.measures.figures import MeasureResult
from openhalo.measures.planning import Question
from openhalo.publications.protection.dry_run import DryRun, dry_run
from openhalo.publications.recompute import Recomputed, recompute
from openhalo.records.listing import lazily, listing, write
from openhalo.records.purging import Purge
from openhalo.records.reading import Records
from openhalo.records.store import Store
from openhalo.releases.comparing import compare
from openhalo.releases.hashes import verify
from openhalo.releases.register import Register
from openhalo.sites.analysis_plan import read_plan
from openhalo.sites.importing import Delivery, import_file
from openhalo.sites.publishing import declared_of, precaution_of, publish
from openhalo.sites.purging import SiteLayout, purge
from openhalo.sites.settings import Settings, read_settings
from openhalo.verification.definitions import read_definitions
from openhalo.verification.rederivation import Rederived, rederive


@dataclass(frozen=True)
class Site:
    """A site's folder."""

    path: Path

    @cached_property
    def settings(self) -> Settings:
        """Return the site's settings (`agency.yaml`)."""
        return read_settings(self.path)

    @cached_property
    def catalogue(self) -> Catalogue:
        """Return the shipped catalogue, the site's own over it, and the template of each record type as a source."""
        found = load(self.path / "catalogue")
        return replace(found, sources={**template.sources(found.schema), **found.sources})

    @property
    def store(self) -> Store:
        """Return the site's store."""
        return Store(self.path / "store")

    @property
    def deliveries(self) -> Path:
        """Return the folder of receipts and rejected rows."""
        return self.path / "deliveries"

    @property
    def releases(self) -> Path:
        """Return the folder of finished releases."""
        return self.path / "releases"

    def receipts(self) -> list[Receipt]:
        """Return the receipts of all deliveries, oldest first; not of one that is still under way or was killed."""
        newest = self.store.manifest().version
        return [receipt for receipt in receipts(self.deliveries) if receipt.store_version <= newest]

    def source(self, source: str, agency: str) -> SourceSpec:
        """Return a source spec of the catalogue, or the one that reads `template:RECORD` for an agency.

        Raises:
            SiteError: the agency's time zone is needed and not set.
        """
        record = template.record_of(source, self.catalogue.record_types)
        if not record:
            return self.catalogue.source(source)
        place = self.settings.agencies.get(agency)
        if place is not None and not place.zone:
            found = f"the agency '{agency}' has no time zone, so the times of a template cannot be read"
            raise SiteError(Problem("agency.yaml", found, todo=f"agencies: {{{agency}: {{zone: America/Chicago}}}}"))
        definition = self.catalogue.record_type(record)
        return template.source_for(definition, self.catalogue.schema, place.zone if place else "UTC")

    def import_file(
        self,
        source: str,
        file: Path | str,
        *,
        agency: str = "",
        period: str = "",
        withdraw: bool = False,
        mend: str = "",
        patience: float = 600.0,
        report: Report = silent,
    ) -> Receipt:
        """Import a file that is written as a source spec says, and return the receipt.

        Args:
            source: id of the source spec.
            file: the file.
            agency: id of the agency; may be left out where the site has one.
            period: the days that the file speaks for (`2017`, `2017-Q1`); records of these days that it does not
                hold are withdrawn.
            withdraw: confirm that the file takes back more than a fifth of what it speaks for.
            mend: the delivery whose rejected rows the file brings, mended; it then only adds and withdraws nothing.
            patience: seconds to wait while another import holds the store.
            report: called at each step.

        Raises:
            DeliveryError: the file cannot be taken in; nothing was stored.
            StoreError: another import held the store too long.
        """
        agency = agency or self._only_agency()
        spec = self.source(source, agency)
        delivery = Delivery(
            file=Path(file),
            source=spec,
            record=self.catalogue.record_type(spec.record),
            agency=agency,
            period=Period.parse(period) if period else None,
            withdraw=withdraw,
            mend=mend,
            patience=patience,
        )
        return import_file(delivery, self._premises, self.settings, report)

    def records(
        self, record: str, *, where: str = "", version: int | None = None, known_by: date | None = None
    ) -> pl.LazyFrame:
        """Return the records of a type as a Polars frame, without restricted fields; read when it is collected.

        Args:
            record: the record type.
            where: only records that make this condition true.
            version: store version; the newest without it.
            known_by: only what had happened and been recorded by this date.
        """
        records = self._open(version, known_by)
        return lazily(listing(records, record, where), records.engine)

    def write_records(
        self,
        record: str,
        file: Path | str,
        *,
        where: str = "",
        version: int | None = None,
        known_by: date | None = None,
        limit: int | None = None,
    ) -> int:
        """Write what `records` returns to a `.csv` or `.parquet` file and return the number of records."""
        records = self._open(version, known_by)
        rows = listing(records, record, where)
        rows = rows if limit is None else rows.limit(limit)
        return write(rows, self.catalogue.record_type(record), Path(file), records.engine)

    def purge(
        self, key: str, *, authority: str, oversight: str = "", patience: float = 600.0, report: Report = silent
    ) -> Purge:
        """Take a record out of every version, rejected row and delivery; return the signed receipt's facts.

        Args:
            key: the record's key, agency/source/id.
            authority: the order, statute or decision that it rests on.
            oversight: what oversight decided; needed where the record type says `purge: with_oversight`.
            patience: seconds to wait while an import holds the store.
            report: called at each step.

        Raises:
            StoreError: no such record, or the authority does not reach.
        """
        return purge(self._premises, key, authority, oversight, patience, report)

    def measure(
        self,
        measure: str,
        *,
        by: str | list[str] | None = None,
        period: Grain = "all",
        within: str = "",
        version: int | None = None,
        known_by: date | None = None,
    ) -> MeasureResult:
        """Answer a measure.

        Args:
            measure: its id, such as `stops/search_share`.
            by: group or groups to cut it by.
            period: one figure per day, month, quarter, year, or over `all`.
            within: only records of this period (`2017`, `2017-Q3`, `2016..2018`).
            version: store version; the newest without it.
            known_by: only what had happened and been recorded by this date.
        """
        groups = [by] if isinstance(by, str) else list(by or [])
        span = Period.parse(within) if within else None
        question = Question(self.catalogue.measure(measure), groups, period, span)
        return evaluate(question, self._open(version, known_by))

    @property
    def register(self) -> Register:
        """Return the register of releases: which are public, which wait for approval, which were recalled."""
        return Register(self.releases)

    @cached_property
    def plan(self) -> AnalysisPlan | None:
        """Return the site's analysis plan (`analysis_plan.yaml`); None without one.

        Raises:
            SiteError: it is wrong, with every problem.
        """
        return read_plan(self.path)

    def analyse(self, analysis: str, *, version: int | None = None, known_by: date | None = None) -> AnalysisResult:
        """Carry out an analysis and return what it finds, or why it is refused.

        Args:
            analysis: its id, such as `stops/hit_rates`. One that the site's plan names is carried out as planned,
                with the whole plan, so that its p-values allow for all comparisons; any other is exploratory.
            version: store version; the newest without it.
            known_by: only what had happened and been recorded by this date.

        Raises:
            CatalogueError: there is no such analysis.
            MeasureError: the records that it looks at are not there.
        """
        return run_one(analysis, self.plan, self._open(version, known_by))

    def publish(self, *, today: date | None = None, patience: float = 600.0, report: Report = silent) -> Path:
        """Build a release from the newest store version and return its folder: `releases/0001` and so on.

        Where the site's settings ask for approval, the release waits for it: the public does not see it yet.

        Args:
            today: the day on which it goes out, for closed periods and waiting times; without it, today's.
            patience: seconds to wait while another release is being made.
            report: called at each step.

        Raises:
            ReleaseError: figures are cut by fields that the site has not declared public, and it has no disclosure
                policy, or the policy does not let the release go out; the analysis plan was changed after a release
                went out under its date; or another release is being made.
        """
        return publish(self._premises, self.settings, self._open(None, None), self.plan, today, patience, report)

    def dry_run(self, *, today: date | None = None) -> DryRun | None:
        """Try the disclosure policy on the records at hand; None for a site without a policy, or without records."""
        stage = self._premises
        precaution = precaution_of(stage, "", today or date.today())
        records = self._open(None, None) if precaution else None
        if precaution is None or records is None or not records.manifest.tables:
            return None
        return dry_run(records, declared_of(self.settings), precaution)

    def verify(self, release: str = "") -> Rederived:
        """Check a release byte for byte and count its figures again from its own files; the newest without a number.

        Raises:
            ReleaseError: there is no such release.
        """
        folder = self._release(release)
        problems = verify(folder)
        return Rederived(problems=problems) if problems else rederive(folder)

    def recompute(self, release: str = "", *, report: Report = silent) -> Recomputed:
        """Compute a release's figures again from the records of the store version that it names.

        Raises:
            ReleaseError: there is no such release.
            StoreError: the store no longer has the version.
        """
        folder = self._release(release)
        told = read_definitions(folder)
        manifest = self.store.manifest(told.store_version)
        decided = (told.authoritative, told.visitor_places)
        return recompute(folder, told, Records(self.store, manifest, self.catalogue, None, *decided), report)

    def diff(self, before: str, after: str) -> dict[str, Any]:
        """Return what changed between two releases of this site, named by their numbers.

        Raises:
            ReleaseError: there is no such release.
        """
        return compare(self._release(before), self._release(after))

    def _release(self, number: str) -> Path:
        """Return the folder of a release, whatever its state; without a number, of the newest."""
        found = {entry.number: self.releases / entry.number for entry in self.register.entries()}
        wanted = number or max(found, default="")
        if wanted not in found:
            told = f"there is no release '{number}'" if number else "there is no release yet"
            raise ReleaseError(Problem(str(self.releases), told, name_all(found)))
        return found[wanted]

    @property
    def _premises(self) -> SiteLayout:
        return SiteLayout(self.path, self.store, self.deliveries, self.releases, self.catalogue)

    def _open(self, version: int | None, known_by: date | None) -> Records:
        manifest = self.store.manifest(version)
        return Records(
            self.store,
            manifest,
            self.catalogue,
            known_by,
            dict(self.settings.authoritative),
            dict(self.settings.visitor_places),
        )

    def _only_agency(self) -> str:
        agencies = list(self.settings.agencies)
        if len(agencies) != 1:
            raise SiteError(
                Problem(
                    "agency.yaml",
                    "the site holds several agencies",
                    name_all(agencies),
                    "say which: --agency ID",
                )
            )
        return agencies[0]


def open_site(path: Path | str) -> Site:
    """Open a site's folder.

    Raises:
        SiteError: no site there, or its settings are wrong.
        CatalogueError: the site's own catalogue is wrong.

    >>> import openhalo
    >>> site = openhalo.open_site("examples/site")  # doctest: +SKIP
    """
    site = Site(Path(path))
    _ = site.settings
    return site
