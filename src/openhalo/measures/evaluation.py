"""From a question to figures: one grouped query over the records, then intervals over the few rows it gives."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any

import ibis
import polars as pl

from openhalo.base.periods import label
from openhalo.base.provenance import hash_facts
from openhalo.engines.ibis_expressions import to_ibis
from openhalo.measures import distribution_kinds, guards
from openhalo.measures.counting import DECIMAL, Group, Kept, Tally, cut, is_list, months, tally, with_empty
from openhalo.measures.denominators import Exposure, exposure, places_of
from openhalo.measures.estimating import add_bounds, columns, estimate, withhold
from openhalo.measures.figures import FIGURE_COLUMNS, GuardNote, MeasureResult
from openhalo.measures.planning import PERIOD, Question, check, covered, has_days, narrowed, periods, population, span
from openhalo.records.reading import Records, Relation, must_hold
from openhalo.statistics import proportions, rates

_CUT_UP_TO = 5_000_000
"""Tables of more records than this are grouped anew for each cut: sums by all groups at once could fill memory."""


def evaluate(question: Question, records: Records, kept: Kept | None = None) -> MeasureResult:
    """Answer a question.

    Args:
        question: the question.
        records: the store version.
        kept: counts to share with other questions about the same measure and store version.

    Raises:
        MeasureError: the measure cannot be cut so, or cannot be answered honestly.
    """
    check(question, records)
    spec = question.spec
    if spec.kind == "ratio":
        by = question.by if spec.across in question.by else [spec.across, *question.by]
        base = replace(question, spec=records.catalogue.measure(spec.of), by=by)
        check(base, records)
        base = narrowed(base, records)
        answer = _compare(question, _answer(base, records, kept))
    else:
        base = narrowed(question, records)
        answer = _answer(base, records, kept)
    return MeasureResult(
        spec=spec,
        by=list(base.by),
        grain=question.grain,
        figures=_shape(answer.figures, base, records),
        totals=_shape(answer.totals, replace(base, by=[]), records),
        method=answer.method,
        look=lambda: [*answer.look(), *guards.review(question)],
        labels={name: _labels(name, base, records) for name in base.by},
        provenance=_provenance(question, base, records),
    )


@dataclass(frozen=True)
class _Answer:
    figures: pl.DataFrame
    totals: pl.DataFrame
    method: str
    look: Callable[[], list[GuardNote]]


def _answer(question: Question, records: Records, kept: Kept | None) -> _Answer:
    spec = question.spec
    guards.one_unit(question, records)
    against, places = None, None
    if spec.per is not None:
        must_hold(records, spec.per.record)
        places = guards.usable_places(question, records, places_of(question, records, kept)) if spec.per.place else None
    usable = places.usable if places else None
    counted = _count(question, records, usable, kept)
    held = periods(question, records, spec.record)
    cells = _counts(with_empty(counted.cells, held), question)
    if spec.kind in distribution_kinds.KINDS:
        cells = distribution_kinds.measured(cells, question, records)
    if spec.per is not None:
        against = exposure(question, records, sorted({*held, *counted.totals[PERIOD]}), usable, kept)
        keys = [PERIOD, *(f"group:{name}" for name in question.by)]
        cells = _joined(cells, against.cells, keys)
    groups = [f"group:{name}" for name in question.by]
    cells = add_bounds(cells, spec, groups)
    if against is not None and groups:
        known = pl.all_horizontal(pl.col(groups).is_not_null())
        cells = cells.with_columns(pl.when(known).then("denominator"), pl.when(known).then("cv"))
    figures, method = estimate(cells, spec)
    visitors = places.visitors if places else set()
    absent = guards.uncoded(question, records, figures)
    figures = withhold(guards.with_status(figures, question, visitors, absent))
    # Over all groups it is the same however a measure is cut.
    key = ("whole", spec.id, question.grain, question.within)
    whole = (kept or Kept()).once(key, lambda: _whole(question, records, counted.totals, held, against))
    look = partial(guards.guard_notes, question, records, counted.margins, against, figures, whole, places)
    return _Answer(figures, whole, method, lambda: look() + distribution_kinds.guard_notes(question, records, whole))


def _whole(
    question: Question, records: Records, sums: pl.DataFrame, held: list[date], against: Exposure | None
) -> pl.DataFrame:
    """Return the figures over all groups."""
    spec, whole = question.spec, replace(question, by=[])
    totals = _counts(with_empty(sums, held), question, total=True)
    if spec.kind in distribution_kinds.KINDS:
        totals = distribution_kinds.measured(totals, whole, records)
    if against is not None:
        totals = _joined(totals, against.totals, [PERIOD])
    estimated, _ = estimate(totals, spec)
    return withhold(guards.with_status(add_bounds(estimated, spec, []), question, set()))


def _joined(counted: pl.DataFrame, against: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """Put counts beside what they are counted against; where nothing was counted, the count is zero."""
    both = counted.join(against, on=keys, how="full", nulls_equal=True, coalesce=True)
    return both.with_columns(pl.col("n", "missing", "numerator").fill_null(0))


def _count(question: Question, records: Records, places: list[str] | None, kept: Kept | None) -> Tally:
    spec = question.spec
    codes = spec.per.codes if spec.per else {}
    groups = [Group(name, name, codes.get(name, {})) for name in question.by]
    if kept is None or not _can_be_cut(question, groups, records):
        relation, rows, sums = _measured(question, records, places)
        return tally(relation, records, question.grain, groups, sums, rows)

    def by_month() -> pl.DataFrame:
        every = [Group(name, name, codes.get(name, {})) for name in spec.groups]
        plain = [group for group in every if not is_list(group, spec.record, records)]
        relation, rows, sums = _measured(question, records, places)
        return months(relation, records, plain, sums, rows)

    key = (spec.id, question.within, None if places is None else tuple(places))
    return cut(kept.once(key, by_month), question.grain, groups)


def _can_be_cut(question: Question, groups: list[Group], records: Records) -> bool:
    """Return whether a cut can be made of sums by month and all groups at once."""
    record = question.spec.record
    if question.grain == "day" or not has_days(records, record):
        return False
    few = records.manifest.tables[record].rows <= _CUT_UP_TO
    return few and not any(is_list(group, record, records) for group in groups)


def _measured(
    question: Question, records: Records, places: list[str] | None
) -> tuple[Relation, dict[str, Any], dict[str, Any]]:
    """Return the records that a measure looks at, what is read of each, and how that is added up."""
    spec = question.spec
    relation = population(question, records, spec.record, [spec.where])
    rows: dict[str, Any] = {}
    n = ibis._.count()
    sums: dict[str, Any] = {"n": n}
    if spec.kind == "share":
        node = records.catalogue.condition(spec.record, spec.numerator)
        assert node is not None
        rows["_outcome"] = to_ibis(node, relation)
        sums |= {"numerator": ibis._.count(where=ibis._["_outcome"]), "missing": n - ibis._["_outcome"].count()}
    elif spec.kind == "mean":
        number = relation.field(spec.value).cast(DECIMAL)
        rows |= {"_value": number, "_square": (number * number).cast("decimal(38, 12)")}
        sums |= {"total": ibis._["_value"].sum(), "squares": ibis._["_square"].sum()}
        sums |= {"missing": n - ibis._["_value"].count()}
    elif spec.kind in distribution_kinds.KINDS:
        rows["_value"] = relation.field(spec.value or spec.holders)
        sums["missing"] = n - ibis._["_value"].count()
    elif places is not None:
        assert spec.per is not None
        rows["_placed"] = relation.field(spec.per.place).isin(places)
        sums |= {"placed": ibis._.count(where=ibis._["_placed"])}
    if not rows:
        rows["_any"] = ibis.literal(1, type="int8")
    return relation, rows, sums


def _counts(frame: pl.DataFrame, question: Question, *, total: bool = False) -> pl.DataFrame:
    """Return sums as `n`, `missing`, `numerator`, and `denominator` where the records themselves are it."""
    spec = question.spec
    if spec.kind in distribution_kinds.KINDS:
        return frame.with_columns(denominator=(pl.col("n") - pl.col("missing")).cast(pl.Float64))
    if spec.kind in ("share", "mean"):
        numerator = "total" if spec.kind == "mean" else "numerator"
        denominator = (pl.col("n") - pl.col("missing")).cast(pl.Float64)
        return frame.with_columns(pl.col(numerator).cast(pl.Float64).alias("numerator"), denominator=denominator)
    placed = "placed" in frame.columns and (total or spec.per is None or spec.per.place not in question.by)
    numerator = "placed" if placed else "n"
    return frame.with_columns(
        pl.col(numerator).cast(pl.Float64).alias("numerator"),
        (pl.col("n") - pl.col(numerator)).alias("missing"),
        denominator=pl.lit(None, pl.Float64),
    ).drop("denominator" if spec.kind == "rate" else [])


def _compare(question: Question, base: _Answer) -> _Answer:
    """Divide every group's value by that of the reference group of the same period and other groups."""
    spec, across = question.spec, f"group:{question.spec.across}"
    others = [c for c in base.figures.columns if c.startswith("group:") and c != across]
    keys = [PERIOD, *others]
    kept = ["numerator", "denominator", "status", "bound_low", "bound_high"]
    is_rate = "cv" in base.figures.columns
    reference = base.figures.filter(pl.col(across) == spec.reference)
    reference = reference.select(*keys, pl.col(*kept, *(["cv"] if is_rate else [])).name.prefix("other_"))
    rows = base.figures.join(reference, on=keys, how="left", nulls_equal=True, maintain_order="left")
    k, n, k0, n0, cv, cv0 = (
        rows[name].cast(pl.Float64).fill_null(0.0).to_numpy() if name in rows.columns else 0.0
        for name in ("numerator", "denominator", "other_numerator", "other_denominator", "cv", "other_cv")
    )
    found = rates.ratio(k, n, k0, n0, cv, cv0) if is_rate else proportions.ratio(k, n, k0, n0)
    itself = pl.col(across).eq_missing(pl.lit(spec.reference))
    status = (
        pl.when(pl.col("status") != "ok")
        .then("status")
        .when(pl.col("other_status").is_null() | (pl.col("other_status") != "ok"))
        .then(pl.lit("no_reference"))
        .when(pl.col("other_numerator") == 0)
        .then(pl.lit("no_events"))
        .when(itself)
        .then(pl.lit("reference"))
        .otherwise(pl.lit("ok"))
    )
    figures = rows.with_columns(
        *columns(found),
        status.alias("status"),
        (pl.col("bound_low") / pl.col("other_bound_high")).alias("bound_low"),
        (pl.col("bound_high") / pl.col("other_bound_low")).alias("bound_high"),
    ).with_columns(
        pl.when(itself).then(1.0).otherwise("value").alias("value"),
        *[
            pl.when(~itself & pl.col(name).is_finite()).then(name).otherwise(None).alias(name)
            for name in ("low", "high", "bound_low", "bound_high")
        ],
    )
    return _Answer(withhold(figures), base.totals.clear(), found.method, base.look)


def _shape(frame: pl.DataFrame, question: Question, records: Records) -> pl.DataFrame:
    """Name the periods, put groups in their fixed order with unknown last, and keep the columns of a figure."""
    ranks = []
    for name in question.by:
        column = frame[f"group:{name}"]
        order = _order(name, question, records, [value for value in column.unique() if value is not None])
        rank = pl.col(f"group:{name}").replace_strict(
            order, list(range(len(order))), default=None, return_dtype=pl.Int64
        )
        ranks.append(rank.alias(f"rank:{name}"))
    labels = pl.Series("period", [label(day, question.grain) for day in frame[PERIOD]], pl.String)
    ordered = frame.with_columns(labels, *ranks).sort(
        PERIOD, *(f"rank:{name}" for name in question.by), nulls_last=True
    )
    return ordered.select(
        *[pl.col(f"group:{name}").alias(name) for name in question.by],
        *[pl.col(name).cast(dtype) for name, dtype in FIGURE_COLUMNS.items()],
    )


def _order(name: str, question: Question, records: Records, values: list[str]) -> list[str]:
    found = records.catalogue.schema.follow(question.spec.record, name)
    codes = records.catalogue.schema.codes(found[1]) if found else []
    rest = sorted(
        set(values) - set(codes), key=lambda text: (not text.isdigit(), int(text) if text.isdigit() else 0, text)
    )
    return [*codes, *rest] or [""]


def _labels(name: str, question: Question, records: Records) -> dict[str, str]:
    """Return how the codes of a group are named in a sentence."""
    found = records.catalogue.schema.follow(question.spec.record, name)
    vocabulary = records.catalogue.vocabularies.get(found[1].vocabulary) if found else None
    return {code: spec.people or spec.label for code, spec in vocabulary.codes.items()} if vocabulary else {}


def _provenance(question: Question, base: Question, records: Records) -> dict[str, Any]:
    spec = base.spec
    counted = [spec.record, *([spec.per.record] if spec.per else [])]
    definitions = [question.spec, *([spec] if spec is not question.spec else [])]
    whole = span(base, records, spec.record)
    return {
        "store_version": records.manifest.version,
        "definition": hash_facts([definition.model_dump(mode="json") for definition in definitions]),
        "deliveries": records.manifest.deliveries,
        "sources": [
            {"record": record, **cover.model_dump(mode="json")}
            for record in counted
            for cover in covered(base if record == spec.record else replace(base, within=None), records, record)
        ],
        "first": whole.first if whole else None,
        "last": whole.last if whole else None,
        "known_by": records.known_by,
        "knowledge": {record: records.knowledge(record) for record in counted} if records.known_by else {},
        "purges": records.purges(),
    }
