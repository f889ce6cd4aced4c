"""A site's settings: `agency.yaml`."""

from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import Field

from openhalo.base.errors import Problem, SiteError
from openhalo.catalogue import reader
from openhalo.catalogue.reader import Spec


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
    settings = reader.check(document, Settings)
    if settings is None:
        raise SiteError(document.problems)
    return settings
