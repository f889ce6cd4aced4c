"""What surveys say of everyone: a share or an average over questions, weighted to the people who live there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from openhalo.catalogue.analysis_kinds import Margin, SurveyEstimate
from openhalo.engines.connect import fetch
from openhalo.engines.expressions import to_ibis
from openhalo.measures.analyses.asked import Asked
from openhalo.measures.analyses.contrasts import Contrast, Scale, contrast
from openhalo.measures.analyses.results import AnalysisResult, Counts, Picture
from openhalo.measures.analyses.wording import Wording
from openhalo.presentation import charts, numbers
from openhalo.presentation.figures import Figure
from openhalo.presentation.words import _, filled, later
from openhalo.records.reading import must_hold
from openhalo.statistics import scales, surveys
from openhalo.statistics.estimates import Numbers
from openhalo.statistics.results import Assumption, Refused

FEWEST = 50
"""Answers below which nothing is estimated, of all or of a group."""
_MOST_UNPLACED = 0.2
"""Share of answers without a group that they are weighted by, above which the weights would rest on the others."""
_ALONE = Assumption(
    later("people were drawn one by one: where whole homes or blocks were drawn, the interval is too narrow"),
    "not testable",
)
_WEIGHTED = {
    "no": later("not weighted"),
    "design": later("weighted by how they were drawn"),
    "margins": later("weighted to the population"),
}


@dataclass(frozen=True)
class Answers:
    """What people answered, and for how many each of them speaks.

    Attributes:
        values: (people,) 0 or 1, or a score from 0 to 100; NaN: not answered.
        drawn: the same people, with their weights.
        group: code of each, or null.
        left: people left out: without a weight, and without a group that answers are weighted by.
        reliability: of the scale, up to 1; None for one question.
        weighted: how they were weighted, in words.
    """

    values: Numbers
    drawn: surveys.Sample
    group: pl.Series
    left: tuple[int, int]
    reliability: float | None
    weighted: str

    @property
    def answered(self) -> int:
        """Return how many have a value."""
        return int((~np.isnan(self.values)).sum())

    @property
    def effect(self) -> float:
        """Return Kish's design effect of the weights of those who have a value."""
        return surveys.design_effect(self.drawn.weights[~np.isnan(self.values)])

    @property
    def unweighted(self) -> float:
        """Return the plain average of the values."""
        return float(np.nanmean(self.values))


def survey_estimate(asked: Asked[SurveyEstimate]) -> AnalysisResult:
    """Return the share that gives an answer, or the average over questions (0 to 100), for everyone and by group.

    Raises:
        Refused: fewer than 50 answers, a scale that does not hang together, or weights that cannot be fitted.
        MeasureError: there are no records of the population that answers are weighted to.
    """
    for margin in asked.spec.margins:
        must_hold(asked.records, margin.record)
    told = _answers(asked)
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
        wording=Wording("", whole=later("All residents")),
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


def _answers(asked: Asked[SurveyEstimate]) -> Answers:
    spec, relation = asked.spec, asked.relation()
    columns: dict[str, Any] = {f"item{at}": relation.field(path) for at, path in enumerate(spec.items)}
    columns |= {f"margin{at}": relation.field(one.field).cast("string") for at, one in enumerate(spec.margins)}
    for name, path in (("weight", spec.weight), ("group", spec.group)):
        if path:
            columns[name] = relation.field(path)
    if spec.answer:
        columns["answer"] = asked.condition(relation, spec.answer)
    rows = fetch(relation.table.select(**columns))
    # A survey that gives no weights at all was drawn with equal chances; within one that does, a blank is a gap.
    weighed = rows.filter(pl.col("weight") > 0) if spec.weight and rows["weight"].count() else rows
    used = weighed.drop_nulls([f"margin{at}" for at in range(len(spec.margins))])
    left = (rows.height - weighed.height, weighed.height - used.height)
    if left[1] > _MOST_UNPLACED * weighed.height:
        text = later("{n} of {all} people do not say the group that answers are weighted by")
        raise Refused(filled(text, n=left[1], all=weighed.height))
    values, reliability = _scored(asked, used)
    if (answered := int((~np.isnan(values)).sum())) < FEWEST:
        raise Refused(filled(later("only {n} people answered; {fewest} are needed"), n=answered, fewest=FEWEST))
    given = used["weight"].count() if spec.weight else 0
    drawn = surveys.sample(used["weight"].to_numpy() if given else np.ones(used.height))
    if spec.margins:
        sizes = [_sizes(asked, margin) for margin in spec.margins]
        drawn = surveys.rake(drawn, [used[f"margin{at}"].to_numpy() for at in range(len(sizes))], sizes)
    group = used["group"] if spec.group else pl.Series([None] * used.height, dtype=pl.String())
    weighted = _WEIGHTED["margins" if spec.margins else "design" if given else "no"]
    return Answers(values, drawn, group, left, reliability, weighted)


def _scored(asked: Asked[SurveyEstimate], rows: pl.DataFrame) -> tuple[Numbers, float | None]:
    spec = asked.spec
    if not spec.items:
        return rows["answer"].cast(pl.Float64).fill_null(float("nan")).to_numpy(), None
    found = [asked.records.catalogue.schema.follow(spec.record, path) for path in spec.items]
    ends = {(one[1].min, one[1].max) for one in found if one is not None}
    low, high = min(ends, key=str)
    if len(ends) > 1 or low is None or high is None:
        raise Refused("the questions do not all have the same lowest and highest answer")
    items = rows.select(pl.col("^item.*$").cast(pl.Float64).fill_null(float("nan"))).to_numpy()
    if np.isnan(items).all():
        raise Refused("nobody answered these questions")
    reliability = (scales.omega if len(spec.items) > 2 else scales.alpha)(items)
    if reliability < scales.LEAST_RELIABLE:
        text = later(
            "these questions do not hang together as one scale (reliability {found}, and {needed} is needed): look at "
            "each on its own"
        )
        raise Refused(filled(text, found=f"{reliability:.2f}", needed=scales.LEAST_RELIABLE))
    return scales.index(items, low, high, spec.least_answered), reliability


def _sizes(asked: Asked[SurveyEstimate], margin: Margin) -> dict[str, float]:
    """Return how many people of each group the population has, in the last year on file."""
    catalogue = asked.records.catalogue
    relation = asked.records.relation(margin.record)
    node = catalogue.condition(margin.record, margin.where)
    if node is not None:
        relation.table = relation.table.filter(to_ibis(node, relation))
    when = relation.field(catalogue.record_type(margin.record).date_column)
    columns = {"code": relation.field(margin.by).cast("string"), "size": relation.field(margin.size), "when": when}
    rows = fetch(relation.table.select(**columns)).drop_nulls()
    last = rows.filter(pl.col("when") == pl.col("when").max(), pl.col("size") > 0)
    return dict(last.group_by("code").agg(pl.col("size").sum().cast(pl.Float64)).iter_rows())


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
        Figure(asked.name(one.group) if one.group else _("All residents"), one.estimate, one.low, one.high, n=one.n,
               denominator=float(one.n), code=one.group or None)
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
