"""What a measure cannot switch off: checks that say what may not be concluded, and withhold what would mislead."""

from dataclasses import dataclass, field
from datetime import date

import ibis
import polars as pl

from openhalo.base.errors import MeasureError, Problem, name_all
from openhalo.engines.connect import fetch
from openhalo.measures.exposures import Exposure, years_asked
from openhalo.measures.figures import Finding
from openhalo.measures.planning import PERIOD, Question, covered, population
from openhalo.presentation.numbers import count, share
from openhalo.records.reading import Records, Relation
from openhalo.statistics import proportions

DEPENDENCE = 0.05
"""Recording that differs by more than this share with the outcome is a headline finding."""
VISITED = 0.2
"""Events per resident in a year above which most people counted in a place do not live there."""


@dataclass(frozen=True)
class Places:
    """Places of a rate against residents."""

    usable: list[str]
    """Places that totals may hold: they have a denominator and the site does not list them as visited."""
    visitors: set[str] = field(default_factory=set)
    """Places for which no resident rate is given."""
    facts: dict[str, float] = field(default_factory=dict)
    """Of those that the figures themselves gave away: events per resident in a year."""


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
    events = _events(relation, per.place)
    years = years_asked(question, records)
    visited = {place: events.get(place, 0) / amounts[place] / years for place in usable}
    busy = {place: rate for place, rate in visited.items() if rate > VISITED}
    return Places(usable, listed | set(busy), busy)


def with_status(figures: pl.DataFrame, question: Question, visitors: set[str]) -> pl.DataFrame:
    """Add `status`: ok, or why no value is given."""
    spec = question.spec
    status = pl.lit("ok")
    if spec.kind != "count":
        empty = "no_denominator" if spec.kind == "rate" else "no_data"
        n = pl.col("denominator").fill_null(0)
        status = pl.when(n == 0).then(pl.lit(empty)).when(n < spec.minimum_n).then(pl.lit("too_few")).otherwise(status)
    if visitors and spec.per is not None and spec.per.place in question.by:
        status = (
            pl.when(pl.col(f"group:{spec.per.place}").is_in(sorted(visitors)))
            .then(pl.lit("visitors"))
            .otherwise(status)
        )
    return figures.with_columns(status.alias("status"))


def findings(
    question: Question,
    records: Records,
    margins: pl.DataFrame,
    against: Exposure | None,
    figures: pl.DataFrame,
    totals: pl.DataFrame,
    places: Places | None,
) -> list[Finding]:
    """Return what the guards found, in the order in which a reader needs it."""
    found = [finding for name in question.by for finding in _recording(name, question, records, margins, against)]
    if against is not None:
        found += _denominator(question, records, against, figures, totals, places)
    found += _left_out(question, records, totals)
    found += _lists(question, records)
    few = figures.filter(pl.col("status") == "too_few").height
    if few:
        least = question.spec.minimum_n
        text = f"{count(few)} of {count(figures.height)} figures rest on fewer than {least} and are not given."
        found.append(Finding("minimum_n", "note", text, {"withheld": few, "minimum_n": question.spec.minimum_n}))
    return found


def review(question: Question) -> list[Finding]:
    """Say so when the day has passed by which the definition was to be reviewed."""
    due = question.spec.next_review
    if (question.today or date.today()) <= due:
        return []
    return [Finding("review", "note", f"This definition was due for review on {due}.", {"next_review": due})]


def _recording(
    name: str, question: Question, records: Records, margins: pl.DataFrame, against: Exposure | None
) -> list[Finding]:
    """Is the group recorded less often where the outcome is absent?"""
    spec, label, things = question.spec, _label(name, question, records), _things(question, records)
    known = pl.col(f"known:{name}")
    n, unknown = margins.select(pl.col("n").sum(), pl.col("n").filter(~known).sum().alias("unknown")).row(0)
    if not unknown and (against is None or against.margins.is_empty()):
        return []
    if spec.kind == "share":
        outcome, rest = pl.col("numerator"), pl.col("n") - pl.col("missing") - pl.col("numerator")
        with_it, without = _recorded(margins, known, outcome), _recorded(margins, known, rest)
        said = ("of the {0} that are counted", "of those that are not")
    elif spec.kind == "rate" and spec.per is not None and spec.per.matches_period and against is not None:
        both = (
            margins.join(against.margins, on=PERIOD, how="semi"),
            against.margins.join(margins, on=PERIOD, how="semi"),
        )
        with_it, without = _recorded(both[0], known, pl.col("n")), _recorded(both[1], known, pl.col("amount"))
        said = ("of the {0} that are counted", f"of the {spec.per.label} that they are counted against")
    else:
        with_it = without = (0.0, 0.0)
        said = ("", "")
    gap = proportions.difference(*with_it, *without)
    value, low, high = (float(part) for part in gap[:3])
    facts = {"group": name, "n": n, "unknown": unknown}
    if abs(value) > DEPENDENCE and (low > 0 or high < 0):
        shares = [a / b for a, b in (with_it, without)]
        text = (
            f"“{label}” is recorded for {share(shares[0])} {said[0].format(things)} "
            f"and for {share(shares[1])} {said[1]}. "
            "Figures by this group would mislead as a headline or a ranking: the bounds say where each lies "
            "whatever the unknown ones are."
        )
        facts |= {
            "recorded_with": shares[0],
            "recorded_without": shares[1],
            "difference": value,
            "low": low,
            "high": high,
        }
        return [Finding("missingness", "headline", text, facts)]
    if not unknown:
        return []
    text = f"“{label}” is not recorded for {count(unknown)} of {count(n)} {things}."
    return [Finding("missingness", "note", text, facts)]


def _recorded(margins: pl.DataFrame, known: pl.Expr, amount: pl.Expr) -> tuple[float, float]:
    """Return of how many records the group is recorded, and how many there are."""
    number = amount.cast(pl.Float64)
    row = margins.select(number.filter(known).sum().alias("known"), number.sum().alias("all")).row(0)
    return float(row[0]), float(row[1])


def _denominator(
    question: Question,
    records: Records,
    against: Exposure,
    figures: pl.DataFrame,
    totals: pl.DataFrame,
    places: Places | None,
) -> list[Finding]:
    per = question.spec.per
    assert per is not None
    found = []
    if per.residents:
        text = (
            "Rates per resident compare what police did with who lives in a place, not with who was there. "
            "They are never a headline."
        )
        found.append(Finding("denominator", "headline", text, {"residents": True}))
    if against.years:
        used = sorted(set(against.years.values()))
        text = f"The {per.label} are those of {', '.join(map(str, used))}."
        found.append(Finding("denominator", "note", text, {"years": used}))
    if against.estimates:
        text = f"The {per.label} are estimates; their error is part of the interval."
        if against.unsure:
            unsure = f"{count(against.unsure)} of {count(against.estimates)}"
            text = f"The {per.label} are estimates, and the error of {unsure} is not known: the interval leaves it out."
        found.append(
            Finding("denominator", "note", text, {"estimates": against.estimates, "error_unknown": against.unsure})
        )
    listed = sorted(places.visitors - set(places.facts)) if places else []
    if listed:
        text = f"No rate is given where visitors outnumber residents: {name_all(listed)}."
        found.append(Finding("denominator", "note", text, {"visitors": listed}))
    if places is not None and places.facts:
        text = (
            f"No rate is given where there is more than one event a year for every {1 / VISITED:.0f} residents, "
            f"so that many of the people counted may not live there: {name_all(places.facts)}."
        )
        found.append(Finding("denominator", "note", text, {"events_per_resident": places.facts}))
    for name in question.by:
        column = pl.col(f"group:{name}")
        bare = figures.filter((pl.col("status") == "no_denominator") & column.is_not_null() & (pl.col("n") > 0))
        covered_values = figures.filter(pl.col("status") != "no_denominator")[f"group:{name}"].unique()
        without = sorted(set(bare[f"group:{name}"]) - set(covered_values))
        if without:
            text = f"There is no number of {per.label} for {name_all(without)}; their counts are shown without a rate."
            found.append(Finding("denominator", "note", text, {"group": name, "without": without}))
    for name, codes in per.codes.items():
        if name in question.by:
            text = "Counted as in the denominator: " + "; ".join(f"{a} within {b}" for a, b in codes.items()) + "."
            found.append(Finding("denominator", "note", text, {"group": name, "codes": dict(codes)}))
    return found


def _left_out(question: Question, records: Records, totals: pl.DataFrame) -> list[Finding]:
    n, missing = (int(totals[name].sum() or 0) for name in ("n", "missing"))
    if not missing:
        return []
    why = "lie in no place that has a denominator" if question.spec.kind == "rate" else "do not say"
    text = f"{count(missing)} of {count(n)} {_things(question, records)} {why}, and are left out."
    return [Finding("missing", "note", text, {"n": n, "missing": missing})]


def _lists(question: Question, records: Records) -> list[Finding]:
    schema = records.catalogue.schema
    paths = [(name, schema.follow(question.spec.record, name)) for name in question.by]
    lists = [name for name, found in paths if found and found[1].type == "codes"]
    if not lists:
        return []
    text = "One record may count in several groups, so the groups do not add up to the whole."
    return [Finding("groups", "note", text, {"groups": lists})]


def _label(name: str, question: Question, records: Records) -> str:
    found = records.catalogue.schema.follow(question.spec.record, name)
    return found[1].label if found else name


def _things(question: Question, records: Records) -> str:
    """Return what is counted, in the words of the sources' unit."""
    record = records.catalogue.record_type(question.spec.record)
    units = [cover.unit for cover in covered(question, records, record.id)]
    return record.units.get(units[0] if units else question.spec.unit, record.plural)


def _events(relation: Relation, path: str) -> dict[str, int]:
    place = relation.field(path)
    counted = relation.table.select(_place=place).group_by("_place").agg(n=ibis._.count())
    return {place: n for place, n in fetch(counted).rows() if place is not None}
