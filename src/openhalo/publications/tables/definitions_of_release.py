"""What a release counted and how, written down so that anyone can count it again without the site."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from openhalo.base.periods import Period
from openhalo.base.provenance import hash_facts
from openhalo.catalogue.index import Catalogue
from openhalo.catalogue.record_types import RecordType
from openhalo.catalogue.vocabularies import Vocabulary
from openhalo.publications.tables.incident_file import IncidentTable
from openhalo.publications.tables.release_figures import ReleaseFigures
from openhalo.records.purging import purges
from openhalo.records.reading import Records
from openhalo.verification.definitions import Counted, Defined, Definitions, definition_hash

_WORDS = {"label", "plural", "description", "source", "example", "crosswalks", "crosswalk_sources"}
"""What may be said better without counting differently."""


def define(
    number: str,
    answers: Sequence[ReleaseFigures],
    records: Records,
    files: Sequence[IncidentTable],
    closed: Mapping[str, Period] | None = None,
) -> Definitions:
    """Return what a release counted and how; `closed`: the days that protected record types speak for."""
    catalogue = records.catalogue
    of_file = {file.record: file for file in files}
    done = purges(records.store)
    counted: dict[str, Counted] = {}
    measures: dict[str, Defined] = {}
    hashed: dict[str, Any] = {}
    for answer in answers:
        base = answer.counted
        names = answer.records
        for name in names:
            if name in counted:
                continue
            table, file = records.manifest.tables[name], of_file.get(name)
            covers = table.coverage
            held = Period(min(cover.first for cover in covers), max(cover.last for cover in covers))
            days = (closed or {}).get(name, held)
            counted[name] = Counted(
                table_version=table.delta_version,
                first=days.first,
                last=days.last,
                # Of records that are protected it is not told that one was purged: it would say where to subtract.
                purges=[one.purge for one in done if one.record == name and name not in (closed or {})],
                file=file.path if file else "",
                exact=file.exact if file else [],
                coarser=file.coarser if file else [],
                grain=file.grain if file else "day",
                complete=file.complete if file else False,
            )
            types, lists = _spoken_of([name], catalogue)
            hashed[name] = [one.model_dump(mode="json", exclude=_WORDS) for one in [*types.values(), *lists.values()]]
        definition = definition_hash(answer.spec, base)
        measures[answer.spec.id] = Defined(
            spec=answer.spec,
            counted=base.id,
            definition=definition,
            meaning=hash_facts([definition, *(hashed[name] for name in names)]),
            records=names,
            days=answer.days,
            all_days=answer.all_days,
        )
    types, lists = _spoken_of(counted, catalogue)
    return Definitions(
        release=number,
        store_version=records.manifest.version,
        catalogue=catalogue.hash,
        authoritative=records.authoritative,
        visitor_places=records.visitor_places,
        measures=measures,
        records=counted,
        record_types=types,
        vocabularies=lists,
        specs={answer.counted.id: answer.counted for answer in answers if answer.counted.id not in measures},
    )


def _spoken_of(names: Iterable[str], catalogue: Catalogue) -> tuple[dict[str, RecordType], dict[str, Vocabulary]]:
    """Return the record types that links lead to and from, and the code lists of their fields."""
    found: dict[str, RecordType] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found[name] = catalogue.record_type(name)
        waiting += [spec.to for spec in found[name].fields.values() if spec.to]
        waiting += [inverse.record for inverse in catalogue.schema.inverses(name).values()]
    lists = {spec.vocabulary for one in found.values() for spec in one.fields.values() if spec.vocabulary}
    ordered = {name: found[name] for name in sorted(found)}
    return ordered, {name: catalogue.vocabularies[name] for name in sorted(lists)}
