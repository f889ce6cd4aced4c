"""Code lists: what each code means, and how other standards' codes map to ours."""

from functools import cached_property
from typing import ClassVar

from pydantic import Field

from openhalo.catalogue.reader import Spec

CENSUS = "census_2010"
"""The crosswalk of a code list that says which of its codes chances are of."""


class Code(Spec):
    """One code of a vocabulary."""

    said: ClassVar[frozenset[str]] = frozenset(["label", "people", "description"])

    label: str = Field(description="How the code reads in a table or on an axis")
    people: str = Field(default="", description="How people of this group are named in a sentence")
    description: str = Field(default="", description="What the code covers, where the label does not say it")
    broader: str = Field(default="", description="The code of the same list that includes this one")


class Vocabulary(Spec):
    """A code list, used by fields of several record types."""

    said: ClassVar[frozenset[str]] = frozenset(["label", "description"])

    id: str = Field(description="Given by the place of the file")
    label: str = Field(description="What the list is called")
    description: str = Field(description="What it tells apart, and for whom it was made")
    source: str = Field(description="The standard that the codes follow")
    codes: dict[str, Code] = Field(description="Code → what it means")
    crosswalks: dict[str, dict[str, str]] = Field(default={}, description="Other standard → its code → our code")
    crosswalk_sources: dict[str, str] = Field(default={}, description="Other standard → where its codes were read")

    @cached_property
    def order(self) -> list[str]:
        """Codes in the one order used everywhere: by label, with other and unknown last."""
        last = {"OTHER": 1, "UNKNOWN": 2}
        return sorted(self.codes, key=lambda code: (last.get(code.upper(), 0), self.codes[code].label))
