"""Settings of the kind `interrupted_series`."""

from typing import Literal

from pydantic import Field

from openhalo.catalogue.analysis_specs import BeforeAndAfter


class InterruptedSeries(BeforeAndAfter):
    """Did a monthly number change when something began?"""

    kind: Literal["interrupted_series"] = Field(description="Which test it is")
    harmonics: int = Field(default=2, ge=0, le=4, description="Pairs of seasonal terms")
    slope: bool = Field(default=False, description="The trend may change at the event too")
    lags: int = Field(default=0, ge=0, le=12, description="Months over which errors may be linked (Newey-West)")
