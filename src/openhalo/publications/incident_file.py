"""The incident file of a record type: its records one by one, with the fields that may go out and no other.

Where the site declares fields public, they go out as they are; where its disclosure policy names the file, whole
fields are recoded first. Never a key, a delivery, or a field whose class is not public: a site cannot declare away
what the standard keeps inside. Rows are sorted by what they say, so their order tells nothing about when they came.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from openhalo.catalogue.record_types import FieldSpec, RecordType
from openhalo.disclosure.policy import IncidentFile, LeaveOut
from openhalo.disclosure.recode import recode
from openhalo.engines.connect import fetch
from openhalo.publications.imprint import Imprint
from openhalo.records.reading import Records
from openhalo.releases.tables import kind_of, write_twins

AGENCY = "agency"
_COMPANIONS = ("", "_local", "_date", "_precision", "_missing")
"""Columns of a field that go out with it; the cell as the agency wrote it (`_raw`) may say more than its code."""
_SAID = {
    "_local": "{label}: local time", "_date": "{label}: local date", "_precision": "{label}: how precise the time is",
    "_missing": "{label}: why there is no value",
}  # fmt: skip


@dataclass(frozen=True)
class IncidentTable:
    """One incident file as it went out."""

    record: str
    path: str
    """Its CSV, within the release; the Parquet stands beside it."""
    schema: list[dict[str, str]]
    exact: list[str]
    """Columns that say of every record what the store says: neither recoded nor blanked."""
    complete: bool
    """Whether every record of the store is in it."""
    kept_back: Mapping[str, str] = field(default_factory=dict)
    """Field → why it is not in the file, although the site declares it public: its privacy class."""
    loss: list[dict[str, object]] = field(default_factory=list)
    """What recoding cost: `field`, `group`, `records`, `blanked`, `left_out`, `lost`."""


def path_of(record: str) -> str:
    """Return the path of a record type's incident file within a release."""
    return f"data/incidents/{record}.csv"


def write_incidents(folder: Path, names: Sequence[str], records: Records, imprint: Imprint) -> list[IncidentTable]:
    """Write the incident file of each record type for which the site lets one go out.

    Raises:
        ReleaseError: a policy costs too much of a group, or names a field that is not there.
    """
    made = []
    for name in names:
        policy = next((one for one in imprint.incident_files if one.record == name), None)
        declared = [one for declaration in imprint.reasons(name) for one in declaration.fields]
        if policy is not None:
            made.append(_recoded(folder, name, records, policy, imprint.k))
        elif declared:
            made.append(_as_it_is(folder, name, records, declared))
    return made


def _as_it_is(folder: Path, name: str, records: Records, declared: Sequence[str]) -> IncidentTable:
    definition = records.catalogue.record_type(name)
    fields = {one: spec for one, spec in definition.fields.items() if one in declared}
    public = {one: spec for one, spec in fields.items() if spec.privacy == "public"}
    columns = [c for one, spec in public.items() for c in spec.columns(one) if c.removeprefix(one) in _COMPANIONS]
    frame = fetch(records.table(name).select(AGENCY, *columns))
    schema = _write(folder, name, frame, definition)
    kept_back = {one: spec.privacy for one, spec in fields.items() if one not in public}
    return IncidentTable(name, path_of(name), schema, frame.columns, True, kept_back)


def _recoded(folder: Path, name: str, records: Records, policy: IncidentFile, k: int) -> IncidentTable:
    """Write a file with the fields that the policy names; a time goes in by its local date."""
    definition = records.catalogue.record_type(name)
    named = [*policy.identifying, *(step.field for step in policy.recode), *(one.field for one in policy.outcomes)]
    wanted = dict.fromkeys([*named, *policy.groups])
    public = [one for one in wanted if one in definition.fields and definition.fields[one].privacy == "public"]
    table = records.table(name)
    columns = {one: table[_column(one, definition.fields[one])] for one in public}
    if policy.unit and policy.unit not in columns:
        columns[policy.unit] = table[policy.unit]
    frame = fetch(table.select(**columns))
    done = recode(frame, policy, k)
    kept = [one for one in public if one in done.records.columns]
    schema = _write(folder, name, done.records.select(kept), definition)
    lost = done.loss.filter(pl.col("field") == "").to_dicts()
    blanked, left_out = (sum(int(row[part]) for row in lost) for part in ("blanked", "left_out"))
    changed = {step.field for step in policy.recode if not isinstance(step, LeaveOut)}
    changed |= set(policy.identifying) if blanked else set()
    exact = [one for one in kept if one not in changed and definition.fields[one].type != "time"]
    loss = done.loss.to_dicts()
    return IncidentTable(name, path_of(name), schema, [] if left_out else exact, not left_out, loss=loss)


def _column(name: str, spec: FieldSpec) -> str:
    return f"{name}_date" if spec.type == "time" else name


def _write(folder: Path, name: str, frame: pl.DataFrame, definition: RecordType) -> list[dict[str, str]]:
    frame = frame.with_columns(pl.col(pl.String).replace("", None))
    # By everything that stands in the rows: two rows in the same place of this order are the same row.
    frame = frame.sort(_order(frame.columns, definition.time))
    write_twins(frame, folder / path_of(name))
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
