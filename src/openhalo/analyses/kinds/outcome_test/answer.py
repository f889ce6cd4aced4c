"""The outcome test: hits and searches by group and place, and the bounds that searches of unknown group leave."""

from collections.abc import Sequence
from dataclasses import replace

import ibis
import numpy as np
import polars as pl

from openhalo.analyses.context import AnalysisContext
from openhalo.analyses.contrasts import Contrast, contrast
from openhalo.analyses.kinds.outcome_test.account import HitRates
from openhalo.analyses.results import AnalysisResult
from openhalo.analyses.wording import Wording
from openhalo.catalogue.analysis_kinds.outcome_test import OutcomeTest
from openhalo.language.translation import mark_for_translation, message
from openhalo.statistics.estimates import Numbers
from openhalo.statistics.outcome_test import INFRAMARGINALITY, Unrecorded, hit_rate_gaps, outcome_test
from openhalo.statistics.proportions import wilson
from openhalo.statistics.results import Refused
from openhalo.statistics.shrinkage import beta_binomial

_WORDING = Wording(
    mark_for_translation(
        "Searches of {group} found something {size} percentage points {direction} often than searches of "
        "{reference}, {way} (95% interval {span}; {n} searches)."
    ),
    mark_for_translation(
        "More than chance explains. It is what one would see if {group} were searched only on stronger grounds."
    ),
    mark_for_translation(
        "More than chance explains. It is what one would see if {group} were searched on weaker grounds."
    ),
)
_KNOWN_ENOUGH = 0.5
"""Share of searches whose basis must be known, as in the national analyses."""
_WAYS = ("within places", "pooled")


def run(context: AnalysisContext[OutcomeTest]) -> AnalysisResult:
    """Return how often searches of each group found something, against the reference group.

    Raises:
        Refused: too few searches, their basis is not known, or the group is recorded by what was found.
    """
    cells = _count(context)
    searches, known = float(cells["n"].sum()), float(cells["known"].sum())
    if searches == 0:
        raise Refused("no search is recorded")
    if known < _KNOWN_ENOUGH * searches:
        raise Refused(
            message(
                "whether an officer was free to leave a search is known for only {share}% of the searches; what "
                "searches find that had to be made says nothing about whom officers choose to search",
                share=f"{100 * known / searches:.0f}",
            )
        )
    codes = [code for code in context.subject.people if code in set(cells["group"].drop_nulls())]
    if context.reference not in codes:
        text = mark_for_translation("no search of {group}, with whom the others are compared")
        raise context.refused_reference(text)
    wanted = [code for code in codes if code == context.reference or not context.compare or code in context.compare]
    places = sorted(set(cells["place"].drop_nulls())) or [""]
    hits, made = _tables(cells, [*wanted, None], places)
    account = HitRates(
        tuple(wanted), hits[:-1], made[:-1], searches, float(cells["free"].sum()), float(cells["said"].sum())
    )
    enough = account.enough
    lost = Unrecorded(float(hits[-1].sum()), float(made[-1].sum()))
    compared = tuple(wanted[index] for index in enough)
    test = outcome_test(hits[enough], made[enough], compared, context.reference, discretionary=True, unrecorded=lost)
    found = [
        _with_bounds(
            contrast(gap, "difference", group=gap.group, reference=gap.reference, way=gap.way), hits, made, wanted, lost
        )
        for gap in test.gaps
    ]
    return AnalysisResult(
        subject=context.subject,
        contrasts=tuple(_leading(found)),
        account=account,
        wording=_WORDING,
        detail=_detail(hits, made, wanted, places),
        limit=INFRAMARGINALITY,
        facts={
            "places": len(places),
            "equal_rates": {"statistic": test.statistic, "freedom": test.freedom, "p": test.p},
            "unrecorded": lost._asdict(),
        },
    )


def _count(context: AnalysisContext[OutcomeTest]) -> pl.DataFrame:
    """Count searches and hits by group and place: only those that an officer was free to leave, where known."""
    relation = context.relation()
    group = relation.field(context.spec.group)
    place = relation.field(context.spec.place) if context.spec.place else ibis.literal("")
    free = context.condition(relation, context.spec.discretionary)
    hit = context.condition(relation, context.spec.outcome)
    rows = relation.table.select(group=group, place=place.cast("string"), free=free, hit=hit)
    counted = rows.group_by("group", "place").agg(
        n=ibis._.count(),
        known=ibis._.free.count(),
        free=ibis._.count(where=ibis._.free),
        said=ibis._.count(where=ibis._.free & ibis._.hit.notnull()),
        hits=ibis._.count(where=ibis._.free & ibis._.hit),
    )
    return context.records.fetch(counted)


def _tables(cells: pl.DataFrame, codes: Sequence[str | None], places: Sequence[str]) -> tuple[Numbers, Numbers]:
    """Return (groups, places) tables of hits and searches. A search without a place counts in the pooled rate only,
    so it stands in a last column of its own."""
    shape = (len(codes), len(places) + 1)
    hits, made = np.zeros(shape), np.zeros(shape)
    row = {code: index for index, code in enumerate(codes)}
    column = {place: index for index, place in enumerate(places)}
    for group, place, said, found in cells.select("group", "place", "said", "hits").iter_rows():
        if group in row:
            at = row[group], column.get(place, len(places))
            made[at] += said
            hits[at] += found
    return (hits, made) if made[:, -1].any() else (hits[:, :-1], made[:, :-1])


def _with_bounds(one: Contrast, hits: Numbers, made: Numbers, codes: Sequence[str], lost: Unrecorded) -> Contrast:
    """Add what the gap would be if every unknown search fell so as to shrink it most, or to widen it most."""
    if not lost.searches:
        return one
    g, r = codes.index(one.group), codes.index(one.reference)
    ends = []
    for with_hits, with_misses in ((r, g), (g, r)):
        k, n = hits.copy(), made.copy()
        k[with_hits] += hits[-1]
        n[with_hits] += hits[-1]
        n[with_misses] += made[-1] - hits[-1]
        gaps = hit_rate_gaps(k[g], n[g], k[r], n[r], one.group, one.reference)
        ends += [gap.estimate for gap in gaps if gap.way == one.way]
    return replace(one, bounds=(min(ends), max(ends))) if len(ends) == 2 else one


def _leading(found: Sequence[Contrast]) -> list[Contrast]:
    """Let one way lead for each group: within places, where places hold both groups."""
    ways = {(one.group, one.way) for one in found}
    best = {one.group: next(way for way in _WAYS if (one.group, way) in ways) for one in found}
    return [replace(one, leads=one.way == best[one.group]) for one in found]


def _detail(hits: Numbers, made: Numbers, codes: Sequence[str], places: Sequence[str]) -> pl.DataFrame:
    """Return hit rates by group over all places, then by place, each place's drawn towards what they share."""
    frames = []
    for index, code in enumerate(codes):
        total = wilson(hits[index].sum(), made[index].sum())
        frames.append(
            pl.DataFrame(
                {
                    "group": [code],
                    "place": [None],
                    "hits": [hits[index].sum()],
                    "searches": [made[index].sum()],
                    "rate": [float(total.value)],
                    "low": [float(total.low)],
                    "high": [float(total.high)],
                    "shrunk": [None],
                },
                schema=_DETAIL,
            )
        )
    for index, code in enumerate(codes):
        if len(places) < 2:
            continue
        k, n = hits[index, : len(places)], made[index, : len(places)]
        each = wilson(k, n)
        try:
            shrunk = beta_binomial(k, n).value
        except Refused:
            shrunk = np.full(len(k), np.nan)
        frames.append(
            pl.DataFrame(
                {
                    "group": [code] * len(k),
                    "place": list(places),
                    "hits": k,
                    "searches": n,
                    "rate": each.value,
                    "low": each.low,
                    "high": each.high,
                    "shrunk": shrunk,
                },
                schema=_DETAIL,
            )
        )
    return pl.concat(frames).with_columns(pl.col(pl.Float64).fill_nan(None))


_DETAIL = pl.Schema(
    {
        "group": pl.String(),
        "place": pl.String(),
        "hits": pl.Float64(),
        "searches": pl.Float64(),
        "rate": pl.Float64(),
        "low": pl.Float64(),
        "high": pl.Float64(),
        "shrunk": pl.Float64(),
    }
)
