"""Officers at the same scene: how far they differ, and how many stand out. No page, table or file says who."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from openhalo.analyses.context import AnalysisContext
from openhalo.analyses.contrasts import Contrast
from openhalo.analyses.results import Account, AnalysisResult, Counts, Picture
from openhalo.catalogue.analysis_kinds.same_scene import SameScene
from openhalo.charts import analysis_charts, figures_chart
from openhalo.charts.figure import Figure
from openhalo.language import formatting
from openhalo.language.translation import _, mark_for_translation
from openhalo.statistics import same_scene as statistic
from openhalo.statistics.estimates import Numbers
from openhalo.statistics.same_scene_check import REPLICATES, Check
from openhalo.statistics.scenes import Scenes, scenes

_PRIORS = {"paper": statistic.PAPER, "package": statistic.PACKAGE}
_SURE = (0.8, 0.9, 0.95)
"""Chances of lying among the top (or bottom) of peers from which on officers are counted; the first one leads."""
_PLACES = {
    0.1: mark_for_translation("The lowest tenth, at most"),
    0.5: mark_for_translation("The officer in the middle"),
    0.9: mark_for_translation("The highest tenth, at least"),
}
_UNSURE = mark_for_translation(
    "But the model does not foretell all that was recorded, so this is a reason to look closer and not a finding."
)
_LIMIT = mark_for_translation(
    "It compares officers with those who were at the same scenes and with no one else, and it does not say whether "
    "force was justified."
)


@dataclass(frozen=True)
class _SameSceneAccount(Account):
    """How many stand out, and whether the model can be believed; no officer.

    Attributes:
        pairs: pairs of an officer and a scene.
        used: of these, those that tell something.
        check: whether the model predicts what was recorded.
    """

    pairs: int
    used: int
    check: Check

    def told(self, result: AnalysisResult) -> str:
        text = _(
            "{out} of {all} officers most likely use more force than nearly all others who were at the same scenes: "
            "for each of them the chance of being among the top 5% is over 80%. {fewer} use less than nearly all."
        )
        _sure, top, bottom = result.detail.row(0)
        compared = formatting.count(result.facts["compared"])
        return text.format(out=formatting.count(top), all=compared, fewer=formatting.count(bottom))

    def notes(self, result: AnalysisResult) -> list[str]:
        facts = result.facts
        text = _(
            "Of {all} pairs of an officer and a scene, {used} in {scenes} scenes tell something: several officers were "
            "there and did not all use the same level of force."
        )
        counted = {"all": self.pairs, "used": self.used, "scenes": facts["scenes"]}
        said = [text.format(**{name: formatting.count(n) for name, n in counted.items()})]
        if left := facts["officers"] - facts["compared"]:
            text = _("{left} of {all} officers share too few scenes with others to be compared.")
            said.append(text.format(left=formatting.count(left), all=formatting.count(facts["officers"])))
        text = _(
            "As a check, {times} made-up sets of records were drawn from the model. For {share} of officers the real "
            "records lie outside what these foretell for 95%, at scenes with few or with many officers; 5% is usual."
        )
        share = formatting.share(self.check.surprising)
        said.append(text.format(times=formatting.count(REPLICATES), share=share))
        if not self.check.holds:
            patterns = ", ".join(_(words) for words in self.check.failing)
            said.append(_("The model does not foretell {patterns}.").format(patterns=patterns))
        return said

    def tables(self, result: AnalysisResult) -> list[Counts]:
        heads = [
            _("Chance of it"),
            _("Officers who use more than nearly all"),
            _("Officers who use less than nearly all"),
        ]
        over = _("over {share}")
        rows = [
            [over.format(share=formatting.share(sure)), formatting.count(top), formatting.count(bottom)]
            for sure, top, bottom in result.detail.iter_rows()
        ]
        return [Counts(_("How many officers stand out"), heads, rows)]

    def pictures(self, result: AnalysisResult) -> list[Picture]:
        return [_drawn(result.contrasts), _check_drawn(self.check)]


def run(context: AnalysisContext[SameScene]) -> AnalysisResult:
    """Return how far officers at the same scenes differ in the force that they used, and how many stand out.

    Raises:
        Refused: too few scenes have several officers who used different levels of force, or the chains do not agree.
        MissingExtra: the sampler is not installed.
    """
    relation = context.relation()
    scene, officer, level = (
        relation.field(name) for name in (context.spec.scene, context.spec.officer, context.spec.level)
    )
    rows = relation.table.select(scene=scene, officer=officer, level=level).drop_null()
    used = context.records.fetch(rows.group_by("scene", "officer").agg(level=rows.level.max())).sort("scene", "officer")
    at = scenes(used["scene"].to_numpy(), used["officer"].to_numpy(), used["level"].to_numpy())
    prior = _PRIORS[context.spec.prior]
    found = statistic.same_scene(at, prior)
    contrasts = _spread(prior.rate * found.draws.flat[:, : len(at.names)], at, found)
    out = [(int((found.top > sure).sum()), int((found.bottom > sure).sum())) for sure in _SURE]

    return AnalysisResult(
        subject=context.subject,
        contrasts=contrasts,
        account=_SameSceneAccount(used.height, len(at.officer), found.check),
        detail=pl.DataFrame({"chance_over": _SURE, "top": [t for t, _b in out], "bottom": [b for _t, b in out]}),
        limit=_LIMIT,
        caution="" if found.check.holds else _UNSURE,
        facts={
            "prior": context.spec.prior,
            "scenes": len(at.starts) - 1,
            "officers": len(at.names),
            "compared": int((found.peers >= statistic.LEAST_PEERS).sum()),
            "rhat": found.draws.rhat,
            "effective_draws": found.draws.ess,
            "divergences": found.draws.divergences,
            "levels": found.steps.tolist(),
            "predicted": found.check.tails,
            "surprising_officers": found.check.surprising,
        },
    )


def _spread(rates: Numbers, at: Scenes, found: statistic.SameScene) -> tuple[Contrast, ...]:
    """Return how readily officers use force at some places of their order: odds against an average officer."""
    centred = np.exp(rates - rates.mean(axis=1, keepdims=True))
    rows = []
    for place, group in _PLACES.items():
        values = np.quantile(centred, place, axis=1)
        low, high = np.quantile(values, (0.025, 0.975))
        rows.append(
            Contrast(
                group=group,
                scale="ratio",
                estimate=float(values.mean()),
                low=float(low),
                high=float(high),
                neutral=1.0,
                n=len(at.officer),
                leads=False,
                method=mark_for_translation("same-scene conditional model, posterior mean and quantiles"),
                assumptions=found.assumptions,
                citation=statistic.CITATION,
            )
        )
    return tuple(rows)


def _drawn(contrasts: tuple[Contrast, ...]) -> Picture:
    rows = [
        Figure(_(one.group), one.estimate, one.low, one.high, n=one.n, denominator=float(one.n)) for one in contrasts
    ]
    caption = _(
        "The dot says how many times as high the odds of using the next level of force are as for the average officer "
        "at the same scene; the line is its 95% interval."
    )
    alt = figures_chart.describe("ratio", rows, _("How far officers at the same scenes differ"))
    return Picture(figures_chart.by_group, ("ratio", rows), ((), 1.0), alt, caption)


def _check_drawn(check: Check) -> Picture:
    labels = (_("Scenes with few officers"), _("Scenes with many officers"))
    panels = [
        analysis_charts.Panel(
            label, "", [analysis_charts.Point(*row) for row in check.groups[check.groups[:, 0] == many, 1:].tolist()]
        )
        for many, label in enumerate(labels)
    ]
    caption = _(
        "Each circle is a group of officers. It says how often they used more force than the least at a scene. On the "
        "dashed line the model expects just what was counted."
    )
    axes = (_("As the model expects"), _("As counted"))
    return Picture(analysis_charts.places, (panels,), ((), *axes), caption, caption)
