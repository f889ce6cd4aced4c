"""Anyone can count a release again: every figure that its incident files carry, compared with the one published."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from openhalo.base.errors import Problem, ReleaseError
from openhalo.base.periods import Grain, Period
from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.releases.editions import DEFINITIONS, FIGURES, VERIFY, read_figures
from openhalo.verification.definitions import Definitions, definition_hash, read_definitions
from openhalo.verification.derivation import COUNTS, Derivation
from openhalo.verification.page_numbers import PageNumbers, check_pages

MOST_TOLD = 20
"""So many problems are told one by one; more of the same kind say nothing new."""
_EXACT = 1e-12
"""A quotient may differ in its last bits between two machines; its counts may not differ at all."""


@dataclass
class Rederived:
    """What came of counting a release again."""

    figures: int = 0
    """All figures of the release."""
    agree: int = 0
    withheld: int = 0
    """Figures that the release does not show."""
    cannot: dict[str, int] = field(default_factory=dict)
    """Why a figure cannot be counted again → how many."""
    on_pages: PageNumbers = field(default_factory=PageNumbers)
    """The numbers on its pages."""
    problems: list[Problem] = field(default_factory=list)

    def shorten(self) -> None:
        """Name the first problems, and how many more there are: one mistake can show in every figure."""
        more = len(self.problems) - MOST_TOLD
        if more > 0:
            self.problems[MOST_TOLD:] = [Problem(FIGURES, f"and {more:,} more of the kind")]


def rederive(folder: Path) -> Rederived:
    """Count a release's figures again from its incident files, and compare n, missing, both counts and the value.

    Then the numbers on its pages are compared with its data.

    Nothing else is asked: no site, no store, no installed catalogue.

    Raises:
        ReleaseError: the release does not say how it counted.
    """
    definitions, table = read_definitions(folder), read_figures(folder)
    files = {
        name: pl.read_parquet((folder / one.file).with_suffix(".parquet"), glob=False)
        for name, one in definitions.records.items()
        if one.file
    }
    found = Rederived(figures=table.height, problems=list(_inconsistent(definitions, files)))
    derivation = Derivation(definitions, files)
    for (measure, group, group2, grain), part in table.group_by("measure", "group", "group2", "grain"):
        by = [str(name) for name in (group, group2) if name is not None]
        if measure not in definitions.measures:
            found.problems.append(Problem(f"{FIGURES}: {measure}", f"{DEFINITIONS} does not define this measure"))
            continue
        why = derivation.why_not(str(measure), by, _grain(grain))
        if why:
            found.cannot[why] = found.cannot.get(why, 0) + part.height
            if (part["check"] == VERIFY).any():
                found.problems.append(Problem(f"{FIGURES}: {measure}", f"said to be countable again, but {why}"))
            continue
        shown = part.filter(pl.col("n").is_not_null())
        found.withheld += part.height - shown.height
        problems = list(_compared(derivation, str(measure), by, _grain(grain), shown))
        found.agree += shown.height - len(problems)
        found.problems += problems
    found.shorten()
    found.on_pages = check_pages(folder, definitions, table)
    found.problems += found.on_pages.problems
    found.shorten()
    return found


def _inconsistent(definitions: Definitions, files: dict[str, pl.DataFrame]) -> Iterator[Problem]:
    for name, defined in definitions.measures.items():
        if definition_hash(defined.spec, definitions.base(defined)) != defined.definition:
            yield Problem(f"{DEFINITIONS}: {name}", "the definition is not the one that its hash names")
    for name, frame in files.items():
        for column in [one for one in definitions.records[name].exact if one not in frame.columns]:
            yield Problem(f"{DEFINITIONS}: {name}", f"its incident file has no column '{column}'")


def _compared(
    derivation: Derivation, measure: str, by: Sequence[str], grain: Grain, shown: pl.DataFrame
) -> Iterator[Problem]:
    """Yield each figure that is not what the incident files give, and each that they give and the release lacks."""
    defined = derivation.definitions.measures[measure]
    codes = ["code", "code2"][: len(by)]
    published = shown.select(
        "period", *[pl.col(c).alias(n) for c, n in zip(codes, by, strict=True)], *COUNTS, "value", "status"
    )
    spans = published["period"].unique().to_list() if grain == "all" else [""]
    for span in sorted(spans):
        days = Period.parse(span) if span else defined.all_days
        part = published.filter(pl.col("period") == span) if span else published
        derived = derivation.figures(measure, by, grain, days)
        keys = ["period", *by]
        both = part.join(derived, on=keys, how="full", nulls_equal=True, coalesce=True, suffix=" again")
        for row in both.filter(_differs(defined.spec)).sort(keys).to_dicts():
            place = ", ".join([row["period"], *[f"{name} {row[name] or 'not known'}" for name in by]])
            yield Problem(f"{FIGURES}: {measure}, {place}", _told(row))


def _differs(spec: MeasureSpec) -> pl.Expr:
    counts = [pl.col(name).fill_null(0) != pl.col(f"{name} again").fill_null(0) for name in COUNTS]
    carries = pl.col("status").is_in(["ok", "reference"])
    again, value = pl.col("value again"), pl.col("value")
    close = ((value - again).abs() <= _EXACT * again.abs()).fill_null(False)
    too_few = (pl.col("denominator again").fill_null(0) < spec.minimum_n) & (spec.traits.of_told)
    absent = pl.col("status").is_null() & (pl.col("n again") > 0)
    withheld_for = (pl.col("status") == "too_few") & (spec.traits.of_told)
    wrong = pl.any_horizontal(
        *counts,
        carries & ~close & (pl.col("n") > 0),
        ~carries & value.is_not_null(),
        carries & too_few,
        withheld_for & ~too_few,
    )
    return pl.when(pl.col("status").is_null()).then(absent).otherwise(wrong).fill_null(True)


def _told(row: dict[str, object]) -> str:
    if row["status"] is None:
        return f"not in the release, and the incident file holds {row['n again']} records of it"
    parts = [name for name in (*COUNTS, "value") if (row[name] or 0) != (row[f"{name} again"] or 0)]
    return "; ".join(f"{name} {row[name]}, the incident file gives {row[f'{name} again']}" for name in parts) or (
        f"its status is {row['status']}, which {row['denominator again']:g} records do not bear out"
    )


def _grain(text: object) -> Grain:
    if text not in ("day", "month", "quarter", "year", "all"):
        raise ReleaseError(Problem(FIGURES, f"'{text}' is no length of a period", "all, year, quarter, month, day"))
    return text
