"""Keys of the kind `disparity`."""

from typing import Literal

from pydantic import Field

from openhalo.catalogue.documents import Location
from openhalo.catalogue.signal_specs import RecordSignal


class DisparitySignal(RecordSignal):
    """Does an outcome follow an officer's events more often than similar events of others?"""

    kind: Literal["disparity"] = Field(description="How officers are found")
    outcome: str = Field(min_length=1, description="What is compared; of the person's own traits it alone may ask")
    similar: list[str] = Field(min_length=1, description="Fields that make two events similar")
    false_discovery: float = Field(
        default=0.1,
        gt=0,
        le=0.5,
        description="Share of those found who may be there by chance (Benjamini and Hochberg)",
    )

    @property
    def facts(self) -> dict[str, str]:
        """Return what is compared, too, and what makes events similar."""
        return {**super().facts, "outcome": f"`{self.outcome}`", "holds equal": ", ".join(self.similar)}

    @property
    def about_the_person(self) -> str:
        """Return the outcome."""
        return self.outcome

    @property
    def paths(self) -> dict[Location, str]:
        """Return what makes events similar."""
        return {("similar", index): path for index, path in enumerate(self.similar)}
