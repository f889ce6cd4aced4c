"""Ways to choose whom to review: real threshold rules, the raw count, the shrunken count, and risk models.

Each gives every officer a number from what was known on a day. The number only decides who is in the set; it is never
shown, for the set has no order.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from openhalo.catalogue.indicator_rules import RuleSpec, Threshold
from openhalo.early_intervention import risk
from openhalo.early_intervention.indicators import Matrix
from openhalo.early_intervention.look_back import months_before
from openhalo.early_intervention.roster import Roster
from openhalo.language.translation import _
from openhalo.statistics.results import Refused
from openhalo.statistics.shrinkage import gamma_poisson

Scores = NDArray[np.float64]
HISTORY = 60
"""Months of history that the raw count looks back over."""
RECENT = 24
"""Months of the shrunken count: what is recent foresees more, and shrinking makes up for the smaller counts."""
AHEAD = 12
"""Months within which an outcome counts."""
_PAST_WINDOWS = 3
"""Past windows of a year that a risk model learns from."""


@dataclass(frozen=True)
class SelectionRule:
    """One way to choose; `score` gives a number for each serving officer, 0: never chosen."""

    id: str
    label: str
    score: Callable[[date], Scores]
    probability: bool = False
    """The number is the probability of the outcome, so it can be held against what happened."""


@dataclass(frozen=True)
class IndicatorHistory:
    """What the selection rules may look at: indicators by day, and the roster.

    Attributes:
        matrix: indicators on all days that are asked for, and on the days a year apart before them.
        outcome: the count that is to be foreseen; counted: the count whose history foresees it.
    """

    matrix: Matrix
    roster: Roster
    outcome: str
    counted: str

    @cached_property
    def _at(self) -> dict[date, int]:
        return {day: place for place, day in enumerate(self.matrix.days)}

    def counts(self, day: date, months: int, indicator: str = "") -> NDArray[np.float64]:
        """Return an indicator of all officers on a day; the history that is counted, without a name."""
        found = self.matrix.values(indicator or self.counted, months)[:, self._at[day]]
        return found.astype(float)

    def happened(self, day: date) -> NDArray[np.bool_]:
        """Return for all officers whether the outcome came, and was known, within the year after a day."""
        return self.counts(months_before(day, -AHEAD), AHEAD, self.outcome) > 0

    def features(self, day: date) -> NDArray[np.float64]:
        """Return (officers, features): every indicator of the matrix on a day, and the years of service."""
        columns = [self.counts(day, months, name) for name, months in self.matrix.columns]
        return np.column_stack([*columns, self.roster.exposure(day, 600)])


def by_rule(history: IndicatorHistory, rule: RuleSpec, day: date) -> Scores:
    """Return 1 for serving officers who reach one of a rule's thresholds, else 0.

    Raises:
        Refused: the site holds none of the records that the rule counts.
    """
    reached = np.zeros(len(history.matrix.officers), bool)
    held = set(history.matrix.columns)
    if not any((one.indicator, one.months) in held for one in rule.any_of):
        raise Refused("the site holds none of the records that the rule counts")
    for one in rule.any_of:
        if (one.indicator, one.months) in held:
            reached |= over(history, one, day)
    return reached[history.roster.serving(day)].astype(float)


def over(history: IndicatorHistory, one: Threshold, day: date) -> NDArray[np.bool_]:
    """Return which officers reach a threshold; of a ratio, only where enough stands below the line."""
    enough = np.nan_to_num(history.counts(day, one.months, one.indicator)) >= one.at_least
    if one.exposure:
        enough &= history.counts(day, one.months, history.matrix.exposure_of(one.indicator)) >= one.exposure
    return np.asarray(enough)


def raw_count(history: IndicatorHistory, day: date) -> Scores:
    """Return how many events each serving officer has in five years."""
    return history.counts(day, HISTORY)[history.roster.serving(day)]


def shrunken(history: IndicatorHistory, day: date, months: int = RECENT, indicator: str = "") -> Scores:
    """Return each serving officer's probability of an event within a year, from a count drawn towards all others.

    Source: gamma-Poisson model, Clayton and Kaldor (1987), Biometrics 43, 671-681; the chance of none is negative
    binomial.
    """
    there = history.roster.serving(day)
    events, years = history.counts(day, months, indicator)[there], history.roster.exposure(day, months)[there]
    prior = gamma_poisson(events, years).prior
    shape, weight = prior.mean * prior.weight + events, prior.weight + years
    ahead = AHEAD / 12
    return np.asarray(1 - (weight / (weight + ahead)) ** shape)


def against_peers(history: IndicatorHistory, day: date) -> Scores:
    """Return how many times as many events each serving officer has as peers doing the same work, shrunk towards 1."""
    there = history.roster.serving(day)
    events, years = history.counts(day, HISTORY)[there], history.roster.exposure(day, HISTORY)[there]
    return gamma_poisson(events, expected(events, years, history.roster.peers(day)[there])).value


def expected(events: Scores, years: Scores, units: NDArray[np.str_]) -> Scores:
    """Return how many events each officer would have at the rate of peers, which is never taken as zero."""
    _names, unit = np.unique(units, return_inverse=True)
    rate = (np.bincount(unit, events) + 0.5) / np.bincount(unit, years)
    return np.asarray(rate[unit] * years)


def by_model(history: IndicatorHistory, model: risk.Model, day: date) -> Scores:
    """Return the probability that a model gives, learned from windows that had ended by that day."""
    known, happened, now = learned(history, day)
    return np.zeros(len(now)) if happened.all() or not happened.any() else risk.predict(model, known, happened, now)


def learned(history: IndicatorHistory, day: date) -> tuple[Scores, NDArray[np.bool_], Scores]:
    """Return what a model learns from on a day: features and outcomes of past windows, and the features of today."""
    starts = past_windows(day)
    serving = {start: history.roster.serving(start) for start in starts}
    known = np.concatenate([history.features(start)[serving[start]] for start in starts])
    happened = np.concatenate([history.happened(start)[serving[start]] for start in starts])
    return known, happened, history.features(day)[history.roster.serving(day)]


def past_windows(day: date) -> list[date]:
    """Return the days on which the past windows begin that a model learns from on a day, newest first."""
    return [months_before(day, AHEAD * back) for back in range(1, _PAST_WINDOWS + 1)]


def selection_rules(history: IndicatorHistory, rules: Sequence[RuleSpec]) -> list[SelectionRule]:
    """Return the ways to choose that are compared; risk models only where their libraries are installed."""
    own = history.counted == history.outcome
    found = [SelectionRule(f"rule:{rule.id}", rule.label, partial(by_rule, history, rule)) for rule in rules]
    found += [
        SelectionRule("raw_count", _("Raw count over five years"), partial(raw_count, history)),
        SelectionRule("peers", _("Shrunken count against peers of the unit"), partial(against_peers, history)),
        SelectionRule(
            "shrunken_long", _("Shrunken count over five years"), partial(shrunken, history, months=HISTORY), own
        ),
        SelectionRule("shrunken_count", _("Shrunken count over two years"), partial(shrunken, history), own),
    ]
    if risk.installed():
        found += [
            SelectionRule("logistic", _("Risk model: logistic"), partial(by_model, history, "logistic"), True),
            SelectionRule("lightgbm", _("Risk model: trees (LightGBM)"), partial(by_model, history, "lightgbm"), True),
        ]
    return found
