"""Whom each signal that is switched on finds, and why."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import false_discovery_control

from openhalo.catalogue.indicator_rules import RuleSpec
from openhalo.catalogue.signal_specs import SignalSpec
from openhalo.early_intervention import risk
from openhalo.early_intervention.factors import Factor, Numbers, SignalContext, beside_peers, how_often, peer_factor
from openhalo.early_intervention.selection_rules import learned, over, shrunken
from openhalo.early_intervention.shared_scenes import at_the_scene
from openhalo.early_intervention.similar_events import FALSE_DISCOVERY, disparities
from openhalo.language import formatting
from openhalo.language.translation import _
from openhalo.statistics.results import Refused

_PARTS = 3
"""Features of a risk model that are named for an officer."""


@dataclass(frozen=True)
class Filler:
    """What fills the places that are left: a number for each serving officer, 0: never, and the reasons for one."""

    numbers: Numbers
    reasons: Callable[[int], list[Factor]]


def alerts(context: SignalContext, spec: SignalSpec | RuleSpec) -> dict[int, list[Factor]]:
    """Return the reasons for officers whom a signal finds by itself, by place among serving officers.

    Raises:
        Refused: the records do not allow the question.
        MissingExtra: a library that it needs is not installed.
    """
    if isinstance(spec, RuleSpec):
        return _thresholds(context, spec)
    if spec.kind == "peers":
        return {row: [factor] for row, factor in _peers(context, spec).items()}
    ask = disparities if spec.kind == "disparity" else at_the_scene
    return {row: [factor] for row, factor in ask(context, spec).items()}


def filler(context: SignalContext, spec: SignalSpec) -> Filler:
    """Return the number that a shrunken count, or a risk model, gives officers.

    Raises:
        Refused: the outcome came for nobody, or for everybody, or nothing was counted.
        MissingExtra: a library that it needs is not installed.
    """
    if spec.kind == "count":
        at = beside_peers(context, spec.indicator, spec.months)
        number = shrunken(context.history, context.day, spec.months, spec.indicator)

        def own(row: int) -> list[Factor]:
            return [peer_factor(context, at, row, spec.indicator, spec.months, "count", spec.id)]

        return Filler(number * (at.events > 0), own)
    assert spec.model, "a risk signal names its model"
    known, happened, now = learned(context.history, context.day)
    if happened.all() or not happened.any():
        raise Refused("in the years that the model learns from, the outcome came for nobody, or for everybody")
    chance, parts = risk.explain(spec.model, known, happened, now)
    names = [*context.history.matrix.columns, ("", 0)]
    middle = np.array([np.median(some) if (some := column[~np.isnan(column)]).size else np.nan for column in now.T])

    def told(row: int) -> list[Factor]:
        largest = np.argsort(-np.abs(parts[row]), kind="stable")[:_PARTS]
        return [_part(context, spec, names[at], now[row, at], middle[at], parts[row, at], now[:, at]) for at in largest]

    return Filler(chance, told)


def _thresholds(context: SignalContext, rule: RuleSpec) -> dict[int, list[Factor]]:
    held = set(context.history.matrix.columns)
    tried = [one for one in rule.any_of if (one.indicator, one.months) in held]
    if not tried:
        raise Refused("the site holds none of the records that the rule counts")
    found: dict[int, list[Factor]] = {}
    for one in tried:
        label = context.records.catalogue.indicators[one.indicator].label
        values = np.nan_to_num(context.counts(one.indicator, one.months))
        for row in np.flatnonzero(over(context.history, one, context.day)[context.there]):
            kind = "ratio" if one.exposure else "count"
            at = beside_peers(context, one.indicator, one.months)
            beside = peer_factor(context, at, int(row), one.indicator, one.months, "threshold", rule.id)
            sentence = _(
                "{label}: {value} in {months} months; “{rule}” asks for a look from {least} on. {often}"
            ).format(
                label=label,
                value=formatting.measured(float(values[row]), kind),
                months=formatting.count(one.months),
                rule=rule.label,
                least=formatting.measured(one.at_least, kind),
                often=how_often(float(at.chance[row])),
            )
            found.setdefault(int(row), []).append(_said(beside, sentence))
    return found


def _peers(context: SignalContext, spec: SignalSpec) -> dict[int, Factor]:
    """Return who has more than chance and the usual differences among peers explain, after multiplicity."""
    at = beside_peers(context, spec.indicator, spec.months)
    asked_of = at.usual > 0
    adjusted = np.ones(len(at.chance))
    adjusted[asked_of] = false_discovery_control(at.chance[asked_of])
    out = np.flatnonzero((adjusted <= (spec.false_discovery or FALSE_DISCOVERY)) & (at.events > at.usual))
    return {int(row): peer_factor(context, at, int(row), spec.indicator, spec.months, "peers", spec.id) for row in out}


def _part(
    context: SignalContext,
    spec: SignalSpec,
    name: tuple[str, int],
    value: float,
    middle: float,
    part: float,
    everyone: Numbers,
) -> Factor:
    indicators = context.records.catalogue.indicators
    label = indicators[name[0]].label if name[0] else _("Years of service")
    more, odds = part > 0, float(np.exp(abs(part)))

    def said(number: float) -> str:
        return _("none") if np.isnan(number) else formatting.measured(float(number), "ratio")

    text = (
        _("{label}: {value}, where the middle officer has {middle}. In the model it multiplies the odds by {odds}.")
        if more
        else _("{label}: {value}, where the middle officer has {middle}. In the model it divides the odds by {odds}.")
    )
    window = _("{label}, {months} months").format(label=label, months=formatting.count(name[1])) if name[1] else label
    sentence = text.format(
        label=window, value=said(value), odds=formatting.measured(odds, "ratio"), middle=said(middle)
    )
    return Factor(
        name[0] or "service",
        round(float(np.nan_to_num(value)), 4),
        round(float(np.nan_to_num(middle)), 4),
        "speaks for a look" if more else "speaks against it",
        round(float(np.exp(part)), 3),
        round(float((everyone < value).mean()), 4),
        sentence,
        "risk",
        spec.id,
        compared_with=_("all serving officers"),
    )


def _said(factor: Factor, sentence: str) -> Factor:
    return Factor(**{**factor.__dict__, "sentence": sentence})
