"""The quarterly sheet of a small department: who reached a threshold, in plain words, to be filled in by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from openhalo.base.provenance import hash_facts
from openhalo.catalogue.indicator_rules import RuleSpec
from openhalo.early_intervention.governance import Governance
from openhalo.early_intervention.indicators import compute
from openhalo.early_intervention.roster import Roster
from openhalo.language import formatting
from openhalo.language.translation import _, plural
from openhalo.records.reading import Records


@dataclass(frozen=True)
class Reached:
    """One threshold that an officer reached: the indicator's id for the spreadsheet, and the reason in words."""

    indicator: str
    sentence: str


@dataclass(frozen=True)
class Card:
    """One officer of the sheet, under the pseudonym."""

    officer: str
    unit: str
    reached: list[Reached]


@dataclass(frozen=True)
class Sheet:
    """All officers who reached a threshold by the end of a quarter. Restricted.

    Attributes:
        asked: every threshold, in words; not_held: those whose records the department does not hold.
        serving: how many officers were looked at.
    """

    quarter: str
    known_by: date
    review_by: date
    lapses: date
    governance: Governance
    asked: list[str]
    not_held: list[str]
    serving: int
    cards: list[Card]


def threshold_sheet(
    records: Records, roster: Roster, rules: Sequence[RuleSpec], quarter: str, governance: Governance
) -> Sheet:
    """Return the sheet of a quarter, from what was known on its last day; the same facts give the same sheet.

    Args:
        records: the store version, without a `known_by`.
        roster: who serves where.
        rules: whose thresholds count; one that several rules name stands there once.
        quarter: such as 2013-Q4.
        governance: clocks, first reader and capacity.
    """
    day = formatting.period_end(quarter)
    specs = records.catalogue.indicators
    wanted = sorted({(one.indicator, one.months, one.at_least) for rule in rules for one in rule.any_of})
    matrix = compute(records, specs.values(), [day], roster.keys, sorted({months for _name, months, _least in wanted}))
    held = [one for one in wanted if one[:2] in matrix.columns]
    there = np.flatnonzero(roster.serving(day))
    names = roster.officers["pseudonym"].fill_null(roster.officers["record_key"]).to_numpy()
    units = roster.units(day)
    found: dict[int, dict[tuple[str, int], Reached]] = {}
    for name, months, least in held:
        values = matrix.values(name, months)[:, 0]
        for row in there[values[there] >= least]:
            # Of two thresholds on the same count, the higher one says more.
            found.setdefault(int(row), {})[name, months] = Reached(
                name,
                _("{label}: {value} in {span}. The threshold is {least}.").format(
                    label=specs[name].label, value=_number(values[row]), span=_span(months), least=_number(least)
                ),
            )
    cards = [Card(str(names[row]), str(units[row]), list(reached.values())) for row, reached in found.items()]
    # Neither name nor need orders the sheet; a hash does, and the quarter in it mixes anew each time.
    cards.sort(key=lambda card: hash_facts([card.officer, quarter]))
    missing = [one for one in wanted if one not in held]
    return Sheet(
        quarter,
        day,
        day + timedelta(days=governance.review_days),
        day + timedelta(days=governance.lapse_days),
        governance,
        [_asked(specs[name].label, months, least) for name, months, least in held],
        [_asked(specs[name].label, months, least) for name, months, least in missing],
        len(there),
        cards,
    )


def _asked(label: str, months: int, least: float) -> str:
    return _("{label}: {least} or more in {span}").format(label=label, least=_number(least), span=_span(months))


def _number(value: float) -> str:
    return formatting.count(value) if float(value).is_integer() else formatting.measured(float(value), "ratio")


def _span(months: int) -> str:
    return plural("{n} month", "{n} months", months).format(n=months)
