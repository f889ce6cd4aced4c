"""Whom each signal or rule that is switched on finds, and why."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from importlib import import_module

import numpy as np

from openhalo.base.errors import Problem
from openhalo.catalogue.indicator_rules import RuleSpec
from openhalo.catalogue.kinds import without_runner
from openhalo.catalogue.signal_kinds import KINDS
from openhalo.catalogue.signal_specs import SignalSpec
from openhalo.early_intervention.factors import (
    Factor,
    Filler,
    Reasons,
    SignalContext,
    beside_peers,
    how_often,
    peer_factor,
)
from openhalo.early_intervention.selection_rules import over
from openhalo.language import formatting
from openhalo.language.translation import _
from openhalo.statistics.results import Refused

_KINDS = "openhalo.early_intervention.signal_kinds"


def check_kinds(kinds: Iterable[str] = tuple(KINDS)) -> list[Problem]:
    """Return a problem for each kind of signal that the catalogue knows and nothing in `signal_kinds` finds."""
    return without_runner(kinds, _KINDS, "find", "signals")


@cache
def _finder(kind: str) -> Callable[[SignalContext, SignalSpec], Reasons | Filler]:
    """Return what finds officers by a kind of signal: the `find` of the module that has the kind's name."""
    found: Callable[[SignalContext, SignalSpec], Reasons | Filler] = import_module(f"{_KINDS}.{kind}").find
    return found


def find(context: SignalContext, spec: SignalSpec | RuleSpec) -> Reasons | Filler:
    """Return whom a signal or rule finds by itself, or what it fills the places with that are left.

    Raises:
        Refused: the records do not allow the question.
        MissingExtra: a library that it needs is not installed.
    """
    return _thresholds(context, spec) if isinstance(spec, RuleSpec) else _finder(spec.kind)(context, spec)


def _thresholds(context: SignalContext, rule: RuleSpec) -> Reasons:
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
            found.setdefault(int(row), []).append(replace(beside, sentence=sentence))
    return found
