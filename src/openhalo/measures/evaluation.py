"""From a question to figures: one grouped query over the records, then intervals over the few rows it gives."""

from dataclasses import replace
from datetime import date
from typing import Any

import ibis
import polars as pl

from openhalo.base.periods import label
from openhalo.base.provenance import hash_facts
from openhalo.measures import guards
from openhalo.measures.counting import Group, Kept, Tally, cut, is_list, months, tally, with_empty
from openhalo.measures.denominators import Exposure, exposure, places_of
from openhalo.measures.estimating import add_bounds, withhold
from openhalo.measures.figures import FIGURE_COLUMNS, MeasureResult
from openhalo.measures.kinds import counting_kind_of, kind_of
from openhalo.measures.measure_kind import Answer
from openhalo.measures.planning import PERIOD, Question, check, covered, has_days, narrowed, periods, population, span
from openhalo.records.reading import Records, Relation, must_hold

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
    kind = kind_of(question.spec)
    base = kind.asked(question, records)
    if base is not question:
        check(base, records)
    base = narrowed(base, records)
    answer = kind.answered(question, _answer(base, records, kept))
    return MeasureResult(
        spec=question.spec,
        by=list(base.by),
        grain=question.grain,
        figures=_shape(answer.figures, base, records),
        totals=_shape(answer.totals, replace(base, by=[]), records),
        method=answer.method,
        guard_results=(*answer.guard_results, *guards.review(question)),
        labels={name: _labels(name, base, records) for name in base.by},
        messages=records.messages,
        provenance=_provenance(question, base, records),
    )


def _answer(question: Question, records: Records, kept: Kept | None) -> Answer:
    spec, kind = question.spec, counting_kind_of(question.spec)
    guards.one_unit(question, records)
    against, places = None, None
    if spec.per is not None:
        must_hold(records, spec.per.record)
        places = guards.usable_places(question, records, places_of(question, records, kept)) if spec.per.place else None
    usable = places.usable if places else None
    counted = _count(question, records, usable, kept)
    held = periods(question, records, spec.record)
    cells = kind.counts(with_empty(counted.cells, held), question, total=False)
    cells = kind.spread(cells, question, records)
    if spec.per is not None:
        against = exposure(question, records, sorted({*held, *counted.totals[PERIOD]}), usable, kept)
        keys = [PERIOD, *(f"group:{name}" for name in question.by)]
        cells = _joined(cells, against.cells, keys)
    groups = [f"group:{name}" for name in question.by]
    cells = add_bounds(cells, kind, spec, groups)
    if against is not None and groups:
        known = pl.all_horizontal(pl.col(groups).is_not_null())
        cells = cells.with_columns(pl.when(known).then("denominator"), pl.when(known).then("cv"))
    figures, method = kind.estimate(cells, spec)
    visitors = places.visitors if places else set()
    absent = guards.uncoded(question, records, figures)
    figures = withhold(guards.with_status(figures, question, kind, visitors, absent))
    # Over all groups it is the same however a measure is cut.
    key = ("whole", spec.id, question.grain, question.within)
    whole = (kept or Kept()).once(key, lambda: _whole(question, records, counted.totals, held, against))
    context = guards.GuardContext(question, kind, records)
    found = guards.guard_results(context, counted.margins, against, figures, whole, places)
    return Answer(figures, whole, method, tuple(found))


def _whole(
    question: Question, records: Records, sums: pl.DataFrame, held: list[date], against: Exposure | None
) -> pl.DataFrame:
    """Return the figures over all groups."""
    spec, kind, whole = question.spec, counting_kind_of(question.spec), replace(question, by=[])
    totals = kind.counts(with_empty(sums, held), question, total=True)
    totals = kind.spread(totals, whole, records)
    if against is not None:
        totals = _joined(totals, against.totals, [PERIOD])
    estimated, _ = kind.estimate(totals, spec)
    return withhold(guards.with_status(add_bounds(estimated, kind, spec, []), question, kind, set()))


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
    rows, sums = counting_kind_of(spec).read(question, records, relation, places)
    return relation, rows or {"_any": ibis.literal(1, type="int8")}, {"n": ibis._.count(), **sums}


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
