"""The Python face: open a site, import, ask, publish."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from openhalo.analyses.results import AnalysisResult
from openhalo.analyses.runner import run_one
from openhalo.base.errors import Problem, ReleaseError, SiteError, name_all
from openhalo.base.periods import Grain, Period
from openhalo.base.progress import Report, silent
from openhalo.base.settings_files import SETTINGS
from openhalo.base.signing import public_key_file
from openhalo.catalogue.sources import SourceSpec
from openhalo.early_intervention.backtest import Backtest
from openhalo.early_intervention.signals import ReviewSet
from openhalo.early_intervention.threshold_sheet import Sheet
from openhalo.intake import template
from openhalo.intake.receipts import Receipt
from openhalo.measures.evaluation import evaluate
from openhalo.measures.figures import MeasureResult
from openhalo.measures.planning import Question
from openhalo.publications.protection.dry_run import DryRun
from openhalo.publications.recompute import Recomputed, recompute
from openhalo.records.file_hashes import must_be_as_written
from openhalo.records.listing import lazily, listing, write
from openhalo.records.purging import Purge
from openhalo.records.reading import Records
from openhalo.releases.comparing import compare, must_follow
from openhalo.releases.hashes import verify
from openhalo.sites.backtesting import try_out
from openhalo.sites.importing import Delivery, import_file
from openhalo.sites.opened_site import OpenedSite, open_records
from openhalo.sites.outcomes import FollowUp, follow_up
from openhalo.sites.oversight_release import hand_over
from openhalo.sites.publishing import publish, try_policy
from openhalo.sites.purging import purge
from openhalo.sites.signalling import quarterly_sheet, see_own_record, signal
from openhalo.sites.signed_receipts import must_be_counted, public_key, signed_purge
from openhalo.sites.upgrading import Change, upgrade
from openhalo.verification.definitions import read_definitions
from openhalo.verification.rederivation import Rederived, rederive


class Site(OpenedSite):
    """A site's folder, and everything that can be done there."""

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
            raise SiteError(Problem(SETTINGS, found, todo=f"agencies: {{{agency}: {{zone: America/Chicago}}}}"))
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
        return import_file(delivery, self, report)

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
        records = open_records(self, version, known_by)
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
        records = open_records(self, version, known_by)
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
        return purge(self, key, authority, oversight, patience, report)

    def upgrade(self, *, dry_run: bool = False, patience: float = 600.0, report: Report = silent) -> list[Change]:
        """Carry what earlier versions of OpenHALO kept here over to today's formats; return each change, in order.

        Args:
            dry_run: change nothing, and say what would be changed.
            patience: seconds to wait while an import or a publish is under way.
            report: called at each step.

        Raises:
            StoreError: a file is of a later format or damaged, or the store is busy.
            ReleaseError: the same of the register.
        """
        return upgrade(self, dry_run, patience, report)

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
        return evaluate(question, open_records(self, version, known_by))

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
        return run_one(analysis, self.plan, open_records(self, version, known_by))

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
        return publish(self, today, patience, report)

    def hand_over(self, file: Path | str, *, by: str, release: str = "") -> dict[str, Any]:
        """Write what the oversight body may be given beside a release into a zip file; return the receipt's facts.

        Args:
            file: a new file that ends in .zip.
            by: who hands it over; kept in a signed receipt.
            release: its number; the newest public one without it.

        Raises:
            ReleaseError: nothing was set aside with the release, nobody is named, or the file cannot be written.
        """
        return hand_over(self, Path(file), by, self._release(release).name)

    def dry_run(self, *, today: date | None = None) -> DryRun | None:
        """Try the disclosure policy on the records at hand; None for a site without a policy, or without records."""
        return try_policy(self, today)

    def verify(self, release: str = "") -> Rederived:
        """Check a release byte for byte and count its figures again from its own files; the newest without a number.

        Raises:
            ReleaseError: there is no such release.
        """
        folder = self._release(release)
        problems = verify(folder)
        return Rederived(problems=problems) if problems else rederive(folder)

    def recompute(self, release: str = "", *, store: bool = False, report: Report = silent) -> Recomputed:
        """Compute a release's figures again from the records of the store version that it names.

        Args:
            release: its number; the newest without it.
            store: hold every file of that version and of the newest against its hash first, also what no figure reads.
            report: called at each step.

        Raises:
            ReleaseError: there is no such release.
            StoreError: the store no longer has the version, or receipts of purges, or files, are not as they were.
        """
        folder = self._release(release)
        must_be_counted(self)
        told = read_definitions(folder)
        manifest = self.store.manifest(told.store_version)
        if store:
            must_be_as_written(self.store, told.store_version, report)
        decided = (told.authoritative, told.visitor_places)
        return recompute(folder, told, Records(self.store, manifest, self.catalogue, None, *decided), report)

    def diff(self, before: str, after: str) -> dict[str, Any]:
        """Return what changed between two releases of this site, named by their numbers, the earlier one first.

        Raises:
            ReleaseError: there is no such release, or the second is the earlier one.
        """
        must_follow(self._release(before), self._release(after))
        return compare(self._release(before), self._release(after))

    def public_key(self) -> str:
        """Return the public half of the site's key (PEM): whoever has it can check what the site signed.

        Raises:
            SiteError: the site has no key yet; it makes one when it first publishes or purges.
        """
        return public_key(public_key_file(self.layout.keys))

    def verify_receipt(self, file: Path | str) -> Purge:
        """Check that this site signed the receipt of a purge, and that it stands as it was signed; return its facts.

        Raises:
            StoreError: it was changed, or signed with another key, or is no receipt.
            SiteError: the site has no key yet.
        """
        return signed_purge(Path(file), self.public_key())

    def backtest(
        self,
        *,
        outcome: str = "",
        counted: str = "",
        first: int = 2008,
        last: int = 2012,
        capacity: int = 0,
        report: Report = silent,
    ) -> Backtest:
        """Return how good each way to choose would have been at the ends of some years, and keep it in the site.

        Args:
            outcome: the count that is to be foreseen; empty: as the governance record says, or allegations.
            counted: the count whose history foresees it; empty: the outcome itself.
            first: first year on whose last day we look.
            last: last such year; the records must reach a year further.
            capacity: officers that can be reviewed on a day; 0: as the governance record says, or 2 % of all serving.
            report: called at each step.

        Raises:
            CatalogueError: there is no such indicator.
            MeasureError: the site does not hold the records, or something was known too early.
        """
        return try_out(self, outcome, counted, first, last, capacity, report)

    def signal(self, known_by: date, *, version: int | None = None) -> ReviewSet:
        """Return the review set of a day, from what was known by then; restricted, and never part of a release.

        Args:
            known_by: the day.
            version: store version; without it the one on which this day was first asked, else the newest. A set of a
                version that is named is not kept.

        Raises:
            SiteError: the governance record is missing or incomplete, or switches on what it may not.
            MeasureError: the site does not hold the records.
        """
        return signal(self, known_by, version)

    def outcomes(self, outcome: str = "allegations", *, version: int | None = None) -> FollowUp:
        """Return what followed interventions, and how useful each factor of a signal was; restricted.

        Args:
            outcome: the count of which there should be fewer after support.
            version: store version; the newest without it.

        Raises:
            CatalogueError: there is no such count over one and two years.
            MeasureError: the site holds no interventions and no verdicts, or not the records that are counted.
        """
        return follow_up(self, outcome, version)

    def own_record(self, officer: str, known_by: date, *, version: int | None = None) -> dict[str, Any]:
        """Return what is held about one officer, whether a signal names them and why, and how to have it corrected.

        Args:
            officer: record key or pseudonym.
            known_by: only what had been recorded by this day.
            version: store version; the newest without it.

        Raises:
            MeasureError: nobody, or more than one, is called so.
            SiteError: the site has a governance record that is incomplete.
        """
        return see_own_record(self, officer, known_by, version)

    def sheet(self, quarter: str, *, rules: Sequence[str] = (), version: int | None = None) -> Sheet:
        """Return who reached a threshold by the end of a quarter; restricted.

        Args:
            quarter: such as 2013-Q4.
            rules: ids of the rules whose thresholds count; all of the catalogue without any.
            version: store version; the newest without it.

        Raises:
            SiteError: the governance record is missing or incomplete.
            CatalogueError: there is no such rule.
            MeasureError: this is no quarter, or the site does not hold the records.
        """
        return quarterly_sheet(self, quarter, rules, version)

    def _release(self, number: str) -> Path:
        """Return the folder of a release, whatever its state; without a number, of the newest."""
        found = {entry.number: self.releases / entry.number for entry in self.register.entries()}
        wanted = number or max(found, default="")
        if wanted not in found:
            told = f"there is no release '{number}'" if number else "there is no release yet"
            raise ReleaseError(Problem(str(self.releases), told, name_all(found)))
        return found[wanted]

    def _only_agency(self) -> str:
        agencies = list(self.settings.agencies)
        if len(agencies) != 1:
            raise SiteError(
                Problem(SETTINGS, "the site holds several agencies", name_all(agencies), "say which: --agency ID")
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
