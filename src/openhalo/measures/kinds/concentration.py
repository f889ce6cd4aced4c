"""What the few who hold most records hold of all."""

import polars as pl

from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.language.translation import _
from openhalo.measures.distribution_kinds import DistributionKind
from openhalo.measures.guard_results import GuardResult
from openhalo.measures.guard_words import by_chance
from openhalo.measures.measure_kind import DefinitionWords
from openhalo.measures.planning import Question
from openhalo.records.reading import Records
from openhalo.statistics import concentration
from openhalo.statistics.estimates import Intervals, Numbers

FEWEST_HOLDERS = 50
"""With fewer holders the interval of a concentration is too narrow, and its value too low."""


class Concentration(DistributionKind):
    """The share of the top holders, with an interval. Its numerator is what the top holds."""

    method = concentration.METHOD
    counts_holders = True

    def measure(self, values: Numbers, times: Numbers, spec: MeasureSpec) -> Intervals:
        """Return what the top holders hold, with its interval."""
        return concentration.top_share(values, times, spec.top)

    def lacking(self, figures: pl.DataFrame) -> pl.Expr:
        """Return whether there are too few holders."""
        return ~(pl.col("holders") >= FEWEST_HOLDERS)

    def guard_results(self, question: Question, records: Records, totals: pl.DataFrame) -> list[GuardResult]:
        """Say what chance alone would make of holders who are all alike."""
        spec, rows = question.spec, totals.filter(pl.col("status") == "ok").to_dicts()
        if len(rows) != 1:
            return []
        held, holders = rows[0]["denominator"], rows[0]["holders"]
        kind = records.catalogue.record_type(records.catalogue.record_type(spec.record).fields[spec.holders].to)
        chance = concentration.by_chance(held / holders, spec.top)
        values = {"holders": holders, "plural_of": kind.plural, "top": spec.top, "chance": chance}
        return [GuardResult("chance", "note", by_chance, values, {"holders": holders, "by_chance": chance})]

    def how_counted(self, words: DefinitionWords) -> str:
        """Return how it is counted, as a sentence."""
        text = _(
            "We count for each {holder} how many of {which} there are, take the {top} who have most, and divide "
            "what they have by all that have one."
        )
        return text.format(holder=words.phrase, which=words.which, top=words.top)


KIND = Concentration()
