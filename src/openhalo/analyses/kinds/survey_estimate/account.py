"""A survey's estimates in words, as a table and as charts."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from openhalo.analyses.contrasts import Contrast
from openhalo.analyses.results import Account, AnalysisResult, Counts, Picture
from openhalo.analyses.wording import named
from openhalo.charts import figures_chart
from openhalo.charts.figure import Figure
from openhalo.language import formatting
from openhalo.language.translation import _
from openhalo.statistics import survey_estimate


@dataclass(frozen=True)
class SurveyAccount(Account):
    """Who is left out, how people were drawn, and how groups were compared.

    Attributes:
        silent: how many did not answer enough.
        small: how many groups have too few answers to be shown.
        strata, clusters: how many there are; None where people were drawn without.
        reference: the group that others are compared with; empty where none is.
        why: why groups are not compared, as a reason; empty where they are, and where there are no groups.
    """

    silent: int
    small: int
    strata: int | None
    clusters: int | None
    reference: str
    why: str

    def told(self, result: AnalysisResult) -> str:
        """Return what everyone says, in one sentence."""
        spec, whole, weighted = result.subject.spec, result.contrasts[0], result.facts["weighted"]
        share = not spec.items
        text = (
            _("Of every 100 residents, about {value} {statement} ({low} to {high}; {n} people answered, {weighted}).")
            if share
            else _(
                "Asked {statement}, residents give {value} of 100 points on average ({low} to {high}; {n} people "
                "answered, {weighted})."
            )
        )
        value, low, high = (
            formatting.count(round(min(max(end * (100 if share else 1), 0.0), 100.0)))
            for end in (whole.estimate, whole.low, whole.high)
        )
        return text.format(
            value=value,
            low=low,
            high=high,
            n=formatting.count(whole.n),
            statement=_(spec.statement),
            weighted=_(weighted),
        )

    def notes(self, result: AnalysisResult) -> list[str]:
        """Return who is left out, what weights and design do to the figure, and how groups were compared."""
        said, days = [], result.subject.days
        if days and days.first.year < days.last.year:
            said.append(_("Answers of several years are taken together."))
        said += self._left_out(result)
        if self.small:
            text = _("Groups that are not shown, because fewer than {fewest} people of them answered: {n}.")
            said.append(text.format(fewest=survey_estimate.FEWEST, n=self.small))
        return [*said, *self._worth(result), *self._compared(result)]

    def tables(self, result: AnalysisResult) -> list[Counts]:
        """Return what the estimate rests on."""
        facts, whole = result.facts, result.contrasts[0]
        parts = [
            (_("Parts of the population drawn from (strata)"), self.strata),
            (_("Homes, blocks or the like drawn (clusters)"), self.clusters),
        ]
        rows = [
            [_("People who answered"), formatting.count(facts["answered"])],
            *([name, formatting.count(n)] for name, n in parts if n is not None),
            [_("Answers of equal weight that they are worth"), formatting.count(facts["effective"])],
            [_("Design effect of the weights"), formatting.measured(facts["design_effect"], "ratio")],
        ]
        if (effect := facts["effect_of_all"]) > 0:
            rows.append([_("Design effect of weights, strata and clusters"), formatting.measured(effect, "ratio")])
        rows += [
            [_("Without weights"), formatting.measured(facts["unweighted"], whole.scale)],
            [_("With weights"), formatting.measured(whole.estimate, whole.scale)],
        ]
        if (reliability := facts["reliability"]) is not None:
            rows.append([_("Reliability of the scale (at most 1)"), formatting.measured(reliability, "ratio")])
        return [Counts(_("What the estimate rests on"), [_("What"), _("Value")], rows)]

    def pictures(self, result: AnalysisResult) -> list[Picture]:
        """Return the estimates; and the differences of groups from the reference group, where there are any."""
        subject, every = result.subject, [one for one in result.contrasts if not one.leads]
        rows = [
            Figure(
                named(one, subject, result.wording),
                one.estimate,
                one.low,
                one.high,
                n=one.n,
                denominator=float(one.n),
                code=one.group or None,
            )
            for one in every
        ]
        kind = every[0].scale
        caption = _(
            "The dot is the estimate; the line is its 95% interval. The interval grows as fewer people answer, and as "
            "weights differ more."
        )
        alt = figures_chart.describe(kind, rows, _(subject.spec.label))
        estimates = Picture(figures_chart.by_group, (kind, rows), (tuple(subject.people),), alt, caption)
        return [estimates, *([_differences(result, result.leading)] if result.leading else [])]

    def _left_out(self, result: AnalysisResult) -> list[str]:
        texts = {
            "silent": _("Left out, because they did not answer enough: {n} people."),
            "weight": _("Left out, because they have no weight: {n} people."),
            "stratum": _("Left out, because they do not say the stratum that they were drawn from: {n} people."),
            "cluster": _("Left out, because they do not say the cluster that they were drawn with: {n} people."),
            "margins": _("Left out, because they do not say the group that answers are weighted by: {n} people."),
        }
        lost = {"silent": self.silent, **result.facts["left_out"]}
        return [text.format(n=formatting.count(lost[name])) for name, text in texts.items() if lost.get(name)]

    def _worth(self, result: AnalysisResult) -> list[str]:
        """Say how many answers of people drawn one by one, and without weights, tell as much."""
        said, facts = [], result.facts
        answered = formatting.count(facts["answered"])
        if facts["design_effect"] > 1:
            text = _(
                "Some answers count for more people than others. So the {n} answers are worth {effective} that all "
                "count the same. Without weights the figure would be {plain}."
            )
            plain = formatting.measured(facts["unweighted"], result.contrasts[0].scale)
            said.append(text.format(n=answered, effective=formatting.count(facts["effective"]), plain=plain))
        if self.clusters is not None:
            text = _(
                "People were drawn by cluster, such as a home or a block: {n} of them. People of one cluster often "
                "think alike, and the intervals allow for that."
            )
            said.append(text.format(n=formatting.count(self.clusters)))
            if (effect := facts["effect_of_all"]) > 1:
                text = _(
                    "By weights and clusters together, the {n} answers tell as much as {alone} of people drawn one by "
                    "one."
                )
                said.append(text.format(n=answered, alone=formatting.count(facts["answered"] / effect)))
        return said

    def _compared(self, result: AnalysisResult) -> list[str]:
        """Say with whom groups were compared, and what the test of all of them at once shows; or why they were not."""
        if self.why:
            return [_("Groups are not compared: {reason}.").format(reason=_(self.why))]
        notes, subject = [], result.subject
        if self.reference and not subject.reference:
            text = _("Groups are compared with {group}, of whom most people answered.")
            notes.append(text.format(group=subject.name(self.reference)))
        if (test := result.facts.get("equal_groups")) is not None:
            notes.append(_together(test))
        return notes


def _together(test: Mapping[str, Any]) -> str:
    text = (
        _("Taken together, the groups differ by more than chance explains ({test}).")
        if test["p"] < 0.05
        else _("Taken together, the groups differ by no more than chance could explain ({test}).")
    )
    named_test = _(
        "test of Rao and Scott: F {statistic}, {groups} and {freedom} degrees of freedom, {p}; one more test, not "
        "among those that the plan counts"
    )
    p = _("p under 0.001") if test["p"] < 0.001 else _("p {value}").format(value=f"{test['p']:.3f}")
    groups, freedom = test["freedom"]
    said = named_test.format(statistic=f"{test['statistic']:.1f}", groups=f"{groups:.1f}", freedom=f"{freedom:g}", p=p)
    return text.format(test=said)


def _differences(result: AnalysisResult, gaps: list[Contrast]) -> Picture:
    """Return the difference of each group from the reference group, in points."""
    subject = result.subject
    reference = subject.name(gaps[0].reference)
    times = 100 if gaps[0].scale == "difference" else 1
    rows = [
        Figure(
            named(replace(one, reference=""), subject, result.wording),
            times * one.estimate,
            times * one.low,
            times * one.high,
            n=one.n,
            code=one.group,
        )
        for one in gaps
    ]
    caption = _(
        "The dot says how many points more or less than among {reference}; the line is its 95% interval. On the "
        "dotted line, at 0, both are the same. Where the line crosses it, chance alone could give the difference."
    ).format(reference=reference)
    alt = figures_chart.describe("points", rows, _("Difference from {reference}").format(reference=reference))
    return Picture(figures_chart.by_group, ("points", rows), (tuple(subject.people), 0.0), alt, caption)
