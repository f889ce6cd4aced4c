"""Build a release: figures of every measure from one store version, its tables, its pages, its descriptor."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from openhalo.analyses.results import AnalysisResult
from openhalo.analyses.runner import run_plan
from openhalo.base.progress import Report, silent
from openhalo.base.provenance import write_json
from openhalo.catalogue.analysis_plans import AnalysisPlan
from openhalo.catalogue.core_standing import CoreStatus
from openhalo.catalogue.index import Catalogue
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
from openhalo.publications.tables.define import define
from openhalo.publications.tables.deliveries import delivery_rows
from openhalo.publications.tables.freshness import freshness, sources_of
from openhalo.publications.tables.incident_file import write_incidents
from openhalo.publications.tables.release_figures import ReleaseFigures, needed, release_figures
from openhalo.records.reading import Records
from openhalo.releases.comparing import compare, first_release
from openhalo.releases.editions import CHANGES
from openhalo.releases.package import describe
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
    specs = [catalogue.measures[name] for name in sorted(catalogue.measures)]
    waiting = {spec.id: lacking for spec in specs if (lacking := needed(spec, records))}
    ready = [spec for spec in specs if spec.id not in waiting]
    protected = to_protect(ready, catalogue, imprint.declared)
    if precaution is None:
        must_be_declared(ready, catalogue, imprint.declared)
    else:
        must_fit(ready, precaution.policy, catalogue, imprint.declared)
    if precaution and protected:
        must_wait(precaution.policy, precaution.earlier, precaution.today)
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
    schemas = open_data.write(folder, answers, catalogue, derivation)
    schemas |= {file.path: file.schema for file in files}
    schemas |= places.write(folder, by_place) | write_analyses(folder, results)
    changes = compare(previous, folder) if previous else first_release(imprint.number)
    write_json(folder / CHANGES, changes)
    drawings = Drawings(charts)
    used = delivery_rows([one for one in receipts if one.delivery in records.manifest.deliveries], hidden)
    sources = {source.id: source for one in answers for source in _sources(one, records)}
    sources |= {
        source.id: source
        for one in results
        if one.context.covered
        for source in sources_of(one.context.spec.record, records)
    }
    for language in imprint.languages:
        with speaking(language):
            report(f"pages {language.tag}")
            local = records.in_language(translated(catalogue, _))
            spoken, said = local.catalogue, imprint.spoken()
            told = [one.defined_by(spoken) for one in answers]
            contents = Contents(
                said,
                [_page(one, local, said, drawings, private) for one in told],
                [(spoken.measure(name), lacking) for name, lacking in waiting.items()],
                [*freshness(public, local), *private.freshness(spoken)],
                used,
                [spoken.source(name) for name in sources],
                sorted(schemas),
                records.manifest.version,
                spoken,
                places=place_tables([one.defined_by(spoken) for one in by_place], spoken, drawings),
                core=_core(spoken, answers, waiting, results, records),
                changes=change_rows(changes, spoken),
                previous=changes["from"]["release"] if changes["from"] else "",
                traces=[trace(one, derivation, used, local, hidden) for one in told],
                analyses=[analysis_page(result, plan, spoken, drawings) for result in results if plan],
                plan=plan,
            )
            schemas |= open_data.write_dictionary(folder, answers, spoken, imprint.place(language))
            write_pages(folder, contents)
    write_assets(folder, charts)
    report("hashes")
    stated = facts(imprint, records, used, list(sources.values()), _core(catalogue, answers, waiting, results, records))
    stated |= {"analysis_plan": plan_facts(plan)} if plan else {}
    if precaution:
        stated |= private.told_and_kept(precaution)
    return describe(folder, stated, schemas)


def _answer(spec: Any, records: Records, report: Report) -> ReleaseFigures:
    report(f"measure {spec.id}")
    return release_figures(spec, records)


def _core(
    said: Catalogue,
    answers: Sequence[ReleaseFigures],
    waiting: Mapping[str, list[str]],
    results: Sequence[AnalysisResult],
    records: Records,
) -> list[CoreStatus]:
    """Return how the core list stands; an analysis answers an item where it was carried out and not refused."""
    tested = [one.context.spec.id for one in results if not one.refusal]
    untold = {one.id: [one.record] for one in said.analyses.values() if not records.coverage(one.record)}
    return said.core_statuses([one.spec.id for one in answers], waiting, tested, untold)


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
