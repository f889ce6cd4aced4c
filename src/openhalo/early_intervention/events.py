"""The facts that indicators count: one pass over a record type gives a few whole numbers an event, and no more."""

from dataclasses import dataclass, field
from datetime import date
from functools import reduce
from operator import or_
from typing import Any

import ibis
import numpy as np
import polars as pl
from numpy.typing import NDArray

from openhalo.catalogue.indicators import IndicatorSpec
from openhalo.catalogue.record_types import RecordType
from openhalo.early_intervention.look_back import LookBack, Places
from openhalo.engines.ibis_expressions import to_ibis
from openhalo.records.reading import Records

_BITS = 60
"""Indicators whose answers share one whole number."""
_NEVER = date.max
"""The day on which something was learned that nobody wrote down."""


@dataclass(frozen=True)
class Events:
    """Events of officers, one a place.

    Attributes:
        rows: the officer's row; happened: days since the look-back's first one; begins: group of `known_at` → place,
            among the days looked from, of the first one on which the event had happened and was learned.
        answers: which indicators count it, a bit each; unlearned: group → nobody wrote down when it was learned.
        undated: all events, also of officers without a row, that do not say when they were learned.
    """

    look_back: LookBack
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
    records: Records, record: str, officer: str, specs: list[IndicatorSpec], look_back: LookBack, officers: list[str]
) -> Events:
    """Return the events of a record type up to the last day looked from.

    Args:
        records: the store version.
        record: the record type; officer: its path to the officer.
        specs: indicators over it; an event that none of them counts is left out.
        look_back: the days looked from and the look-backs.
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
    facts = relation.table.select(**chosen)
    inside = facts.filter(facts["officer"].notnull(), facts["happened"] <= look_back.days[-1])
    places = pl.DataFrame({"key": officers, "row": range(len(officers))}, schema={"key": pl.String, "row": pl.Int32})
    rows = ibis.memtable(places)
    own = inside.join(rows, inside["officer"] == rows["key"])
    columns: dict[str, Any] = {"row": own["row"], "happened": _since(look_back, own["happened"])}
    for place in range(len(groups)):
        learned = own[f"learned_{place}"]
        columns[f"begins_{place}"] = _since(look_back, ibis.greatest(learned.fill_null(_NEVER), own["happened"]))
        columns[f"unlearned_{place}"] = learned.isnull()
    answers = []
    for place, part in enumerate(range(0, len(specs), _BITS)):
        bits = [own[f"is_{n}"].cast("int64") << (n - part) for n in range(part, min(part + _BITS, len(specs)))]
        answers.append(f"answers_{place}")
        columns[answers[-1]] = reduce(or_, bits)
    counted = own.select(**columns)
    found = records.fetch(counted.filter(ibis.or_(*(counted[name] != 0 for name in answers))))
    undated = records.fetch(inside.filter(inside["undated"]).aggregate(n=ibis._.count())).item()
    return Events(
        look_back,
        found["row"].to_numpy(),
        found["happened"].to_numpy(),
        {group: look_back.calendar[found[f"begins_{place}"].to_numpy()] for place, group in enumerate(groups)},
        {group: found[f"unlearned_{place}"].to_numpy() for place, group in enumerate(groups)},
        int(undated),
        [found[name].to_numpy() for name in answers],
    )


def _since(look_back: LookBack, day: Any) -> Any:
    """Return days since the look-back's first day; what lies outside of it moves to its ends."""
    moved = ibis.least(ibis.greatest(day, ibis.literal(look_back.first)), ibis.literal(look_back.last))
    return moved.delta(ibis.literal(look_back.first), unit="day").cast("int32")


def _day(relation: Any, definition: RecordType, name: str) -> Any:
    return relation.field(name, "_date" if definition.fields[name].type == "time" else "")
