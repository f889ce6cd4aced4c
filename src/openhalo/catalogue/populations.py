"""What an analysis says of the population that answers stand for: who is counted, and by which traits."""

from typing import Annotated

from pydantic import Field

from openhalo.catalogue.analysis_specs import Condition, Named, Names, Number
from openhalo.catalogue.reader import Spec


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
