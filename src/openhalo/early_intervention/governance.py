"""The governance record of a site: who answers for signals, who reads them first, and what an officer may do.

It comes before any signal. Without a complete one there is no review set.
"""

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from openhalo.catalogue.reader import Misfit, Spec

_NOT_FIRST = ("discipline", "internal affairs", "internal investigation", "prosecut")


class Governance(Spec):
    """`governance.yaml`: what must be settled before signals. Every key but the last two is needed."""

    kind: Literal["operational", "research"] = Field(
        description="operational: officers are offered support; research: past records only, nobody is acted on"
    )
    owner: str = Field(min_length=3, description="Who answers for the system, by role")
    first_reader: str = Field(min_length=3, description="Who sees a review set first: HR or wellness, not discipline")
    review_days: int = Field(ge=1, le=90, description="Days within which each officer in a set is reviewed")
    lapse_days: int = Field(ge=1, le=365, description="Days after which a signal no longer counts")
    capacity: int = Field(ge=1, description="Officers who can be reviewed well at a time")
    notice_to_officers: str = Field(min_length=10, description="How officers learn that the system exists, and when")
    officer_input: str = Field(min_length=10, description="How officers and their unions were heard on its design")
    contest_decided_by: str = Field(min_length=3, description="Who decides when an officer contests a signal")
    contest_days: int = Field(ge=1, le=90, description="Days until an officer who contests gets an answer")
    signals: list[str] = Field(
        default=["allegations"], min_length=1, description="Signals and rules of the catalogue that are switched on"
    )
    outcome: str = Field(default="allegations", description="The count that a backtest foresees")

    def misfits(self) -> Iterable[Misfit]:
        """Yield a first reader from discipline, and one who would judge a contest about the own decision."""
        if any(word in self.first_reader.lower() for word in _NOT_FIRST):
            found = f"'{self.first_reader}' reads first: early intervention is support, not discipline"
            yield Misfit(("first_reader",), found, "someone from human resources or wellness")
        if self.contest_decided_by.lower() == self.first_reader.lower():
            found = "who reads first also decides when an officer contests"
            yield Misfit(("contest_decided_by",), found, todo="name someone else")
