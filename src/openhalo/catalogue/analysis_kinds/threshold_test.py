"""Settings of the kind `threshold_test`."""

from typing import Literal

from pydantic import Field

from openhalo.catalogue.analysis_specs import Condition, Group, GroupComparison


class ThresholdTest(GroupComparison):
    """From how sure on are people of different groups searched?"""

    kind: Literal["threshold_test"] = Field(description="Which test it is")
    searched: Condition = Field(description="When a person was searched")
    outcome: Condition = Field(description="When something was found")
    place: Group = Field(description="Field whose places are compared; a group's searches there share a threshold")
    least_searches: int = Field(default=1, ge=1, description="Places where any group has fewer searches are left out")
    prior: Literal["fast", "original", "open_policing"] = Field(
        default="fast", description="Whose model of how groups and places may differ before the data speak"
    )
