"""A site's settings: `agency.yaml`."""

import re
from collections.abc import Collection
from datetime import date
from pathlib import Path
from typing import ClassVar, Literal, Self
from zoneinfo import available_timezones

from pydantic import Field, field_validator, model_validator

from openhalo.base.errors import Problem, SiteError, did_you_mean, name_all
from openhalo.base.settings_files import SETTINGS
from openhalo.catalogue.index import Catalogue
from openhalo.catalogue.reader import Spec
from openhalo.catalogue.record_types import WITHHELD
from openhalo.language import message_files
from openhalo.language.translation import ENGLISH
from openhalo.sites.layout import SiteLayout
from openhalo.sites.site_files import SiteFile, read_site_file

_NOT_IN_NAMES = "*?[]%"
"""Polars and DuckDB read the first ones as patterns; Delta Lake reads `%` as the beginning of a coded character."""


class Agency(Spec):
    """One agency whose records the site holds."""

    said: ClassVar[frozenset[str]] = frozenset(["name"])

    name: str = Field(description="The agency's name in full")
    ori: str = Field(default="", description="FBI originating agency identifier")
    zone: str = Field(
        default="", description="Time zone, such as America/Chicago, in which filled-in templates are read"
    )

    @field_validator("zone")
    @classmethod
    def _zone_exists(cls, zone: str) -> str:
        if zone and zone not in available_timezones():
            raise ValueError(f"there is no time zone '{zone}'; allowed: names such as America/Chicago")
        return zone


class Publisher(Spec):
    """Who speaks on the site's pages."""

    said: ClassVar[frozenset[str]] = frozenset(["name", "note"])

    kind: Literal["agency", "oversight", "independent", "demo"] = Field(
        description="Who speaks; an agency's complaint door stands on its own site only"
    )
    name: str = Field(description="Name that stands in header and citation")
    note: str = Field(default="", description="A sentence at the foot of every page")
    contact: str = Field(default="", description="Where readers can write: an e-mail address or an https:// address")


class DeclaredPublic(Spec):
    """Fields that the agency already publishes record by record, so that small cells give nothing away."""

    said: ClassVar[frozenset[str]] = frozenset(["reason", "reference"])

    record: str = Field(description="Record type")
    fields: list[str] = Field(description="Its fields that are public")
    reason: str = Field(description="Why they are, in a sentence that stands on the page")
    reference: str = Field(default="", description="Where the agency publishes them")


class Approval(Spec):
    """Whether a person approves each release before the public sees it."""

    needed: bool = Field(default=False, description="A new release waits until someone approves it")
    by: str = Field(default="", description="The role that approves, such as: oversight board")


class Settings(Spec):
    """Everything that a site decides for itself."""

    said: ClassVar[frozenset[str]] = frozenset(["title"])

    title: str = Field(description="The site's name, on top of every page")
    publisher: Publisher = Field(description="Who speaks on the site's pages")
    agencies: dict[str, Agency] = Field(description="Short id → agency")
    languages: list[str] = Field(
        default=[ENGLISH.tag],
        min_length=1,
        description="Languages of the pages, the one that stands first on top: en, es",
    )
    authoritative: dict[str, list[str]] = Field(
        default={},
        description="Record type → its sources, the one that counts first where two cover the same days",
    )
    declared_public: list[DeclaredPublic] = Field(default=[], description="What the agency publishes record by record")
    visitor_places: dict[str, list[str]] = Field(
        default={},
        description="Field → places where visitors outnumber residents, so that no resident rate is given",
    )
    address: str = Field(
        default="", pattern=r"^(https?://\S+/)?$", description="Where the pages stand on the web, ending in a slash"
    )
    complaint_door: str = Field(
        default="",
        pattern=r"^((https?://|mailto:|tel:)\S+)?$",
        description="Where a complaint can be filed; only for a publisher that is the agency or its oversight",
    )
    approval: Approval = Field(default=Approval(), description="Who lets a release go; without it, it goes by itself")
    next_release: date | None = Field(default=None, description="When the next release is due")

    @field_validator("agencies")
    @classmethod
    def _ids_fit_keys(cls, agencies: dict[str, Agency]) -> dict[str, Agency]:
        for agency in agencies:
            if not re.fullmatch("[a-z][a-z0-9_]*", agency):
                raise ValueError(f"'{agency}' is no id of an agency; allowed: small letters, digits and _, such as spd")
        return agencies

    @model_validator(mode="after")
    def _door_is_real(self) -> Self:
        if self.complaint_door and self.publisher.kind not in ("agency", "oversight"):
            raise ValueError(
                f"'complaint_door' stands only where the agency or its oversight publishes, not for "
                f"'{self.publisher.kind}': people would file with someone who cannot act"
            )
        return self


def message_folders(site: Path) -> list[Path]:
    """Return the folders with message files, the site's own first: what it translates takes the place of ours."""
    return [SiteLayout(site).messages, *message_files.shipped()]


def read_settings(site: Path) -> Settings:
    """Read a site's settings.

    Raises:
        SiteError: no site there, its settings are wrong (with every problem), or its folder's name cannot be used.
    """
    must_have_usable_name(site)
    return _read(site).stated()


def must_have_usable_name(site: Path) -> None:
    """Refuse a folder whose path engines would misread.

    Raises:
        SiteError: with the signs that it may not hold.
    """
    strange = sorted(set(_NOT_IN_NAMES) & set(str(site.resolve())))
    if strange:
        found = f"the path holds {' '.join(strange)}, which the engines take for a pattern or a code"
        raise SiteError(Problem(str(site.resolve()), found, todo="give the folder another name"))


def check_settings(site: Path, catalogue: Catalogue) -> list[Problem]:
    """Return every problem of a site's settings, with references that the catalogue does not have."""
    written = _read(site)
    document, settings = written.document, written.spec
    if settings is None:
        return written.problems

    def known(name: str, allowed: Collection[str], kind: str, *place: str | int) -> bool:
        if name not in allowed:
            document.report(place, f"there is no {kind} '{name}'", name_all(allowed, 60), did_you_mean(name, allowed))
        return name in allowed

    for record, sources in settings.authoritative.items():
        if known(record, catalogue.record_types, "record type", "authoritative", record):
            fitting = [source.id for source in catalogue.sources.values() if source.record == record]
            for index, source in enumerate(sources):
                known(source, fitting, f"source of {record}", "authoritative", record, index)
    for index, declared in enumerate(settings.declared_public):
        if known(declared.record, catalogue.record_types, "record type", "declared_public", index, "record"):
            fields = catalogue.record_types[declared.record].fields
            for position, name in enumerate(declared.fields):
                place = ("declared_public", index, "fields", position)
                if known(name, fields, f"field of {declared.record}", *place):
                    field = fields[name]
                    if field.identifies or field.type == "link" or field.privacy in WITHHELD:
                        found = f"'{name}' can lead to one person, or is restricted: it is never public"
                        document.report(place, found, "fields that many people share")
    tags = message_files.known(message_folders(site))
    for index, tag in enumerate(settings.languages):
        if known(tag, tags, "language", "languages", index) and tag in settings.languages[:index]:
            document.report(("languages", index), f"'{tag}' stands here twice", todo="name each language once")
        try:
            message_files.spoken_in(tag, message_folders(site)[:1])
        except SiteError as error:
            document.problems += [] if tag not in tags else error.problems
    places = {name for record_type in catalogue.record_types.values() for name in record_type.fields}
    for name in settings.visitor_places:
        known(name, places, "field of any record type", "visitor_places", name)
    return document.problems


def _read(site: Path) -> SiteFile[Settings]:
    found = read_site_file(SiteLayout(site).settings, Settings)
    if found is None:
        raise SiteError(
            Problem(
                str(site),
                f"this is no OpenHALO site: it has no {SETTINGS}",
                todo=f"make one: openhalo init {site}",
            )
        )
    return found
