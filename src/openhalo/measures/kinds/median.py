"""The middle one of a number that records carry."""

from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.language.translation import _
from openhalo.measures.distribution_kinds import DistributionKind
from openhalo.measures.measure_kind import DefinitionWords
from openhalo.statistics import quantiles
from openhalo.statistics.estimates import Intervals, Numbers


class Median(DistributionKind):
    """A median, with an interval of order statistics. It has no numerator."""

    method = quantiles.METHOD

    def measure(self, values: Numbers, times: Numbers, spec: MeasureSpec) -> Intervals:
        """Return the middle value with its interval."""
        return quantiles.median(values, times)

    def how_counted(self, words: DefinitionWords) -> str:
        """Return how it is found, as a sentence."""
        text = _("We put {which} that record it in order of {value} and take the one in the middle.")
        return text.format(value=words.phrase, which=words.which)


KIND = Median()
