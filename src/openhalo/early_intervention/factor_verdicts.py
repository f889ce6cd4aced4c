"""What reviewers said of the reasons that signals gave: how often each reason was worth their time."""

from dataclasses import asdict, dataclass
from typing import Any

from openhalo.records.reading import Records
from openhalo.statistics.proportions import wilson

FEWEST = 10
"""Verdicts below which a share is not given."""


@dataclass(frozen=True)
class FactorPrecision:
    """One reason, over all its verdicts.

    Attributes:
        factor: the indicator; given: how many verdicts; verdicts: code → how many.
        useful: share of verdicts that call it useful, with its interval; None below ten verdicts.
    """

    factor: str
    given: int
    verdicts: dict[str, int]
    useful: float | None
    low: float | None
    high: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return plain facts for JSON."""
        return asdict(self)


def factor_precision(records: Records) -> list[FactorPrecision]:
    """Return each reason on which reviewers gave a verdict, by its id; verdicts left blank are not counted."""
    held = records.fetch(records.table("officers/factor_verdict").select("factor", "verdict")).drop_nulls()
    found = []
    for (factor,), some in sorted(held.group_by("factor"), key=lambda pair: str(pair[0][0])):
        counts = dict(some["verdict"].value_counts().sort("verdict").iter_rows())
        ends: list[float | None] = [None, None, None]
        if some.height >= FEWEST:
            ends = [round(float(part), 6) for part in wilson(counts.get("USEFUL", 0), some.height)[:3]]
        found.append(FactorPrecision(str(factor), some.height, counts, *ends))
    return found
