"""How good each way to choose would have been: on past days, with what was known then, against what came after.

A department reviews as many officers as it can (the capacity). Each way fills that capacity on each past day; a rule
that alerts fewer leaves it open, and of a rule that alerts more, an equal part of each alert is reviewed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from openhalo.base.errors import MeasureError, Problem
from openhalo.base.progress import Report, silent
from openhalo.base.provenance import hash_facts
from openhalo.catalogue.index import Catalogue
from openhalo.catalogue.indicator_rules import RuleSpec
from openhalo.catalogue.indicators import IndicatorSpec
from openhalo.early_intervention import fairness
from openhalo.early_intervention.indicators import Matrix, compute
from openhalo.early_intervention.look_back import month_ends, months_before
from openhalo.early_intervention.roster import Roster
from openhalo.early_intervention.selection_rules import AHEAD, HISTORY, IndicatorHistory, SelectionRule, selection_rules
from openhalo.early_intervention.steadiness import Steadiness, steadiness
from openhalo.records.reading import Records
from openhalo.statistics.results import Refused

_RESAMPLES = 400
_MONTHS = (3, AHEAD, 24, HISTORY)


@dataclass(frozen=True)
class Estimate:
    """A number with the interval of its resampled officers."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Foreseen:
    """A tenth of officers by the probability that they were given: its mean, the share with the outcome, how many."""

    foreseen: float
    came: float
    officers: int


@dataclass(frozen=True)
class Score:
    """How one way to choose did, over all days looked from.

    Attributes:
        alerts: officers that it would send to review on a day, on average, were there no capacity.
        reviewed: how many of them the capacity allows, on average.
        precision: share of those reviewed with the outcome within a year; recall: share of all officers with the
            outcome who were reviewed; lift: precision against reviewing officers at random.
        better: precision above that of the shrunken count, in parts of one.
        calibration: outcomes among those reviewed for each one that it foresaw; NaN where it gives no probability.
        reviews_for_one: reviews until one officer with the outcome is found, on average; NaN where none was.
        foreseen: of a probability, how it fared among all officers, from the tenth with the lowest to the highest.
    """

    policy: str
    label: str
    alerts: float
    reviewed: float
    precision: Estimate
    recall: Estimate
    lift: Estimate
    better: Estimate
    calibration: float
    steady: Steadiness | None
    by_group: list[fairness.Row]
    reviews_for_one: float = float("nan")
    foreseen: list[Foreseen] = field(default_factory=list)


@dataclass(frozen=True)
class Backtest:
    """The comparison for one outcome."""

    outcome: IndicatorSpec
    counted: IndicatorSpec
    origins: list[date]
    officers: float
    """Serving officers on a day, on average."""
    base: float
    """Share of them with the outcome within a year."""
    capacity: int
    scores: list[Score]
    refused: dict[str, str]
    """Ways that could not be tried → why."""
    undated: dict[str, int]
    provenance: dict[str, Any]
    unlearned: dict[str, int] = field(default_factory=dict)
    """Indicator → events that never count as known: nobody wrote down when they were found out."""
    covered: dict[str, tuple[date, date]] = field(default_factory=dict)
    """Record type → first and last day of the records held."""
    parts: list[str] = field(default_factory=list)
    """Counts of an outcome that is a sum, as far as the site holds them."""
    found_later: bool = False
    """Whether the outcome is found out after it happens, so that only what was found out within the year counts."""
    left: float = 0.0
    """Share of serving officers who left within the year that was looked ahead: they had less time for the outcome."""

    @property
    def best(self) -> Score:
        """Return the way that finds most with the same capacity; of equals, the simpler one."""
        return max(self.scores, key=lambda one: (round(np.nan_to_num(one.recall.value), 6), -self.scores.index(one)))

    def __repr__(self) -> str:
        """Return what was tried, and the way that found most."""
        tried = f"{len(self.scores)} ways on {len(self.origins)} days"
        return f"Backtest({self.outcome.id}, {tried}, best: {self.best.policy})"

    def to_dict(self) -> dict[str, Any]:
        """Return plain facts for JSON; without officers."""
        named = {"outcome": self.outcome.id, "counted": self.counted.id, "best": self.best.policy}
        rest = {name: value for name, value in asdict(self).items() if name not in named}
        plain: dict[str, Any] = _plain(named | rest)
        return plain


def backtest(
    records: Records,
    roster: Roster,
    outcome: IndicatorSpec,
    counted: IndicatorSpec,
    rules: Sequence[RuleSpec],
    origins: Sequence[date],
    capacity: int,
    report: Report = silent,
) -> Backtest:
    """Compare the ways to choose on past days.

    Args:
        records: the store version, without a `known_by`.
        roster: who served when.
        outcome: the count that is to be foreseen: one within the twelve months after a day.
        counted: the count whose history foresees it.
        rules: threshold rules of real policies.
        origins: the past days, in order; the records must reach a year beyond the last one.
        capacity: officers that can be reviewed on each day.

    Raises:
        MeasureError: a feature knows something that was not known on its day; or nobody had the outcome.
    """
    history, monthly = _histories(records, roster, outcome, counted, rules, origins, report)
    serving = np.column_stack([roster.serving(day) for day in origins])
    happened = np.column_stack([history.happened(day) for day in origins]) & serving
    if not happened.any():
        todo = "choose another outcome, or other days"
        raise MeasureError(Problem(outcome.id, "nobody had this outcome in the years looked at", todo=todo))
    tried, refused = _tried(selection_rules(history, rules), serving, origins, capacity, report)
    report("intervals")
    ranges = _resampled([one.weights for one in tried], [one.policy.id for one in tried], happened, serving)
    by_month = {
        policy.id: policy for policy in selection_rules(monthly, rules) if policy.id not in ("logistic", "lightgbm")
    }
    scores = [
        Score(
            policy.id,
            policy.label,
            float((numbers > 0).sum() / len(origins)),
            float(weights.sum() / len(origins)),
            *ranges[policy.id],
            reviews_for_one=_ratio(weights.sum(), (weights * happened).sum()),
            foreseen=_tenths(numbers[serving], happened[serving]) if policy.probability else [],
            calibration=_ratio((weights * happened).sum(), (weights * numbers).sum()) if policy.probability else np.nan,
            steady=steadiness(by_month[policy.id], monthly, origins, capacity) if policy.id in by_month else None,
            by_group=fairness.audit(roster, origins, weights, happened, serving),
        )
        for policy, numbers, weights in tried
    ]
    gone = np.column_stack(
        [serving[:, n] & ~roster.serving(months_before(day, -AHEAD)) for n, day in enumerate(origins)]
    )
    return Backtest(
        outcome,
        counted,
        list(origins),
        float(serving.sum() / len(origins)),
        float(happened.sum() / serving.sum()),
        capacity,
        scores,
        refused,
        history.matrix.undated,
        _provenance(records, outcome, counted, capacity),
        {name: rows for name, rows in history.matrix.unlearned.items() if rows},
        _covered(records),
        history.matrix.sums.get(outcome.id, []),
        _found_later(records.catalogue, outcome),
        float(gone.sum() / serving.sum()),
    )


class _Tried(NamedTuple):
    """A way to choose, with its numbers and how much of each officer's alert is reviewed: (officers, days) each."""

    policy: SelectionRule
    numbers: NDArray[np.float64]
    weights: NDArray[np.float64]


def _histories(
    records: Records,
    roster: Roster,
    outcome: IndicatorSpec,
    counted: IndicatorSpec,
    rules: Sequence[RuleSpec],
    origins: Sequence[date],
    report: Report,
) -> tuple[IndicatorHistory, IndicatorHistory]:
    """Return indicators as they were known on the days looked from, and month by month.

    Raises:
        MeasureError: a feature knows something that was not known on its day.
    """
    report("indicators as they were known")
    indicators = records.catalogue.indicators
    wanted = list(indicators.values())
    yearly = sorted({months_before(day, 12 * back) for day in origins for back in range(-1, 4)})
    months = {*_MONTHS, *(one.months for rule in rules for one in rule.any_of)}
    matrix = compute(records, wanted, yearly, roster.keys, sorted(months))
    history = IndicatorHistory(matrix, roster, outcome.id, counted.id)
    report("whether anything was known too early")
    must_not_leak(history.matrix, records, wanted, origins, sorted(months))
    report("indicators month by month")
    named = {outcome.id, counted.id, *(one.indicator for rule in rules for one in rule.any_of)}
    ends = month_ends(origins[0], months_before(origins[-1], -AHEAD))
    few = [indicators[name] for name in sorted(with_parts(named, indicators))]
    return history, IndicatorHistory(compute(records, few, ends, roster.keys), roster, outcome.id, counted.id)


def _tried(
    rules: Iterable[SelectionRule],
    serving: NDArray[np.bool_],
    origins: Sequence[date],
    capacity: int,
    report: Report,
) -> tuple[list[_Tried], dict[str, str]]:
    """Return what each way to choose gives on each day; and why others could not be tried."""
    tried: list[_Tried] = []
    refused: dict[str, str] = {}
    for policy in rules:
        report(policy.label)
        numbers, weights = np.zeros(serving.shape), np.zeros(serving.shape)
        try:
            for place, day in enumerate(origins):
                numbers[serving[:, place], place] = policy.score(day)
        except Refused as why:
            refused[policy.id] = str(why)
            continue
        for place in range(len(origins)):
            there = serving[:, place]
            weights[there, place] = chosen(numbers[there, place], capacity)
        tried.append(_Tried(policy, numbers, weights))
    return tried, refused


def _provenance(records: Records, outcome: IndicatorSpec, counted: IndicatorSpec, capacity: int) -> dict[str, Any]:
    return {
        "store_version": records.manifest.version,
        "catalogue": records.catalogue.hash,
        "features": len(records.catalogue.indicators),
        "data": hash_facts(records.manifest.model_dump(mode="json")),
        "config": configuration(records.catalogue, outcome.id, counted.id, capacity),
    }


def _covered(records: Records) -> dict[str, tuple[date, date]]:
    """Return the first and last day of the records of each type that an indicator reads."""
    read = {one.record for one in records.catalogue.indicators.values()} & set(records.manifest.tables)
    spans = {record: records.coverage(record) for record in sorted(read)}
    return {
        name: (min(one.first for one in some), max(one.last for one in some)) for name, some in spans.items() if some
    }


def _found_later(catalogue: Catalogue, outcome: IndicatorSpec) -> bool:
    counts = [catalogue.indicators[name] for name in outcome.any_of] or [outcome]
    return any(one.known_at != next(iter(catalogue.record_types[one.record].known_at)) for one in counts)


def configuration(catalogue: Catalogue, outcome: str, counted: str, capacity: int) -> str:
    """Return a hash of what a risk model was tried on: every indicator's definition, the outcome, the capacity."""
    definitions = {name: one.model_dump(mode="json") for name, one in catalogue.indicators.items()}
    return hash_facts([definitions, outcome, counted, capacity])


def with_parts(names: Iterable[str], indicators: Mapping[str, IndicatorSpec]) -> set[str]:
    """Return indicators with the counts that they are made of."""
    specs = [indicators[name] for name in names]
    return {name for one in specs for name in (one.id, one.of, one.per, *one.any_of) if name}


def _tenths(numbers: NDArray[np.float64], happened: NDArray[np.bool_]) -> list[Foreseen]:
    order = np.argsort(numbers, kind="stable")
    return [
        Foreseen(float(numbers[part].mean()), float(happened[part].mean()), len(part))
        for part in np.array_split(order, 10)
        if len(part) >= fairness.FEWEST
    ]


def chosen(numbers: NDArray[np.float64], capacity: int) -> NDArray[np.float64]:
    """Return how much of each officer's alert is reviewed: all above the border, an equal part of those on it.

    >>> chosen(np.array([3.0, 1.0, 1.0, 0.0]), 2).tolist()
    [1.0, 0.5, 0.5, 0.0]
    """
    if capacity >= (numbers > 0).sum():
        return (numbers > 0).astype(float)
    border = np.partition(numbers, -capacity)[-capacity]
    above, on_it = numbers > border, numbers == border
    parts: NDArray[np.float64] = above + on_it * (capacity - above.sum()) / on_it.sum()
    return parts


def must_not_leak(
    matrix: Matrix,
    records: Records,
    specs: Sequence[IndicatorSpec],
    origins: Sequence[date],
    looks: Sequence[int] = _MONTHS,
) -> None:
    """Hold the indicators of each past day against a store that shows only what was known by then.

    Raises:
        MeasureError: an indicator used something that was learned later.
    """
    for day in origins:
        known = records.as_known_by(day)
        then = compute(known, specs, [day], matrix.officers, looks)
        place = matrix.days.index(day)
        for name, months in then.columns:
            now = matrix.values(name, months)[:, place]
            if not np.array_equal(now, then.values(name, months)[:, 0], equal_nan=True):
                found = f"looking back {months} months from {day}, it uses something that was not known by that day"
                todo = "let 'known_at' name the group with which the last of what it reads is learned"
                raise MeasureError(Problem(name, found, todo=todo))


def _resampled(
    weights: list[NDArray[np.float64]], names: list[str], happened: NDArray[np.bool_], serving: NDArray[np.bool_]
) -> dict[str, tuple[Estimate, Estimate, Estimate, Estimate]]:
    """Return precision, recall, lift and what is better than the shrunken count, resampling whole officers."""
    there = serving.any(axis=1)
    sums = [happened.sum(axis=1), serving.sum(axis=1)]
    for some in weights:
        sums += [(some * happened).sum(axis=1), some.sum(axis=1)]
    columns = np.column_stack(sums)[there].astype(float)
    random = np.random.default_rng(1)
    drawn = np.vstack([np.ones(len(columns)), random.poisson(1.0, (_RESAMPLES, len(columns)))]) @ columns
    base = drawn[:, 0] / drawn[:, 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = {name: drawn[:, 2 + 2 * n] / drawn[:, 3 + 2 * n] for n, name in enumerate(names)}
        against = precision.get("shrunken_count", base)
        return {
            name: (
                _estimate(precision[name]),
                _estimate(drawn[:, 2 + 2 * n] / drawn[:, 0]),
                _estimate(precision[name] / base),
                _estimate(precision[name] - against),
            )
            for n, name in enumerate(names)
        }


def _estimate(drawn: NDArray[np.float64]) -> Estimate:
    if np.isnan(drawn[0]):
        return Estimate(np.nan, np.nan, np.nan)
    low, high = np.nanpercentile(drawn[1:], [2.5, 97.5])
    return Estimate(float(drawn[0]), float(low), float(high))


def _ratio(above: float, below: float) -> float:
    return float(above / below) if below > 0 else float("nan")


def _plain(value: Any) -> Any:
    """Return a value as JSON knows it: NaN becomes nothing."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float):
        return None if np.isnan(value) else round(float(value), 6)
    return str(value) if isinstance(value, date) else value
