"""What a kind of measure is, as plain facts: what it needs, how its figures read, what may be done with them."""

from dataclasses import dataclass

RECORDS = frozenset({"record", "unit"})
"""What every kind needs that counts records."""


@dataclass(frozen=True, kw_only=True)
class MeasureTraits:
    """The facts of one kind of measure. How it is counted and estimated stands in `measures.kinds`.

    Attributes:
        order: where the kind stands in lists, from the plainest number on.
        needs: the parts of a definition that it takes besides those that all measures share, and no others.
        scale: what its figures are written and drawn as: a scale of `language.scales`.
        made_of_counts: counts and sums alone make it, so whoever has the incident files can count it again.
        additive: figures add up over groups and periods, and of no record the figure is zero, not unknown.
        plain: one set of records and one condition say it all, so a test of the same outcome speaks of it.
        of_told: it is taken of the records that say what is counted, and the others are left out.
        compares_groups: it counts nothing itself, but divides the figures of another measure's groups.
        may_be_compared: the figures of its groups can be divided by each other, with an interval.
        unprotected: why its figures cannot be protected against disclosure; empty where they can.
        head: what its column of a table is called, where that is not what its scale says; to be translated.
    """

    order: int
    needs: frozenset[str]
    scale: str
    made_of_counts: bool
    additive: bool = False
    plain: bool = False
    of_told: bool = False
    compares_groups: bool = False
    may_be_compared: bool = False
    unprotected: str = ""
    head: str = ""
