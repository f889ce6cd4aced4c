"""Build a release: figures of every measure from one store version, its tables, its pages, its descriptor."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from openhalo.analyses.results import AnalysisResult
from openhalo.analyses.runner import run_plan
from openhalo.base.progress import Report, silent
from openhalo.base.provenance import write_json
from openhalo.catalogue.analysis_plans import AnalysisPlan
from openhalo.catalogue.core_standing import CoreStatus
from openhalo.catalogue.index import Catalogue
from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.catalogue.sources import SourceSpec
from openhalo.catalogue.translating import translated
from openhalo.charts.svg import Drawings
from openhalo.intake.receipts import Receipt
from openhalo.language.translation import _, speaking
from openhalo.publications.declared_fields import closed_records, must_be_declared, must_be_open, to_protect
from openhalo.publications.descriptor import facts
from openhalo.publications.imprint import Imprint
from openhalo.publications.pages.analysis_page import analysis_page
from openhalo.publications.pages.changes_page import change_rows
from openhalo.publications.pages.contents import Contents
from openhalo.publications.pages.measure_page import MeasurePage, measure_page
from openhalo.publications.pages.place_page import place_tables
from openhalo.publications.pages.trace import trace, trace_of
from openhalo.publications.pages.writer import write_assets, write_pages
from openhalo.publications.protection.policy_conflicts import must_fit
from openhalo.publications.protection.protected_records import PrivateRecords, let_out
from openhalo.publications.protection.release_protection import Precaution, must_wait
from openhalo.publications.tables import open_data, places
from openhalo.publications.tables.analysis_data import plan_facts, write_analyses
from openhalo.publications.tables.definitions_of_release import define
from openhalo.publications.tables.deliveries import DeliveryRow, delivery_rows
from openhalo.publications.tables.freshness import freshness, sources_of
from openhalo.publications.tables.incident_file import write_incidents
from openhalo.publications.tables.release_figures import ReleaseFigures, needed, release_figures
from openhalo.records.reading import Records
from openhalo.releases.comparing import compare, first_release
from openhalo.releases.editions import CHANGES
from openhalo.releases.package import NUMBERS, describe
from openhalo.verification.definitions import write_definitions
from openhalo.verification.derivation import Derivation


def build(
    folder: Path,
    records: Records,
    imprint: Imprint,
    receipts: Sequence[Receipt] = (),
    *,
    plan: AnalysisPlan | None = None,
    charts: Path | None = None,
    precaution: Precaution | None = None,
    previous: Path | None = None,
    report: Report = silent,
) -> dict[str, Any]:
    """Write a finished release into an empty folder and return its descriptor.

    Args:
        folder: an empty or new folder.
        records: one store version.
        imprint: who publishes, and which fields are public already.
        receipts: the deliveries that the store version rests on.
        previous: the public release before this one.
        plan: which analyses are carried out and published.
        charts: folder where drawings are kept from one release to the next.
        precaution: how figures of records that are not public are protected; without it, there may be none.
        report: called at each step.

    Raises:
        ReleaseError: figures are cut by fields that are not declared public, and no policy protects them.
    """
    catalogue = records.catalogue
    ready, waiting = _ready(records)
    protected = _protected(ready, catalogue, imprint, precaution)
    folder.mkdir(parents=True, exist_ok=True)
    public = [_answer(spec, records, report) for spec in ready if spec not in protected]
    private = let_out(protected, folder, records, precaution, report) if precaution else PrivateRecords()
    answers = sorted([*public, *private.answers], key=lambda one: one.spec.id)
    tested = replace(records, least_told=precaution.policy.k) if precaution else records
    results = run_plan(plan, tested, report) if plan else []
    must_be_open(results, catalogue, imprint.declared, closed_records(ready, catalogue, imprint.declared))
    # With a policy, records are counted in what is told of open record types and in protected answers, nowhere else.
    hidden = {*records.manifest.tables} - {record for one in public for record in one.records} if precaution else set()
    report("tables")
    declared = {record for one in answers for record in one.records} - {table.record for table in private.tables}
    files = [*write_incidents(folder, sorted(declared), records, imprint), *private.tables]
    derivation = Derivation(define(imprint.number, answers, records, files, private.days))
    write_definitions(folder, derivation.definitions)
    by_place = places.place_figures(answers, records, imprint, hidden)
    schemas = {file.path: file.schema for file in files} | open_data.write(folder, answers, catalogue, derivation)
    schemas |= places.write(folder, by_place) | write_analyses(folder, results)
    changes = compare(previous, folder) if previous else first_release(imprint.number)
    write_json(folder / CHANGES, changes)
    told = _Told(
        records,
        public,
        private,
        answers,
        waiting,
        results,
        plan,
        by_place,
        derivation,
        _deliveries(receipts, records, hidden, precaution),
        hidden,
        changes,
    )
    drawings, numbers = Drawings(charts), dict[str, int]()
    for language in imprint.languages:
        with speaking(language):
            report(f"pages {language.tag}")
            contents = told.contents(imprint.spoken(), sorted(schemas), drawings)
            schemas |= open_data.write_dictionary(folder, answers, contents.catalogue, imprint.place(language))
            numbers |= write_pages(folder, contents)
    write_assets(folder, charts)
    report("hashes")
    stated = facts(imprint, records, told.deliveries, list(told.sources.values()), told.core(catalogue))
    stated |= {"analysis_plan": plan_facts(plan)} if plan else {}
    stated |= {NUMBERS: numbers, **(private.told_and_kept(precaution) if precaution else {})}
    return describe(folder, stated, schemas)


def _deliveries(
    receipts: Sequence[Receipt], records: Records, hidden: Collection[str], precaution: Precaution | None
) -> list[DeliveryRow]:
    """Return what is told of the deliveries that the store version rests on."""
    kept = [one for one in receipts if one.delivery in records.manifest.deliveries]
    return delivery_rows(kept, hidden, precaution.commit if precaution else str)


@dataclass(frozen=True)
class _Told:
    """What a release tells, before any language says it."""

    records: Records
    public: list[ReleaseFigures]
    private: PrivateRecords
    answers: list[ReleaseFigures]
    """Of public and of protected records, in the order of their measures."""
    waiting: dict[str, list[str]]
    """Measures without figures, by what they lack."""
    results: list[AnalysisResult]
    plan: AnalysisPlan | None
    places: list[places.PlaceFigures]
    derivation: Derivation
    deliveries: list[DeliveryRow]
    hidden: set[str]
    """Record types of which nothing is told but protected figures."""
    changes: dict[str, Any]

    @property
    def sources(self) -> dict[str, SourceSpec]:
        """Return the sources of all figures and tests by their ids."""
        tested = [one.subject.spec.record for one in self.results if one.subject.covered]
        of_figures = [source for one in self.answers for source in _sources(one, self.records)]
        return {source.id: source for source in of_figures} | {
            source.id: source for record in tested for source in sources_of(record, self.records)
        }

    def core(self, catalogue: Catalogue) -> list[CoreStatus]:
        """Return how the core list stands; an analysis answers an item where it was carried out and not refused."""
        tested = [one.subject.spec.id for one in self.results if not one.refusal]
        analyses = catalogue.analyses.values()
        untold = {one.id: [one.record] for one in analyses if not self.records.coverage(one.record)}
        return catalogue.core_statuses([one.spec.id for one in self.answers], self.waiting, tested, untold)

    def contents(self, imprint: Imprint, files: list[str], drawings: Drawings) -> Contents:
        """Return what the pages hold, in the language being spoken.

        Args:
            imprint: in that language.
            files: paths of the release's tables.
            drawings: where charts are drawn.
        """
        local = self.records.in_language(translated(self.records.catalogue, _))
        spoken = local.catalogue
        answers = [one.defined_by(spoken) for one in self.answers]
        return Contents(
            imprint,
            [_page(one, local, imprint, drawings, self.private) for one in answers],
            [(spoken.measure(name), lacking) for name, lacking in self.waiting.items()],
            [*freshness(self.public, local), *self.private.freshness(spoken)],
            self.deliveries,
            [spoken.source(name) for name in self.sources],
            files,
            self.records.manifest.version,
            spoken,
            places=place_tables([one.defined_by(spoken) for one in self.places], spoken, drawings),
            core=self.core(spoken),
            changes=change_rows(self.changes, spoken),
            previous=self.changes["from"]["release"] if self.changes["from"] else "",
            traces=[trace(one, self.derivation, self.deliveries, local, self.hidden) for one in answers],
            analyses=[analysis_page(one, self.plan, spoken, drawings) for one in self.results if self.plan],
            plan=self.plan,
        )


def _ready(records: Records) -> tuple[list[MeasureSpec], dict[str, list[str]]]:
    """Return the measures whose records are there, and what the others lack."""
    catalogue = records.catalogue
    specs = [catalogue.measures[name] for name in sorted(catalogue.measures)]
    waiting = {spec.id: lacking for spec in specs if (lacking := needed(spec, records))}
    return [spec for spec in specs if spec.id not in waiting], waiting


def _protected(
    ready: list[MeasureSpec], catalogue: Catalogue, imprint: Imprint, precaution: Precaution | None
) -> list[MeasureSpec]:
    """Return the measures whose figures must be protected.

    Raises:
        ReleaseError: no policy protects them, it does not fit, or they must wait.
    """
    protected = to_protect(ready, catalogue, imprint.declared)
    if precaution is None:
        must_be_declared(ready, catalogue, imprint.declared)
        return protected
    must_fit(ready, precaution.policy, catalogue, imprint.declared)
    if protected:
        must_wait(precaution.policy, precaution.earlier, precaution.today)
    return protected


def _answer(spec: MeasureSpec, records: Records, report: Report) -> ReleaseFigures:
    report(f"measure {spec.id}")
    return release_figures(spec, records)


def _page(
    one: ReleaseFigures, records: Records, imprint: Imprint, drawings: Drawings, private: PrivateRecords
) -> MeasurePage:
    """Return a measure's page in the language being spoken, with what protects or frees its small numbers."""
    page = measure_page(one, records.catalogue, drawings, _sources(one, records))
    page.declared = imprint.reasons(one.counted.record)
    page.trace = trace_of(one.spec.id)
    page.sure += private.sentences(one)
    return page


def _sources(one: ReleaseFigures, records: Records) -> list[SourceSpec]:
    per = one.counted.per
    found = sources_of(one.counted.record, records) + (sources_of(per.record, records) if per else [])
    return list({source.id: source for source in found}.values())
