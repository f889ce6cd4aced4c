"""Records counted by what is compared and by all that is held equal: one grouped query."""

from collections.abc import Sequence
from typing import Any

import ibis
import polars as pl

from openhalo.analyses.context import AnalysisContext


def cells_of(context: AnalysisContext[Any], outcome: str, key: str, equal: Sequence[str]) -> pl.DataFrame:
    """Count records that say the outcome (n) and those with it (k) by key and by stratum of all that is held equal.

    Args:
        context: the analysis and its records.
        outcome: condition on a record.
        key: field whose codes are compared.
        equal: fields that are held equal; the key and empty names are left out.
    """
    relation = context.relation()
    columns: dict[str, Any] = {"key": relation.field(key).cast("string")}
    others = (path for path in equal if path and path != key)
    held = {f"held{at}": relation.field(path).cast("string") for at, path in enumerate(others)}
    hit = context.condition(relation, outcome)
    rows = relation.table.select(**columns, **held, hit=hit)
    counted = context.records.fetch(
        rows.group_by([*columns, *held]).agg(k=ibis._.count(where=ibis._.hit), n=ibis._.hit.count())
    )
    # A record that lacks what is held equal belongs to no stratum.
    counted = counted.drop_nulls(list(held)).filter(pl.col("n") > 0)
    stratum = pl.concat_str(list(held), separator=" · ") if held else pl.lit("")
    return counted.with_columns(stratum=stratum)
