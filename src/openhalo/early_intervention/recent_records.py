"""Records of a signal's look-back, and whose they are."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import ibis
import polars as pl

from openhalo.catalogue.signal_specs import RecordSignal
from openhalo.early_intervention.factors import SignalContext
from openhalo.early_intervention.look_back import months_before
from openhalo.engines.ibis_expressions import to_ibis
from openhalo.records.reading import Relation


def recent(context: SignalContext, spec: RecordSignal, relation: Relation, columns: Mapping[str, Any]) -> pl.DataFrame:
    """Return columns of the records that a signal reads: of its look-back, and as its `where` says.

    Args:
        context: the day.
        spec: the signal.
        relation: of its record type.
        columns: name → expression on the relation.
    """
    catalogue = context.records.catalogue
    definition = catalogue.record_type(spec.record)
    where = catalogue.condition(spec.record, spec.where)
    kept = to_ibis(where, relation) if where is not None else ibis.literal(True)
    day = relation.field(definition.time, "_date" if definition.fields[definition.time].type == "time" else "")
    since = months_before(context.day, spec.months)
    table = relation.table.filter((day > ibis.literal(since)) & (day <= ibis.literal(context.day)) & kept)
    return context.records.fetch(table.select(**columns))


def place_officers(context: SignalContext, spec: RecordSignal, frame: pl.DataFrame) -> pl.DataFrame:
    """Add the column `row`: each officer's place among those who serve; others get places of their own below 0.

    A link holds the officer's key; a text holds the id that the officer has in the agency's own file.
    """
    places = context.row
    if context.records.catalogue.schema.follow(spec.record, spec.officer)[1].type == "text":  # type: ignore[index]
        own = [key.split("/", 2)[2] for key in places]
        often = Counter(own)
        places = {name: row for name, row in zip(own, places.values(), strict=True) if often[name] == 1}
    names = frame["officer"].unique().sort()
    rest = {name: -1 - n for n, name in enumerate(names.filter(~names.is_in(list(places))))}
    row = pl.col("officer").replace_strict({**rest, **places}, return_dtype=pl.Int64)
    return frame.with_columns(row=row)
