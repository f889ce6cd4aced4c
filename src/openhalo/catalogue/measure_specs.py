"""Measures as data: what is counted, against what, for which groups, and why it matters."""

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from openhalo.base.errors import did_you_mean, name_all
from openhalo.base.periods import Grain
from openhalo.catalogue.measure_kinds import KINDS
from openhalo.catalogue.measure_traits import RECORDS, MeasureTraits
from openhalo.catalogue.reader import Misfit, Spec

if TYPE_CHECKING:
    Kind = str
else:
    Kind = Literal[tuple(KINDS)]  # the modules of `measure_kinds`: a new one is no edit here
_PARTS = frozenset().union(*(traits.needs for traits in KINDS.values())) - RECORDS
"""What some kinds take and others do not."""
FIGURE = {
    "period",
    "n",
    "missing",
    "numerator",
    "denominator",
    "value",
    "low",
    "high",
    "bound_low",
    "bound_high",
    "status",
}
"""What every figure carries: no group of a measure may have such a name."""


class Slice(Spec):
    """Which rows of the denominator count, where it holds everybody and the same people group by group."""

    cut: str = Field(description="Condition on the denominator where the figure is cut by this group")
    uncut: str = Field(description="Condition on the denominator where it is not")


class Denominator(Spec):
    """What a rate is counted against: other records, or a number that they carry."""

    said: ClassVar[frozenset[str]] = frozenset(["label"])

    record: str = Field(description="Record type that is counted, or carries the number")
    label: str = Field(description="The denominator in words: residents, stops")
    times: int = Field(default=1, ge=1, description="The rate is given per this many")
    where: str = Field(default="", description="Condition on the denominator's records")
    sum: str = Field(default="", description="Number field to add up; without it, records are counted")
    groups: dict[str, str] = Field(default={}, description="Group of the measure → the same group in the denominator")
    codes: dict[str, dict[str, str]] = Field(
        default={}, description="Group of the measure → its code → the code under which both sides count it"
    )
    slices: dict[str, Slice] = Field(default={}, description="Group of the measure → rows for its parts, or the whole")
    place: str = Field(
        default="",
        description="Group of the measure that says where; records of places without a denominator stay out of it",
    )
    residents: bool = Field(default=False, description="The denominator is people who live there")
    lasting: bool = Field(
        default=False, description="Count how many years the records last within the period, not how many begin in it"
    )
    matches_period: bool = Field(
        default=True,
        description="Count the denominator in the same period; false for a stock such as residents",
    )
    estimated: str = Field(default="", description="Condition on the denominator: this number is an estimate")
    margin: str = Field(default="", description="Field with the estimate's 90 % margin of error")
    cv: str = Field(default="", description="Field with the estimate's coefficient of variation")

    def misfits(self) -> Iterable[Misfit]:
        """Yield groups that the denominator does not have, residents without a place, estimates of no number."""
        named = [((part, group), group) for part in ("codes", "slices") for group in getattr(self, part)]
        for place, group in [*named, *([(("place",), self.place)] if self.place else [])]:
            if group not in self.groups:
                hint = did_you_mean(group, self.groups)
                yield Misfit(place, f"'{group}' is none of the denominator's groups", name_all(self.groups), hint)
        if self.lasting and (self.sum or self.place or self.slices or not self.matches_period):
            found = "'lasting' counts years of records; it goes with no sum, place, slices or stock"
            yield Misfit(("lasting",), found)
        if self.residents and not self.place:
            todo = "name the group that says where, to guard against places of visitors"
            yield Misfit(("residents",), "residents without 'place'", todo=todo)
        for part in ("margin", "cv", "estimated"):
            if getattr(self, part) and not self.sum:
                yield Misfit((part,), "only a number that is added up ('sum') can be an estimate")


class Example(Spec):
    """A worked example, run as a test: these records, cut so, give these figures.

    A record gives its fields; `key` names it so that a link of another record may point to it.
    """

    records: dict[str, list[dict[str, Any]]] = Field(
        description="Record type → its records, each with the fields that matter"
    )
    by: list[str] = Field(default=[], description="Groups that the example is cut by")
    expect: list[dict[str, Any]] = Field(description="The figures that must come out, one a group")


class MeasureSpec(Spec):
    """One measure. Its kind fixes its interval."""

    said: ClassVar[frozenset[str]] = frozenset(["label", "question", "answer", "why_it_matters", "limits"])

    id: str = Field(description="Given by the place of the file")
    kind: Kind = Field(description="What sort of number it is; it fixes the interval")
    label: str = Field(description="What the number is called in a table")
    question: str = Field(description="The page's title: what a resident would ask")
    answer: str = Field(description="One sentence with {value}, {numerator}, {denominator}, {times}, {period}, {group}")
    record: str = Field(default="", description="The record type that is counted")
    unit: str = Field(default="", description="What one counted row is; never mixed within a figure")
    where: str = Field(default="", description="Which records the measure looks at")
    numerator: str = Field(default="", description="share: the condition whose share is taken")
    value: str = Field(default="", description="mean, median: the number that is averaged, or whose middle is taken")
    holders: str = Field(default="", description="concentration: the link that says who holds a record")
    top: float = Field(default=0.1, gt=0, lt=1, description="concentration: which part of the holders is looked at")
    per: Denominator | None = Field(default=None, description="rate: what is counted against")
    of: str = Field(default="", description="ratio: the measure whose groups are compared")
    across: str = Field(default="", description="ratio: the group that is compared")
    reference: str = Field(default="", description="ratio: the code that the others are compared with")
    groups: list[str] = Field(default=[], description="Fields that the measure may be cut by")
    pairs: list[list[str]] = Field(default=[], description="Two groups each, that a release crosses")
    periods: list[Grain] = Field(default=["year"], description="Periods by which the measure may be cut")
    minimum_n: int = Field(default=10, ge=10, description="Smallest denominator that carries a share, rate or mean")
    direction: Literal["neither", "lower", "higher"] = Field(description="Which way is better; often neither")
    paired_with: str = Field(default="", description="Measure that would show under-reporting")
    why_it_matters: str = Field(description="Why a resident should care, in plain words")
    limits: list[str] = Field(description="What the figure cannot show")
    requirements: list[str] = Field(default=[], description="Requirements that the measure serves, by id")
    core: str = Field(default="", description="Item of the core list that the measure answers")
    sources: list[str] = Field(description="Where the definition comes from")
    author: str = Field(description="Who wrote the definition")
    reviewed: date = Field(description="Day on which it was last reviewed")
    next_review: date = Field(description="Day by which it must be reviewed again")
    example: Example = Field(description="A worked example, run as a test")

    def misfits(self) -> Iterable[Misfit]:
        """Yield parts that the kind needs and lacks or does not take, and groups and dates that do not fit."""
        given = {part for part in _PARTS if getattr(self, part) not in ("", None)}
        needed = self.traits.needs
        for part in sorted(needed):
            if not getattr(self, part):
                yield Misfit(("kind",), f"a measure of kind {self.kind} without '{part}'", todo=f"add '{part}'")
        for part in sorted(given - needed):
            yield Misfit((part,), f"'{part}' in a measure of kind {self.kind}", todo="remove it")
        if self.traits.compares_groups and self.across and self.across not in self.groups:
            yield Misfit(("across",), f"'{self.across}', which is compared, is none of 'groups'", name_all(self.groups))
        yield from self._wrong_pairs()
        if self.per is not None:
            yield from (misfit._replace(location=("per", *misfit.location)) for misfit in self.per.misfits())
            for place, group in enumerate(self.groups):
                if group not in self.per.groups:
                    found = f"nothing says what '{group}' is in the denominator"
                    yield Misfit(("groups", place), found, todo="add it to per.groups, or remove it here")
        for place, group in enumerate(self.groups):
            if group in FIGURE:
                found = f"'{group}' as a group: every figure has a column of this name"
                yield Misfit(("groups", place), found, todo="give the field another name")
        if self.next_review <= self.reviewed:
            yield Misfit(("next_review",), "the next review comes before the last one", f"after {self.reviewed}")

    def _wrong_pairs(self) -> Iterable[Misfit]:
        for place, pair in enumerate(self.pairs):
            if len(set(pair)) != 2 or len(pair) != 2:
                yield Misfit(("pairs", place), f"{len(pair)} groups in a pair", "two different groups")
            for group in sorted(set(pair) - set(self.groups)):
                yield Misfit(("pairs", place), f"'{group}' is none of 'groups'", name_all(self.groups))
            if self.traits.compares_groups and self.across not in pair:
                yield Misfit(("pairs", place), f"a pair without '{self.across}', which is compared")
            if frozenset(pair) in map(frozenset, self.pairs[:place]):
                yield Misfit(("pairs", place), "the same pair twice", todo="remove one")

    @property
    def traits(self) -> MeasureTraits:
        """Return the facts of the measure's kind."""
        return KINDS[self.kind]

    @property
    def scale(self) -> str:
        """Return the scale that its figures are written and drawn on: a concentration's is that of a share."""
        return self.traits.scale

    @property
    def domain(self) -> str:
        """Return the domain: the folder that the measure stands in."""
        return self.id.partition("/")[0]
