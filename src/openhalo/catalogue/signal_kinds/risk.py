"""Keys of the kind `risk`."""

from typing import ClassVar, Literal

from pydantic import Field

from openhalo.catalogue.documents import Document
from openhalo.catalogue.indicators import IndicatorSpec
from openhalo.catalogue.kinds import Shelves
from openhalo.catalogue.references import known
from openhalo.catalogue.signal_specs import SignalSpec


class RiskSignal(SignalSpec):
    """A model of all indicators. A site may switch it on only after its own backtest; it fills places that are left."""

    reads_everything: ClassVar[bool] = True

    kind: Literal["risk"] = Field(description="How officers are found")
    model: Literal["logistic", "lightgbm"] = Field(description="Which model")
    foresees: str = Field(min_length=1, description="The count that is to be foreseen")
    counted: str = Field(min_length=1, description="The count that the model must beat, shrunken")

    @property
    def facts(self) -> dict[str, str]:
        """Return what it foresees."""
        return {"reads": f"all indicators, to foresee `{self.foresees}`"}

    def cross_check(self, document: Document, shelves: Shelves) -> None:
        """Check that both counts are counts over twelve months."""
        counts = {name: one for name, one in shelves.of(IndicatorSpec).items() if one.is_count and 12 in one.months}
        for place, name in (("foresees", self.foresees), ("counted", self.counted)):
            known(name, counts, "count over twelve months", document, (place,))
