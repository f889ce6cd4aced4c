"""The internal benchmark: places or officers against others at similar records. Officers are counted, never named."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import ibis
import numpy as np
import polars as pl

from openhalo.analyses.context import AnalysisContext
from openhalo.analyses.contrasts import Contrast
from openhalo.analyses.results import Account, AnalysisResult, Counts, Picture
from openhalo.analyses.wording import NOT_ALONE
from openhalo.catalogue.analysis_kinds.internal_benchmark import InternalBenchmark
from openhalo.charts import analysis_charts
from openhalo.language import formatting
from openhalo.language.translation import _, mark_for_translation
from openhalo.statistics.internal_benchmark import Benchmark, Compared, benchmark
from openhalo.statistics.results import Assumption, Refused

_RATE = 0.05
_UNLIKELY = 0.2
"""Local false discovery rate below which one is called out."""
_UNBALANCED = 0.1
"""Standard deviations by which similar records may still differ."""
_ASSUMED = (Assumption("records that are alike in what was recorded are alike in what was not", "not testable"),)


class _Rows(NamedTuple):
    """One entry a record: the outcome, whose it is, and what makes records similar."""

    outcome: np.ndarray
    code: np.ndarray
    names: list[str]
    smooth: list[np.ndarray]
    kinds: list[np.ndarray]
    left: int


@dataclass(frozen=True)
class _InternalBenchmarkAccount(Account):
    """How many differ; places by name, officers never. `left` is how many records are left out."""

    left: int

    def told(self, result: AnalysisResult) -> str:
        text = _(
            "{out} of {all} {who} differ from others at similar {units} by more than chance explains (more often: "
            "{above}; less often: {below}). At most about {rate}% of those are expected to be there by chance. It is "
            "no ranking."
        )
        subject, above, below = result.subject, result.facts["more"], result.facts["fewer"]
        return text.format(
            out=above + below,
            all=result.facts["compared"],
            above=above,
            below=below,
            rate=f"{100 * _RATE:g}",
            units=subject.unit,
            who=_("places") if subject.spec.place else _(subject.members),
        )

    def notes(self, result: AnalysisResult) -> list[str]:
        subject, facts, said = result.subject, result.facts, []
        if self.left:
            text = _("Left out: {n} {units} that do not say all of this.")
            said.append(text.format(n=formatting.count(self.left), units=subject.unit))
        if facts["not_compared"]:
            text = _("{n} could not be compared: too few similar records of theirs, or of others.")
            said.append(text.format(n=formatting.count(facts["not_compared"])))
        if facts["ordinary"] is not None:
            text = _(
                "Learnt from all of them, {share} are ordinary; {k} are unlikely to be (local false discovery rate "
                "under {rate})."
            )
            said.append(
                text.format(
                    share=formatting.share(facts["ordinary"]),
                    rate=formatting.share(_UNLIKELY),
                    k=formatting.count(facts["unlikely_ordinary"]),
                )
            )
        if not subject.spec.place:
            said.append(_("Nobody is named here, and nobody can be told from these numbers."))
        return said

    def tables(self, result: AnalysisResult) -> list[Counts]:
        if result.contrasts:
            return []
        heads = [_("What was counted"), _("Number")]
        named = (
            (_("Compared with others at similar records"), result.facts["compared"]),
            (_("Not compared"), result.facts["not_compared"]),
            (_("The outcome more often than chance explains"), result.facts["more"]),
            (_("The outcome less often than chance explains"), result.facts["fewer"]),
        )
        return [Counts(_("How many differ"), heads, [[text, formatting.count(n)] for text, n in named])]

    def pictures(self, result: AnalysisResult) -> list[Picture]:
        if not result.contrasts:
            return []
        named = sorted(result.contrasts, key=lambda one: int(one.group) if one.group.isdigit() else math.inf)
        points = [
            analysis_charts.Step(one.group, one.estimate, one.low, one.high, one.adjusted < _RATE) for one in named
        ]
        caption = _(
            "Each dot is a place: its share less that of similar records elsewhere; the line is its 95% interval. On "
            "the dotted line both are the same. Places in color differ by more than chance explains."
        )
        out = sum(point.out for point in points)
        alt = _("{out} of {all} places lie apart.").format(out=out, all=len(points))
        return [Picture(analysis_charts.steps, (points,), ("share",), f"{alt} {caption}", caption)]


def run(context: AnalysisContext[InternalBenchmark]) -> AnalysisResult:
    """Return who differs from others at similar records: places by name, officers as a number.

    Raises:
        Refused: nobody has enough records that are similar to others'.
    """
    rows = _rows(context)
    if len(rows.names) < 2:
        raise Refused("there are no others to compare with")
    found = benchmark(rows.outcome, rows.code, rows.smooth, rows.kinds, least=context.spec.least)
    balanced = max(one.imbalance for one in found.compared) < _UNBALANCED
    assumed = (*_ASSUMED, Assumption("weighting makes the others' records alike", "met" if balanced else "not met"))
    above, below = (sum(at < _RATE and side * one.difference > 0 for one, at in _adjusted(found)) for side in (1, -1))
    facts = {
        "compared": len(found.compared),
        "not_compared": len(found.refused),
        "more": above,
        "fewer": below,
        "ordinary": found.local.ordinary if found.local else None,
        "unlikely_ordinary": int(np.sum(found.local.local < _UNLIKELY)) if found.local else None,
    }
    named = _named(found, rows, assumed) if context.spec.place else ()
    return AnalysisResult(
        subject=context.subject,
        contrasts=named,
        account=_InternalBenchmarkAccount(rows.left),
        detail=_detail(named) if named else pl.DataFrame({name: [value] for name, value in facts.items()}),
        limit=NOT_ALONE,
        assumed=assumed,
        method=mark_for_translation("doubly robust internal benchmark: propensity weights and weighted regression"),
        sources=(found.citation,),
        facts=facts,
    )


def _rows(context: AnalysisContext[InternalBenchmark]) -> _Rows:
    spec, relation = context.spec, context.relation()
    record = context.records.catalogue.record_type(spec.record)
    columns: dict[str, Any] = {
        "outcome": context.condition(relation, spec.outcome),
        "who": relation.field(spec.place or spec.unit).cast("string"),
    }
    columns |= {f"kind{at}": relation.field(path).cast("string") for at, path in enumerate(spec.strata)}
    columns |= {f"value{at}": relation.field(path).cast("float64") for at, path in enumerate(spec.values)}
    timed = spec.hour and record.fields[record.time].type == "time"
    if timed:
        exact = relation.field(record.time, "_precision").isin(["second", "minute"])
        local = relation.field(record.time, "_local")
        columns |= {"hour": ibis.ifelse(exact, local.hour(), None), "weekday": local.day_of_week.index().cast("string")}
    frame = context.records.fetch(relation.table.select(**columns))
    whole = frame.with_columns(pl.col("^(kind|weekday).*$").fill_null("")).drop_nulls()
    if whole.height == 0:
        raise Refused("no record says the outcome, whose it is, and what makes records similar")
    names = sorted(whole["who"].unique())
    code = whole["who"].replace_strict(names, list(range(len(names))), return_dtype=pl.Int64)
    smooth = [whole[name].to_numpy().astype(float) for name in whole.columns if name.startswith("value")]
    kinds = [whole[name].rank("dense").to_numpy() for name in whole.columns if name.startswith(("kind", "weekday"))]
    if timed:
        smooth.append(whole["hour"].to_numpy().astype(float))
    return _Rows(whole["outcome"].to_numpy(), code.to_numpy(), names, smooth, kinds, frame.height - whole.height)


def _adjusted(found: Benchmark) -> list[tuple[Compared, float]]:
    return list(zip(found.compared, found.adjusted.tolist(), strict=True))


def _named(found: Benchmark, rows: _Rows, assumed: tuple[Assumption, ...]) -> tuple[Contrast, ...]:
    return tuple(
        Contrast(
            group=rows.names[one.officer],
            scale="difference",
            estimate=one.difference,
            low=one.low,
            high=one.high,
            neutral=0.0,
            n=one.stops,
            p=float(p),
            adjusted=adjusted,
            leads=False,
            method=found.method,
            assumptions=assumed,
            citation=found.citation,
        )
        for (one, adjusted), p in zip(_adjusted(found), found.p, strict=True)
    )


def _detail(named: Sequence[Contrast]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "place": [one.group for one in named],
            "records": [one.n for one in named],
            "difference": [one.estimate for one in named],
            "low": [one.low for one in named],
            "high": [one.high for one in named],
            "adjusted": [one.adjusted for one in named],
        }
    )
