"""Settings of the kind `monitoring`."""

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from openhalo.catalogue.analysis_specs import AnalysisSpec, Condition, Group
from openhalo.catalogue.reader import Misfit


class Monitoring(AnalysisSpec):
    """Has a monthly number, or share, moved away from where it was at first?"""

    kind: Literal["monitoring"] = Field(description="Which test it is")
    outcome: Condition = Field(
        default="",
        description="The condition whose number is watched, given how many are to be expected of the records",
    )
    strata: list[Group] = Field(default=[], description="With an outcome: circumstances that say how many to expect")
    place: Group = Field(default="", description="Field whose places get a chart each")
    baseline_months: int = Field(default=12, ge=12, le=60, description="Whole months at first that say what is usual")
    ratio: float = Field(default=1.3, gt=1, le=5, description="The rise that the chart looks for; and the fall, 1 / it")
    run_length: int = Field(
        default=60, ge=12, le=600, description="Months in which one chart gives one false alarm on average"
    )

    def misfits(self) -> Iterable[Misfit]:
        """Yield circumstances without an outcome that they could foretell."""
        yield from super().misfits()
        if self.strata and not self.outcome:
            yield Misfit(("strata",), "'strata' without 'outcome'", todo="say which outcome they foretell")
