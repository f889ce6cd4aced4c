"""The veil of darkness: every stop's clock minute against the sunset and dusk of its day and place."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from openhalo.analyses.context import AnalysisContext
from openhalo.analyses.contrasts import contrast
from openhalo.analyses.kinds.veil_of_darkness.evening_stops import Stops, stops_of
from openhalo.analyses.results import Account, AnalysisResult, Counts, Picture
from openhalo.analyses.wording import Wording
from openhalo.catalogue.analysis_kinds.veil_of_darkness import VeilOfDarkness as VeilOfDarknessSpec
from openhalo.charts import figures_chart
from openhalo.charts.figure import Figure
from openhalo.language import formatting
from openhalo.language.translation import _, capital, mark_for_translation, message
from openhalo.statistics.proportions import difference
from openhalo.statistics.results import Assumption, Refused
from openhalo.statistics.veil_of_darkness import VeilOfDarkness, veil_of_darkness

_WORDING = Wording(
    mark_for_translation(
        "At the same time of day, the odds that a stop was of {group} rather than of {reference} were {value} "
        "times as high in darkness as in daylight (95% interval {span}; {n} {units})."
    ),
    mark_for_translation(
        "More than chance explains. A larger share of the stops in darkness is of {group}; this test shows no sign "
        "that officers stop {group} more when they can see them."
    ),
    mark_for_translation(
        "More than chance explains. A smaller share of the stops in darkness is of {group}, as one would see if "
        "officers stopped {group} more when they can see them."
    ),
)
_TOLERANCE = 0.02


@dataclass(frozen=True)
class _VeilOfDarknessAccount(Account):
    """How many stops there are, of how many the group is not known, and why groups were not compared, by code."""

    unknown: int
    stops: int
    refused: dict[str, str]

    def notes(self, result: AnalysisResult) -> list[str]:
        text = _("Compared are stops between {first} and {last}: hours that are light on some days and dark on others.")
        first, last = result.facts["window"]
        found = [text.format(first=_clock(first), last=_clock(last))]
        if self.unknown:
            text = _(
                "The group is not known for {n} of {all} stops. The table shows how far these could move the result."
            )
            found.append(text.format(n=formatting.count(self.unknown), all=formatting.count(self.stops)))
        text, name = _("Not compared: {group} ({reason})."), result.subject.name
        return [*found, *(text.format(group=name(code), reason=_(why)) for code, why in self.refused.items())]

    def tables(self, result: AnalysisResult) -> list[Counts]:
        subject, text = result.subject, _("{share} ({part} of {whole})")

        def cell(code: str, side: str) -> str:
            (row,) = result.detail.filter(group=code, side=side).rows(named=True)
            whole = row["of_group"] + row["of_reference"]
            return text.format(
                share=formatting.share(row["share"]),
                part=formatting.count(row["of_group"]),
                whole=formatting.count(whole),
            )

        rows = [
            [capital(subject.name(one.group)), cell(one.group, "light"), cell(one.group, "dark")]
            for one in result.contrasts
        ]
        title = _("Each group’s share of the stops of it and of {reference} at these hours, nothing else held equal")
        heads = [_("Group"), _("Share in daylight"), _("Share in darkness")]
        return [Counts(title.format(reference=subject.name(subject.reference)), heads, rows)]

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
        caption = _(
            "The dot says how many times as high the odds are in darkness as in daylight that a stop is of the group "
            "named rather than of {reference}; the line is its 95% interval. On the dotted line, at 1, "
            "darkness changes nothing."
        ).format(reference=subject.name(subject.reference))
        alt = figures_chart.describe("ratio", rows, _("Odds in darkness against daylight"))
        return [Picture(figures_chart.by_group, ("ratio", rows), (tuple(subject.people), 1.0), alt, caption)]


def run(context: AnalysisContext[VeilOfDarknessSpec]) -> AnalysisResult:
    """Return how darkness changes each group's share of the stops of it and of the reference group.

    Raises:
        Refused: no stop has a time and a place, or no group can be compared.
    """
    stops = stops_of(context)
    if context.reference not in stops.codes:
        text = mark_for_translation("no stop of {group}, with whom the others are compared")
        raise context.refused_reference(text)
    wanted = [code for code in context.subject.people if code in stops.codes and code != context.reference]
    wanted = [code for code in wanted if not context.compare or code in context.compare]
    recording = _recorded_alike(stops)
    found, refused = [], {}
    for code in wanted:
        try:
            found.append((code, *_compare(context, stops, code)))
        except Refused as reason:
            refused[code] = reason.reason
    if not found:
        raise Refused(_all_refused(context, refused) if refused else "no group to compare")
    contrasts = [
        replace(
            contrast(one, "ratio", math.exp, group=code, reference=context.reference, bounds=bounds),
            assumptions=(*one.assumptions, recording),
        )
        for code, one, bounds in found
    ]
    return AnalysisResult(
        subject=context.subject,
        contrasts=tuple(contrasts),
        account=_VeilOfDarknessAccount(int((stops.group < 0).sum()), len(stops.group), refused),
        wording=_WORDING,
        detail=_detail([(code, one) for code, one, _bounds in found], context),
        limit=found[0][1].limit,
        facts={
            "log_odds": [{"group": code, "estimate": one.estimate, "error": one.error} for code, one, _bounds in found],
            "window": found[0][1].window,
        },
    )


def _compare(
    context: AnalysisContext[VeilOfDarknessSpec], stops: Stops, code: str
) -> tuple[VeilOfDarkness, tuple[float, float] | None]:
    """Return the test of one group, and the odds ratios at both extremes of the stops of unknown group."""
    mine, theirs = stops.codes.index(code), stops.codes.index(context.reference)
    unknown = stops.group < 0
    known = (stops.group == mine) | (stops.group == theirs)
    found = _fit(context, stops.of(known), stops.group[known] == mine)
    if not unknown.any():
        return found, None
    kept = known | unknown
    some, hidden, in_group = stops.of(kept), unknown[kept], stops.group[kept] == mine
    dark = some.minute >= some.dusk
    ends = [math.exp(_fit(context, some, in_group | (hidden & side)).estimate) for side in (~dark, dark)]
    return found, (min(ends), max(ends))


def _fit(context: AnalysisContext[VeilOfDarknessSpec], stops: Stops, in_group: NDArray[np.bool_]) -> VeilOfDarkness:
    return veil_of_darkness(
        stops.minute,
        stops.sunset,
        stops.dusk,
        in_group,
        place=stops.place,
        season=stops.season,
        variant=context.spec.variant,
        df=context.spec.df,
    )


def _recorded_alike(stops: Stops) -> Assumption:
    """Say whether the group is recorded as often in darkness as in daylight, at the hours that are compared."""
    first, last = np.nanmin(stops.dusk), np.nanmax(stops.dusk)
    inside = (stops.minute >= first) & (stops.minute <= last)
    dark, light = inside & (stops.minute >= stops.dusk), inside & (stops.minute < stops.sunset)
    known = stops.group >= 0
    gap = difference((known & dark).sum(), dark.sum(), (known & light).sum(), light.sum())
    apart = float(gap.low) > _TOLERANCE or float(gap.high) < -_TOLERANCE
    return Assumption("the group is recorded as often in darkness as in daylight", "not met" if apart else "met")


def _detail(found: Sequence[tuple[str, VeilOfDarkness]], context: AnalysisContext[VeilOfDarknessSpec]) -> pl.DataFrame:
    rows = []
    for code, one in found:
        for side, (group, others) in (("light", one.light), ("dark", one.dark)):
            rows.append(
                {
                    "group": code,
                    "side": side,
                    "of_group": group,
                    "of_reference": others,
                    "share": group / (group + others),
                }
            )
    return pl.DataFrame(rows)


def _all_refused(context: AnalysisContext[VeilOfDarknessSpec], refused: dict[str, str]) -> str:
    """Return why no group can be compared, each with its reason."""
    pattern = "; ".join(f"{{group{at}}}: {{why{at}}}" for at in range(len(refused)))
    names = {f"group{at}": context.subject.name(code) for at, code in enumerate(refused)}
    return message(pattern, **names, **{f"why{at}": why for at, why in enumerate(refused.values())})


def _clock(minute: float) -> str:
    return f"{int(minute) // 60:02d}:{int(minute) % 60:02d}"
