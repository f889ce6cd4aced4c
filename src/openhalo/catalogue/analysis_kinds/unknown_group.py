"""Settings of the kind `unknown_group`."""

from collections.abc import Iterable
from typing import ClassVar, Literal

from pydantic import Field

from openhalo.catalogue.analysis_specs import Chances, Condition, GroupComparison
from openhalo.catalogue.reader import Misfit
from openhalo.catalogue.schema import Schema
from openhalo.catalogue.vocabularies import CENSUS


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

    def misfits_with(self, schema: Schema) -> Iterable[Misfit]:
        """Yield a record that is of several groups, and a code list that does not say of which codes chances are."""
        found = schema.follow(self.record, self.group)
        if found is None:
            return
        codes = schema.vocabularies.get(found[1].vocabulary)
        if found[1].type == "codes":
            yield Misfit(("group",), f"one record can be of several groups of '{self.group}'", "fields of type code")
        elif self.chances and (codes is None or CENSUS not in codes.crosswalks):
            problem = f"the codes of '{self.group}' have no crosswalk '{CENSUS}'"
            yield Misfit(("chances",), problem, "a group that chances are of, such as race")
