"""The threshold test on records: from how sure on people of each group are searched, place by place."""

from dataclasses import dataclass

import ibis
import numpy as np
import polars as pl

from openhalo.analyses.context import AnalysisContext
from openhalo.analyses.contrasts import contrast
from openhalo.analyses.results import Account, AnalysisResult, Counts, Picture
from openhalo.analyses.wording import Wording
from openhalo.catalogue.analysis_kinds.threshold_test import ThresholdTest
from openhalo.charts import analysis_charts, figures_chart
from openhalo.charts.figure import Figure, interval
from openhalo.language import formatting
from openhalo.language.translation import _, capital, mark_for_translation, message
from openhalo.statistics import threshold_test as statistic
from openhalo.statistics.estimates import Numbers
from openhalo.statistics.recording import refuse_uneven_recording
from openhalo.statistics.results import Refused, Result

_WORDING = Wording(
    mark_for_translation(
        "In this model, the least chance of finding something at which people are searched was {size} percentage "
        "points {direction} for {group} than for {reference}, {way} (95% interval {span}; {n} {units})."
    ),
    mark_for_translation("Officers searched {group} only when they were surer, as far as the model holds."),
    mark_for_translation(
        "Officers searched {group} when they were less sure, as far as the model holds: a double standard."
    ),
)
_UNFIT = mark_for_translation(
    "But places differ more than the model allows, so the thresholds are less sure than the intervals say. Take the "
    "difference between groups as a reason to look closer, not as a finding."
)
_PRIORS = {
    "fast": statistic.FAST,
    "original": statistic.ORIGINAL,
    "open_policing": statistic.open_policing(),
}
FEWEST = 100
"""Searches of a group below which it has no threshold."""


@dataclass(frozen=True)
class _ThresholdTestAccount(Account):
    """The thresholds, and what the model expects against what was counted.

    Attributes:
        groups: code → threshold with each place weighted by all its stops, and by the group's own stops.
        places: how many places the model looks at.
        unknown: stops of unknown group, and how many of them had a search.
        expected: (cells,) the share searched, and the hit rate, that the model expects.
    """

    groups: dict[str, tuple[Result, Result]]
    places: int
    unknown: tuple[float, float]
    expected: tuple[Numbers, Numbers]

    def notes(self, result: AnalysisResult) -> list[str]:
        text = _("The model looks at {places} places in which every group compared has {least} or more searches.")
        said = [text.format(places=self.places, least=result.subject.spec.least_searches)]
        stops, searches = self.unknown
        if stops:
            text = _("Left out: {n} {units} whose group is not known, {searches} of them with a search.")
            counted = {"n": formatting.count(stops), "searches": formatting.count(searches)}
            said.append(text.format(**counted, units=result.subject.unit))
        text = _(
            "Over places the model is off by {search} points in the share searched and {hit} points in the hit rate."
        )
        errors = {name: f"{100 * result.facts[f'{name}_error']:.1f}" for name in ("search", "hit")}
        return [*said, text.format(**errors)]

    def tables(self, result: AnalysisResult) -> list[Counts]:
        heads = [
            _("Group"),
            _("Search threshold"),
            _("95% interval"),
            _("By the group's own stops"),
            _("Stops"),
            _("Searches"),
            _("Found"),
        ]
        text, rows = _("{average} ({interval})"), []
        for code, (one, own) in self.groups.items():
            mine = result.detail.filter(pl.col("group") == code)
            rows.append(
                [
                    capital(result.subject.name(code)),
                    formatting.share(one.estimate),
                    interval("share", one.low, one.high),
                    text.format(average=formatting.share(own.estimate), interval=interval("share", own.low, own.high)),
                    *(formatting.count(float(mine[of].sum())) for of in ("stops", "searches", "hits")),
                ]
            )
        return [Counts(_("The chance of finding something from which on people are searched"), heads, rows)]

    def pictures(self, result: AnalysisResult) -> list[Picture]:
        return [self._thresholds(result), _checked(self.expected, result.detail)]

    def _thresholds(self, result: AnalysisResult) -> Picture:
        subject = result.subject
        rows = [
            Figure(subject.name(code), one.estimate, one.low, one.high, n=one.n, denominator=float(one.n), code=code)
            for code, (one, _own) in self.groups.items()
        ]
        caption = _(
            "The dot is the chance of finding something from which on people are searched; the line is its 95% "
            "interval. Lower means searched on less."
        )
        alt = figures_chart.describe("share", rows, _("Search threshold"))
        return Picture(figures_chart.by_group, ("share", rows), (tuple(subject.people),), alt, caption)


def _checked(expected: tuple[Numbers, Numbers], cells: pl.DataFrame) -> Picture:
    """Return what the model expects in each cell, against what was counted."""
    stops, searches, hits = (cells[name].to_numpy() for name in ("stops", "searches", "hits"))
    shown = (
        (_("Share of stops with a search"), expected[0], searches / stops, stops),
        (_("Share of searches that found something"), expected[1], hits / searches, searches),
    )
    panels = [
        analysis_charts.Panel(
            label, "", [analysis_charts.Point(*one) for one in np.stack([likely, real, n], axis=1).tolist()]
        )
        for label, likely, real, n in shown
    ]
    caption = _(
        "Each circle is a group in a place. On the dashed line the model expects just what was counted; circles all "
        "over on one side of it would speak against the model."
    )
    axes = (_("As the model expects"), _("As counted"))
    return Picture(analysis_charts.places, (panels,), ((), *axes), caption, caption)


def run(context: AnalysisContext[ThresholdTest]) -> AnalysisResult:
    """Return the threshold at which each group is searched, against the reference group's.

    Raises:
        Refused: the group is recorded by the search, hits or searches are too few, or the chains do not agree.
        MissingExtra: the sampler is not installed.
    """
    counted = _count(context)
    cells = _usable(context, counted)
    found = statistic.threshold_test(cells, _PRIORS[context.spec.prior])
    unknown = counted.filter(pl.col("group").is_null())
    ways = {"all stops of a place": found.by_place, "a group's own stops": found.by_own}
    contrasts = [
        contrast(one, "difference", group=code, reference=context.reference, way=way, leads=not at)
        for at, (way, thresholds) in enumerate(ways.items())
        for code, one in zip(cells.groups[1:], thresholds.differences, strict=True)
    ]
    return AnalysisResult(
        subject=context.subject,
        contrasts=tuple(contrasts),
        account=_ThresholdTestAccount(
            groups=dict(zip(cells.groups, zip(found.by_place.groups, found.by_own.groups, strict=True), strict=True)),
            places=len(cells.places),
            unknown=(float(unknown["stops"].sum()), float(unknown["searches"].sum())),
            expected=(found.searches, found.hits),
        ),
        wording=_WORDING,
        detail=_detail(found),
        limit=statistic.LIMIT,
        caution="" if found.foretells else _UNFIT,
        facts={
            "prior": context.spec.prior,
            "rhat": found.draws.rhat,
            "effective_draws": found.draws.ess,
            "divergences": found.draws.divergences,
            "search_error": found.search_error,
            "hit_error": found.hit_error,
        },
    )


def _count(context: AnalysisContext[ThresholdTest]) -> pl.DataFrame:
    """Count stops, searches and hits by group and place; a search that does not say what was found counts as none."""
    relation = context.relation()
    rows = relation.table.select(
        group=relation.field(context.spec.group),
        place=relation.field(context.spec.place).cast("string"),
        searched=context.condition(relation, context.spec.searched),
        hit=context.condition(relation, context.spec.outcome),
    )
    counted = rows.group_by("group", "place").agg(
        stops=ibis._.searched.count(),
        searches=ibis._.count(where=ibis._.searched),
        said=ibis._.count(where=ibis._.searched & ibis._.hit.notnull()),
        hits=ibis._.count(where=ibis._.searched & ibis._.hit),
    )
    return context.records.fetch(counted).sort("place", "group")


def _usable(context: AnalysisContext[ThresholdTest], counted: pl.DataFrame) -> statistic.Cells:
    searches, said = int(counted["searches"].sum()), int(counted["said"].sum())
    if said < 0.9 * searches or not searches:
        text = mark_for_translation("what a search found is recorded for only {said} of {searches} searches")
        raise Refused(message(text, said=said, searches=searches))
    known = counted.drop_nulls("group")
    searched, all_searched = float(known["searches"].sum()), float(searches)
    left, all_left = float(known["stops"].sum()) - searched, float(counted["stops"].sum()) - all_searched
    refuse_uneven_recording((searched, all_searched), (left, all_left), mark_for_translation("the stops with a search"))
    sizes = dict(known.group_by("group").agg(pl.col("searches").sum()).iter_rows())
    codes = [
        code
        for code in context.subject.people
        if code != context.reference and (not context.compare or code in context.compare)
    ]
    wanted = [code for code in codes if sizes.get(code, 0) >= FEWEST]
    if sizes.get(context.reference, 0) < FEWEST:
        text = mark_for_translation("fewer than {n} searches of {group}, the group compared with")
        raise context.refused_reference(text, n=FEWEST)
    if not wanted:
        raise Refused(message("no other group has {n} searches or more", n=FEWEST))
    groups = (context.reference, *wanted)
    used = known.drop_nulls("place").filter(pl.col("group").is_in(groups))
    return statistic.kept_cells(
        used["group"].replace_strict(groups, range(len(groups))).to_numpy(),
        used["place"].to_numpy(),
        used["stops"].to_numpy(),
        used["searches"].to_numpy(),
        used["hits"].to_numpy(),
        groups,
        context.spec.least_searches,
    )


def _detail(found: statistic.ThresholdTest) -> pl.DataFrame:
    """Return what the model saw and what it expects, by group and place."""
    cells = found.cells
    return pl.DataFrame(
        {
            "group": [cells.groups[g] for g in cells.group],
            "place": cells.places[cells.place].astype(str),
            "stops": cells.stops,
            "searches": cells.searches,
            "hits": cells.hits,
            "expected_searches": found.searches * cells.stops,
            "expected_hits": found.hits * cells.searches,
        }
    )
