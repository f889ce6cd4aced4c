"""Settings of the kind `small_area_estimate`."""

from typing import ClassVar, Literal

from pydantic import Field

from openhalo.catalogue.analysis_specs import AnalysisSpec, Condition, Number
from openhalo.catalogue.populations import Population, Trait


class Cells(Population):
    """How many people of each kind live in each area."""

    area: Trait = Field(description="What says the area")
    traits: list[Trait] = Field(default=[], description="What makes people a kind: race, gender, age group")


class SmallAreaEstimate(AnalysisSpec):
    """What share of people give an answer, area by area, where few were asked in each?"""

    said: ClassVar[frozenset[str]] = AnalysisSpec.said | {"statement"}

    kind: Literal["small_area_estimate"] = Field(description="Which test it is")
    statement: str = Field(
        description="As it reads after 'Of every 100 residents, about 62': say that they trust the police"
    )
    answer: Condition = Field(description="The answer whose share is estimated")
    weight: Number = Field(
        default="", description="Field with the design weight; answers of one kind and area count by it"
    )
    cells: Cells = Field(description="The population's numbers, by area and kind")
