"""Build a release: figures of every measure from one store version, its pages, its descriptor."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from openhalo.base.progress import Report, silent
from openhalo.measures.evaluation import evaluate
from openhalo.measures.figures import FIGURE_COLUMNS, MeasureResult
from openhalo.measures.planning import Question
from openhalo.publications.pages import write_pages
from openhalo.records.reading import Records
from openhalo.releases.package import describe


@dataclass(frozen=True)
class Imprint:
    """Who publishes, and what the release says of itself."""

    title: str
    publisher: str
    publisher_kind: str
    note: str = ""


def build(folder: Path, records: Records, imprint: Imprint, report: Report = silent) -> dict[str, Any]:
    """Write a finished release into an empty folder and return its descriptor."""
    results = [_answers(measure, records, report) for measure in sorted(records.catalogue.measures)]
    data = folder / "data"
    data.mkdir(parents=True)
    figures = pl.concat([_flat(result) for group in results for result in group])
    figures.write_csv(data / "figures.csv")
    figures.write_parquet(data / "figures.parquet")
    write_pages(folder, results, imprint)
    facts = {
        "name": "release",
        "title": imprint.title,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "publisher": {"title": imprint.publisher, "kind": imprint.publisher_kind},
        "store_version": records.manifest.version,
    }
    return describe(folder, facts, {"data/figures.csv": _FIELDS})


_FIELDS = [
    {"name": name, "type": "string" if kind == pl.String else "integer" if kind == pl.Int64 else "number"}
    for name, kind in {"measure": pl.String(), "group": pl.String(), "code": pl.String(), **FIGURE_COLUMNS}.items()
]


def _answers(measure: str, records: Records, report: Report) -> list[MeasureResult]:
    report(measure)
    spec = records.catalogue.measure(measure)
    return [evaluate(Question(spec, by, spec.periods[0]), records) for by in ([], *([g] for g in spec.groups))]


def _flat(result: MeasureResult) -> pl.DataFrame:
    group = result.by[0] if result.by else ""
    code = pl.col(group) if group else pl.lit("")
    return result.figures.select(
        pl.lit(result.spec.id).alias("measure"), pl.lit(group).alias("group"), code.alias("code"), *FIGURE_COLUMNS
    )
