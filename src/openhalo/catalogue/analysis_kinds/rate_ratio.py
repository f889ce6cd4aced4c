"""Settings of the kind `rate_ratio`."""

from typing import Literal

from pydantic import Field

from openhalo.catalogue.analysis_specs import Condition, Group, PlaceComparison


class RateRatio(PlaceComparison):
    """Is the share of one group higher than another's, within the same places and circumstances?"""

    kind: Literal["rate_ratio"] = Field(description="Which test it is")
    outcome: Condition = Field(description="The condition whose share is compared")
    strata: list[Group] = Field(default=[], description="Fields that are held equal besides the place")
