"""Settings of the kind `standardised_rates`."""

from typing import Literal

from pydantic import Field

from openhalo.catalogue.analysis_specs import AnalysisSpec, Condition, Group


class StandardisedRates(AnalysisSpec):
    """How would places compare if all had the same mix of circumstances?"""

    kind: Literal["standardised_rates"] = Field(description="Which test it is")
    outcome: Condition = Field(description="The condition whose share is compared")
    place: Group = Field(description="Field whose places are compared")
    strata: list[Group] = Field(min_length=1, description="Fields that are held equal")
