"""The review set of a day: officers whose work calls for a look, each with the reasons, in no order of need.

Who is in it is decided by the signals that the governance record switches on. The set is sized to what the department
can review, sorted by pseudonym, and carries no score: the reasons are for a person to weigh.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openhalo.base.errors import CatalogueError, MissingExtra, Problem, did_you_mean, name_all
from openhalo.base.provenance import hash_facts
from openhalo.base.settings_files import GOVERNANCE
from openhalo.catalogue.index import Catalogue
from openhalo.catalogue.indicator_rules import RuleSpec
from openhalo.catalogue.indicators import IndicatorSpec
from openhalo.catalogue.signal_kinds.risk import RiskSignal
from openhalo.catalogue.signal_specs import SignalSpec
from openhalo.early_intervention.alerts import find
from openhalo.early_intervention.factors import Factor, Filler, SignalContext, beside_peers, peer_factor
from openhalo.early_intervention.governance import Governance
from openhalo.early_intervention.indicators import compute
from openhalo.early_intervention.roster import Roster
from openhalo.early_intervention.selection_rules import RECENT, IndicatorHistory, past_windows
from openhalo.records.reading import Records
from openhalo.statistics.results import Refused

__all__ = ["Factor", "ReviewSet", "Signal", "review_set", "switched_on"]
_LOOK = RECENT
_UNUSUAL, _RARE = 2.0, 0.1
"""What surrounds a signal is told from twice of what peers have, where at most so many of them would have as many."""


@dataclass(frozen=True)
class Signal:
    """One officer of the set, under the pseudonym.

    Attributes:
        unit: the unit; peers: how many officers do the same work.
        factors: the reasons, by indicator; those of kind `context` are told beside, and put nobody into the set.
        signals: which signals found the officer; inputs: the indicators and record types that the reasons rest on.
        version: hash of the definitions of these signals and inputs.
        lapses: the day from which it no longer counts.
    """

    officer: str
    unit: str
    peers: int
    factors: list[Factor]
    signals: list[str] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)
    version: str = ""
    lapses: date = date.max


@dataclass(frozen=True)
class ReviewSet:
    """Whom to review. Restricted: it never goes into a release, and lapses.

    Attributes:
        left_out: officers whom a signal found, beyond what can be reviewed.
        refused: signals that are switched on and could not be asked → why.
        undated: record type → records that do not say when they were learned, and count from their day.
        unlearned: indicator → events that never count, because nobody wrote down when they were found out.
    """

    known_by: date
    lapses: date
    review_by: date
    first_reader: str
    capacity: int
    signals: list[Signal]
    undated: dict[str, int]
    provenance: dict[str, Any]
    left_out: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    unlearned: dict[str, int] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Return how many it names, and no officer."""
        return f"ReviewSet({len(self.signals)} officers to review, as known by {self.known_by}; restricted)"

    def to_dict(self) -> dict[str, Any]:
        """Return plain facts for JSON."""
        return {"privacy": "restricted", **asdict(self)}


def switched_on(catalogue: Catalogue, governance: Governance) -> list[SignalSpec | RuleSpec]:
    """Return the signals and rules that a governance record switches on.

    Raises:
        CatalogueError: one of them does not exist.
    """
    held: dict[str, SignalSpec | RuleSpec] = {**catalogue.rules, **catalogue.signals}
    wrong = [name for name in governance.signals if name not in held]
    if wrong:
        raise CatalogueError(
            [
                Problem(
                    GOVERNANCE,
                    f"there is no signal or rule '{name}'",
                    name_all(held, 60),
                    did_you_mean(name, held),
                )
                for name in wrong
            ]
        )
    return [held[name] for name in dict.fromkeys(governance.signals)]


def review_set(records: Records, roster: Roster, known_by: date, governance: Governance) -> ReviewSet:
    """Return the review set of a day; the same facts give the same set.

    Officers whom a signal finds by itself (thresholds, peers, disparity, same scene) come first, those whom several
    find before those whom one does; shrunken counts and risk models fill the places that are left, in turn.

    Args:
        records: the store version, without a `known_by`.
        roster: who serves where.
        known_by: the day; nothing learned later counts.
        governance: signals, capacity, clocks and first reader.

    Raises:
        CatalogueError: a signal is switched on that does not exist.
    """
    on = switched_on(records.catalogue, governance)
    context = _asked(records, roster, known_by, on)
    found, fillers, refused = _found(context, on)
    names = roster.officers["pseudonym"].fill_null(roster.officers["record_key"]).to_numpy()[context.there]
    # Of officers who stand alike at the border a hash decides: nobody stands first for a name or a date of hire.
    tie = np.array([hash_facts([name, str(known_by)]) for name in names])
    first = sorted(found, key=lambda row: (-len({one.signal for one in found[row]}), tie[row]))
    reasons = _reasons(found, first[: governance.capacity], fillers, tie, governance.capacity)
    _add_context(context, reasons)
    units = roster.units(known_by)[context.there]
    lapses = known_by + timedelta(days=governance.lapse_days)
    signals = [
        _signal(
            records.catalogue,
            str(names[row]),
            str(units[row]),
            int((context.work == context.work[row]).sum()),
            factors,
            lapses,
        )
        for row, factors in reasons.items()
    ]
    facts = {
        "store_version": records.manifest.version,
        "catalogue": records.catalogue.hash,
        "decided_by": ", ".join(spec.id for spec in on),
        "look_back": RECENT,
        "inputs": sorted({one for signal in signals for one in signal.inputs}),
        "governance": hash_facts(governance.model_dump(mode="json")),
    }
    matrix = context.history.matrix
    return ReviewSet(
        known_by,
        lapses,
        known_by + timedelta(days=governance.review_days),
        governance.first_reader,
        governance.capacity,
        sorted(signals, key=lambda one: one.officer),
        matrix.undated,
        facts,
        max(len(first) - governance.capacity, 0),
        refused,
        {name: rows for name, rows in matrix.unlearned.items() if rows},
    )


def _reasons(
    found: dict[int, list[Factor]], rows: list[int], fillers: list[Filler], tie: NDArray[np.str_], capacity: int
) -> dict[int, list[Factor]]:
    """Return the reasons for each officer in the set: those whom signals found, then those who fill the places left."""
    filled = _filled(fillers, tie, rows, capacity)
    return {
        row: found.get(row, []) + [one for part in filled.get(row, []) for one in part.reasons(row)]
        for row in [*rows, *filled]
    }


def _found(
    context: SignalContext, on: Sequence[SignalSpec | RuleSpec]
) -> tuple[dict[int, list[Factor]], list[Filler], dict[str, str]]:
    """Return what signals find by themselves, by row; those that fill places; and why others could not be asked."""
    found: dict[int, list[Factor]] = {}
    fillers: list[Filler] = []
    refused: dict[str, str] = {}
    for spec in on:
        try:
            told = find(context, spec)
            if isinstance(told, Filler):
                fillers.append(told)
            else:
                for row, factors in told.items():
                    found.setdefault(row, []).extend(factors)
        except (Refused, MissingExtra) as why:
            refused[spec.id] = str(why)
    return found, fillers, refused


def _asked(records: Records, roster: Roster, day: date, on: Sequence[SignalSpec | RuleSpec]) -> SignalContext:
    """Return everything that the signals read on a day; past years too where a model learns from them."""
    indicators = records.catalogue.indicators
    known = records.as_known_by(day)
    model = next((spec for spec in on if isinstance(spec, RiskSignal)), None)
    if model is not None:
        days = sorted([day, *past_windows(day)])
        matrix = compute(records, indicators.values(), days, roster.keys)
        return SignalContext(known, IndicatorHistory(matrix, roster, model.foresees, model.counted), day)
    named = {name for spec in on for name in spec.indicators}
    for name in sorted(named):
        named |= {one for one in (indicators[name].of, indicators[name].per, *indicators[name].any_of) if one}
    wanted = [one for one in indicators.values() if _is_context(one) or one.id in named]
    matrix = compute(records, wanted, [day], roster.keys)
    return SignalContext(known, IndicatorHistory(matrix, roster, "", ""), day)


def _filled(
    fillers: list[Filler], tie: NDArray[np.str_], taken: Sequence[int], capacity: int
) -> dict[int, list[Filler]]:
    """Return who fills the places that are left, and which fillers speak for each; the fillers take turns."""
    orders = [[int(row) for row in np.lexsort((tie, -one.numbers)) if one.numbers[row] > 0] for one in fillers]
    found: dict[int, list[Filler]] = {}
    for place in range(max(map(len, orders), default=0)):
        for one, order in zip(fillers, orders, strict=True):
            if len(found) + len(taken) >= capacity:
                return found
            if place < len(order) and order[place] not in taken:
                found.setdefault(order[place], []).append(one)
    return found


def _is_context(spec: IndicatorSpec) -> bool:
    return spec.kind == "count" and spec.direction == "risk"


def _add_context(context: SignalContext, reasons: dict[int, list[Factor]]) -> None:
    """Tell beside the reasons what else an officer has at least twice as often as others doing the same work."""
    matrix = context.history.matrix
    for spec in context.records.catalogue.indicators.values():
        if not _is_context(spec) or (spec.id, _LOOK) not in matrix.columns:
            continue
        events = context.counts(spec.id, _LOOK)
        some = [row for row in reasons if events[row] > 0 and spec.id not in {one.indicator for one in reasons[row]}]
        if not some:
            continue
        at = beside_peers(context, spec.id, _LOOK)
        for row in some:
            if at.events[row] >= _UNUSUAL * max(at.usual[row], 0.05) and at.chance[row] <= _RARE:
                reasons[row].append(peer_factor(context, at, row, spec.id, _LOOK, "context"))


def _signal(catalogue: Catalogue, officer: str, unit: str, peers: int, factors: list[Factor], lapses: date) -> Signal:
    signals = sorted({one.signal for one in factors} - {""})
    found = [catalogue.signals.get(name) or catalogue.rules[name] for name in signals]
    records = {record for spec in found for record in spec.records}
    read = {one.indicator for one in factors if one.indicator in catalogue.indicators}
    if any(spec.reads_everything for spec in found):
        read = set(catalogue.indicators)
    inputs = sorted(read | records)
    read_specs = [catalogue.indicators.get(name) or catalogue.record_types[name] for name in inputs]
    version = hash_facts([spec.model_dump(mode="json") for spec in [*found, *read_specs]])
    ordered = sorted(factors, key=lambda one: (one.kind == "context", one.indicator, one.signal))
    return Signal(officer, unit, peers, ordered, signals, inputs, version, lapses)
