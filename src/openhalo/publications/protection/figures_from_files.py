"""Figures of records that go out one by one: counted from the incident files of a release and from nothing else."""

from collections.abc import Sequence
from datetime import date
from functools import partial
from pathlib import Path

from openhalo.base.periods import Grain, Period
from openhalo.base.progress import Report, silent
from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.publications.declared_fields import counted
from openhalo.publications.protection.recoded_incident_files import RecodedFile, incident_table, parquet_of
from openhalo.publications.tables.definitions_of_release import define
from openhalo.publications.tables.release_figures import ReleaseFigures, needed, release_figures
from openhalo.records.as_released import RecordsAsReleased, Released
from openhalo.records.reading import Records
from openhalo.verification.derivation import Derivation


def released(files: Sequence[RecodedFile], folder: Path, records: Records) -> RecordsAsReleased:
    """Return the records with these types read from their files in a release."""
    held = {one.file.record: Released(parquet_of(folder, one.file.record), one.days) for one in files}
    return RecordsAsReleased.of(records, held)


def count(
    specs: Sequence[MeasureSpec], records: RecordsAsReleased, files: Sequence[RecodedFile], report: Report = silent
) -> list[ReleaseFigures]:
    """Return every figure of these measures that anyone can count from the incident files.

    A rate may also be taken of what is public anyway, such as residents.
    """
    ready = [spec for spec in specs if not needed(spec, records)]
    days = {record: one.days for record, one in records.files.items()}
    all_days = Period(date.min, date.max)
    asked = [ReleaseFigures(spec, counted(spec, records.catalogue), all_days, all_days) for spec in ready]
    derivation = Derivation(define("", asked, records, [incident_table(one) for one in files], days))

    def may(spec: MeasureSpec, by: Sequence[str], grain: Grain) -> bool:
        per = counted(spec, records.catalogue).per
        if derivation.why_not_counted(spec.id, by, grain):
            return False
        return per is None or per.record not in days or not derivation.why_not_counted_against(spec.id, by, grain)

    found = []
    for spec in ready:
        report(f"measure {spec.id}")
        one = release_figures(spec, records, partial(may, spec))
        found += [one] if one.results else []
    return found
