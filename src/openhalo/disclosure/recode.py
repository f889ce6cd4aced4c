"""An incident file in which nobody stands alone: whole fields made coarser, and what that costs each group.

k-anonymity (Sweeney 2002): every record shares its identifying fields with so many protection units that none can
be picked out. l-diversity (Machanavajjhala et al. 2007): look-alikes do not all have the same outcome, or knowing
that someone is among them would tell it. What coarser fields leave over is blanked in all identifying fields at
once, and only up to 1 % of all records: blanking alone at k = 10 left 45 % of a city's stops and moved one group's
search share from 31 to 40 %, because it falls on small groups first.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from openhalo.base.errors import Problem, ReleaseError
from openhalo.disclosure.policy import (
    BLANKED_CEILING,
    Bands,
    Codes,
    IncidentFile,
    LeaveOut,
    Outcome,
    PeriodOf,
    Rare,
    Recoding,
)

OTHER = "OTHER"
_STEPS = {"month": "1mo", "quarter": "1q", "year": "1y"}


@dataclass(frozen=True)
class Recoded:
    """An incident file that may go out, and what it cost."""

    records: pl.DataFrame
    loss: pl.DataFrame
    """`field`, `group`, `records`, `blanked`, `left_out`, `lost` (share of 1): by group, and over all (field empty)."""


def recode(records: pl.DataFrame | pl.LazyFrame, policy: IncidentFile, k: int, kept: Collection[str] = ()) -> Recoded:
    """Return the records as they may go out.

    Args:
        records: the fields of the file, one row per record, and the column `policy.unit` (which does not go out).
        policy: fields, levels and limits.
        k: the least number of protection units that look alike.
        kept: identifying fields that are never blanked, because nothing can be counted without them: a record that
            stands out by these alone is left out.

    Raises:
        ReleaseError: a field is not there, or the policy costs too much of a group or of all; with every problem.
    """
    frame = records.lazy()
    _must_have(frame.collect_schema().names(), policy)
    for step in policy.recode:
        frame = _recoded(frame, step)
    identifying = policy.identifying
    table = frame.with_row_index("_row").collect()
    groups = [name for name in policy.groups if name in table.columns]
    unsafe = ~_safe(table, identifying, policy.unit, policy.outcomes, k)
    before = table.with_columns(unsafe.alias("_unsafe"))
    blank = [
        pl.when("_unsafe").then(None).otherwise(pl.col(name)).alias(name) for name in identifying if name not in kept
    ]
    blanked = before.with_columns(blank)
    out = blanked["_unsafe"] & ~_safe(blanked, identifying, policy.unit, policy.outcomes, k)
    before = before.with_columns(out.alias("_out"))
    loss = _loss(before, groups)
    _must_be_bearable(loss, policy)
    keep = blanked.filter(~out).drop("_row", "_unsafe", *([policy.unit] if policy.unit else []))
    return Recoded(keep, loss)


def _must_have(columns: Sequence[str], policy: IncidentFile) -> None:
    named = {
        "identifying": policy.identifying,
        "recode": [step.field for step in policy.recode],
        "outcomes": [outcome.field for outcome in policy.outcomes],
        "groups": policy.groups,
        "unit": [policy.unit] if policy.unit else [],
    }
    problems = [
        Problem(f"incident file {policy.record}: {key}", f"there is no field '{name}'", ", ".join(columns))
        for key, names in named.items()
        for name in names
        if name not in columns
    ]
    if problems:
        raise ReleaseError(problems)


def _recoded(frame: pl.LazyFrame, step: Recoding) -> pl.LazyFrame:
    column = pl.col(step.field)
    match step:
        case LeaveOut():
            return frame.drop(step.field)
        case Codes():
            mapping = {code: new for new, codes in step.groups.items() for code in codes}
            return frame.with_columns(column.cast(pl.String).replace(mapping))
        case Bands():
            names = [f"under {step.starts[0]}"]
            names += [
                f"{a}–{b - 1}" if b - a > 1 else str(a) for a, b in zip(step.starts, step.starts[1:], strict=False)
            ]
            names += [f"{step.starts[-1]} and over"]
            band: Any = pl.when(column.is_null()).then(None)
            for start, name in zip([*step.starts, None], names, strict=True):
                band = band.when(column < start if start is not None else pl.lit(True)).then(pl.lit(name))
            return frame.with_columns(band.alias(step.field))
        case Rare():
            few = pl.len().over(step.field) < step.below
            return frame.with_columns(
                pl.when(column.is_not_null() & few)
                .then(pl.lit(OTHER))
                .otherwise(column.cast(pl.String))
                .alias(step.field)
            )
        case PeriodOf():
            return frame.with_columns(column.dt.truncate(_STEPS[step.grain]))


def _safe(frame: pl.DataFrame, identifying: list[str], unit: str, outcomes: Sequence[Outcome], k: int) -> pl.Series:
    """Return for each record whether enough units look like it, with different outcomes."""
    if not identifying:
        return pl.repeat(True, len(frame), eager=True)
    alike = pl.col(unit).n_unique() if unit else pl.len()
    tests = [alike >= k]
    for outcome in outcomes:
        values = pl.col(outcome.field).cast(pl.String)
        diverse = values.drop_nulls().n_unique() >= outcome.different
        tests.append(diverse | values.is_in(outcome.harmless).all())
    return frame.select(pl.all_horizontal(test.over(identifying) for test in tests).alias("safe"))["safe"]


def _loss(before: pl.DataFrame, groups: list[str]) -> pl.DataFrame:
    def told(field: str) -> pl.DataFrame:
        group = pl.col(field).cast(pl.String).fill_null("?") if field else pl.lit("")
        return (
            before.group_by(group.alias("group"))
            .agg(
                pl.len().cast(pl.Int64).alias("records"),
                (pl.col("_unsafe") & ~pl.col("_out")).sum().cast(pl.Int64).alias("blanked"),
                pl.col("_out").sum().cast(pl.Int64).alias("left_out"),
            )
            .select(pl.lit(field).alias("field"), pl.all())
            .sort("group")
        )

    told_all = pl.concat([told(name) for name in ["", *groups]])
    return told_all.with_columns(((pl.col("blanked") + pl.col("left_out")) / pl.col("records")).alias("lost"))


def _must_be_bearable(loss: pl.DataFrame, policy: IncidentFile) -> None:
    where = f"incident file {policy.record}"
    todo = "recode its fields coarser (fewer places, longer periods, rare codes as OTHER), or publish no incident file"
    problems = [
        Problem(
            f"{where}: {row['field']} {row['group']}",
            f"{row['lost']:.1%} of its {row['records']:,} records would be lost",
            f"at most {policy.most_lost:.0%} of any group",
            todo,
        )
        for row in loss.filter((pl.col("field") != "") & (pl.col("lost") > policy.most_lost)).to_dicts()
    ]
    whole = loss.filter((pl.col("field") == "") & (pl.col("lost") > BLANKED_CEILING))
    problems += [
        Problem(
            where,
            f"{row['lost']:.1%} of all records would be blanked or left out",
            f"at most {BLANKED_CEILING:.0%}",
            todo,
        )
        for row in whole.to_dicts()
    ]
    if problems:
        raise ReleaseError(problems)
