"""Settings of the kind `internal_benchmark`."""

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from openhalo.catalogue.analysis_specs import AnalysisSpec, Condition, Group, Number, Unit
from openhalo.catalogue.reader import Misfit


class InternalBenchmark(AnalysisSpec):
    """Who differs from others at similar records?"""

    kind: Literal["internal_benchmark"] = Field(description="Which test it is")
    outcome: Condition = Field(description="The condition whose share is compared")
    place: Group = Field(default="", description="Field whose places are compared, and named")
    unit: Unit = Field(default="", description="Field that tells apart those compared, and never named: officer")
    strata: list[Group] = Field(default=[], description="Fields that make records similar")
    values: list[Number] = Field(default=[], description="The same, as numbers: a smooth curve each")
    hour: bool = Field(
        default=True, description="Records are similar in the hour of the day and the day of the week too"
    )
    least: int = Field(default=50, ge=20, description="Records below which a place or officer is not compared")

    def misfits(self) -> Iterable[Misfit]:
        """Yield none or both of what is compared, and nothing that makes records similar."""
        yield from super().misfits()
        if bool(self.place) == bool(self.unit):
            yield Misfit((), "what is compared is a place, or a unit", "one of 'place' and 'unit'")
        if not (self.strata or self.values or self.hour):
            yield Misfit((), "nothing says which records are similar", todo="add 'strata', 'values' or 'hour: true'")
