"""Settings of the kind `count_change`."""

from typing import Literal

from pydantic import Field

from openhalo.catalogue.analysis_specs import BeforeAndAfter


class CountChange(BeforeAndAfter):
    """Did a small number change when something began?"""

    kind: Literal["count_change"] = Field(description="Which test it is")
