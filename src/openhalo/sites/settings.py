"""A site's settings: `agency.yaml`."""

from collections.abc import Collection
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import Field

from openhalo.base.errors import Problem, SiteError, did_you_mean, name_all
from openhalo.catalogue import reader
from openhalo.catalogue.index import Catalogue
from openhalo.catalogue.reader import Document, Spec


class Agency(Spec):
    """One agency whose records the site holds."""

    name: str
    ori: str = Field(default="", description="FBI originating agency identifier")
    zone: str = Field(
        default="", description="Time zone, such as America/Chicago, in which filled-in templates are read"
    )


class Publisher(Spec):
    """Who speaks on the site's pages."""

    kind: Literal["agency", "oversight", "independent", "demo"]
    name: str
    note: str = ""


class DeclaredPublic(Spec):
    """Fields that the agency already publishes record by record, so that small cells give nothing away."""

    record: str
    fields: list[str]
    reason: str
    reference: str = ""


class Settings(Spec):
    """Everything that a site decides for itself."""

    title: str
    publisher: Publisher
    agencies: dict[str, Agency] = Field(description="Short id → agency")
    authoritative: dict[str, list[str]] = Field(
        default={},
        description="Record type → its sources, the one that counts first where two cover the same days",
    )
    declared_public: list[DeclaredPublic] = []
    visitor_places: dict[str, list[str]] = Field(
        default={},
        description="Field → places where visitors outnumber residents, so that no resident rate is given",
    )
    next_release: date | None = None


def read_settings(site: Path) -> Settings:
    """Read a site's settings.

    Raises:
        SiteError: no site there, or its settings are wrong; with every problem.
    """
    document, settings = _read(site)
    if settings is None:
        raise SiteError(document.problems)
    return settings


def check_settings(site: Path, catalogue: Catalogue) -> list[Problem]:
    """Return every problem of a site's settings, with references that the catalogue does not have."""
    document, settings = _read(site)
    if settings is None:
        return document.problems

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
                known(name, fields, f"field of {declared.record}", "declared_public", index, "fields", position)
    places = {name for record_type in catalogue.record_types.values() for name in record_type.fields}
    for name in settings.visitor_places:
        known(name, places, "field of any record type", "visitor_places", name)
    return document.problems


def _read(site: Path) -> tuple[Document, Settings | None]:
    path = site / "agency.yaml"
    if not path.is_file():
        raise SiteError(
            Problem(
                str(site),
                "this is no OpenHALO site: it has no agency.yaml",
                todo=f"make one: openhalo init {site}",
            )
        )
    document = reader.read(path)
    return document, reader.check(document, Settings)
