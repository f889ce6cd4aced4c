"""What a measure cannot switch off: checks that say what may not be concluded, and withhold what would mislead."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

import ibis
import polars as pl

from openhalo.base.errors import MeasureError, Problem
from openhalo.language import formatting
from openhalo.language.formatting import count, fraction, share
from openhalo.language.translation import _, plural
from openhalo.measures import distribution_kinds
from openhalo.measures.denominators import Exposure, years_asked
from openhalo.measures.field_coverage import codes_said, limits
from openhalo.measures.figures import GuardNote
from openhalo.measures.planning import PERIOD, Question, covered, population, span
from openhalo.records.reading import Records, Relation
from openhalo.statistics import proportions

DEPENDENCE = 0.05
"""Recording that differs by more than this share with the outcome is a headline finding."""
BUSY = 0.2
"""Events per resident in a year above which a place is named: visitors, or people who are counted often."""


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
    figures: pl.DataFrame, question: Question, visitors: set[str], absent: dict[str, list[str]] | None = None
) -> pl.DataFrame:
    """Add `status`: ok, or why no value is given."""
    spec = question.spec
    status = pl.lit("ok")
    if spec.kind != "count":
        empty = "no_denominator" if spec.kind == "rate" else "no_data"
        n = pl.col("denominator").fill_null(0)
        enough = (
            pl.col("holders") >= distribution_kinds.FEWEST_HOLDERS if "holders" in figures.columns else pl.lit(True)
        )
        status = (
            pl.when(n == 0)
            .then(pl.lit(empty))
            .when((n < spec.minimum_n) | ~enough)
            .then(pl.lit("too_few"))
            .otherwise(status)
        )
    if visitors and spec.per is not None and spec.per.place in question.by:
        status = (
            pl.when(pl.col(f"group:{spec.per.place}").is_in(sorted(visitors)))
            .then(pl.lit("visitors"))
            .otherwise(status)
        )
    for name, codes in (absent or {}).items():
        status = pl.when(pl.col(f"group:{name}").is_in(codes)).then(pl.lit("not_coded")).otherwise(status)
    return figures.with_columns(status.alias("status"))


def guard_notes(
    question: Question,
    records: Records,
    margins: pl.DataFrame,
    against: Exposure | None,
    figures: pl.DataFrame,
    totals: pl.DataFrame,
    places: Places | None,
) -> list[GuardNote]:
    """Return what the guards found, in the order in which a reader needs it."""
    found = [finding for name in question.by for finding in _recording(name, question, records, margins, against)]
    if against is not None:
        found += _denominator(question, records, against, figures, totals, places)
    found += _left_out(question, records, totals)
    found += _changes(question, records)
    found += _lists(question, records)
    few = figures.filter(pl.col("status") == "too_few").height
    if few:
        least = question.spec.minimum_n
        text = plural(
            "One of {all} figures is not given, because it rests on fewer than {least} {things}.",
            "{few} of {all} figures are not given, because each rests on fewer than {least} {things}.",
            few,
        ).format(
            few=count(few),
            all=count(figures.height),
            least=least,
            things=_(per.label) if (per := question.spec.per) else _things(question, records),
        )
        found.append(GuardNote("minimum_n", "note", text, {"withheld": few, "minimum_n": least}))
    return found


def review(question: Question) -> list[GuardNote]:
    """Say so when the day has passed by which the definition was to be reviewed."""
    due = question.spec.next_review
    if (question.today or date.today()) <= due:
        return []
    text = _("This definition should have been checked again by {day}.").format(day=formatting.day(due))
    return [GuardNote("review", "note", text, {"next_review": due})]


def _recording(
    name: str, question: Question, records: Records, margins: pl.DataFrame, against: Exposure | None
) -> list[GuardNote]:
    """Is the group recorded less often where the outcome is absent?"""
    spec, label, things = question.spec, _label(name, question, records), _things(question, records)
    known = pl.col(f"known:{name}")
    n, unknown = margins.select(pl.col("n").sum(), pl.col("n").filter(~known).sum().alias("unknown")).row(0)
    if not unknown and (against is None or against.margins.is_empty()):
        return []
    sides = None
    if spec.kind == "share":
        outcome, rest = pl.col("numerator"), pl.col("n") - pl.col("missing") - pl.col("numerator")
        sides = _recorded(margins, known, outcome), _recorded(margins, known, rest)
        text = _(
            "“{group}” is recorded for {with_share} of the {things} that count toward the figure ({with_it}), but "
            "for {without_share} of the others ({without})."
        )
    elif spec.kind == "rate" and spec.per is not None and spec.per.matches_period and against is not None:
        ours = margins.join(against.margins, on=PERIOD, how="semi")
        theirs = against.margins.join(margins, on=PERIOD, how="semi")
        sides = _recorded(ours, known, pl.col("n")), _recorded(theirs, known, pl.col("amount"))
        text = _(
            "“{group}” is recorded for {with_share} of the {things} ({with_it}), but for {without_share} of the "
            "{others} that they are counted against ({without})."
        )
    if sides is not None:
        gap = proportions.difference(*sides[0], *sides[1])
        value, low, high = (float(part) for part in gap[:3])
        if abs(value) > DEPENDENCE and (low > 0 or high < 0):
            shares = [known_of / all_of for known_of, all_of in sides]
            said = text.format(
                group=label,
                things=things,
                others=_(spec.per.label) if spec.per else "",
                with_share=share(shares[0]),
                without_share=share(shares[1]),
                with_it=fraction(*sides[0]),
                without=fraction(*sides[1]),
            )
            said += " " + _(
                "So a comparison of these groups could be wrong. For each group we show how low and how "
                "high its figure could be, whatever the missing entries say."
            )
            facts = {
                "group": name,
                "n": n,
                "unknown": unknown,
                "recorded_with": shares[0],
                "recorded_without": shares[1],
                "difference": value,
                "low": low,
                "high": high,
            }
            return [GuardNote("missingness", "headline", said, facts)]
    if not unknown:
        return []
    said = _("“{group}” is not recorded for {unknown} of {n} {things} ({share}).").format(
        group=label, unknown=count(unknown), n=count(n), things=things, share=share(unknown / n)
    )
    if spec.kind == "mean":
        said += " " + _("How far they would move the average of each group is not known.")
    return [GuardNote("missingness", "note", said, {"group": name, "n": n, "unknown": unknown})]


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
) -> list[GuardNote]:
    per = question.spec.per
    assert per is not None
    found = []

    def say(severity: str, text: str, **facts: object) -> None:
        found.append(GuardNote("denominator", severity, text, facts))

    if per.residents:
        text = _(
            "These rates compare what police did in a place with who lives there, not with who was there. So "
            "they are never the main figure of a page."
        )
        say("headline", text, residents=True)
    if against.years:
        used = sorted(set(against.years.values()))
        say(
            "note",
            _("The number of {label} is that of {years}.").format(label=_(per.label), years=_all(used)),
            years=used,
        )
    if against.estimates:
        text = _("The numbers of {label} are estimates; the interval includes their error.")
        if against.unsure:
            text = _(
                "The numbers of {label} are estimates. For {unsure} of {all} the error is not known, so the "
                "interval leaves it out and is too narrow."
            )
        text = text.format(label=_(per.label), unsure=count(against.unsure), all=count(against.estimates))
        say("note", text, estimates=against.estimates, error_unknown=against.unsure)
    if places is not None and places.visitors:
        listed = sorted(places.visitors)
        text = _("No rate is given where visitors outnumber residents: {places}.").format(places=_all(listed))
        say("note", text, visitors=listed)
    elif per.residents and per.place in question.by:
        text = _("This site has not said where visitors outnumber residents. Rates of such places would mislead.")
        say("note", text, visitors=[])
    if places is not None and places.busy:
        text = _(
            "In these places there were more than {n} {things} a year for every 1,000 residents: {places}. Either "
            "many of the people counted live elsewhere, or the people who live there are counted often. These "
            "figures cannot tell which."
        ).format(n=count(1000 * BUSY), things=_things(question, records), places=_all(sorted(places.busy)))
        say("note", text, group=per.place, events_per_resident=places.busy)
    for name in question.by:
        column = pl.col(f"group:{name}")
        bare = figures.filter((pl.col("status") == "no_denominator") & column.is_not_null() & (pl.col("n") > 0))
        covered_values = figures.filter(pl.col("status") != "no_denominator")[f"group:{name}"].unique()
        without = sorted(set(bare[f"group:{name}"]) - set(covered_values))
        if without:
            text = _("The number of {label} is not known for {groups}. We show how many were counted, and no rate.")
            groups = _all(_named(name, without, question, records))
            say("note", text.format(label=_(per.label), groups=groups), group=name, without=without)
    for name, absent in uncoded(question, records, figures).items():
        text = _(
            "The records of {things} have no entry for {groups}. They count these people in other groups, so "
            "those groups stand for different people than in the number of {label}."
        ).format(
            things=_things(question, records),
            groups=_all(_named(name, absent, question, records)),
            label=_(per.label),
        )
        say("headline", text, group=name, not_coded=absent)
    for name, codes in per.codes.items():
        if name in question.by:
            text = _("“{part}” is counted within “{whole}”, as the number of {label} has it.")
            pairs = zip(*(_named(name, part, question, records) for part in (codes, codes.values())), strict=True)
            said = " ".join(text.format(part=part, whole=whole, label=_(per.label)) for part, whole in pairs)
            say("note", said, group=name, codes=dict(codes))
    return found


def _left_out(question: Question, records: Records, totals: pl.DataFrame) -> list[GuardNote]:
    n, missing = (int(totals[name].sum() or 0) for name in ("n", "missing"))
    if not missing:
        return []
    text = _("{missing} of {n} {things} ({share}) do not say what is counted here, and are left out.")
    if question.spec.kind == "rate":
        text = _("{missing} of {n} {things} ({share}) were in a place that has no rate, and are left out of the whole.")
    text = text.format(missing=count(missing), n=count(n), things=_things(question, records), share=share(missing / n))
    return [GuardNote("missing", "note", text, {"n": n, "missing": missing})]


def _changes(question: Question, records: Records) -> list[GuardNote]:
    """Say what the forms behind the records asked on some of the days only."""
    days, found = span(question, records, question.spec.record), []
    for one, group in limits(question.spec, records, question.by):
        within = days is None or ((one.since or days.first) <= days.first and (one.until or days.last) >= days.last)
        facts = {"field": one.field, "since": one.since, "until": one.until}
        if not group:
            found.append(GuardNote("series", "note", _(one.note), facts))
        elif not within:
            found.append(GuardNote("series", "headline", _(one.note), {**facts, "group": group}))
    return found


def _lists(question: Question, records: Records) -> list[GuardNote]:
    schema = records.catalogue.schema
    paths = [(name, schema.follow(question.spec.record, name)) for name in question.by]
    lists = [name for name, found in paths if found and found[1].type == "codes"]
    if not lists:
        return []
    text = _("One record can count in several groups, so the groups do not add up to the whole.")
    return [GuardNote("groups", "note", text, {"groups": lists})]


def _label(name: str, question: Question, records: Records) -> str:
    found = records.catalogue.schema.follow(question.spec.record, name)
    return _(found[1].label) if found else name


def _named(name: str, codes: Iterable[str], question: Question, records: Records) -> list[str]:
    """Return how codes of a group read."""
    found = records.catalogue.schema.follow(question.spec.record, name)
    vocabulary = records.catalogue.vocabularies.get(found[1].vocabulary) if found else None
    return [_(vocabulary.codes[c].label) if vocabulary and c in vocabulary.codes else c for c in codes]


def _all(words: Iterable[object]) -> str:
    return formatting.listed(words)


def _things(question: Question, records: Records) -> str:
    """Return what is counted, in the words of the sources' unit."""
    record = records.catalogue.record_type(question.spec.record)
    units = [cover.unit for cover in covered(question, records, record.id)]
    return _(record.units.get(units[0] if units else question.spec.unit, record.plural))


def _events(relation: Relation, path: str) -> dict[str, int]:
    place = relation.field(path)
    counted = relation.table.select(_place=place).group_by("_place").agg(n=ibis._.count())
    return {place: n for place, n in relation.records.fetch(counted).rows() if place is not None}
