"""Everything that is held about one officer, for that officer: records, what each indicator counts, and why a signal.

It shows nobody else: no other officer, and no trait or words of a complainant or of a person who was met.
"""

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import polars as pl

from openhalo.base.errors import MeasureError, Problem
from openhalo.catalogue.record_types import FieldSpec, RecordType
from openhalo.early_intervention.indicators import compute
from openhalo.records.reading import Records

OFFICER = "officers/officer"
_SEALED = ("sealed", "compelled")


@dataclass(frozen=True)
class OwnRecord:
    """What is held about one officer by a day. Restricted: for this officer, and who reviews with them.

    Attributes:
        officer: the roster's row; records: record type → its rows about the officer.
        not_shown: record type → fields that are kept back because they are about someone else, or why all are.
        indicators: each count with what it counts, by look-back.
    """

    known_by: date
    officer: dict[str, Any]
    records: dict[str, list[dict[str, Any]]]
    not_shown: dict[str, list[str]]
    indicators: list[dict[str, Any]]
    provenance: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return plain facts for JSON."""
        return {"privacy": "restricted", **asdict(self)}


def own_record(records: Records, officer: str, known_by: date) -> OwnRecord:
    """Return what is held about an officer.

    Args:
        records: the store version, without a `known_by`.
        officer: record key or pseudonym.
        known_by: only what had been recorded by this day.

    Raises:
        MeasureError: nobody on the roster has this key or pseudonym, or several have.
    """
    key, row = _find(records, officer)
    then = records.as_known_by(known_by)
    held: dict[str, list[dict[str, Any]]] = {}
    kept_back: dict[str, list[str]] = {}
    for definition, link, keys in _about(records, key, row):
        try:
            table = then.table(definition.id)
        except MeasureError as error:
            kept_back[definition.id] = [problem.found for problem in error.problems]
            continue
        shown = [name for name, spec in definition.fields.items() if _shown(spec, definition)]
        hidden = [name for name in definition.fields if name not in shown and name != link]
        columns = [column for name in shown for column in definition.fields[name].columns(name) if not _by_side(column)]
        rows = then.fetch(table.filter(table[link].isin(keys)).select("record_key", *columns)).sort("record_key")
        held[definition.id] = _plain(rows)
        if hidden:
            kept_back[definition.id] = hidden
    facts = {"store_version": records.manifest.version, "catalogue": records.catalogue.hash}
    return OwnRecord(known_by, row, held, kept_back, _indicators(records, key, known_by), facts)


def _find(records: Records, officer: str) -> tuple[str, dict[str, Any]]:
    """Return key and row of an officer. Nobody else is named when there is none: a hint would name others."""
    table = records.table(OFFICER)
    found = _plain(records.fetch(table.filter((table.record_key == officer) | (table.pseudonym == officer))))
    if len(found) != 1:
        told = "nobody on the roster has this key or pseudonym" if not found else "several officers have this pseudonym"
        raise MeasureError(Problem(officer, told, "a record key or a pseudonym"))
    row = {name: value for name, value in found[0].items() if not _by_side(name) and value is not None}
    return str(row["record_key"]), row


def _about(records: Records, key: str, row: dict[str, Any]) -> Iterator[tuple[RecordType, str, list[str]]]:
    """Yield record types with rows about an officer: the field that says so, and what it holds for this officer.

    A text names the officer by the agency's own number. What belongs to a signal is about its officer too.
    """
    types = [one for name, one in records.catalogue.record_types.items() if name in records.manifest.tables]
    numbers = [str(row[name]) for name in ("employee_number", "pseudonym") if row.get(name)]
    own: dict[str, RecordType] = {}
    for one in types:
        spec = one.fields.get("officer")
        if spec is not None and one.id != OFFICER:
            own[one.id] = one
            yield one, "officer", [key] if spec.type == "link" else [key.rpartition("/")[2], *numbers]
    for one in types:
        for name, spec in one.fields.items():
            if one.id not in own and spec.type == "link" and spec.to in own and _officers_only(own[spec.to]):
                table = records.table(spec.to)
                keys = records.fetch(table.filter(table.officer == key).select("record_key"))["record_key"].to_list()
                yield one, name, keys
                break


def _officers_only(definition: RecordType) -> bool:
    """Return whether the records of a type are about an officer and nobody else."""
    return set(definition.protects) == {"officers"}


def _shown(spec: FieldSpec, definition: RecordType) -> bool:
    """Return whether an officer may see a field of a record: it is not about, and not in the words of, anyone else."""
    if spec.basis or spec.identifies or spec.type == "link" or spec.privacy in _SEALED:
        return False
    if _officers_only(definition):
        return True
    return spec.privacy == "public" or (spec.privacy == "internal" and spec.type != "text")


def _by_side(column: str) -> bool:
    """Return whether a column only says how another was written, or which row of a file it came from."""
    return column in ("content_hash", "delivery") or column.endswith(("_raw", "_missing", "_precision", "_local"))


def _plain(rows: pl.DataFrame) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if value is not None} for row in rows.to_dicts()]


def _indicators(records: Records, key: str, known_by: date) -> list[dict[str, Any]]:
    specs = records.catalogue.indicators
    matrix = compute(records, specs.values(), [known_by], [key])
    found: dict[str, dict[str, Any]] = {}
    for name, months in matrix.columns:
        value = float(matrix.values(name, months)[0, 0])
        spec = specs[name]
        told = found.setdefault(
            name,
            {
                "indicator": name,
                "label": spec.label,
                "question": spec.question,
                "why": spec.why,
                "direction": spec.direction,
                "kind": spec.kind,
                "values": {},
            },
        )
        told["values"][months] = None if math.isnan(value) else round(value, 4)
    return [found[name] for name in sorted(found)]
