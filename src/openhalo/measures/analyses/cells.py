"""Records counted by what is compared and by all that is held equal: one grouped query."""

from collections.abc import Sequence
from typing import Any

import ibis
import polars as pl

from openhalo.catalogue.analysis_kinds import Funnel, RateRatio, StandardisedRates
from openhalo.engines.connect import fetch
from openhalo.measures.analyses.asked import Asked


def cells_of(asked: Asked[RateRatio | StandardisedRates | Funnel], keys: Sequence[str]) -> pl.DataFrame:
    """Count records that say the outcome (n) and those with it (k) by key and by stratum of all that is held equal."""
    relation = asked.relation()
    spec = asked.spec
    equal = [path for path in (spec.place, *spec.strata) if path and path not in keys]
    columns: dict[str, Any] = {f"key{at}": relation.field(path).cast("string") for at, path in enumerate(keys)}
    held = {f"held{at}": relation.field(path).cast("string") for at, path in enumerate(equal)}
    hit = asked.condition(relation, spec.outcome)
    rows = relation.table.select(**columns, **held, hit=hit)
    counted = fetch(rows.group_by([*columns, *held]).agg(k=ibis._.count(where=ibis._.hit), n=ibis._.hit.count()))
    # A record that lacks what is held equal belongs to no stratum.
    counted = counted.drop_nulls(list(held)).filter(pl.col("n") > 0)
    stratum = pl.concat_str(list(held), separator=" · ") if held else pl.lit("")
    return counted.with_columns(stratum=stratum)
