"""Who publishes a release, and which fields of single records are public already."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from openhalo.language.translation import ENGLISH, Language, _


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
    contact: str = ""
    """Where readers can write: an e-mail address or an https address."""
    agencies: Sequence[str] = ()
    declared: Sequence[Declared] = ()
    next_release: date | None = None
    languages: Sequence[Language] = (ENGLISH,)
    """The languages of the pages; those of the first stand at the top of the folder, the others in one of their own."""
    address: str = ""
    """Where the pages stand on the web, with a slash at the end; empty where the site does not say."""
    complaint_door: str = ""
    """Where a complaint can be filed; shown only where the agency or its oversight speaks."""
    number: str = "0001"
    created: datetime = datetime(1970, 1, 1, tzinfo=UTC)

    def spoken(self) -> "Imprint":
        """Return the imprint in the language being spoken, as far as the site's own `locale/` translates it."""
        declared = [replace(one, reason=_(one.reason), reference=_(one.reference)) for one in self.declared]
        return replace(
            self,
            title=_(self.title),
            publisher=_(self.publisher),
            note=_(self.note),
            declared=declared,
            agencies=[_(name) for name in self.agencies],
        )

    @property
    def departments_own(self) -> bool:
        """Return whether the department itself speaks."""
        return self.publisher_kind == "agency"

    @property
    def door(self) -> str:
        """Return where a complaint can be filed: empty unless the agency or its oversight speaks here."""
        return self.complaint_door if self.publisher_kind in ("agency", "oversight") else ""

    def place(self, language: Language) -> str:
        """Return the folder of a language's pages within the release: empty for the first."""
        return "" if language.tag == self.languages[0].tag else f"{language.tag}/"

    def reasons(self, record: str) -> list[Declared]:
        """Return the declarations that cover a record type."""
        return [one for one in self.declared if one.record == record]
