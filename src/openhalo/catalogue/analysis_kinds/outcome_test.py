"""Settings of the kind `outcome_test`."""

from typing import Literal

from pydantic import Field

from openhalo.catalogue.analysis_specs import Condition, PlaceComparison


class OutcomeTest(PlaceComparison):
    """Do searches of different groups find something equally often?"""

    kind: Literal["outcome_test"] = Field(description="Which test it is")
    outcome: Condition = Field(description="When something was found")
    discretionary: Condition = Field(
        description="Which searches an officer was free to leave; refused where it is known for less than half of them"
    )
