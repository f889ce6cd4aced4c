"""What records of unknown group could change: the share of each group at both extremes, and which comparisons hold."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from openhalo.analyses.context import AnalysisContext
from openhalo.analyses.contrasts import Contrast
from openhalo.analyses.kinds.unknown_group.account import UnknownGroups
from openhalo.analyses.kinds.unknown_group.chances import Guess, guess
from openhalo.analyses.kinds.unknown_group.tally import Tally, cells_of, groups_shown
from openhalo.analyses.results import AnalysisResult
from openhalo.catalogue.analysis_kinds.unknown_group import UnknownGroup
from openhalo.language.translation import mark_for_translation
from openhalo.statistics import proportions, unknown_group
from openhalo.statistics.results import Assumption
from openhalo.statistics.unknown_group import Bounds, Counted

_LIMIT = mark_for_translation("The ranges show what is possible. They do not show what is likely.")
_RIGHT = Assumption(mark_for_translation("where the group was written down, it was written down right"), "not testable")


def run(context: AnalysisContext[UnknownGroup]) -> AnalysisResult:
    """Return each group's recorded share with its bounds, and how far it can lie from the reference group's.

    Raises:
        Refused: too few records of the reference group or of every other, or no record with the outcome.
    """
    counted = cells_of(context)
    context, tally = counted.asked_of(context), counted.tally
    shown = groups_shown(context, tally)
    guessed = guess(context, counted, shown) if context.spec.chances else None
    shares = tuple(_share(code, tally) for code in shown)
    gaps = {
        code: unknown_group.difference(tally.known[code], tally.known[context.reference], tally.unknown)
        for code in shown
        if code != context.reference
    }
    return AnalysisResult(
        subject=context.subject,
        contrasts=(*shares, *(guessed.shares if guessed else ())),
        account=UnknownGroups(tally, gaps, guessed),
        detail=_detail(tally, gaps),
        limit=_LIMIT,
        assumed=(_RIGHT,),
        method=unknown_group.METHOD,
        facts={"unknown": tally.unknown.of, "records": tally.total.of, "silent": tally.silent, **_facts(guessed)},
    )


def _facts(guessed: Guess | None) -> dict[str, Any]:
    if guessed is None:
        return {}
    trials = {code: one._asdict() for code, one in guessed.trials.items()}
    return {"with_chances": guessed.with_chances, "without_chances": guessed.without, "trials": trials}


def _share(code: str, tally: Tally) -> Contrast:
    of = tally.known[code]
    found, bounds = proportions.wilson(*of), unknown_group.share(of, tally.unknown)
    return Contrast(
        group=code,
        scale="share",
        estimate=float(found.value),
        low=float(found.low),
        high=float(found.high),
        neutral=float("nan"),
        n=int(of.of),
        bounds=(bounds.low, bounds.high) if tally.unknown.of else None,
        leads=False,
        method=found.method,
        assumptions=(),
        citation=unknown_group.CITATION,
    )


def _detail(tally: Tally, gaps: dict[str, Bounds]) -> pl.DataFrame:
    """Return what was counted by group, unknown last, and the bounds of each difference from the reference group."""
    rows: Sequence[tuple[str | None, Counted]] = [*tally.known.items(), (None, tally.unknown)]
    columns = dict(zip(("low", "high", "surely_low", "surely_high"), range(4), strict=True))
    return pl.DataFrame(
        {
            "group": [code for code, _ in rows],
            "outcome": [int(one.yes) for _, one in rows],
            "records": [int(one.of) for _, one in rows],
            **{
                f"difference_{name}": [gaps[code][at] if code in gaps else None for code, _ in rows]
                for name, at in columns.items()
            },
        },
        schema_overrides={"group": pl.String(), **{f"difference_{name}": pl.Float64() for name in columns}},
    )
