"""The kinds of analyses: one small schema each, with the settings that its test takes and no others."""

from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal, get_args

from pydantic import Field

from openhalo.catalogue.analysis_specs import (
    AnalysisSpec,
    BeforeAndAfter,
    Chances,
    Condition,
    Day,
    Group,
    GroupComparison,
    Grouped,
    Named,
    Names,
    Number,
    PlaceComparison,
    Unit,
)
from openhalo.catalogue.reader import Misfit, Spec

CENSUS = "census_2010"
"""The crosswalk of a code list that says which of its codes chances are of."""


class OutcomeTest(PlaceComparison):
    """Do searches of different groups find something equally often?"""

    kind: Literal["outcome_test"] = Field(description="Which test it is")
    outcome: Condition = Field(description="When something was found")
    discretionary: Condition = Field(
        description="Which searches an officer was free to leave; refused where it is known for less than half of them"
    )


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


class InterruptedSeries(BeforeAndAfter):
    """Did a monthly number change when something began?"""

    kind: Literal["interrupted_series"] = Field(description="Which test it is")
    harmonics: int = Field(default=2, ge=0, le=4, description="Pairs of seasonal terms")
    slope: bool = Field(default=False, description="The trend may change at the event too")
    lags: int = Field(default=0, ge=0, le=12, description="Months over which errors may be linked (Newey-West)")


class RateRatio(PlaceComparison):
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


class CountChange(BeforeAndAfter):
    """Did a small number change when something began?"""

    kind: Literal["count_change"] = Field(description="Which test it is")


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


class Start(Spec):
    """The records that say when something began for each unit."""

    said: ClassVar[frozenset[str]] = frozenset(["label"])

    record: str = Field(description="Their record type")
    where: Condition = Field(default="", description="Which of them count; the first of each unit does")
    unit: Unit = Field(description="Field of these records that says whose it is")
    day: Day = Field(description="Field that says when it began")
    since: Day = Field(default="", description="Field that says from when on the unit could be counted: day of hire")
    until: Day = Field(default="", description="Field that says until when; empty there: still")
    label: str = Field(description="What began, as it reads after 'after': crisis intervention training")


class Staggered(AnalysisSpec):
    """Do records of a unit become fewer once something began for it, at a time of its own?"""

    kind: Literal["staggered"] = Field(description="Which test it is")
    unit: Unit = Field(description="Field that says whose record it is: officer")
    start: Start = Field(description="When it began for each unit")
    period: Literal["month", "quarter"] = Field(default="quarter", description="By what the records are counted")


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


class UnknownGroup(GroupComparison):
    """What could the records whose group was not written down change?"""

    said: ClassVar[frozenset[str]] = GroupComparison.said | {"statement"}

    kind: Literal["unknown_group"] = Field(description="Which test it is")
    outcome: Condition = Field(description="The condition whose share is compared")
    statement: str = Field(description="As it reads after 'between 9 and 26 of every 100 stops': had a search")
    chances: Chances = Field(
        default="",
        description="Field with the chances of each race from last name and ZIP code: weights where race is unknown",
    )


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


class Population(Spec):
    """The records that say how many people there are."""

    record: str = Field(default="population/group_population", description="Record type that holds the numbers")
    where: Condition = Field(default="", description="Which of its records count; those of its last year do")
    size: Number = Field(default="population", description="Its field that says how many people there are")


class Trait(Spec):
    """One thing that makes people a kind: who answered says it, and the population is counted by it."""

    field: Annotated[str, Names("field", asked=True)] = Field(description="Field of the answers")
    by: Named = Field(description="Field of the population's records that says the same")


class Margin(Population, Trait):
    """The sizes of groups that answers are weighted to."""


class SurveyEstimate(Grouped):
    """What share of people give an answer, or how high do they score? Do groups differ?"""

    said: ClassVar[frozenset[str]] = AnalysisSpec.said | {"statement"}

    kind: Literal["survey_estimate"] = Field(description="Which test it is")
    statement: str = Field(
        description="As it reads after 'Of every 100 residents, about 62': say that they trust the police; of "
        "questions as a scale, as it reads after 'Asked': how fairly police treat people"
    )
    answer: Condition = Field(default="", description="The answer whose share is estimated")
    items: list[Number] = Field(
        default=[], description="Questions that make one scale, turned the same way, all with the same ends"
    )
    least_answered: int = Field(default=2, ge=1, description="A person who answered fewer questions has no score")
    weight: Number = Field(default="", description="Field with the design weight; empty: all weigh the same")
    stratum: Unit = Field(default="", description="Field with the part of the population that a person was drawn from")
    cluster: Unit = Field(
        default="", description="Field with what was drawn with all or some of its people: home, block; empty: people"
    )
    stratum_size: Number = Field(
        default="",
        description="Field that says how many clusters (without clusters: people) the stratum has, for the correction "
        "for a finite population; empty: many more than were drawn",
    )
    margins: list[Margin] = Field(default=[], description="Sizes that answers are weighted to")
    fitting: Literal["raking", "linear"] = Field(
        default="raking",
        description="How weights are fitted to these sizes: raking multiplies them, linear (GREG) adds to them",
    )

    def misfits(self) -> Iterable[Misfit]:
        """Yield none or both of an answer and questions, and too few of these."""
        yield from super().misfits()
        if bool(self.answer) == bool(self.items):
            yield Misfit((), "what is estimated is an answer's share, or a scale's average", "'answer' or 'items'")
        if len(self.items) == 1:
            yield Misfit(("items",), "a scale of one question", "two or more questions")
        if self.fitting != "raking" and not self.margins:
            yield Misfit(("fitting",), "'fitting' without 'margins'", todo="say which sizes the weights are fitted to")


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
        CountChange,
        Monitoring,
        Staggered,
        InternalBenchmark,
        UnknownGroup,
        ThresholdTest,
        SameScene,
        SurveyEstimate,
        SmallAreaEstimate,
    )
}
"""Every kind by its name. A new one is a class above and its name in this list; its test is registered in
`measures.analyses.running`."""
