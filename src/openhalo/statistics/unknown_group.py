"""What records of unknown group leave open: how low and how high a group's share can be, and how two shares can differ.

The ends are sharp: each is reached by one way of giving every unknown record a group, and none goes beyond. For two
groups they are reached together, because one group's highest share takes only unknown records with the outcome, and
the other's lowest only those without it: no record has to be of both.
"""

from typing import Any, NamedTuple

from openhalo.language.translation import mark_for_translation
from openhalo.statistics import proportions
from openhalo.statistics.estimates import counts

METHOD = mark_for_translation(
    "bounds over every group that the unknown records can have, each end with its own 95 % score interval"
)
CITATION = "Manski (1989), Journal of Human Resources 24, 343-360; Horowitz and Manski (2000), JASA 95, 77-84"


class Counted(NamedTuple):
    """Records that say the outcome: how many have it, of how many."""

    yes: float
    of: float


class Bounds(NamedTuple):
    """Ends that no unknown record can push further, and the same with the error of sampling on either side."""

    low: float
    high: float
    surely_low: float
    surely_high: float


def ends(yes: Any, of: Any, unknown_yes: Any, unknown_no: Any) -> tuple[Any, Any]:
    """Return the lowest and highest share of a group: lowest where every unknown record without the outcome is of it.

    Numbers, arrays or columns: only arithmetic is done to them.

    >>> ends(10, 100, 5, 20)
    (0.08333333333333333, 0.14285714285714285)
    """
    return yes / (of + unknown_no), (yes + unknown_yes) / (of + unknown_yes)


def share(group: Counted, unknown: Counted) -> Bounds:
    """Return the bounds of a group's share.

    Each end is a share of records itself, so each has a Wilson interval; together these hold the whole range in 95 of
    100 samples or more.

    Raises:
        ValueError: a count is negative, or more records have the outcome than there are.
    """
    low, high = proportions.wilson(*_lowest(group, unknown)), proportions.wilson(*_highest(group, unknown))
    return Bounds(float(low.value), float(high.value), float(low.low), float(high.high))


def difference(group: Counted, other: Counted, unknown: Counted) -> Bounds:
    """Return the bounds of one group's share minus another's, with Newcombe's interval at each end.

    Raises:
        ValueError: as `share`.
    """
    low = proportions.difference(*_lowest(group, unknown), *_highest(other, unknown))
    high = proportions.difference(*_highest(group, unknown), *_lowest(other, unknown))
    return Bounds(float(low.value), float(high.value), float(low.low), float(high.high))


def _lowest(group: Counted, unknown: Counted) -> tuple[float, float]:
    return group.yes, group.of + _without(unknown)


def _highest(group: Counted, unknown: Counted) -> tuple[float, float]:
    _without(unknown)
    return group.yes + unknown.yes, group.of + unknown.yes


def _without(unknown: Counted) -> float:
    return float(counts(unknown.of - unknown.yes, "records of unknown group without the outcome"))
