"""How fresh and how complete the records behind a release are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis

from openhalo.catalogue.sources import SourceSpec
from openhalo.language.translation import capital
from openhalo.publications.declared_fields import cuts
from openhalo.publications.tables.release_figures import ReleaseFigures
from openhalo.publications.wording.labels import group, unit_words
from openhalo.records.reading import Records


@dataclass(frozen=True)
class Known:
    """How many records say a field."""

    label: str
    known: int
    of: int
    trait: bool
    """The field is a trait of a person, such as race."""


@dataclass(frozen=True)
class Freshness:
    """One record type in a release."""

    record: str
    label: str
    units: str
    rows: int
    first: date
    last: date
    known: list[Known]
    sources: list[SourceSpec]
    protected: bool = False
    """Whether `last` is the last day of a closed period: the day of the newest record is one person's."""


def freshness(answers: Sequence[ReleaseFigures], records: Records) -> list[Freshness]:
    """Return, for each record type that the release counts, its newest record and what is known of it."""
    found = []
    for record in sorted({answer.counted.record for answer in answers}):
        fields: dict[str, Any] = {}
        for answer in answers:
            if answer.counted.record == record:
                fields.update({path: None for path in cuts(answer.spec) if "." not in path})
        found.append(_of(record, list(fields), records))
    return found


def sources_of(record: str, records: Records) -> list[SourceSpec]:
    """Return the sources that the records of a type came from, as far as the catalogue still has them."""
    named = [cover.source for cover in records.manifest.tables[record].coverage]
    return [records.catalogue.sources[name] for name in dict.fromkeys(named) if name in records.catalogue.sources]


def _of(record: str, fields: Sequence[str], records: Records) -> Freshness:
    definition, catalogue = records.catalogue.record_type(record), records.catalogue
    table = records.table(record)
    counts = records.fetch(
        table.aggregate(_rows=ibis._.count(), **{name: table[name].count() for name in fields if name in table.columns})
    ).to_dicts()[0]
    covers = records.coverage(record)
    return Freshness(
        record=record,
        label=capital(definition.plural),
        units=unit_words(record, covers[0].unit, catalogue),
        rows=counts["_rows"],
        first=min(cover.first for cover in covers),
        last=max(cover.last for cover in covers),
        known=[
            Known(
                group(record, name, catalogue).label,
                counts[name],
                counts["_rows"],
                name in definition.fields and definition.fields[name].basis is not None,
            )
            for name in fields
            if name in counts
        ],
        sources=sources_of(record, records),
    )
