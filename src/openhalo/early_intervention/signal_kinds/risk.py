"""Risk: for whom does a model of the agency's own history foresee the outcome?"""

import numpy as np

from openhalo.catalogue.signal_kinds.risk import RiskSignal
from openhalo.early_intervention.factors import Factor, Filler, Numbers, SignalContext
from openhalo.early_intervention.risk import explain
from openhalo.early_intervention.selection_rules import learned
from openhalo.language import formatting
from openhalo.language.translation import _
from openhalo.statistics.results import Refused

_PARTS = 3
"""Features of a risk model that are named for an officer."""


def find(context: SignalContext, spec: RiskSignal) -> Filler:
    """Return each officer's chance of the outcome, and the features that speak most for or against a look.

    Raises:
        Refused: the outcome came for nobody, or for everybody.
        MissingExtra: a library that it needs is not installed.
    """
    known, happened, now = learned(context.history, context.day)
    if happened.all() or not happened.any():
        raise Refused("in the years that the model learns from, the outcome came for nobody, or for everybody")
    chance, parts = explain(spec.model, known, happened, now)
    names = [*context.history.matrix.columns, ("", 0)]
    middle = np.array([np.median(some) if (some := column[~np.isnan(column)]).size else np.nan for column in now.T])

    def told(row: int) -> list[Factor]:
        largest = np.argsort(-np.abs(parts[row]), kind="stable")[:_PARTS]
        return [_part(context, spec, names[at], now[row, at], middle[at], parts[row, at], now[:, at]) for at in largest]

    return Filler(chance, told)


def _part(
    context: SignalContext,
    spec: RiskSignal,
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
