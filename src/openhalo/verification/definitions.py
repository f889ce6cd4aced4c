"""`definitions.json`: what a release counted, written so that anyone can count it again without the site.

It holds every measure's definition whole, the record types and code lists that its conditions speak of, which fields
of which incident file are exact, and what the site decided. Its text is enough to check conditions and to compile them.
"""

from dataclasses import replace
from datetime import date
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from openhalo.base.errors import Problem, ReleaseError
from openhalo.base.periods import Grain, Period
from openhalo.base.provenance import hash_facts, write_json
from openhalo.catalogue.index import Catalogue
from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.catalogue.record_types import RecordType
from openhalo.catalogue.schema import Schema
from openhalo.catalogue.vocabularies import Vocabulary
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

    def laid_over(self, catalogue: Catalogue) -> Catalogue:
        """Return a catalogue in which everything that the release counted means what it meant then."""
        measures = self.specs | {name: one.spec for name, one in self.measures.items()}
        return replace(
            catalogue,
            measures=catalogue.measures | measures,
            record_types=catalogue.record_types | self.record_types,
            vocabularies=catalogue.vocabularies | self.vocabularies,
        )

    def base(self, defined: Defined) -> MeasureSpec:
        """Return the definition whose records are counted."""
        named = self.measures.get(defined.counted)
        return named.spec if named else self.specs[defined.counted]


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
    except (OSError, ValueError) as error:
        found = f"the definitions cannot be read ({str(error).splitlines()[0]})"
        todo = "use the version of OpenHALO that made the release"
        raise ReleaseError(Problem(str(folder / DEFINITIONS), found, todo=todo)) from None
