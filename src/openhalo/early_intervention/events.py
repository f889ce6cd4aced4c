"""The facts that indicators count: one pass over a record type gives a few whole numbers an event, and no more."""

from dataclasses import dataclass, field
from typing import Any

import ibis
import numpy as np
from numpy.typing import NDArray

from openhalo.catalogue.indicators import IndicatorSpec
from openhalo.catalogue.record_types import RecordType
from openhalo.early_intervention.look_back import LookBack, Places
from openhalo.engines.connect import cursor
from openhalo.engines.ibis_expressions import to_ibis
from openhalo.engines.rows import to_frame
from openhalo.records.reading import Records

_BITS = 60
"""Indicators whose answers share one whole number."""


@dataclass(frozen=True)
class Events:
    """Events of officers, one a place.

    Attributes:
        rows: the officer's row; happened: days since the clock's first one; begins: group of `known_at` → place, among
            the days looked from, of the first one on which the event had happened and was learned.
        answers: which indicators count it, a bit each; unlearned: group → nobody wrote down when it was learned.
        undated: all events, also of officers without a row, that do not say when they were learned.
    """

    clock: LookBack
    rows: Places
    happened: Places
    begins: dict[str, Places]
    unlearned: dict[str, NDArray[np.bool_]]
    undated: int
    answers: list[Places] = field(default_factory=list)

    def of(self, number: int) -> Places:
        """Return the places of the events that an indicator counts."""
        return np.flatnonzero(self.answers[number // _BITS] & (1 << number % _BITS))


def read_events(
    records: Records, record: str, officer: str, specs: list[IndicatorSpec], clock: LookBack, officers: list[str]
) -> Events:
    """Return the events of a record type up to the last day looked from.

    Args:
        records: the store version.
        record: the record type; officer: its path to the officer.
        specs: indicators over it; an event that none of them counts is left out.
        clock: the days looked from and the look-backs.
        officers: record keys; an event of anyone else is left out.
    """
    definition = records.catalogue.record_type(record)
    relation = records.relation(record)
    groups = sorted({spec.known_at for spec in specs})
    happened = _day(relation, definition, definition.time)
    chosen: dict[str, Any] = {"officer": relation.field(officer), "happened": happened.cast("date")}
    base = next(iter(definition.known_at))
    for place, group in enumerate(groups):
        learned = _day(relation, definition, definition.known_at[group]).cast("date")
        chosen[f"learned_{place}"] = ibis.coalesce(learned, happened.cast("date")) if group == base else learned
    chosen["undated"] = _day(relation, definition, definition.known_at[base]).isnull()
    for number, spec in enumerate(specs):
        node = records.catalogue.condition(record, spec.where)
        chosen[f"is_{number}"] = to_ibis(node, relation).fill_null(False) if node else ibis.literal(True)
    query = str(ibis.to_sql(relation.table.select(**chosen), dialect="duckdb"))
    parts = range(0, len(specs), _BITS)
    masks = [
        " | ".join(f"(CAST(is_{n} AS BIGINT) << {n - part})" for n in range(part, min(part + _BITS, len(specs))))
        for part in parts
    ]
    columns = [f"row, {_since(clock, 'happened')} AS happened"]
    for place in range(len(groups)):
        known = f"greatest(coalesce(learned_{place}, DATE '9999-12-31'), happened)"
        columns.append(f"{_since(clock, known)} AS begins_{place}, learned_{place} IS NULL AS unlearned_{place}")
    columns += [f"{mask} AS answers_{place}" for place, mask in enumerate(masks)]
    inside = f"officer IS NOT NULL AND happened <= DATE '{clock.days[-1]}'"
    some = " OR ".join(f"answers_{place} <> 0" for place in range(len(masks)))
    found = to_frame(
        cursor().sql(
            f"""WITH facts AS ({query}),
        officers AS (SELECT unnest(CAST($officers AS VARCHAR[])) AS key,
            CAST(unnest(range({len(officers)})) AS INTEGER) AS row)
        SELECT * FROM (SELECT {", ".join(columns)} FROM facts JOIN officers ON facts.officer = officers.key
        WHERE {inside}) WHERE {some}""",
            params={"officers": officers},
        )
    )
    undated = to_frame(cursor().sql(f"SELECT count(*) FROM ({query}) AS facts WHERE {inside} AND undated")).item()
    return Events(
        clock,
        found["row"].to_numpy(),
        found["happened"].to_numpy(),
        {group: clock.calendar[found[f"begins_{place}"].to_numpy()] for place, group in enumerate(groups)},
        {group: found[f"unlearned_{place}"].to_numpy() for place, group in enumerate(groups)},
        int(undated),
        [found[f"answers_{place}"].to_numpy() for place in range(len(masks))],
    )


def _since(clock: LookBack, day: str) -> str:
    """Return the SQL of days since the clock's first day; what lies outside of the clock moves to its ends."""
    moved = f"least(greatest({day}, DATE '{clock.first}'), DATE '{clock.last}')"
    return f"CAST({moved} - DATE '{clock.first}' AS INTEGER)"


def _day(relation: Any, definition: RecordType, name: str) -> Any:
    return relation.field(name, "_date" if definition.fields[name].type == "time" else "")
