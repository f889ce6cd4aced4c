"""`definitions.json`: what a release counted, written so that anyone can count it again without the site.

It holds every measure's definition whole, the record types and code lists that its conditions speak of, which fields
of which incident file are exact, and what the site decided. Its text is enough to check conditions and to compile them.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from openhalo.base.errors import Problem, ReleaseError
from openhalo.base.periods import Grain, Period
from openhalo.base.provenance import hash_facts, write_json
from openhalo.catalogue.index import Catalogue
from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.catalogue.record_types import RecordType
from openhalo.catalogue.schema import Schema
from openhalo.catalogue.vocabularies import Vocabulary
from openhalo.publications.answers import Answer
from openhalo.publications.incident_file import IncidentTable
from openhalo.records.purging import purges
from openhalo.records.reading import Records
from openhalo.releases.editions import DEFINITIONS


class _Facts(BaseModel):
    model_config = ConfigDict(frozen=True)


class Defined(_Facts):
    """One measure as a release counted it."""

    spec: MeasureSpec
    counted: str
    """The measure whose records are counted: itself, or what a ratio compares."""
    definition: str
    """Hash of the definition, and of the one whose records are counted."""
    meaning: str
    """Hash of the definition with the record types and code lists that it speaks of."""
    records: list[str]
    """Record types that it counts, or counts against."""
    days: Period
    """Of the figures over all time; `all_days`: of those through time."""
    all_days: Period


class Counted(_Facts):
    """One record type that a release counts."""

    table_version: int
    """Version of its table in the store."""
    first: date
    last: date
    purges: list[str] = []
    """Purges that took records of this type out of the store, of whatever version."""
    file: str = ""
    """Its incident file (CSV; the Parquet stands beside it); empty: none goes out."""
    exact: list[str] = []
    """Its columns whose codes mean what the standard says; `coarser`: those that figures can only be cut by."""
    coarser: list[str] = []
    grain: Grain = "day"
    """The shortest period that its times tell of."""
    complete: bool = False


class Definitions(_Facts):
    """All that a release says about how it counted."""

    release: str
    store_version: int
    catalogue: str
    authoritative: dict[str, list[str]]
    visitor_places: dict[str, list[str]]
    measures: dict[str, Defined]
    records: dict[str, Counted]
    record_types: dict[str, RecordType]
    vocabularies: dict[str, Vocabulary]
    specs: dict[str, MeasureSpec]
    """Measures that ratios compare and that have no figures of their own."""

    @cached_property
    def spoken_of(self) -> Schema:
        """Return what conditions may refer to."""
        return Schema(self.record_types, self.vocabularies)

    def base(self, defined: Defined) -> MeasureSpec:
        """Return the definition whose records are counted."""
        named = self.measures.get(defined.counted)
        return named.spec if named else self.specs[defined.counted]


def define(
    number: str,
    answers: Sequence[Answer],
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
                purges=[one.purge for one in done if one.record == name],
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


def definition_hash(spec: MeasureSpec, base: MeasureSpec) -> str:
    """Return the hash that a figure names as its definition: of the measure, and of what a ratio compares."""
    definitions = [spec, *([base] if base.id != spec.id else [])]
    return hash_facts([definition.model_dump(mode="json") for definition in definitions])


def write_definitions(folder: Path, definitions: Definitions) -> None:
    """Write `definitions.json`."""
    write_json(folder / DEFINITIONS, definitions.model_dump(mode="json"))


def read_definitions(folder: Path) -> Definitions:
    """Read what a release says about how it counted.

    Raises:
        ReleaseError: it says nothing, or in a form that this version does not know.
    """
    try:
        return Definitions.model_validate_json((folder / DEFINITIONS).read_text(encoding="utf-8"))
    except (OSError, ValidationError) as error:
        found = f"the definitions cannot be read ({str(error).splitlines()[0]})"
        todo = "use the version of OpenHALO that made the release"
        raise ReleaseError(Problem(str(folder / DEFINITIONS), found, todo=todo)) from None


_WORDS = {"label", "plural", "description", "source", "example", "crosswalks", "crosswalk_sources"}
"""What may be said better without counting differently."""


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
