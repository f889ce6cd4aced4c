"""Build a release: figures of every measure from one store version, its tables, its pages, its descriptor."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from openhalo.base.progress import Report, silent
from openhalo.base.provenance import write_json
from openhalo.catalogue.sources import SourceSpec
from openhalo.catalogue.translating import translated
from openhalo.intake.receipts import Receipt
from openhalo.presentation.drawing import Drawings
from openhalo.presentation.words import _, speaking
from openhalo.publications import open_data, places
from openhalo.publications.answers import Answer, answer, needed
from openhalo.publications.changes import change_rows
from openhalo.publications.contents import Contents
from openhalo.publications.definitions import define, write_definitions
from openhalo.publications.derivation import Derivation
from openhalo.publications.descriptor import facts
from openhalo.publications.freshness import freshness, sources_of
from openhalo.publications.imprint import Imprint, must_be_declared, to_protect
from openhalo.publications.incident_file import write_incidents
from openhalo.publications.measure_pages import measure_page
from openhalo.publications.pages import write_assets, write_pages
from openhalo.publications.place_page import place_tables
from openhalo.publications.protection import Precaution, guard, must_wait
from openhalo.publications.trace import trace, trace_of
from openhalo.records.reading import Records
from openhalo.releases.comparing import compare, first_release
from openhalo.releases.editions import CHANGES
from openhalo.releases.package import describe


def build(  # noqa: PLR0915
    folder: Path,
    records: Records,
    imprint: Imprint,
    receipts: Sequence[Receipt] = (),
    *,
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
        charts: folder where drawings are kept from one release to the next.
        precaution: how figures of records that are not public are protected; without it, there may be none.
        report: called at each step.

    Raises:
        ReleaseError: figures are cut by fields that are not declared public, and no policy protects them.
    """
    catalogue = records.catalogue
    specs = [catalogue.measures[name] for name in sorted(catalogue.measures)]
    waiting = [(spec, lacking) for spec in specs if (lacking := needed(spec, records))]
    ready = [spec for spec in specs if spec not in [waits for waits, _ in waiting]]
    private = to_protect(ready, catalogue, imprint.declared)
    if precaution is None:
        must_be_declared(ready, catalogue, imprint.declared)
    elif private:
        must_wait(precaution.policy, precaution.earlier, precaution.today)
    folder.mkdir(parents=True, exist_ok=True)
    answers = [_answer(spec, records, report) for spec in ready if spec not in private]
    fresh_of = [*answers]
    guarded = guard(private, records, precaution, report) if precaution and private else None
    answers = sorted([*answers, *(guarded.answers if guarded else [])], key=lambda one: one.spec.id)
    report("tables")
    counted = sorted({record for one in answers for record in one.records})
    files = write_incidents(folder, counted, records, imprint)
    definitions = define(imprint.number, answers, records, files)
    write_definitions(folder, definitions)
    derivation = Derivation(definitions)
    schemas = open_data.write(folder, answers, catalogue, derivation)
    schemas |= {file.path: file.schema for file in files}
    changes = compare(previous, folder) if previous else first_release(imprint.number)
    write_json(folder / CHANGES, changes)
    lacks = {spec.id: records_lacking for spec, records_lacking in waiting}
    core = catalogue.core_statuses([one.spec.id for one in answers], lacks)
    by_place = places.place_figures(answers, records, imprint)
    schemas |= places.write(folder, by_place)
    drawings = Drawings(charts)
    used = [receipt for receipt in receipts if receipt.delivery in records.manifest.deliveries]
    sources = {source.id: source for one in answers for source in _sources(one, records)}
    for language in imprint.languages:
        with speaking(language):
            local, said = replace(records, catalogue=translated(catalogue, _)), imprint.spoken()
            pages = []
            for one in (answer.defined_by(local.catalogue) for answer in answers):
                report(f"page {one.spec.id} {language.tag}")
                page = measure_page(one, local.catalogue, drawings, _sources(one, local))
                page.declared = said.reasons(one.counted.record)
                page.trace = trace_of(one.spec.id)
                if guarded and one.spec.id in {spec.id for spec in private}:
                    page.sure += guarded.sentences(one)
                pages.append(page)
            fresh = [*freshness(fresh_of, local), *(guarded.freshness() if guarded else [])]
            contents = Contents(
                said, pages, [(local.catalogue.measure(spec.id), lacking) for spec, lacking in waiting],
                fresh, used, [local.catalogue.source(name) for name in sources], sorted(schemas),
                records.manifest.version, local.catalogue,
                place_tables([one.defined_by(local.catalogue) for one in by_place], local.catalogue, drawings),
                core=local.catalogue.core_statuses([one.spec.id for one in answers], lacks),
                changes=change_rows(changes, local.catalogue),
                previous=changes["from"]["release"] if changes["from"] else "",
                traces=[trace(one.defined_by(local.catalogue), derivation, used, local) for one in answers],
            )  # fmt: skip
            schemas |= open_data.write_dictionary(folder, answers, local.catalogue, imprint.place(language))
            write_pages(folder, contents)
    write_assets(folder, charts)
    report("hashes")
    told = facts(imprint, records, used, list(sources.values()), core)
    if guarded and precaution:
        told |= guarded.facts()
        if guarded.kept:
            precaution.keep(guarded.kept)
    return describe(folder, told, schemas)


def _answer(spec: Any, records: Records, report: Report) -> Answer:
    report(f"measure {spec.id}")
    return answer(spec, records)


def _sources(one: Answer, records: Records) -> list[SourceSpec]:
    per = one.counted.per
    found = sources_of(one.counted.record, records) + (sources_of(per.record, records) if per else [])
    return list({source.id: source for source in found}.values())
