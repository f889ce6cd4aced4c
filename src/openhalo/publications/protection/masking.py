"""Figures without what their withheld cells would say: counts, shares, intervals, bounds, and words with numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import polars as pl

from openhalo.catalogue.index import Catalogue
from openhalo.language import formatting
from openhalo.language.translation import ENGLISH, _, mark_for_translation, plural, speaking
from openhalo.measures.figures import FIGURE_COLUMNS, MeasureResult
from openhalo.measures.guard_results import GuardResult
from openhalo.measures.guard_words import as_written
from openhalo.publications.declared_fields import counted
from openhalo.publications.wording.labels import inside, unit_words

WITHHELD = "withheld"
_NUMBERS = [name for name in FIGURE_COLUMNS if name not in ("period", "status")]
_BOUNDS = ["bound_low", "bound_high"]
_WORDS_STAY = ("review", "unit", "groups")
"""Guards whose words hold no counts."""
_UNEVEN = mark_for_translation(
    "Who was affected is recorded more often in some of these records than in others. So a comparison "
    "of these groups could be wrong."
)


@dataclass(frozen=True)
class Marks:
    """Which figures of a result rest on a withheld cell: one mark per row of its figures and of its totals."""

    figures: pl.Series
    totals: pl.Series

    @property
    def any(self) -> bool:
        """Return whether there is any."""
        return bool(self.figures.any() or self.totals.any())


def completed(result: MeasureResult, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the figures with each of these rows, in an order that does not depend on counts.

    A row that is not there would say that it counts nobody, while one that counts a few is there and withheld.
    """
    keys = ["period", *result.by]
    whole = rows.join(result.figures, on=keys, how="left", nulls_equal=True)
    new, additive = pl.col("status").is_null(), result.spec.traits.additive
    zero = ["n", "missing", "numerator", *(["value", "low"] if additive else ["denominator"])]
    return (
        whole.with_columns(
            *(pl.when(new).then(0).otherwise(pl.col(name)).cast(FIGURE_COLUMNS[name]).alias(name) for name in zero),
            pl.col("status").fill_null("ok" if additive else "no_data"),
        )
        .select(result.figures.columns)
        .sort(keys, nulls_last=True)
    )


class Limits(NamedTuple):
    """The least that a figure counts, and of whom."""

    k: int
    officers: int
    units: tuple[str, ...]
    """The protection units that the records tell apart."""


def few_words(limits: Limits) -> str:
    """Return what a withheld figure counts, in words that name only those who were counted."""
    people = [word for unit, word in _PEOPLE.items() if unit in limits.units]
    who = _(" or ").join(_(word) for word in people) or _("records")
    text = _("fewer than {k} {who} or {few} officers") if "officers" in limits.units else _("fewer than {k} {who}")
    return text.format(k=limits.k, who=who, few=limits.officers)


_PEOPLE = {"persons": mark_for_translation("people"), "complainants": mark_for_translation("complainants")}


def masked(result: MeasureResult, marks: Marks, limits: Limits, catalogue: Catalogue) -> MeasureResult:
    """Return a result in which every figure of a withheld cell is null and says so.

    Three things go beyond the marked rows, because they would let their numbers out: a ratio has no value where its
    reference group is withheld; no bounds stand where the records of unknown group, which they rest on, are withheld;
    and no guard speaks in numbers.
    """
    hidden = marks.figures
    if result.spec.traits.compares_groups:
        hidden = hidden | _beside(result, hidden, result.spec.across, result.spec.reference)
    figures = _without(result.figures, hidden)
    if result.by:
        unknown = pl.any_horizontal(pl.col(result.by).is_null())
        bare = result.figures.select("period", unknown.alias("u"), hidden.alias("h"))
        open_ = bare.select((pl.col("u") & pl.col("h")).any().over("period")).to_series()
        figures = figures.with_columns(pl.when(~open_).then(pl.col(name)).alias(name) for name in _BOUNDS)
    shown = replace(
        result,
        figures=figures,
        totals=_without(result.totals, marks.totals) if result.totals.height else result.totals,
        k=limits.k,
    )
    if not marks.any:
        return shown
    return replace(shown, guard_results=(*_quiet(result), _share_withheld(shown, limits, catalogue)))


def _beside(result: MeasureResult, hidden: pl.Series, across: str, reference: str) -> pl.Series:
    """Return which figures are compared with a figure that is hidden."""
    keys = ["period", *(name for name in result.by if name != across)]
    rows = result.figures.with_columns(hidden.alias("_hidden"))
    gone = rows.filter("_hidden", pl.col(across) == reference).select(keys).with_columns(pl.lit(True).alias("_gone"))
    return rows.join(gone, on=keys, how="left", nulls_equal=True, maintain_order="left")["_gone"].fill_null(False)


def _without(frame: pl.DataFrame, hidden: pl.Series) -> pl.DataFrame:
    return frame.with_columns(
        *(pl.when(~hidden).then(pl.col(name)).alias(name) for name in _NUMBERS),
        pl.when(hidden).then(pl.lit(WITHHELD)).otherwise("status").alias("status"),
    )


def _quiet(result: MeasureResult) -> list[GuardResult]:
    """Return what the guards found, without the words that hold counts; a warning stays, in words.

    What is left holds no numbers of the figures either: a masked result can be written down whole.
    """
    kept = []
    for note in result.guard_results:
        if note.guard in _WORDS_STAY:
            kept.append(note)
        elif note.guard == "missingness" and note.severity == "headline":
            kept.append(GuardResult("missingness", "headline", as_written, {"text": _UNEVEN}))
        elif note.severity == "headline":
            with speaking(ENGLISH):
                holds_counts = any(map(str.isdigit, note.told().text))
            if not holds_counts:
                kept.append(replace(note, facts={}))
    return kept


def _share_withheld(shown: MeasureResult, limits: Limits, catalogue: Catalogue) -> GuardResult:
    """Return what share of a result is withheld, worked out from what is shown."""
    hidden, of = int((shown.figures["status"] == WITHHELD).sum() or 0), shown.figures.height
    records, whole = int(shown.figures["n"].sum() or 0), int(shown.totals["n"].sum() or 0)
    known = shown.totals.height and whole and shown.totals["n"].null_count() == 0 and hidden
    base = counted(shown.spec, catalogue)
    values = {
        "hidden": hidden,
        "of": of,
        "limits": limits,
        "counted_in": 1 - records / whole if known else None,
        "units": unit_words(base.record, base.unit, catalogue),
    }
    facts = {"group": None, "withheld": hidden, "figures": of, "k": limits.k}
    return GuardResult(WITHHELD, "note", _withheld_words, values, facts)


def _withheld_words(hidden: int, of: int, limits: Sequence[Any], counted_in: float | None, units: str) -> str:
    text = plural(
        "One of {all} figures is withheld ({share}): it counts {few}, or would give such a figure away.",
        "{hidden} of {all} figures are withheld ({share}): they count {few}, or would give such a figure away.",
        hidden,
    )
    said = text.format(
        hidden=formatting.count(hidden),
        all=formatting.count(of),
        share=formatting.share(hidden / of),
        few=few_words(Limits(*limits)),
    )
    if counted_in is not None:
        text = _("{share} of the {units} are counted in them.")
        said += " " + text.format(share=formatting.share(counted_in), units=inside(_(units)))
    return said


def share_withheld(results: Sequence[MeasureResult]) -> dict[str, Any]:
    """Return how many figures there are and how many are withheld."""
    return {
        "figures": sum(one.figures.height for one in results),
        "withheld": sum(int((one.figures["status"] == WITHHELD).sum()) for one in results),
    }
