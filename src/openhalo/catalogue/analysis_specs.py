"""Analyses as data: one statistical test on records, and why anyone should care. Its kind brings its own settings."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, get_args

from pydantic import Field

from openhalo.catalogue.reader import Location, Misfit, Spec
from openhalo.catalogue.schema import Schema


class Names(NamedTuple):
    """What a setting's text must be among the records of an analysis; cross-checks read it off the annotation."""

    what: Literal["condition", "group", "number", "field", "unit", "day", "chances"]
    asked: bool = False
    """Among the analysis' own records, also where a part of it names another record type."""


Condition = Annotated[str, Names("condition"), Field(min_length=1)]
"""A condition on the analysis' records."""
Group = Annotated[str, Names("group"), Field(min_length=1)]
"""A field that records are counted by; a path over links may lead there."""
Number = Annotated[str, Names("number"), Field(min_length=1)]
"""A field that holds a number."""
Unit = Annotated[str, Names("unit"), Field(min_length=1)]
"""A field that tells apart those who are compared; they are counted, and never shown one by one."""
Day = Annotated[str, Names("day"), Field(min_length=1)]
"""A field that holds a day."""
Chances = Annotated[str, Names("chances"), Field(min_length=1)]
"""A field with the chances of each race; nothing else may name one."""
Named = Annotated[str, Names("field"), Field(min_length=1)]
"""A field of the record type itself."""


class Event(Spec):
    """What began, and when."""

    said: ClassVar[frozenset[str]] = frozenset(["label", "because"])

    start: date = Field(description="First day of the time after; the first day of a month")
    label: str = Field(description="What began, as it reads after 'from': the change of policy in June 2020")
    because: str = Field(description="Why this day, decided before the result was known")

    def misfits(self) -> Iterable[Misfit]:
        """Yield a day within a month: months cannot be cut in two."""
        if self.start.day != 1:
            todo = "give the first day of the first month that lies wholly after it"
            yield Misfit(("start",), f"{self.start} is not the first day of a month", todo=todo)


class AnalysisSpec(Spec):
    """What every analysis says. `kind` fixes the test, and with it the settings that the file may hold besides."""

    said: ClassVar[frozenset[str]] = frozenset(["label", "question", "counts", "why_it_matters", "limits"])
    needed: ClassVar[dict[str, str]] = {}
    """Settings that the analysis or the plan must give → what nothing says without them."""

    id: str = Field(description="Given by the place of the file")
    kind: str = Field(description="Which test it is: one of the kinds that follow")
    label: str = Field(description="What the analysis is called in a list")
    question: str = Field(description="The page's title: what a resident would ask")
    record: str = Field(description="The record type that it looks at")
    where: Condition = Field(default="", description="Which records it looks at")
    counts: str = Field(default="", description="What these records are, as plural words; empty: as the source says")
    why_it_matters: str = Field(description="Why a resident should care, in plain words")
    limits: list[str] = Field(description="What the test cannot show")
    core: str = Field(default="", description="Item of the core list that the analysis answers")
    requirements: list[str] = Field(default=[], description="Requirements that the analysis serves, by id")
    sources: list[str] = Field(description="Where the test comes from")
    author: str = Field(description="Who wrote the definition")
    reviewed: date = Field(description="Day on which it was last reviewed")
    next_review: date = Field(description="Day by which it must be reviewed again")

    def misfits(self) -> Iterable[Misfit]:
        """Yield dates that do not fit."""
        if self.next_review <= self.reviewed:
            yield Misfit(("next_review",), "the next review comes before the last one", f"after {self.reviewed}")

    def misfits_with(self, schema: Schema) -> Iterable[Misfit]:
        """Return what this kind of test cannot take of the records, beyond names that lead nowhere.

        Raises:
            Unread: a definition on the way could not be read.
        """
        return ()

    @property
    def domain(self) -> str:
        """Return the domain: the folder that the analysis stands in."""
        return self.id.partition("/")[0]

    def named(self) -> Iterator["Reference"]:
        """Yield each setting that names something among the records."""
        yield from _named(self, self.record, (), self.record)

    @property
    def settings(self) -> dict[str, Any]:
        """Return what its kind lets it say beyond what every analysis says."""
        return {name: getattr(self, name) for name in type(self).model_fields if name not in AnalysisSpec.model_fields}


class Reference(NamedTuple):
    """A setting that names something among records."""

    place: Location
    what: str
    """As in `Names`."""
    record: str
    text: str


def _named(spec: Spec, record: str, here: Location, asked: str) -> Iterator[Reference]:
    """Yield what a spec names; a part of it that says `record` names things among that one's records."""
    for name, setting in type(spec).model_fields.items():
        value = getattr(spec, name)
        for index, part in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(part, Spec):
                place = (*here, name, index) if isinstance(value, list) else (*here, name)
                yield from _named(part, getattr(part, "record", record), place, asked)
        for found in _names(setting.metadata):
            if value:
                yield Reference((*here, name), found.what, asked if found.asked else record, value)
        for found in _names(get_args(setting.annotation)[:1]):
            yield from (Reference((*here, name, index), found.what, record, text) for index, text in enumerate(value))


def _names(annotations: Iterable[Any]) -> Iterator[Names]:
    for one in annotations:
        yield from (part for part in (one, *getattr(one, "__metadata__", ())) if isinstance(part, Names))


class Grouped(AnalysisSpec):
    """An analysis that may compare groups with a reference group."""

    group: Group = Field(default="", description="Field whose groups are estimated one by one too, and compared")
    reference: str = Field(
        default="",
        description="Code that the others are compared with; a plan may name another; empty: the one with most records",
    )
    compare: list[str] = Field(default=[], description="Codes that are compared with it; empty: all there are")


class GroupComparison(Grouped):
    """An analysis that compares groups with a reference group."""

    needed: ClassVar[dict[str, str]] = {"reference": "whom {id} compares with"}

    group: Group = Field(description="Field whose groups are compared")
    reference: str = Field(default="", description="Code that the others are compared with; a plan may name another")


class PlaceComparison(GroupComparison):
    """An analysis that compares groups within the same places too."""

    place: Group = Field(default="", description="Field that says where; groups are compared within it too")


class BeforeAndAfter(AnalysisSpec):
    """An analysis that compares the time after an event with that before."""

    needed: ClassVar[dict[str, str]] = {"event": "what began in {id}, and when"}

    event: Event | None = Field(default=None, description="What began; a plan may name another")

    def misfits(self) -> Iterable[Misfit]:
        """Yield what does not fit in the event too."""
        yield from super().misfits()
        if self.event is not None:
            yield from (misfit._replace(location=("event", *misfit.location)) for misfit in self.event.misfits())
