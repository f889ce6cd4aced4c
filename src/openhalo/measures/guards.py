"""What a measure cannot switch off: checks that say what may not be concluded, and withhold what would mislead."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import ibis
import polars as pl

from openhalo.base.errors import MeasureError, Problem
from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.language.translation import mark_for_translation
from openhalo.measures import guard_words
from openhalo.measures.denominators import Exposure, years_asked
from openhalo.measures.field_coverage import codes_said, limits
from openhalo.measures.guard_results import GuardResult
from openhalo.measures.measure_kind import CountingKind
from openhalo.measures.planning import Question, covered, population, span
from openhalo.records.reading import Records, Relation
from openhalo.statistics import proportions

DEPENDENCE = 0.05
"""Recording that differs by more than this share with the outcome is a headline finding."""
BUSY = 0.2
"""Events per resident in a year above which a place is named: visitors, or people who are counted often."""


_AMONG_RESIDENTS = mark_for_translation(
    "These rates compare what police did in a place with who lives there, not with who was there. So "
    "they are never the main figure of a page."
)
_NOT_SAID = mark_for_translation(
    "This site has not said where visitors outnumber residents. Rates of such places would mislead."
)
_SEVERAL = mark_for_translation("One record can count in several groups, so the groups do not add up to the whole.")


@dataclass(frozen=True)
class GuardContext:
    """What is looked at: a question, the kind of its measure, and the records that answer it."""

    question: Question
    kind: CountingKind
    records: Records

    @property
    def spec(self) -> MeasureSpec:
        """Return the measure that is counted."""
        return self.question.spec


@dataclass(frozen=True)
class Places:
    """Places of a rate against residents."""

    usable: list[str]
    """Places that totals may hold: they have a denominator and the site does not list them as visited."""
    visitors: set[str] = field(default_factory=set)
    """Places for which no resident rate is given, because the site says that visitors outnumber residents.

    Never because of the figures themselves: a high rate may be many visitors or heavy policing of those who live
    there, and to withhold the highest rates would hide exactly what residents ask about.
    """
    busy: dict[str, float] = field(default_factory=dict)
    """Places with many events per resident and year, and how many; their rates are given with a note."""


def one_unit(question: Question, records: Records) -> None:
    """Refuse to add up sources that count different things.

    Raises:
        MeasureError: with the unit of each source.
    """
    spec = question.spec
    counted = [spec.record, *([spec.per.record] if spec.per and not spec.per.sum else [])]
    problems = []
    for record in counted:
        units = {cover.source: cover.unit for cover in covered(question, records, record)}
        if len(set(units.values())) > 1:
            found = "; ".join(f"{source} counts in units of {unit}" for source, unit in sorted(units.items()))
            problems.append(
                Problem(
                    spec.id,
                    f"sources of {record} count different things and cannot be added up: {found}",
                    "sources of one unit",
                    "ask for a period that only one of them covers (--within)",
                )
            )
    if problems:
        raise MeasureError(problems)


def usable_places(question: Question, records: Records, amounts: dict[str, float]) -> Places:
    """Return which places of a rate count, given how many live in each."""
    per = question.spec.per
    assert per is not None
    listed = set(records.visitor_places.get(per.place, [])) if per.residents else set()
    usable = [place for place in sorted(amounts) if place not in listed]
    if not per.residents or per.place not in question.by:
        return Places(usable, listed)
    relation = population(question, records, question.spec.record, [question.spec.where])
    events, years = _events(relation, per.place), years_asked(question, records)
    rates = {place: events.get(place, 0) / amounts[place] / years for place in usable}
    return Places(usable, listed, {place: rate for place, rate in rates.items() if rate > BUSY})


def uncoded(question: Question, records: Records, cells: pl.DataFrame) -> dict[str, list[str]]:
    """Return the codes of each group that a rate's denominator has and the counted records have no word for.

    Their people stand under other codes, so none counted is no zero.
    """
    per = question.spec.per
    found: dict[str, list[str]] = {}
    for name in question.by if per is not None else ():
        said = codes_said(question.spec.record, name, records)
        if per is not None and said is not None:
            said |= {per.codes.get(name, {}).get(code, code) for code in said}
            column = f"group:{name}"
            empty = cells.group_by(column).agg(pl.col("n").sum()).filter(pl.col("n") == 0, pl.col(column).is_not_null())
            codes = sorted(set(empty[column]) - said)
            found |= {name: codes} if codes else {}
    return found


def with_status(
    figures: pl.DataFrame,
    question: Question,
    kind: CountingKind,
    visitors: set[str],
    absent: dict[str, list[str]] | None = None,
) -> pl.DataFrame:
    """Add `status`: ok, or why no value is given."""
    spec = question.spec
    status = kind.status(figures, spec)
    if visitors and spec.per is not None and spec.per.place in question.by:
        status = (
            pl.when(pl.col(f"group:{spec.per.place}").is_in(sorted(visitors)))
            .then(pl.lit("visitors"))
            .otherwise(status)
        )
    for name, codes in (absent or {}).items():
        status = pl.when(pl.col(f"group:{name}").is_in(codes)).then(pl.lit("not_coded")).otherwise(status)
    return figures.with_columns(status.alias("status"))


def guard_results(
    context: GuardContext,
    margins: pl.DataFrame,
    against: Exposure | None,
    figures: pl.DataFrame,
    totals: pl.DataFrame,
    places: Places | None,
) -> list[GuardResult]:
    """Return what the guards found, in the order in which a reader needs it."""
    question, records = context.question, context.records
    found = [one for name in question.by for one in _recording(name, context, margins, against)]
    if against is not None:
        found += _denominator(question, records, against, figures, places)
    found += _left_out(context, totals)
    found += _changes(question, records)
    found += _lists(question, records)
    few = figures.filter(pl.col("status") == "too_few").height
    if few:
        least = context.spec.minimum_n
        things = context.spec.per.label if context.spec.per else _things(question, records)
        values = {"n": few, "figures": figures.height, "least": least, "things": things}
        found.append(GuardResult("minimum_n", "note", guard_words.few, values, {"withheld": few, "minimum_n": least}))
    return found + context.kind.guard_results(question, records, totals)


def review(question: Question) -> list[GuardResult]:
    """Say so when the day has passed by which the definition was to be reviewed."""
    due = question.spec.next_review
    if (question.today or date.today()) <= due:
        return []
    return [GuardResult("review", "note", guard_words.overdue, {"due": due}, {"next_review": due})]


def _recording(name: str, context: GuardContext, margins: pl.DataFrame, against: Exposure | None) -> list[GuardResult]:
    """Is the group recorded less often where the outcome is absent?"""
    known = pl.col(f"known:{name}")
    n, unknown = margins.select(pl.col("n").sum(), pl.col("n").filter(~known).sum().alias("unknown")).row(0)
    if not unknown and (against is None or against.margins.is_empty()):
        return []
    words = {
        "group": _label(name, context.question, context.records),
        "things": _things(context.question, context.records),
    }
    facts = {"group": name, "n": n, "unknown": unknown}
    sides = context.kind.sides(context.spec, known, margins, against)
    if sides is not None:
        gap = proportions.difference(*sides.one, *sides.other)
        value, low, high = (float(part) for part in gap[:3])
        if abs(value) > DEPENDENCE and (low > 0 or high < 0):
            shares = [known_of / all_of for known_of, all_of in (sides.one, sides.other)]
            facts |= {
                "recorded_with": shares[0],
                "recorded_without": shares[1],
                "difference": value,
                "low": low,
                "high": high,
            }
            values = {
                **words,
                "pattern": sides.pattern,
                "others": context.spec.per.label if context.spec.per else "",
                "sides": (sides.one, sides.other),
            }
            return [GuardResult("missingness", "headline", guard_words.recorded_unevenly, values, facts)]
    if not unknown:
        return []
    values = {**words, "unknown": unknown, "n": n, "more": context.kind.unknown_group}
    return [GuardResult("missingness", "note", guard_words.not_recorded, values, facts)]


def _denominator(
    question: Question, records: Records, against: Exposure, figures: pl.DataFrame, places: Places | None
) -> list[GuardResult]:
    per = question.spec.per
    assert per is not None
    found = []

    def find(severity: str, words: Callable[..., str], values: dict[str, Any], **facts: object) -> None:
        found.append(GuardResult("denominator", severity, words, values, facts))

    if per.residents:
        find("headline", guard_words.as_written, {"text": _AMONG_RESIDENTS}, residents=True)
    if against.years:
        used = sorted(set(against.years.values()))
        find("note", guard_words.stock_of, {"label": per.label, "years": used}, years=used)
    if against.estimates:
        numbers = {"unsure": against.unsure, "estimates": against.estimates}
        facts = {"estimates": against.estimates, "error_unknown": against.unsure}
        find("note", guard_words.estimated, {"label": per.label, **numbers}, **facts)
    if places is not None and places.visitors:
        listed = sorted(places.visitors)
        find("note", guard_words.visited, {"places": listed}, visitors=listed)
    elif per.residents and per.place in question.by:
        find("note", guard_words.as_written, {"text": _NOT_SAID}, visitors=[])
    if places is not None and places.busy:
        values = {"places": sorted(places.busy), "things": _things(question, records), "per_resident": BUSY}
        find("note", guard_words.busy, values, group=per.place, events_per_resident=places.busy)
    for name in question.by:
        column = pl.col(f"group:{name}")
        bare = figures.filter((pl.col("status") == "no_denominator") & column.is_not_null() & (pl.col("n") > 0))
        covered_values = figures.filter(pl.col("status") != "no_denominator")[f"group:{name}"].unique()
        without = sorted(set(bare[f"group:{name}"]) - set(covered_values))
        if without:
            groups = _names(name, without, question, records)
            values = {"label": per.label, "groups": groups}
            find("note", guard_words.no_denominator, values, group=name, without=without)
    for name, absent in uncoded(question, records, figures).items():
        groups = _names(name, absent, question, records)
        values = {"label": per.label, "things": _things(question, records), "groups": groups}
        find("headline", guard_words.not_coded, values, group=name, not_coded=absent)
    for name, codes in per.codes.items():
        if name in question.by:
            wholes = [(code, _names(name, [code], question, records)[code]) for code in codes.values()]
            values = {"label": per.label, "parts": _names(name, codes, question, records), "wholes": wholes}
            find("note", guard_words.counted_within, values, group=name, codes=dict(codes))
    return found


def _left_out(context: GuardContext, totals: pl.DataFrame) -> list[GuardResult]:
    n, missing = (int(totals[name].sum() or 0) for name in ("n", "missing"))
    if not missing:
        return []
    things = _things(context.question, context.records)
    values = {"pattern": context.kind.left_out, "missing": missing, "n": n, "things": things}
    return [GuardResult("missing", "note", guard_words.left_out, values, {"n": n, "missing": missing})]


def _changes(question: Question, records: Records) -> list[GuardResult]:
    """Say what the forms behind the records asked on some of the days only."""
    days, found = span(question, records, question.spec.record), []
    for one, group in limits(question.spec, records, question.by):
        within = days is None or ((one.since or days.first) <= days.first and (one.until or days.last) >= days.last)
        facts = {"field": one.field, "since": one.since, "until": one.until}
        values = {"text": one.note}
        if not group:
            found.append(GuardResult("series", "note", guard_words.as_written, values, facts))
        elif not within:
            found.append(GuardResult("series", "headline", guard_words.as_written, values, {**facts, "group": group}))
    return found


def _lists(question: Question, records: Records) -> list[GuardResult]:
    schema = records.catalogue.schema
    paths = [(name, schema.follow(question.spec.record, name)) for name in question.by]
    lists = [name for name, found in paths if found and found[1].type == "codes"]
    if not lists:
        return []
    return [GuardResult("groups", "note", guard_words.as_written, {"text": _SEVERAL}, {"groups": lists})]


def _label(name: str, question: Question, records: Records) -> str:
    found = records.catalogue.schema.follow(question.spec.record, name)
    return found[1].label if found else name


def _names(name: str, codes: Iterable[str], question: Question, records: Records) -> dict[str, str]:
    """Return the labels of codes of a group; empty where a code is its own name."""
    found = records.catalogue.schema.follow(question.spec.record, name)
    vocabulary = records.catalogue.vocabularies.get(found[1].vocabulary) if found else None
    return {code: vocabulary.codes[code].label if vocabulary and code in vocabulary.codes else "" for code in codes}


def _things(question: Question, records: Records) -> str:
    """Return what is counted, in the words of the sources' unit."""
    record = records.catalogue.record_type(question.spec.record)
    units = [cover.unit for cover in covered(question, records, record.id)]
    return record.units.get(units[0] if units else question.spec.unit, record.plural)


def _events(relation: Relation, path: str) -> dict[str, int]:
    place = relation.field(path)
    counted = relation.table.select(_place=place).group_by("_place").agg(n=ibis._.count())
    return {place: n for place, n in relation.records.fetch(counted).rows() if place is not None}
