"""Records counted by what is compared and by all that is held equal: one grouped query."""

from collections.abc import Sequence
from typing import Any

import ibis
import polars as pl

from openhalo.analyses.context import AnalysisContext
from openhalo.catalogue.analysis_kinds.funnel import Funnel
from openhalo.catalogue.analysis_kinds.rate_ratio import RateRatio
from openhalo.catalogue.analysis_kinds.standardised_rates import StandardisedRates


def cells_of(context: AnalysisContext[RateRatio | StandardisedRates | Funnel], keys: Sequence[str]) -> pl.DataFrame:
    """Count records that say the outcome (n) and those with it (k) by key and by stratum of all that is held equal."""
    relation = context.relation()
    spec = context.spec
    equal = [path for path in (spec.place, *spec.strata) if path and path not in keys]
    columns: dict[str, Any] = {f"key{at}": relation.field(path).cast("string") for at, path in enumerate(keys)}
    held = {f"held{at}": relation.field(path).cast("string") for at, path in enumerate(equal)}
    hit = context.condition(relation, spec.outcome)
    rows = relation.table.select(**columns, **held, hit=hit)
    counted = context.records.fetch(
        rows.group_by([*columns, *held]).agg(k=ibis._.count(where=ibis._.hit), n=ibis._.hit.count())
    )
    # A record that lacks what is held equal belongs to no stratum.
    counted = counted.drop_nulls(list(held)).filter(pl.col("n") > 0)
    stratum = pl.concat_str(list(held), separator=" · ") if held else pl.lit("")
    return counted.with_columns(stratum=stratum)
