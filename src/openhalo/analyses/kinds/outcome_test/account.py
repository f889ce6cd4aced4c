"""Hit rates in notes, as a table and as charts: by group, and place by place against the reference group."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from openhalo.analyses.results import Account, AnalysisResult, Counts, Picture
from openhalo.analyses.subject import Subject
from openhalo.catalogue.analysis_kinds.outcome_test import OutcomeTest
from openhalo.charts import analysis_charts, figures_chart
from openhalo.charts.figure import Figure, interval
from openhalo.language import formatting
from openhalo.language.translation import _, capital
from openhalo.statistics.estimates import Numbers, normal_quantile
from openhalo.statistics.proportions import wilson

FEWEST_IN_PLACE = 10
"""Searches of a group in a place below which its hit rate there is neither averaged nor drawn."""
_FEWEST_PLACES = 3
FEWEST = 30
"""Searches of a group below which its hit rate is not compared."""


@dataclass(frozen=True)
class HitRates(Account):
    """Hits and searches by group and place.

    Attributes:
        codes: of the groups of which there is a search, in their order.
        hits, made: (groups, places) what was found, and the searches; those without a place stand in a last column.
        every: how many searches there are, also of those that an officer was not free to leave.
        free: how many an officer was free to leave.
        said: how many of these say whether something was found.
    """

    codes: tuple[str, ...]
    hits: Numbers
    made: Numbers
    every: float
    free: float
    said: float

    @property
    def enough(self) -> list[int]:
        """Return the positions of the groups with enough searches to be compared."""
        return np.flatnonzero(self.made.sum(axis=1) >= FEWEST).tolist()

    def notes(self, result: AnalysisResult) -> list[str]:
        """Return which searches count, which groups are too small, and what all groups together show."""
        text = _("Of {all} searches, {free} were ones that an officer was free to leave, as far as the records tell.")
        found = [text.format(all=formatting.count(self.every), free=formatting.count(self.free))]
        if self.said < self.free:
            text = _("{n} of these do not say whether something was found, and are left out.")
            found.append(text.format(n=formatting.count(self.free - self.said)))
        small = [result.subject.name(code) for at, code in enumerate(self.codes) if at not in self.enough]
        if small:
            text = _("Groups with fewer than {fewest} searches are too small to compare: {groups}.")
            found.append(text.format(fewest=FEWEST, groups=", ".join(small)))
        lost = result.facts["unrecorded"]
        if lost["searches"]:
            text = _("The group is not known for {n} searches, of which {hits} found something.")
            found.append(text.format(n=formatting.count(lost["searches"]), hits=formatting.count(lost["hits"])))
        return [*found, *_together(result.facts["equal_rates"])]

    def tables(self, result: AnalysisResult) -> list[Counts]:
        """Return each group's hits, searches and hit rate, pooled and as a plain average over places."""
        heads = [_("Group"), _("Searches that found something"), _("95% interval"), _("Found"), _("Searches")]
        rows, places = [], result.facts["places"]
        for index, row in enumerate(self._figures(result.subject, range(len(self.codes)))):
            cells = [
                capital(row.label),
                formatting.share(row.value),
                interval("share", row.low, row.high),
                formatting.count(row.numerator),
                formatting.count(row.denominator),
            ]
            if places > 1:
                cells.append(_averaged(self.hits[index, :places], self.made[index, :places]))
            rows.append(cells)
        if places > 1:
            heads.append(_("Average over places with 10 searches or more"))
        return [Counts(_("How often searches found something"), heads, rows)]

    def pictures(self, result: AnalysisResult) -> list[Picture]:
        """Return hit rates by place, each group against the reference; and by group."""
        subject = result.subject
        rows = self._figures(subject, self.enough)
        alt = figures_chart.describe("share", rows, _("Share of searches that found something"))
        caption = _("The dot is the share of searches that found something; the line is its 95% interval.")
        by_group = Picture(figures_chart.by_group, ("share", rows), (tuple(subject.people),), alt, caption)
        panels = self._panels(subject)
        if not panels:
            return [by_group]
        reference = subject.name(subject.reference)
        caption = _(
            "Each circle is a place with 10 searches or more of both groups; its size shows how many there were. On "
            "the dashed line, searches of both groups find something equally often. Below it, searches of the group "
            "named find something less often than searches of {reference}."
        ).format(reference=reference)
        axes = (_("Hit rate, {group}").format(group=reference), _("Hit rate, group named"))
        places = Picture(analysis_charts.places, (panels,), (tuple(subject.people), *axes), f"{alt} {caption}", caption)
        return [places, by_group]

    def _figures(self, subject: Subject[OutcomeTest], which: Sequence[int]) -> list[Figure]:
        """Return the hit rate of some groups over all places."""
        k, n = self.hits.sum(axis=1), self.made.sum(axis=1)
        rates = wilson(k, n)
        return [
            Figure(
                subject.name(self.codes[index]),
                float(rates.value[index]),
                float(rates.low[index]),
                float(rates.high[index]),
                n=int(n[index]),
                numerator=float(k[index]),
                denominator=float(n[index]),
                code=self.codes[index],
            )
            for index in which
        ]

    def _panels(self, subject: Subject[OutcomeTest]) -> list[analysis_charts.Panel]:
        """Return the places of each group that shares some with the reference group."""
        panels, base = [], self.codes.index(subject.reference)
        for index in self.enough:
            both = (self.made[index] >= FEWEST_IN_PLACE) & (self.made[base] >= FEWEST_IN_PLACE)
            if index == base or both.sum() < _FEWEST_PLACES:
                continue
            across, up = ((self.hits[at][both] / self.made[at][both]).tolist() for at in (base, index))
            sizes = (self.made[index] + self.made[base])[both].tolist()
            points = [analysis_charts.Point(x, y, n) for x, y, n in zip(across, up, sizes, strict=True)]
            code = self.codes[index]
            panels.append(analysis_charts.Panel(subject.name(code), code, points))
        return panels


def _averaged(hits: Numbers, made: Numbers) -> str:
    """Say a group's plain average over the places in which enough of it were searched."""
    large = made >= FEWEST_IN_PLACE
    if large.sum() < 2:
        return "–"
    p = hits[large] / made[large]
    half = normal_quantile(0.95) * float(np.sqrt(np.sum(p * (1 - p) / (made[large] - 1)))) / len(p)
    text = _("{average} ({interval}; {places} places)")
    span = interval("share", max(p.mean() - half, 0.0), min(p.mean() + half, 1.0))
    return text.format(average=formatting.share(p.mean()), interval=span, places=len(p))


def _together(test: Mapping[str, Any]) -> list[str]:
    """Say what the test of equal hit rates of all groups at once shows."""
    chance = test["p"]
    if math.isnan(chance):
        return []
    text = (
        _("Taken together, hit rates of the groups differ by more than chance explains ({test}).")
        if chance < 0.05
        else _("Taken together, hit rates of the groups differ by no more than chance could explain ({test}).")
    )
    p = _("p under 0.001") if chance < 0.001 else _("p {value}").format(value=f"{chance:.3f}")
    named = _(
        "test of Knowles, Persico and Todd: chi-squared {statistic}, {freedom} degrees of freedom, {p}; one more test, "
        "not among those that the plan counts"
    )
    return [text.format(test=named.format(statistic=f"{test['statistic']:.1f}", freedom=test["freedom"], p=p))]
