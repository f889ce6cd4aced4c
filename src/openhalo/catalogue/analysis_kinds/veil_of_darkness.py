"""Settings of the kind `veil_of_darkness`."""

from typing import Literal

from pydantic import Field

from openhalo.catalogue.analysis_specs import Number, PlaceComparison


class VeilOfDarkness(PlaceComparison):
    """Does the mix of people stopped change when officers can hardly see them?"""

    kind: Literal["veil_of_darkness"] = Field(description="Which test it is")
    latitude: Number = Field(description="Field with degrees north")
    longitude: Number = Field(description="Field with degrees east")
    season: bool = Field(default=False, description="Hold the season of the year equal too")
    around_clock_changes: bool = Field(default=False, description="Only the 30 days before and after the clock changes")
    variant: Literal["rounded", "strict"] = Field(
        default="rounded", description="How times at the edge of dusk are counted"
    )
    df: int = Field(default=6, ge=1, le=12, description="Degrees of freedom of the curve over time")
