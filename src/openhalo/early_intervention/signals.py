"""The review set of a day: officers whose work calls for a look, each with the reasons, in no order of need.

Who is in it is decided by the shrunken count. The set is sized to what the department can review, sorted by pseudonym,
and carries no score: the reasons are for a person to weigh.
"""

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from openhalo.base.provenance import hash_facts
from openhalo.catalogue.indicators import IndicatorSpec
from openhalo.early_intervention.governance import Governance
from openhalo.early_intervention.indicators import compute
from openhalo.early_intervention.policies import RECENT, Evidence, expected, shrunken
from openhalo.early_intervention.roster import Roster
from openhalo.presentation import numbers
from openhalo.presentation.words import _
from openhalo.records.reading import Records

_LOOK = RECENT
_UNUSUAL = 2.0
"""A factor is named where an officer has at least twice what peers have, or at most half of what speaks well."""


@dataclass(frozen=True)
class Factor:
    """One reason.

    Attributes:
        value: how many in the last 24 months; peers: how many officers of the same unit have on average.
        direction: more or fewer than peers; times: how many times as many (peers taken as at least 0.05).
        unusual: share of these peers who have fewer.
    """

    indicator: str
    value: float
    peers: float
    direction: str
    times: float
    unusual: float
    sentence: str


@dataclass(frozen=True)
class Signal:
    """One officer of the set, under the pseudonym."""

    officer: str
    unit: str
    peers: int
    factors: list[Factor]


@dataclass(frozen=True)
class ReviewSet:
    """Whom to review. Restricted: it never goes into a release, and lapses."""

    known_by: date
    lapses: date
    review_by: date
    first_reader: str
    capacity: int
    signals: list[Signal]
    undated: dict[str, int]
    provenance: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return plain facts for JSON."""
        return {"privacy": "restricted", **asdict(self)}


def review_set(
    records: Records, roster: Roster, spec: IndicatorSpec, known_by: date, governance: Governance
) -> ReviewSet:
    """Return the review set of a day; the same facts give the same set.

    Args:
        records: the store version, without a `known_by`.
        roster: who serves where.
        spec: the count that decides.
        known_by: the day; nothing learned later counts.
        governance: capacity, clocks and first reader.
    """
    risks = [one for one in records.catalogue.indicators.values() if one.kind == "count" and one.direction == "risk"]
    matrix = compute(records, risks, [known_by], roster.keys, (12, _LOOK))
    evidence = Evidence(matrix, roster, spec.id, spec.id)
    there = np.flatnonzero(roster.serving(known_by))
    names = roster.officers["pseudonym"].fill_null(roster.officers["record_key"]).to_numpy()[there]
    number = shrunken(evidence, known_by)
    # Of officers with the same number at the border, a hash decides: nobody stands first for a name or a date of hire.
    tie = np.array([hash_facts([name, str(known_by)]) for name in names])
    rows = np.lexsort((tie, -number))[: governance.capacity]
    units = roster.units(known_by)[there]
    years = roster.exposure(known_by, _LOOK)[there]
    wanted = {one.id: one for one in risks if (one.id, _LOOK) in matrix.columns}
    found: dict[int, list[Factor]] = {int(row): [] for row in rows}
    for name, risk in wanted.items():
        counts = evidence.counts(known_by, _LOOK, name)[there]
        usual = expected(counts, years, units)
        for row, factors in found.items():
            times = counts[row] / max(usual[row], 0.05)
            if counts[row] > 0 and times >= _UNUSUAL:
                below = float((counts[units == units[row]] < counts[row]).mean())
                factors.append(_factor(risk, float(counts[row]), float(usual[row]), float(times), below))
    signals = [
        Signal(str(names[row]), str(units[row]), int((units == units[row]).sum()), sorted(factors, key=_by_name))
        for row, factors in found.items()
    ]
    facts = {
        "store_version": records.manifest.version, "catalogue": records.catalogue.hash, "decided_by": spec.id,
        "look_back": RECENT, "inputs": sorted(wanted), "governance": hash_facts(governance.model_dump(mode="json")),
    }  # fmt: skip
    return ReviewSet(
        known_by, known_by + timedelta(days=governance.lapse_days), known_by + timedelta(days=governance.review_days),
        governance.first_reader, governance.capacity, sorted(signals, key=_by_officer),
        matrix.undated, facts,
    )  # fmt: skip


def _factor(spec: IndicatorSpec, value: float, usual: float, times: float, below: float) -> Factor:
    sentence = _(
        "{label}: {value} in two years, where officers of the same unit have {usual}. Of a hundred of them, {below} "
        "have fewer."
    ).format(
        label=spec.label, value=numbers.count(value), usual=numbers.measured(usual, "ratio"),
        below=numbers.count(np.floor(100 * below)),
    )  # fmt: skip
    return Factor(spec.id, value, round(usual, 4), "more than peers", round(times, 2), round(below, 4), sentence)


def _by_name(factor: Factor) -> str:
    return factor.indicator


def _by_officer(signal: Signal) -> str:
    return signal.officer
