"""Settings of the kind `funnel`."""

from typing import Literal

from pydantic import Field

from openhalo.catalogue.analysis_specs import AnalysisSpec, Condition, Group


class Funnel(AnalysisSpec):
    """Which places lie further from the rest than chance and usual differences explain?"""

    kind: Literal["funnel"] = Field(description="Which test it is")
    outcome: Condition = Field(description="The condition whose share is compared")
    place: Group = Field(description="Field whose places are compared")
    strata: list[Group] = Field(default=[], description="Fields that are held equal")
