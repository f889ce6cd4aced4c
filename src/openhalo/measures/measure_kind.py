"""What a kind of measure decides when it is counted and estimated: one object a kind, in `measures.kinds`."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import ibis
import polars as pl

from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.language.translation import mark_for_translation
from openhalo.measures.denominators import Exposure
from openhalo.measures.guard_results import GuardResult
from openhalo.measures.planning import Question
from openhalo.records.reading import Records, Relation


@dataclass(frozen=True)
class Answer:
    """Figures with their groups, before they are put in order."""

    figures: pl.DataFrame
    totals: pl.DataFrame
    method: str
    guard_results: tuple[GuardResult, ...]


class Reading(NamedTuple):
    """What is read of each record, and how that is added up: expressions on a record, and over records."""

    rows: dict[str, Any]
    sums: dict[str, Any]


class Unknown(NamedTuple):
    """The records whose group is not known, beside those of a group: with the outcome, and all of them."""

    numerator: pl.Expr
    denominator: pl.Expr


class Sides(NamedTuple):
    """Two sets of records, of which a group may be recorded in one more often: how many say it, and of how many."""

    one: tuple[float, float]
    other: tuple[float, float]
    pattern: str
    """The sentence that names both; to be translated."""


class DefinitionWords(NamedTuple):
    """Words of one definition, in the language being spoken, for the sentence that says how it is counted."""

    units: str
    which: str
    """The records that it looks at."""
    outcome: str
    phrase: str
    """The field that is averaged, put in order or held."""
    top: str


class MeasureKind:
    """A kind of measure, whether it counts records or compares what another measure counts."""

    def asked(self, question: Question, records: Records) -> Question:
        """Return the question whose records are counted."""
        return question

    def answered(self, question: Question, answer: Answer) -> Answer:
        """Return the answer to the question, given what was counted."""
        return answer


class CountingKind(MeasureKind, ABC):
    """A kind that counts records or adds up what they carry."""

    left_out = mark_for_translation(
        "{missing} of {n} {things} ({share}) do not say what is counted here, and are left out."
    )
    """Says which records a figure leaves out; to be translated."""
    unknown_group = ""
    """Said beside how many records do not say their group; to be translated."""
    empty = "no_data"
    """The status of a figure that is taken of nothing."""

    @abstractmethod
    def read(self, question: Question, records: Records, relation: Relation, places: Sequence[str] | None) -> Reading:
        """Return what is read and added up, besides the number of records `n`.

        Args:
            question: the question.
            records: the store version.
            relation: the records that the measure looks at.
            places: of a rate, the places that have a denominator; None: all.
        """

    def counts(self, sums: pl.DataFrame, question: Question, *, total: bool) -> pl.DataFrame:
        """Return sums with `missing`, `numerator` and `denominator`, of the records that say what is counted."""
        return sums.with_columns(denominator=(pl.col("n") - pl.col("missing")).cast(pl.Float64))

    def spread(self, cells: pl.DataFrame, question: Question, records: Records) -> pl.DataFrame:
        """Return counted cells with what rests on how values are spread over the records, where anything does."""
        return cells

    @abstractmethod
    def estimate(self, counted: pl.DataFrame, spec: MeasureSpec) -> tuple[pl.DataFrame, str]:
        """Return counts with `value`, `low` and `high`, and how the interval was made."""

    def bounds(self, spec: MeasureSpec, unknown: Unknown) -> tuple[pl.Expr, pl.Expr]:
        """Return where a value would lie, at least and at most, whatever the records of unknown group were."""
        nowhere = pl.lit(None, pl.Float64)
        return nowhere, nowhere

    def status(self, figures: pl.DataFrame, spec: MeasureSpec) -> pl.Expr:
        """Return why a figure is not given; `ok` where it is."""
        n = pl.col("denominator").fill_null(0)
        return (
            pl.when(n == 0)
            .then(pl.lit(self.empty))
            .when((n < spec.minimum_n) | self.lacking(figures))
            .then(pl.lit("too_few"))
            .otherwise(pl.lit("ok"))
        )

    def lacking(self, figures: pl.DataFrame) -> pl.Expr:
        """Return whether a figure rests on too little for another reason than its denominator."""
        return pl.lit(False)

    def sides(self, spec: MeasureSpec, known: pl.Expr, margins: pl.DataFrame, against: Exposure | None) -> Sides | None:
        """Return the two sets of records that a figure compares, where a group may be recorded more often in one.

        Args:
            spec: the measure.
            known: whether the group is recorded.
            margins: sums by period and which groups are recorded.
            against: of a rate, what it is counted against.
        """
        return None

    def guard_results(self, question: Question, records: Records, totals: pl.DataFrame) -> list[GuardResult]:
        """Return what must be said of figures of this kind alone."""
        return []

    @abstractmethod
    def how_counted(self, words: DefinitionWords) -> str:
        """Return how it is counted, as a sentence in the language being spoken."""


def n_without(column: str) -> Any:
    """Return the number of records that do not say a column."""
    return ibis._.count() - ibis._[column].count()


def recorded(margins: pl.DataFrame, known: pl.Expr, amount: pl.Expr) -> tuple[float, float]:
    """Return of how many records the group is recorded, and how many there are."""
    number = amount.cast(pl.Float64)
    row = margins.select(number.filter(known).sum().alias("known"), number.sum().alias("all")).row(0)
    return float(row[0]), float(row[1])
