"""Settings of the kind `audit`."""

from typing import Literal

from pydantic import Field

from openhalo.catalogue.analysis_specs import AnalysisSpec, Condition, Named


class Audit(AnalysisSpec):
    """How well are records kept?"""

    kind: Literal["audit"] = Field(description="Which test it is")
    fields: list[Named] = Field(min_length=1, description="The fields whose recording is looked into")
    outcome: Condition = Field(default="", description="Is a field recorded less often where this holds?")
