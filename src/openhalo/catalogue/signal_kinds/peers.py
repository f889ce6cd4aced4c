"""Keys of the kind `peers`."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from openhalo.catalogue.indicators import IndicatorSpec
from openhalo.catalogue.signal_specs import IndicatorSignal


class PeersSignal(IndicatorSignal):
    """Who stands out among officers doing the same work?"""

    kind: Literal["peers"] = Field(description="How officers are found")
    indicator: str = Field(min_length=1, description="The count, or the ratio with its exposure")
    false_discovery: float = Field(
        default=0.1,
        gt=0,
        le=0.5,
        description="Share of those found who may be there by chance (Benjamini and Hochberg)",
    )

    def fitting(self, indicators: Mapping[str, IndicatorSpec]) -> tuple[str, dict[str, IndicatorSpec]]:
        """Return counts and ratios."""
        return "count or ratio", {n: one for n, one in indicators.items() if one.is_count or one.kind == "ratio"}
