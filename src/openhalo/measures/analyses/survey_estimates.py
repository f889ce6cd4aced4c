"""What surveys say of everyone: a share or an average over questions, weighted to the people who live there."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from openhalo.catalogue.analysis_kinds import SurveyEstimate
from openhalo.measures.analyses.asked import Asked
from openhalo.measures.analyses.contrasts import Contrast, Scale, contrast
from openhalo.measures.analyses.results import AnalysisResult, Counts, Picture
from openhalo.measures.analyses.survey_answers import FEWEST, Answers, answers_of
from openhalo.measures.analyses.wording import Wording, named
from openhalo.presentation import charts, numbers
from openhalo.presentation.figures import Figure
from openhalo.presentation.words import _, later
from openhalo.statistics import surveys
from openhalo.statistics.results import Assumption

_WORDING = Wording("", whole=later("All residents"))
_ALONE = Assumption(
    later("people were drawn one by one: where whole homes or blocks were drawn, the interval is too narrow"),
    "not testable",
)


def survey_estimate(asked: Asked[SurveyEstimate]) -> AnalysisResult:
    """Return the share that gives an answer, or the average over questions (0 to 100), for everyone and by group.

    Raises:
        Refused: fewer than 50 answers, a scale that does not hang together, or weights that cannot be fitted.
        MeasureError: there are no records of the population that answers are weighted to.
    """
    told = answers_of(asked)
    scale: Scale = "mean" if asked.spec.items else "share"
    whole = contrast(surveys.mean(told.values, told.drawn, asked.spec.label), scale, leads=False)
    groups, small = _by_group(asked, told, scale)
    facts = {
        "answered": told.answered, "effective": told.answered / told.effect, "design_effect": told.effect,
        "unweighted": told.unweighted, "reliability": told.reliability, "weighted": told.weighted,
    }  # fmt: skip
    every = (whole, *groups)
    return AnalysisResult(
        asked=asked,
        contrasts=every,
        wording=_WORDING,
        detail=pl.DataFrame({
            "group": [one.group or None for one in every], "answered": [one.n for one in every],
            "estimate": [one.estimate for one in every],
        }, schema_overrides={"group": pl.String()}),
        told=lambda: _told(asked, whole, told.weighted),
        tell=lambda: _notes(asked, told, whole, small),
        limit=surveys.LIMIT,
        assumed=(_ALONE,),
        tabulate=lambda: _table(told, whole),
        depict=lambda: [_picture(asked, every)],
        facts=facts,
    )  # fmt: skip


def _by_group(asked: Asked[SurveyEstimate], told: Answers, scale: Scale) -> tuple[list[Contrast], int]:
    """Return the estimate of each group with enough answers, and how many groups have too few."""
    codes, found = set(told.group.drop_nulls().to_list()), []
    order = [code for code in asked.people if code in codes] or sorted(codes)
    answered = ~np.isnan(told.values)
    for code in order:
        within = (told.group == code).fill_null(False).to_numpy()
        if (within & answered).sum() >= FEWEST:
            one = surveys.mean(told.values, told.drawn, asked.spec.label, within=within)
            found.append(contrast(one, scale, group=code, leads=False))
    return found, len(order) - len(found)


def _told(asked: Asked[SurveyEstimate], whole: Contrast, weighted: str) -> str:
    share = not asked.spec.items
    text = (
        _("Of every 100 residents, about {value} {statement} ({low} to {high}; {n} people answered, {weighted}).")
        if share
        else _(
            "Asked {statement}, residents give {value} of 100 points on average ({low} to {high}; {n} people "
            "answered, {weighted})."
        )
    )
    value, low, high = (
        numbers.count(round(min(max(end * (100 if share else 1), 0.0), 100.0)))
        for end in (whole.estimate, whole.low, whole.high)
    )
    return text.format(value=value, low=low, high=high, n=numbers.count(whole.n), statement=_(asked.spec.statement),
                       weighted=_(weighted))  # fmt: skip


def _notes(asked: Asked[SurveyEstimate], told: Answers, whole: Contrast, small: int) -> list[str]:
    said = []
    if asked.days and asked.days.first.year < asked.days.last.year:
        said.append(_("Answers of several years are taken together."))
    silent = len(told.values) - told.answered
    if silent:
        text = _("Left out, because they did not answer enough: {n} people.")
        said.append(text.format(n=numbers.count(silent)))
    for n, text in zip(
        told.left,
        (
            _("Left out, because they have no weight: {n} people."),
            _("Left out, because they do not say the group that answers are weighted by: {n} people."),
        ),
        strict=True,
    ):
        if n:
            said.append(text.format(n=numbers.count(n)))
    if small:
        text = _("Groups that are not shown, because fewer than {fewest} people of them answered: {n}.")
        said.append(text.format(fewest=FEWEST, n=small))
    if told.effect > 1:
        text = _(
            "Some answers count for more people than others. So the {n} answers are worth {effective} that all count "
            "the same. Without weights the figure would be {plain}."
        )
        kind = whole.scale
        said.append(text.format(n=numbers.count(told.answered), effective=numbers.count(told.answered / told.effect),
                                plain=numbers.measured(told.unweighted, kind)))  # fmt: skip
    return said


def _table(told: Answers, whole: Contrast) -> Counts:
    def value(one: float) -> str:
        return numbers.measured(one, whole.scale)

    rows = [
        [_("People who answered"), numbers.count(told.answered)],
        [_("Answers of equal weight that they are worth"), numbers.count(told.answered / told.effect)],
        [_("Design effect of the weights"), numbers.measured(told.effect, "ratio")],
        [_("Without weights"), value(told.unweighted)],
        [_("With weights"), value(whole.estimate)],
    ]
    if told.reliability is not None:
        rows.append([_("Reliability of the scale (at most 1)"), numbers.measured(told.reliability, "ratio")])
    return Counts(_("What the estimate rests on"), [_("What"), _("Value")], rows)


def _picture(asked: Asked[SurveyEstimate], every: Sequence[Contrast]) -> Picture:
    rows = [
        Figure(named(one, asked, _WORDING), one.estimate, one.low, one.high, n=one.n, denominator=float(one.n),
               code=one.group or None)
        for one in every
    ]  # fmt: skip
    kind = every[0].scale
    caption = _(
        "The dot is the estimate; the line is its 95% interval. The interval grows as fewer people answer, and as "
        "weights differ more."
    )
    return Picture(
        charts.by_group, (kind, rows), (tuple(asked.people),), charts.describe(kind, rows, _(asked.spec.label)), caption
    )
