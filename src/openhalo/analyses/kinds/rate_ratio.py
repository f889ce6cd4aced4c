"""Shares of groups compared where place and circumstances are the same."""

from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from openhalo.analyses.cells import cells_of
from openhalo.analyses.context import AnalysisContext
from openhalo.analyses.contrasts import Contrast, contrast
from openhalo.analyses.results import Account, AnalysisResult, Picture
from openhalo.analyses.wording import NOT_ALONE, Wording
from openhalo.catalogue.analysis_kinds.rate_ratio import RateRatio
from openhalo.charts import figures_chart
from openhalo.charts.figure import Figure
from openhalo.language import formatting
from openhalo.language.translation import _, mark_for_translation, message
from openhalo.statistics.rate_ratio import adjusted_ratio
from openhalo.statistics.recording import refuse_uneven_recording
from openhalo.statistics.results import Refused

_WORDING = Wording(
    mark_for_translation(
        "The share among {group} was {value} times that among {reference}, with place and circumstances held "
        "equal (95% interval {span}; {n} {units})."
    )
)
FEWEST = 30


@dataclass(frozen=True)
class _RateRatioAccount(Account):
    """How many records there are, and of how many the group is not known."""

    unknown: float
    total: float

    def notes(self, result: AnalysisResult) -> list[str]:
        if not self.unknown:
            return []
        text = _(
            "The group is not known for {n} of {all} {units}. The table shows how far these could move the result."
        )
        counted = {"n": formatting.count(self.unknown), "all": formatting.count(self.total)}
        return [text.format(**counted, units=result.subject.unit)]

    def pictures(self, result: AnalysisResult) -> list[Picture]:
        subject = result.subject
        rows = [
            Figure(
                subject.name(one.group),
                one.estimate,
                one.low,
                one.high,
                n=one.n,
                numerator=float(one.n),
                code=one.group,
            )
            for one in result.contrasts
        ]
        reference = subject.name(subject.reference)
        caption = _(
            "The dot says how many times as high the share is as among {reference}; the line is its 95% interval. On "
            "the dotted line, at 1, both are the same."
        ).format(reference=reference)
        alt = figures_chart.describe("ratio", rows, _("Share against that of {reference}").format(reference=reference))
        return [Picture(figures_chart.by_group, ("ratio", rows), (tuple(subject.people), 1.0), alt, caption)]


def run(context: AnalysisContext[RateRatio]) -> AnalysisResult:
    """Return the share with the outcome in each group, divided by the reference group's, within the same strata.

    Raises:
        Refused: the group is recorded by the outcome, or there is nobody to compare.
    """
    cells = cells_of(context, context.spec.outcome, context.spec.group, (context.spec.place, *context.spec.strata))
    known, unknown = cells.filter(pl.col("key").is_not_null()), cells.filter(pl.col("key").is_null())
    hits, all_hits = float(known["k"].sum()), float(cells["k"].sum())
    misses, all_misses = float(known["n"].sum()) - hits, float(cells["n"].sum()) - all_hits
    if min(all_hits, all_misses) == 0:
        raise Refused("the outcome is recorded for all or for none: there is nothing to compare")
    refuse_uneven_recording(
        (hits, all_hits), (misses, all_misses), mark_for_translation("the records with the outcome")
    )
    sizes = dict(known.group_by("key").agg(pl.col("n").sum()).iter_rows())
    if sizes.get(context.reference, 0) < FEWEST:
        text = mark_for_translation("fewer than {n} records of {group}, the group compared with")
        raise context.refused_reference(text, n=FEWEST)
    codes = [
        code
        for code in context.subject.people
        if code != context.reference and (not context.compare or code in context.compare)
    ]
    enough = [code for code in codes if sizes.get(code, 0) >= FEWEST]
    found = [_ratio(context, known, unknown, code) for code in enough]
    if not found:
        raise Refused(message("no group has {n} records or more", n=FEWEST))
    totals = known.group_by("key").agg(pl.col("k", "n").sum())
    detail = totals.select(group="key", outcome="k", records="n", share=pl.col("k") / pl.col("n")).sort("group")
    return AnalysisResult(
        subject=context.subject,
        contrasts=tuple(found),
        account=_RateRatioAccount(float(unknown["n"].sum()), float(cells["n"].sum())),
        wording=_WORDING,
        detail=detail,
        limit=NOT_ALONE,
    )


def _ratio(context: AnalysisContext[RateRatio], known: pl.DataFrame, unknown: pl.DataFrame, code: str) -> Contrast:
    found = contrast(_fit(context, known, code), "ratio", group=code, reference=context.reference)
    if unknown.height == 0:
        return found
    ends = []
    for with_hits, with_misses in ((code, context.reference), (context.reference, code)):
        hits = unknown.with_columns(key=pl.lit(with_hits), n=pl.col("k"))
        misses = unknown.with_columns(key=pl.lit(with_misses), n=pl.col("n") - pl.col("k"), k=pl.lit(0, pl.Int64))
        ends.append(_fit(context, pl.concat([known, hits, misses], how="vertical_relaxed"), code).estimate)
    return replace(found, bounds=(min(ends), max(ends)))


def _fit(context: AnalysisContext[RateRatio], cells: pl.DataFrame, code: str) -> Any:
    both = cells.filter(pl.col("key").is_in([code, context.reference]), pl.col("n") > 0)
    codes = both["stratum"].rank("dense").cast(pl.Int64).to_numpy()
    return adjusted_ratio(both["k"].to_numpy(), both["n"].to_numpy(), (both["key"] == code).to_numpy(), codes)
