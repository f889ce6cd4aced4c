"""The tables of analyses in a release: every comparison, and the counts that each test saw."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from openhalo.analyses.results import AnalysisResult
from openhalo.catalogue.analysis_plans import AnalysisPlan
from openhalo.releases.tables import write_csv

_COLUMNS = {
    "analysis": ("string", "Analysis that made the comparison"),
    "standing": ("string", "planned: in the dated plan; exploratory: added later"),
    "refused": ("string", "Why the test was not carried out; empty where it was"),
    "group": ("string", "Code of the group compared; empty where a test compares no groups"),
    "reference": ("string", "Code of the group that it is compared with"),
    "way": ("string", "pooled, within places, or average of places; empty where there is one way only"),
    "scale": (
        "string",
        "difference: of two shares; points: difference of two averages; ratio: of rates, odds or levels; share: one "
        "share; mean: one average; per_100: a change in records per 100 units",
    ),
    "n": ("integer", "Records that the comparison rests on"),
    "estimate": ("number", "The estimate, on that scale"),
    "low": ("number", "Lower end of the 95 % interval"),
    "high": ("number", "Upper end of the 95 % interval"),
    "p": ("number", "Two-sided p-value of no difference"),
    "adjusted": ("number", "p-value that allows for all comparisons of the plan"),
    "bound_low": ("number", "Least that the estimate could be, whatever the records of unknown group"),
    "bound_high": ("number", "Most that the estimate could be, whatever the records of unknown group"),
    "verdict": ("string", "above, below, neither; chance: only the number of comparisons speaks against it"),
    "method": ("string", "How estimate and interval were made"),
}
_KINDS: dict[str, type[pl.DataType]] = {"string": pl.String, "integer": pl.Int64, "number": pl.Float64}
COMPARISONS = "data/analyses.csv"


def write_analyses(folder: Path, results: Sequence[AnalysisResult]) -> dict[str, list[dict[str, str]]]:
    """Write one table of all comparisons, refusals among them, and one of the counts of each test.

    Returns:
        The fields of each table, by its path.
    """
    if not results:
        return {}
    schema = pl.Schema({name: _KINDS[kind]() for name, (kind, _) in _COLUMNS.items()})
    tables = []
    for result in results:
        first = {
            "analysis": result.subject.spec.id,
            "standing": result.subject.standing,
            "refused": str(result.refusal) or None,
        }
        table = result.to_polars() if result.contrasts else pl.DataFrame({"group": [None]})
        tables.append(table.with_columns(**{name: pl.lit(value) for name, value in first.items()}))
    whole = pl.concat(tables, how="diagonal_relaxed")
    write_csv(whole.select(pl.col(name).cast(kind) for name, kind in schema.items()), folder / COMPARISONS)
    schemas = {COMPARISONS: [{"name": n, "type": kind, "description": text} for n, (kind, text) in _COLUMNS.items()]}
    for result in results:
        if result.detail.width:
            place = detail_of(result)
            write_csv(result.detail, folder / place)
            schemas[place] = [{"name": name, "type": _type(kind)} for name, kind in result.detail.schema.items()]
    return schemas


def detail_of(result: AnalysisResult) -> str:
    """Return the path of the counts that a test saw."""
    return f"data/analyses/{result.subject.spec.id}.csv"


def plan_facts(plan: AnalysisPlan) -> dict[str, Any]:
    """Return what a release's descriptor says of the analysis plan."""
    return {
        "written": plan.written.isoformat(),
        "author": plan.author,
        "sha256": plan.fingerprint,
        "multiplicity": plan.multiplicity,
        "level": plan.level,
        "planned": [test.analysis for test in plan.tests],
        "exploratory": [test.analysis for test in plan.exploratory],
    }


def _type(kind: pl.DataType) -> str:
    if kind.is_integer():
        return "integer"
    if kind.is_float():
        return "number"
    return "string"
