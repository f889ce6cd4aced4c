"""Who publishes a release, and which fields of single records are public already."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from openhalo.base.errors import Problem, ReleaseError
from openhalo.catalogue.index import Catalogue
from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.presentation.words import ENGLISH, Language


@dataclass(frozen=True)
class Declared:
    """Fields that the agency already publishes record by record, so that a small cell gives nothing away."""

    record: str
    fields: Sequence[str]
    reason: str
    reference: str = ""


@dataclass(frozen=True)
class Imprint:
    """What a release says of itself: who speaks, about whom, when, and why small cells may stand."""

    title: str
    publisher: str
    publisher_kind: str
    """agency, oversight, independent or demo."""
    note: str = ""
    agencies: Sequence[str] = ()
    declared: Sequence[Declared] = ()
    next_release: date | None = None
    languages: Sequence[Language] = (ENGLISH,)
    """The languages of the pages; those of the first stand at the top of the folder, the others in one of their own."""
    number: str = "0001"
    created: datetime = datetime(1970, 1, 1, tzinfo=UTC)

    @property
    def departments_own(self) -> bool:
        """Return whether the department itself speaks."""
        return self.publisher_kind == "agency"

    def place(self, language: Language) -> str:
        """Return the folder of a language's pages within the release: empty for the first."""
        return "" if language.tag == self.languages[0].tag else f"{language.tag}/"

    def reasons(self, record: str) -> list[Declared]:
        """Return the declarations that cover a record type."""
        return [one for one in self.declared if one.record == record]


def counted(spec: MeasureSpec, catalogue: Catalogue) -> MeasureSpec:
    """Return the measure that counts the records: a ratio compares the groups of another measure."""
    return catalogue.measure(spec.of) if spec.kind == "ratio" else spec


def must_be_declared(specs: Iterable[MeasureSpec], catalogue: Catalogue, declared: Sequence[Declared]) -> None:
    """Refuse a release that cuts figures by fields which the site has not declared public.

    A figure cut into small groups can give a person away. Until suppression protects such cells, a release may
    hold only cuts by fields that anyone can already read record by record.

    Raises:
        ReleaseError: with every field that is missing, and what to write.
    """
    open_fields = {(one.record, name) for one in declared for name in one.fields}
    missing: dict[str, set[str]] = {}
    for spec in specs:
        record = counted(spec, catalogue).record
        for path in cuts(spec):
            owner = catalogue.schema.follow(record, path)
            place = (owner[0] if owner else record, path.rpartition(".")[2])
            if place not in open_fields:
                missing.setdefault(place[0], set()).add(place[1])
    if missing:
        raise ReleaseError([_undeclared(record, sorted(names)) for record, names in sorted(missing.items())])


def cuts(spec: MeasureSpec) -> list[str]:
    """Return the fields that a measure's published figures are cut by."""
    return list(dict.fromkeys([*spec.groups, *([spec.across] if spec.across else [])]))


def _undeclared(record: str, names: Sequence[str]) -> Problem:
    return Problem(
        "agency.yaml: declared_public",
        f"figures of {record} are cut by {', '.join(names)}, which the site has not declared public; small groups "
        "could give a person away",
        todo="if the agency already publishes these fields record by record, write:\n"
        f"    declared_public:\n      - record: {record}\n        fields: [{', '.join(names)}]\n"
        "        reason: why these fields are public, in a sentence that stands on the page",
    )
