"""Keys of the kind `count`."""

from typing import Literal

from pydantic import Field

from openhalo.catalogue.signal_specs import IndicatorSignal


class CountSignal(IndicatorSignal):
    """Who has most, shrunken towards all others? It fills the places that other signals leave."""

    kind: Literal["count"] = Field(description="How officers are found")
