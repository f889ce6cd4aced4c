"""The kinds of analyses: one small schema each, with the settings that its test takes and no others."""

from collections.abc import Iterable
from typing import ClassVar, Literal, get_args

from pydantic import Field

from openhalo.catalogue.analysis_specs import AnalysisSpec, Condition, Event, Group, GroupComparison, Named, Number
from openhalo.catalogue.reader import Misfit


class OutcomeTest(GroupComparison):
    """Do searches of different groups find something equally often?"""

    kind: Literal["outcome_test"] = Field(description="Which test it is")
    outcome: Condition = Field(description="When something was found")
    discretionary: Condition = Field(
        description="Which searches an officer was free to leave; refused where it is known for less than half of them"
    )


class VeilOfDarkness(GroupComparison):
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


class InterruptedSeries(AnalysisSpec):
    """Did a monthly number change when something began?"""

    needed: ClassVar[dict[str, str]] = {"event": "what began in {id}, and when"}

    kind: Literal["interrupted_series"] = Field(description="Which test it is")
    event: Event | None = Field(default=None, description="What began; a plan may name another")
    harmonics: int = Field(default=2, ge=0, le=4, description="Pairs of seasonal terms")
    slope: bool = Field(default=False, description="The trend may change at the event too")
    lags: int = Field(default=0, ge=0, le=12, description="Months over which errors may be linked (Newey-West)")

    def misfits(self) -> Iterable[Misfit]:
        """Yield what does not fit in the event too."""
        yield from super().misfits()
        if self.event is not None:
            yield from (misfit._replace(location=("event", *misfit.location)) for misfit in self.event.misfits())


class RateRatio(GroupComparison):
    """Is the share of one group higher than another's, within the same places and circumstances?"""

    kind: Literal["rate_ratio"] = Field(description="Which test it is")
    outcome: Condition = Field(description="The condition whose share is compared")
    strata: list[Group] = Field(default=[], description="Fields that are held equal besides the place")


class StandardisedRates(AnalysisSpec):
    """How would places compare if all had the same mix of circumstances?"""

    kind: Literal["standardised_rates"] = Field(description="Which test it is")
    outcome: Condition = Field(description="The condition whose share is compared")
    place: Group = Field(description="Field whose places are compared")
    strata: list[Group] = Field(min_length=1, description="Fields that are held equal")


class Funnel(AnalysisSpec):
    """Which places lie further from the rest than chance and usual differences explain?"""

    kind: Literal["funnel"] = Field(description="Which test it is")
    outcome: Condition = Field(description="The condition whose share is compared")
    place: Group = Field(description="Field whose places are compared")
    strata: list[Group] = Field(default=[], description="Fields that are held equal")


class Audit(AnalysisSpec):
    """How well are records kept?"""

    kind: Literal["audit"] = Field(description="Which test it is")
    fields: list[Named] = Field(min_length=1, description="The fields whose recording is looked into")
    outcome: Condition = Field(default="", description="Is a field recorded less often where this holds?")


class ThresholdTest(GroupComparison):
    """From how sure on are people of different groups searched?"""

    kind: Literal["threshold_test"] = Field(description="Which test it is")
    searched: Condition = Field(description="When a person was searched")
    outcome: Condition = Field(description="When something was found")
    place: Group = Field(description="Field whose places are compared; a group's searches there share a threshold")
    least_searches: int = Field(default=1, ge=1, description="Places where any group has fewer searches are left out")
    prior: Literal["fast", "original", "open_policing"] = Field(
        default="fast", description="Whose model of how groups and places may differ before the data speak"
    )


class SameScene(AnalysisSpec):
    """Do some officers use more force than others who were at the same scenes?"""

    kind: Literal["same_scene"] = Field(description="Which test it is")
    scene: Named = Field(description="Field that tells scenes apart")
    officer: Named = Field(description="Field that tells officers apart; no page names one")
    level: Number = Field(description="Field with the level of force, a higher number for more")
    prior: Literal["paper", "package"] = Field(
        default="paper", description="Whose model of how officers may differ before the data speak"
    )


KINDS: dict[str, type[AnalysisSpec]] = {
    get_args(schema.model_fields["kind"].annotation)[0]: schema
    for schema in (
        OutcomeTest,
        VeilOfDarkness,
        InterruptedSeries,
        RateRatio,
        StandardisedRates,
        Funnel,
        Audit,
        ThresholdTest,
        SameScene,
    )
}
"""Every kind by its name. A new one is a class above and its name in this list; its test is registered in
`measures.analyses.running`."""
