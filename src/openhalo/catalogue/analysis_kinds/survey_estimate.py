"""Settings of the kind `survey_estimate`."""

from collections.abc import Iterable
from typing import ClassVar, Literal

from pydantic import Field

from openhalo.catalogue.analysis_specs import AnalysisSpec, Condition, Grouped, Number, Unit
from openhalo.catalogue.populations import Margin
from openhalo.catalogue.reader import Misfit


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
