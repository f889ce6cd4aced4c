"""Build a release: figures of every measure from one store version, its tables, its pages, its descriptor."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from openhalo.base.progress import Report, silent
from openhalo.catalogue.sources import SourceSpec
from openhalo.intake.receipts import Receipt
from openhalo.presentation.drawing import Drawings
from openhalo.presentation.words import speaking
from openhalo.publications import open_data, places
from openhalo.publications.answers import Answer, answer, needed
from openhalo.publications.contents import Contents
from openhalo.publications.descriptor import facts
from openhalo.publications.freshness import freshness, sources_of
from openhalo.publications.imprint import Imprint, must_be_declared
from openhalo.publications.measure_pages import measure_page
from openhalo.publications.pages import write_assets, write_pages
from openhalo.publications.place_page import place_tables
from openhalo.records.reading import Records
from openhalo.releases.package import describe


def build(
    folder: Path,
    records: Records,
    imprint: Imprint,
    receipts: Sequence[Receipt] = (),
    *,
    charts: Path | None = None,
    report: Report = silent,
) -> dict[str, Any]:
    """Write a finished release into an empty folder and return its descriptor.

    Args:
        folder: an empty or new folder.
        records: one store version.
        imprint: who publishes, and which fields are public already.
        receipts: the deliveries that the store version rests on.
        charts: folder where drawings are kept from one release to the next.
        report: called at each step.

    Raises:
        ReleaseError: figures are cut by fields that are not declared public.
    """
    catalogue = records.catalogue
    specs = [catalogue.measures[name] for name in sorted(catalogue.measures)]
    waiting = [(spec, lacking) for spec in specs if (lacking := needed(spec, records))]
    ready = [spec for spec in specs if spec not in [waits for waits, _ in waiting]]
    must_be_declared(ready, catalogue, imprint.declared)
    folder.mkdir(parents=True, exist_ok=True)
    answers = [_answer(spec, records, report) for spec in ready]
    report("tables")
    schemas = open_data.write(folder, answers, catalogue)
    by_place = places.place_figures(answers, records, imprint)
    schemas |= places.write(folder, by_place)
    drawings = Drawings(charts)
    used = [receipt for receipt in receipts if receipt.delivery in records.manifest.deliveries]
    sources = {source.id: source for one in answers for source in _sources(one, records)}
    for language in imprint.languages:
        with speaking(language):
            pages = []
            for one in answers:
                report(f"page {one.spec.id} {language.tag}")
                page = measure_page(one, catalogue, drawings, _sources(one, records))
                page.declared = imprint.reasons(one.counted.record)
                pages.append(page)
            contents = Contents(
                imprint, pages, waiting, freshness(answers, records), used, list(sources.values()), sorted(schemas),
                records.manifest.version, catalogue, place_tables(by_place, catalogue, drawings),
            )  # fmt: skip
            write_pages(folder, contents)
    write_assets(folder, charts)
    report("hashes")
    return describe(folder, facts(imprint, records, used, list(sources.values())), schemas)


def _answer(spec: Any, records: Records, report: Report) -> Answer:
    report(f"measure {spec.id}")
    return answer(spec, records)


def _sources(one: Answer, records: Records) -> list[SourceSpec]:
    per = one.counted.per
    found = sources_of(one.counted.record, records) + (sources_of(per.record, records) if per else [])
    return list({source.id: source for source in found}.values())
