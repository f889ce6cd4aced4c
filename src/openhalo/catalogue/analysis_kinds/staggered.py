"""Settings of the kind `staggered`."""

from typing import ClassVar, Literal

from pydantic import Field

from openhalo.catalogue.analysis_specs import AnalysisSpec, Condition, Day, Unit
from openhalo.catalogue.reader import Spec


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
