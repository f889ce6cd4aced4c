"""The incident file of a record type: its records one by one, with the fields that may go out and no other.

Where the site declares fields public, they go out as they are; where its disclosure policy names the file, see
`recoded_incident_files`. Never a key, a delivery, or a field whose class is not public: a site cannot declare away
what the standard keeps inside. Rows are sorted by what they say, so their order tells nothing about when they came.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from openhalo.base.periods import Grain
from openhalo.catalogue.record_types import RecordType
from openhalo.publications.imprint import Imprint
from openhalo.records.reading import Records
from openhalo.releases.tables import kind_of, write_twins

AGENCY = "agency"
_COMPANIONS = ("", "_local", "_date", "_precision", "_missing")
"""Columns of a field that go out with it; the cell as the agency wrote it (`_raw`) may say more than its code."""
_SAID = {
    "_local": "{label}: local time",
    "_date": "{label}: local date",
    "_precision": "{label}: how precise the time is",
    "_missing": "{label}: why there is no value",
}


@dataclass(frozen=True)
class IncidentTable:
    """One incident file as it went out."""

    record: str
    path: str
    """Its CSV, within the release; the Parquet stands beside it."""
    schema: list[dict[str, str]]
    exact: list[str]
    """Columns that conditions can ask about: their codes mean what the standard says."""
    complete: bool
    """Whether every record that the figures count is in it."""
    kept_back: Mapping[str, str] = field(default_factory=dict)
    """Field → why it is not in the file, although the site declares it public: its privacy class."""
    coarser: list[str] = field(default_factory=list)
    """Columns whose codes are coarser than the store's: figures can be cut by them, and no condition ask about them."""
    grain: Grain = "day"
    """The shortest period that its times tell of."""


def path_of(record: str) -> str:
    """Return the path of a record type's incident file within a release."""
    return f"data/incidents/{record}.csv"


def write_incidents(folder: Path, names: Sequence[str], records: Records, imprint: Imprint) -> list[IncidentTable]:
    """Write the incident file of each of these record types of which the site declares fields public."""
    declared = {name: [one for declaration in imprint.reasons(name) for one in declaration.fields] for name in names}
    return [_as_it_is(folder, name, records, fields) for name, fields in declared.items() if fields]


def _as_it_is(folder: Path, name: str, records: Records, declared: Sequence[str]) -> IncidentTable:
    definition = records.catalogue.record_type(name)
    fields = {one: spec for one, spec in definition.fields.items() if one in declared}
    public = {one: spec for one, spec in fields.items() if spec.privacy == "public"}
    columns = [c for one, spec in public.items() for c in spec.columns(one) if c.removeprefix(one) in _COMPANIONS]
    frame = records.fetch(records.table(name).select(AGENCY, *columns))
    schema = write_rows(folder, frame, definition)
    kept_back = {one: spec.privacy for one, spec in fields.items() if one not in public}
    return IncidentTable(name, path_of(name), schema, frame.columns, True, kept_back)


def write_rows(folder: Path, frame: pl.DataFrame, definition: RecordType) -> list[dict[str, str]]:
    """Write the rows of an incident file and return its schema. Their order tells nothing about when they came in."""
    frame = frame.with_columns(pl.col(pl.String).replace("", None))
    # By everything that stands in the rows: two rows in the same place of this order are the same row.
    frame = frame.sort(_order(frame.columns, definition.time))
    write_twins(frame, folder / path_of(definition.id))
    return [
        {"name": column, "type": kind_of(kind), "description": _described(column, definition)}
        for column, kind in frame.schema.items()
    ]


def _order(columns: Sequence[str], time: str) -> list[str]:
    return sorted(columns, key=lambda column: not column.startswith(time))


def _described(column: str, definition: RecordType) -> str:
    if column == AGENCY:
        return "Agency"
    if column in definition.fields:
        return definition.fields[column].label
    suffix = next(one for one in _SAID if column.endswith(one))
    return _SAID[suffix].format(label=definition.fields[column.removesuffix(suffix)].label)
