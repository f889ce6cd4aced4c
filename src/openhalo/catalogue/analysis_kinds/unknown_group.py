"""Settings of the kind `unknown_group`."""

from typing import ClassVar, Literal

from pydantic import Field

from openhalo.catalogue.analysis_specs import Chances, Condition, GroupComparison


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
