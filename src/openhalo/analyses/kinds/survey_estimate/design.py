"""How the people of a survey were drawn: their weights, strata and clusters, and who does not say them."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from openhalo.catalogue.analysis_kinds.survey_estimate import SurveyEstimate
from openhalo.language.translation import mark_for_translation, message
from openhalo.statistics import survey_estimate
from openhalo.statistics.results import Refused

_MOST_LOST = 0.2
"""Share of people who do not say how they were drawn, above which the figures would rest on the others alone."""
_LACKING = {
    "weight": mark_for_translation("{n} of {all} people have no weight"),
    "stratum": mark_for_translation("{n} of {all} people do not say the stratum that they were drawn from"),
    "cluster": mark_for_translation("{n} of {all} people do not say the cluster that they were drawn with"),
    "margins": mark_for_translation("{n} of {all} people do not say the group that answers are weighted by"),
}


def fields_of(spec: SurveyEstimate) -> dict[str, str]:
    """Return what the design is read from: name of a column → field."""
    named = {name: getattr(spec, name) for name in ("weight", "stratum", "cluster", "stratum_size")}
    return {name: path for name, path in named.items() if path}


def placed(rows: pl.DataFrame, margins: int) -> tuple[pl.DataFrame, dict[str, int]]:
    """Return the people whose place in the design and in all margins is known, and how many lack which.

    A survey that gives a column to nobody was drawn without it; within one that does, a blank is a gap. So is a
    weight of 0 or less.

    Raises:
        Refused: more than a fifth of all people lack one of them.
    """
    if "weight" in rows.columns:
        rows = rows.with_columns(weight=pl.when(pl.col("weight") > 0).then("weight"))
    wanted: Mapping[str, list[str]] = {
        **{name: [name] for name in ("weight", "stratum", "cluster") if given(rows, name)},
        "margins": [f"margin{at}" for at in range(margins)],
    }
    lost = {}
    for name, columns in wanted.items():
        kept = rows.drop_nulls(columns) if columns else rows
        lost[name] = rows.height - kept.height
        if lost[name] > _MOST_LOST * rows.height:
            raise Refused(message(_LACKING[name], n=lost[name], all=rows.height))
        rows = kept
    return rows, lost


def given(rows: pl.DataFrame, name: str) -> bool:
    """Return whether anybody has a value of a column of the design."""
    return name in rows.columns and rows[name].count() > 0


def drawn_as(rows: pl.DataFrame, several_years: bool) -> survey_estimate.Sample:
    """Return the sample by its design.

    Over several years nothing is corrected for a finite population: each year was drawn from all of it anew. That
    makes intervals a little too wide, never too narrow.

    Raises:
        Refused: a stratum has two sizes.
    """
    strata, clusters = (rows[name].to_numpy() if given(rows, name) else None for name in ("stratum", "cluster"))
    weights = rows["weight"].to_numpy() if given(rows, "weight") else np.ones(rows.height)
    sizes = None
    if given(rows, "stratum_size") and not several_years:
        over = pl.col("stratum") if strata is not None else pl.lit(0)
        least, most = (end(pl.col("stratum_size").cast(pl.Float64)).over(over) for end in (pl.Expr.min, pl.Expr.max))
        found = rows.select(least=least, most=most)
        if (found["least"] != found["most"]).any():
            raise Refused("answers of one stratum give it different sizes")
        sizes = found["least"].fill_null(float("inf")).to_numpy()
    return survey_estimate.sample(weights, strata, clusters, sizes)
