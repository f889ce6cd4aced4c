"""Rules of early intervention as data: at which counts, or ratios, a policy sends an alert."""

from typing import ClassVar

from pydantic import Field

from openhalo.catalogue.documents import Document
from openhalo.catalogue.indicators import IndicatorSpec
from openhalo.catalogue.kinds import Kind, Shelves
from openhalo.catalogue.reader import Spec
from openhalo.catalogue.references import known


class Threshold(Spec):
    """At how many of an indicator a rule sends an alert; `at_least: 1` makes every such event a critical one."""

    indicator: str = Field(description="A count, or a ratio")
    months: int = Field(description="Months that it looks back over")
    at_least: float = Field(gt=0, description="Events that are enough, a whole number; of a ratio, the value that is")
    exposure: int = Field(
        default=0, ge=0, description="ratio: how many must stand below the line, so that few events do not decide"
    )


class RuleSpec(Spec):
    """When a real policy sends an alert: any of its thresholds is reached."""

    id: str = Field(description="Given by the place of the file")
    label: str = Field(description="Whose rule it is")
    any_of: list[Threshold] = Field(min_length=1, description="Thresholds, of which one is enough")
    note: str = Field(default="", description="What of the policy the records cannot show")
    sources: list[str] = Field(min_length=1, description="Where the policy is written down")
    reads_everything: ClassVar[bool] = False
    """As of a signal: whether it reads all indicators."""

    @property
    def indicators(self) -> list[str]:
        """Return the indicators of its thresholds."""
        return [one.indicator for one in self.any_of]

    @property
    def records(self) -> list[str]:
        """Return the record types that it reads itself: none."""
        return []


def cross_check(spec: RuleSpec, document: Document, shelves: Shelves) -> None:
    """Check that every threshold stands on a count or ratio that looks back over its months."""
    indicators = shelves.of(IndicatorSpec)
    counts = {name: one for name, one in indicators.items() if one.is_count or one.kind == "ratio"}
    for index, one in enumerate(spec.any_of):
        place = ("any_of", index)
        if known(one.indicator, counts, "count or ratio", document, (*place, "indicator")):
            months, is_ratio = counts[one.indicator].months, counts[one.indicator].kind == "ratio"
            if is_ratio != (one.exposure > 0):
                found = "a ratio without 'exposure'" if is_ratio else "'exposure' for a count"
                document.report((*place, "exposure"), found, "a whole number above 0 for a ratio, none for a count")
            if not is_ratio and one.at_least % 1:
                document.report((*place, "at_least"), f"{one.at_least:g} events", "a whole number")
            if one.months not in months:
                allowed = ", ".join(str(each) for each in months)
                document.report((*place, "months"), f"{one.indicator} does not look back {one.months} months", allowed)


KIND = Kind("indicators/rules/NAME", RuleSpec, cross_check, site_may_redefine=True)
