"""One reason to look, and how unusual an officer's number is among officers doing the same work."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

from openhalo.early_intervention.roster import REST
from openhalo.early_intervention.selection_rules import IndicatorHistory
from openhalo.language import formatting
from openhalo.language.translation import _
from openhalo.records.reading import Records
from openhalo.statistics.results import Refused
from openhalo.statistics.shrinkage import gamma_poisson

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Factor:
    """One reason.

    Attributes:
        indicator: what was looked at: an indicator, or the signal where it has none.
        value: the officer's number; peers: what others have or would have.
        direction: more or fewer than peers, or what speaks for or against.
        times: how many times as many (peers taken as at least 0.05); of a risk model, the odds multiplied.
        unusual: share of peers who have fewer.
        sentence: the reason in plain words, with how unusual it is.
        kind: how it was found, a kind of signal or `threshold`; context: not why the officer is in the set, and told
            beside it.
        signal: the signal or rule of the catalogue; empty for context.
        chance: how likely such a number, or a higher one, is for an officer like the others; None where no such
            question was asked.
        low, high: where the officer's own level lies against peers', shrunken (95 % interval of the same unit as
            `times`, or of the difference in a disparity).
        compared_with: who the peers are.
    """

    indicator: str
    value: float
    peers: float
    direction: str
    times: float
    unusual: float
    sentence: str
    kind: str = "context"
    signal: str = ""
    chance: float | None = None
    low: float | None = None
    high: float | None = None
    compared_with: str = ""


Reasons = dict[int, list[Factor]]
"""The reasons for officers, by place among serving officers."""


@dataclass(frozen=True)
class Filler:
    """What fills the places that are left: a number for each serving officer, 0: never, and the reasons for one."""

    numbers: Numbers
    reasons: Callable[[int], list[Factor]]


@dataclass(frozen=True)
class SignalContext:
    """What is looked at on a day: only what was known by then.

    Attributes:
        records: as they were known by the day.
        history: indicators on the day.
    """

    records: Records
    history: IndicatorHistory
    day: date
    _standings: dict[tuple[str, int], "Standing"] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def there(self) -> NDArray[np.int64]:
        """Return the places of serving officers in the roster."""
        return np.flatnonzero(self.history.roster.serving(self.day))

    @cached_property
    def work(self) -> NDArray[np.str_]:
        """Return who does the same work as each serving officer."""
        return self.history.roster.peers(self.day)[self.there]

    @cached_property
    def row(self) -> dict[str, int]:
        """Return the place of each serving officer's key among those who serve."""
        keys = self.history.roster.keys
        return {keys[at]: place for place, at in enumerate(self.there)}

    def counts(self, indicator: str, months: int) -> Numbers:
        """Return an indicator of all serving officers; NaN: no exposure."""
        return self.history.counts(self.day, months, indicator)[self.there]

    def years(self, months: int) -> Numbers:
        """Return the years of service within a look-back."""
        return self.history.roster.exposure(self.day, months)[self.there]


@dataclass(frozen=True)
class Standing:
    """Officers beside others doing the same work.

    Attributes:
        events: each officer's; usual: what others of the same work would have with the same exposure.
        times, low, high: the officer's level against the others', shrunken towards theirs, with its 95 % interval.
        chance: probability of as many events, or more, for an officer drawn from all who do the same work.
    """

    events: Numbers
    usual: Numbers
    times: Numbers
    low: Numbers
    high: Numbers
    chance: Numbers


def standing(events: Numbers, exposure: Numbers, work: NDArray[np.str_]) -> Standing:
    """Return how officers stand beside others doing the same work.

    Args:
        events: (officers,) counts; exposure: (officers,) years, shifts or arrests, above 0; work: (officers,) whose
            numbers are comparable.

    Raises:
        Refused: fewer than 5 officers with exposure, or no event anywhere.

    What is usual comes from the others alone, so nobody hides behind the own number. Officers doing the same work
    differ, too: how much is learned from all of them (a gamma prior), and the chance of a count is negative binomial.

    Source: Clayton and Kaldor (1987), Biometrics 43, 671-681.
    """
    _names, group = np.unique(work, return_inverse=True)
    others = np.bincount(group, events)[group] - events
    time = np.bincount(group, exposure)[group] - exposure
    usual = (others + 0.5) / np.where(time > 0, time, np.inf) * exposure
    usual = np.where(usual > 0, usual, 0.5)
    shrunk = gamma_poisson(events, usual)
    shape, weight = shrunk.prior.mean * shrunk.prior.weight, shrunk.prior.weight
    chance = np.where(events > 0, betainc(np.maximum(events, 1), shape, usual / (weight + usual)), 1.0)
    return Standing(events, usual, shrunk.value, shrunk.low, shrunk.high, np.asarray(chance))


def beside_peers(context: SignalContext, name: str, months: int) -> Standing:
    """Return how all serving officers stand on a count, or on a ratio for its exposure.

    Raises:
        Refused: nobody has exposure, or nothing happened.
    """
    if (name, months) not in context._standings:
        context._standings[name, months] = _beside_peers(context, name, months)
    return context._standings[name, months]


def _beside_peers(context: SignalContext, name: str, months: int) -> Standing:
    spec = context.records.catalogue.indicators[name]
    if (name, months) not in context.history.matrix.columns:
        raise Refused(f"the site holds no records for “{spec.label}” over {months} months")
    if spec.kind != "ratio":
        return standing(context.counts(name, months), context.years(months), context.work)
    events, exposure = context.counts(spec.of, months), context.counts(spec.per, months)
    held = exposure > 0
    some = standing(events[held], exposure[held], context.work[held])
    whole = {part: np.full(len(held), 1.0 if part == "chance" else 0.0) for part in Standing.__dataclass_fields__}
    for part, column in whole.items():
        column[held] = getattr(some, part)
    return Standing(**whole)


def peer_factor(
    context: SignalContext, at: Standing, row: int, name: str, months: int, kind: str, signal: str = ""
) -> Factor:
    """Return one officer's reason: more than others doing the same work."""
    spec = context.records.catalogue.indicators[name]
    same = context.work == context.work[row]
    same[row] = False
    value, usual, chance = float(at.events[row]), float(at.usual[row]), float(at.chance[row])
    who = group_named(context, row)
    sentence = _(
        "{label}: {value} in {months} months, where others with the same work and exposure have {usual}. {often}"
    ).format(
        label=spec.label,
        value=formatting.count(value),
        months=formatting.count(months),
        usual=formatting.measured(usual, "ratio"),
        often=how_often(chance),
    )
    return Factor(
        name,
        value,
        round(usual, 4),
        "more than peers",
        round(value / max(usual, 0.05), 2),
        round(float((at.events[same] < value).mean()) if same.any() else 0.0, 4),
        sentence,
        kind,
        signal,
        float(f"{chance:.3g}"),
        round(float(at.low[row]), 3),
        round(float(at.high[row]), 3),
        who,
    )


def group_named(context: SignalContext, row: int) -> str:
    """Return who an officer's peers are, and how many."""
    work = str(context.work[row])
    size = formatting.count(float((context.work == work).sum()) - 1)
    if work == REST:
        return _("{officers} other officers, of units too small to stand alone").format(officers=size)
    return _("{officers} other officers of {work}").format(officers=size, work=work)


def how_often(chance: float) -> str:
    """Return how unusual a number is among peers, in plain words."""
    if chance >= 0.5:
        return _("That is usual.")
    if chance < 1e-6:
        return _("Among officers like these, fewer than one in a million has as many.")
    if chance > 0.1:
        return _("Among officers like these, {share} in a hundred have as many.").format(
            share=formatting.count(100 * chance)
        )
    digits = 1 / chance
    return _("Among officers like these, about one in {many} has as many.").format(
        many=formatting.count(round(digits, 1 - len(str(int(digits)))) if digits >= 100 else digits)
    )
