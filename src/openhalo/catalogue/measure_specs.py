"""Measures as data: what is counted, against what, for which groups, and why it matters."""

from datetime import date
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from openhalo.base.periods import Grain
from openhalo.catalogue.reader import Spec

Kind = Literal["count", "share", "rate", "ratio", "mean"]

_NEEDS: dict[Kind, set[str]] = {
    "count": set(),
    "share": {"numerator"},
    "rate": {"per"},
    "ratio": {"of", "across", "reference"},
    "mean": {"value"},
}
_PARTS = set().union(*_NEEDS.values())
FIGURE = {
    "period", "n", "missing", "numerator", "denominator", "value", "low", "high", "bound_low", "bound_high", "status",
}  # fmt: skip
"""What every figure carries: no group of a measure may have such a name."""


class Slice(Spec):
    """Which rows of the denominator count, where it holds everybody and the same people group by group."""

    cut: str = Field(description="Condition on the denominator where the figure is cut by this group")
    uncut: str = Field(description="Condition on the denominator where it is not")


class Denominator(Spec):
    """What a rate is counted against: other records, or a number that they carry."""

    record: str
    label: str = Field(description="The denominator in words: residents, stops")
    times: int = Field(default=1, ge=1, description="The rate is given per this many")
    where: str = Field(default="", description="Condition on the denominator's records")
    sum: str = Field(default="", description="Number field to add up; without it, records are counted")
    groups: dict[str, str] = Field(default={}, description="Group of the measure → the same group in the denominator")
    codes: dict[str, dict[str, str]] = Field(
        default={}, description="Group of the measure → its code → the code under which the denominator counts it"
    )
    slices: dict[str, Slice] = Field(default={}, description="Group of the measure → rows for its parts, or the whole")
    place: str = Field(
        default="",
        description="Group of the measure that says where; records of places without a denominator stay out of it",
    )
    residents: bool = Field(default=False, description="The denominator is people who live there")
    matches_period: bool = Field(
        default=True,
        description="Count the denominator in the same period; false for a stock such as residents",
    )
    estimated: str = Field(default="", description="Condition on the denominator: this number is an estimate")
    margin: str = Field(default="", description="Field with the estimate's 90 % margin of error")
    cv: str = Field(default="", description="Field with the estimate's coefficient of variation")

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        for part in ("codes", "slices"):
            unknown = set(getattr(self, part)) - set(self.groups)
            if unknown:
                raise ValueError(f"{part} names groups that 'groups' does not: {', '.join(sorted(unknown))}")
        if self.place and self.place not in self.groups:
            raise ValueError(f"place '{self.place}' must be one of 'groups'")
        if self.residents and not self.place:
            raise ValueError("residents need 'place': the group that says where, to guard against places of visitors")
        if (self.margin or self.cv or self.estimated) and not self.sum:
            raise ValueError("only a number that is added up ('sum') can be an estimate")
        return self


class Example(Spec):
    """A worked example, run as a test: these records, cut so, give these figures.

    A record gives its fields; `key` names it so that a link of another record may point to it.
    """

    records: dict[str, list[dict[str, Any]]]
    by: list[str] = []
    expect: list[dict[str, Any]]


class MeasureSpec(Spec):
    """One measure. Its kind fixes its interval."""

    id: str
    kind: Kind
    label: str
    question: str = Field(description="The page's title: what a resident would ask")
    answer: str = Field(description="One sentence with {value}, {numerator}, {denominator}, {period}, {group}")
    record: str = Field(default="", description="The record type that is counted")
    unit: str = Field(default="", description="What one counted row is; never mixed within a figure")
    where: str = Field(default="", description="Which records the measure looks at")
    numerator: str = Field(default="", description="share: the condition whose share is taken")
    value: str = Field(default="", description="mean: the number that is averaged")
    per: Denominator | None = None
    of: str = Field(default="", description="ratio: the measure whose groups are compared")
    across: str = Field(default="", description="ratio: the group that is compared")
    reference: str = Field(default="", description="ratio: the code that the others are compared with")
    groups: list[str] = Field(default=[], description="Fields that the measure may be cut by")
    periods: list[Grain] = ["year"]
    minimum_n: int = Field(default=10, ge=10, description="Smallest denominator that carries a share, rate or mean")
    direction: Literal["neither", "lower", "higher"] = Field(description="Which way is better; often neither")
    paired_with: str = Field(default="", description="Measure that would show under-reporting")
    why_it_matters: str
    limits: list[str] = Field(description="What the figure cannot show")
    requirements: list[str] = Field(default=[], description="Requirements that the measure serves, by id")
    sources: list[str] = Field(description="Where the definition comes from")
    author: str
    reviewed: date
    next_review: date
    example: Example

    @model_validator(mode="after")
    def _parts_fit_kind(self) -> Self:
        given = {part for part in _PARTS if getattr(self, part) not in ("", None)}
        needed = _NEEDS[self.kind]
        if needed - given:
            raise ValueError(f"a measure of kind {self.kind} needs {', '.join(sorted(needed - given))}")
        if given - needed:
            raise ValueError(f"a measure of kind {self.kind} takes no {', '.join(sorted(given - needed))}")
        if self.kind != "ratio" and not (self.record and self.unit):
            raise ValueError(f"a measure of kind {self.kind} needs record and unit")
        if self.kind == "ratio" and self.across not in self.groups:
            raise ValueError(f"'{self.across}', which is compared, must be one of 'groups'")
        if self.per is not None and set(self.groups) - set(self.per.groups):
            unmapped = ", ".join(sorted(set(self.groups) - set(self.per.groups)))
            raise ValueError(f"per.groups must say what these groups are in the denominator: {unmapped}")
        taken = FIGURE & {*self.groups, self.across}
        if taken:
            raise ValueError(f"figures have columns of their own called {', '.join(sorted(taken))}: no group may")
        if self.next_review <= self.reviewed:
            raise ValueError("next_review must come after reviewed")
        return self

    @property
    def domain(self) -> str:
        """Return the domain: the folder that the measure stands in."""
        return self.id.partition("/")[0]
