"""A survey's estimates as notes, as a table and as charts."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from openhalo.analyses.context import AnalysisContext
from openhalo.analyses.contrasts import Contrast
from openhalo.analyses.kinds.survey_estimate.answers import Answers
from openhalo.analyses.results import Counts, Picture
from openhalo.analyses.wording import Wording, named
from openhalo.catalogue.analysis_kinds.survey_estimate import SurveyEstimate
from openhalo.charts import figures_chart
from openhalo.charts.figure import Figure
from openhalo.language import formatting
from openhalo.language.translation import _
from openhalo.statistics import survey_estimate


def notes_of(context: AnalysisContext[SurveyEstimate], told: Answers, whole: Contrast, small: int) -> list[str]:
    """Say who is left out, and what weights and design do to the figure."""
    said = []
    if context.days and context.days.first.year < context.days.last.year:
        said.append(_("Answers of several years are taken together."))
    left = {
        "silent": _("Left out, because they did not answer enough: {n} people."),
        "weight": _("Left out, because they have no weight: {n} people."),
        "stratum": _("Left out, because they do not say the stratum that they were drawn from: {n} people."),
        "cluster": _("Left out, because they do not say the cluster that they were drawn with: {n} people."),
        "margins": _("Left out, because they do not say the group that answers are weighted by: {n} people."),
    }
    lost = {"silent": len(told.values) - told.answered, **told.left}
    said += [text.format(n=formatting.count(lost[name])) for name, text in left.items() if lost.get(name)]
    if small:
        text = _("Groups that are not shown, because fewer than {fewest} people of them answered: {n}.")
        said.append(text.format(fewest=survey_estimate.FEWEST, n=small))
    if told.effect > 1:
        text = _(
            "Some answers count for more people than others. So the {n} answers are worth {effective} that all count "
            "the same. Without weights the figure would be {plain}."
        )
        kind = whole.scale
        said.append(
            text.format(
                n=formatting.count(told.answered),
                effective=formatting.count(told.answered / told.effect),
                plain=formatting.measured(told.unweighted, kind),
            )
        )
    if told.drawn.clusters is not None:
        text = _(
            "People were drawn by cluster, such as a home or a block: {n} of them. People of one cluster often think "
            "alike, and the intervals allow for that."
        )
        said.append(text.format(n=formatting.count(len(np.unique(told.drawn.clusters)))))
        if (effect := told.effect_of_all) > 1:
            text = _(
                "By weights and clusters together, the {n} answers tell as much as {alone} of people drawn one by one."
            )
            said.append(text.format(n=formatting.count(told.answered), alone=formatting.count(told.answered / effect)))
    return said


def table_of(told: Answers, whole: Contrast) -> Counts:
    """Return what the estimate rests on."""

    def value(one: float) -> str:
        return formatting.measured(one, whole.scale)

    parts = [
        (_("Parts of the population drawn from (strata)"), told.drawn.strata),
        (_("Homes, blocks or the like drawn (clusters)"), told.drawn.clusters),
    ]
    all_of_it = told.effect_of_all
    rows = [
        [_("People who answered"), formatting.count(told.answered)],
        *([name, formatting.count(len(np.unique(codes)))] for name, codes in parts if codes is not None),
        [_("Answers of equal weight that they are worth"), formatting.count(told.answered / told.effect)],
        [_("Design effect of the weights"), formatting.measured(told.effect, "ratio")],
        *(
            [[_("Design effect of weights, strata and clusters"), formatting.measured(all_of_it, "ratio")]]
            if all_of_it > 0
            else []
        ),
        [_("Without weights"), value(told.unweighted)],
        [_("With weights"), value(whole.estimate)],
    ]
    if told.reliability is not None:
        rows.append([_("Reliability of the scale (at most 1)"), formatting.measured(told.reliability, "ratio")])
    return Counts(_("What the estimate rests on"), [_("What"), _("Value")], rows)


def pictures_of(
    context: AnalysisContext[SurveyEstimate], every: Sequence[Contrast], gaps: Sequence[Contrast], wording: Wording
) -> list[Picture]:
    """Draw the estimates; and the differences of groups from the reference group, where there are any."""
    rows = [
        Figure(
            named(one, context, wording),
            one.estimate,
            one.low,
            one.high,
            n=one.n,
            denominator=float(one.n),
            code=one.group or None,
        )
        for one in every
    ]
    kind, order = every[0].scale, tuple(context.people)
    caption = _(
        "The dot is the estimate; the line is its 95% interval. The interval grows as fewer people answer, and as "
        "weights differ more."
    )
    alt = figures_chart.describe(kind, rows, _(context.spec.label))
    found = [Picture(figures_chart.by_group, (kind, rows), (order,), alt, caption)]
    if gaps:
        reference = context.name(gaps[0].reference)
        times = 100 if gaps[0].scale == "difference" else 1
        rows = [
            Figure(
                named(replace(one, reference=""), context, wording),
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
        found.append(Picture(figures_chart.by_group, ("points", rows), (order, 0.0), alt, caption))
    return found
