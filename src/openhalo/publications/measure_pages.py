"""What a measure's page says, in the order in which people ask."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from openhalo.catalogue.index import Catalogue
from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.measures.figures import MeasureResult
from openhalo.presentation import charts, numbers
from openhalo.presentation.drawing import Drawings
from openhalo.presentation.figures import Figure, said
from openhalo.presentation.words import _
from openhalo.publications.answers import Answer
from openhalo.publications.condition_words import in_words
from openhalo.publications.labels import Group, group, inside, unit_words
from openhalo.publications.open_data import coverage
from openhalo.publications.tables import Column, table

LONGEST_CHART = 24
"""More groups than this stand in the table only: a longer chart cannot be read."""


@dataclass
class Cut:
    """One comparison: its words, its chart drawn wide and narrow, its table."""

    id: str
    title: str
    subtitle: str
    notes: list[str]
    caption: list[str]
    wide: str
    narrow: str
    columns: list[Column]
    rows: list[list[str]]
    headline: bool = True
    """Whether groups may be compared at all; if not, the page shows where each figure could lie."""

    @property
    def interval_at(self) -> int:
        """Return the column that holds the interval, which stands under the value on a phone; 0 for none."""
        return next((place for place, column in enumerate(self.columns) if column.interval), 0)


@dataclass
class MeasurePage:
    """Everything that stands on a measure's page, as words."""

    spec: MeasureSpec
    units: str
    period: str
    answer: str
    value: str
    """The figure over everything; empty where there is none."""
    leads: bool
    """Whether the figure may stand on the home page."""
    warnings: list[str]
    """Why the page has no headline figure."""
    per: str
    """What the figure is given in or per, beside it in a list: years, per 1,000 stops."""
    cuts: list[Cut]
    sure: list[str]
    definition: list[str]
    sources: list[Any]
    provenance: dict[str, Any]
    redefined: bool = False
    declared: list[Any] = field(default_factory=list)


def measure_page(answer: Answer, catalogue: Catalogue, drawings: Drawings, sources: Sequence[Any]) -> MeasurePage:
    """Return what a measure's page says."""
    spec, base = answer.spec, answer.counted
    total = figures(answer.total, None)[0] if answer.total is not None else None
    cuts = [_trend(answer, catalogue, drawings)] if answer.trend is not None else []
    cuts += [_cut(result, answer, total, catalogue, drawings) for result in answer.cuts if result.figures.height]
    return MeasurePage(
        spec=spec,
        units=_units(answer, catalogue),
        period=coverage(answer),
        answer=sentence(answer, total, catalogue),
        value=said(spec.kind, total) if total is not None and total.value is not None else "",
        warnings=[f.text for f in answer.total.findings if f.severity == "headline"] if answer.total else [],
        leads=answer.total is not None and not _may_not_lead(answer.total),
        per=_per(base, catalogue) if spec.kind in ("rate", "mean") else "",
        cuts=cuts,
        sure=_how_sure(answer, total, catalogue),
        definition=list(_definition(spec, base, catalogue)),
        sources=list(sources),
        provenance=answer.results[0].provenance,
        redefined=spec.id in catalogue.redefined,
    )


def figures(result: MeasureResult | None, names: Group | None) -> list[Figure]:
    """Return the rows of a result as plain figures, groups in their fixed order, unknown last."""
    rows = result.figures.to_dicts() if result is not None else []
    per = result.spec.per if result is not None else None
    for row in rows:
        if row["status"] == "no_denominator" and per is not None and not per.residents:
            row["status"] = "no_base"
    if names is not None:
        rows.sort(key=lambda row: names.rank(row[names.path]))
    return [
        Figure(
            label=names.name(row[names.path]) if names else numbers.period(row["period"]),
            code=row[names.path] if names else None,
            **{name: row[name] for name in (
                "period", "value", "low", "high", "n", "missing", "numerator", "denominator", "bound_low",
                "bound_high", "status",
            )},
        )
        for row in rows
    ]  # fmt: skip


def sentence(answer: Answer, total: Figure | None, catalogue: Catalogue) -> str:
    """Return what happened, in one sentence with the number; why not, where there is none."""
    spec = answer.spec
    if total is None:
        return _compared(answer, catalogue)
    if total.value is None:
        why = said(spec.kind, total, spec.minimum_n)
        return _("There is no figure for {period}: {why}.").format(period=coverage(answer), why=why)
    words = {
        "value": said(spec.kind, total),
        "numerator": numbers.count(total.numerator),
        "denominator": numbers.count(total.denominator),
        "n": numbers.count(total.n),
        "period": coverage(answer),
        "unit": _units(answer, catalogue),
        "low": numbers.measured(total.low, spec.kind),
        "high": numbers.measured(total.high, spec.kind),
        "times": numbers.count(spec.per.times if spec.per else 1),
        "group": "",
    }
    if answer.total is not None and _may_not_lead(answer.total):
        return _("{n} {units} from {period} are counted here.").format(
            n=words["numerator"], units=words["unit"], period=words["period"]
        )
    return _(spec.answer).format(**words)


def _compared(answer: Answer, catalogue: Catalogue) -> str:
    """Return what a page says first that only compares groups."""
    names = group(answer.counted.record, answer.spec.across, catalogue)
    if any(_may_not_lead(cut) for cut in answer.cuts):
        text = _("These records of {period} do not let us say. For each group we show how low or high it could be.")
    else:
        text = _("Each group of {period} is set beside {reference}, the group that all others are compared with.")
    return text.format(period=coverage(answer), reference=names.name(answer.spec.reference))


def _may_not_lead(result: MeasureResult) -> bool:
    """Return whether a guard forbids a headline."""
    return any(finding.severity == "headline" for finding in result.findings)


def _per(base: MeasureSpec, catalogue: Catalogue) -> str:
    if base.per:
        return _("per {times} {what}").format(times=numbers.count(base.per.times), what=inside(base.per.label))
    found = catalogue.schema.follow(base.record, base.value)
    return found[1].unit if found else ""


def _units(answer: Answer, catalogue: Catalogue) -> str:
    return unit_words(answer.counted.record, answer.counted.unit, catalogue)


def _cut(result: MeasureResult, answer: Answer, total: Figure | None, catalogue: Catalogue, drawings: Drawings) -> Cut:
    spec, base, units = answer.spec, answer.counted, _units(answer, catalogue)
    names = group(answer.counted.record, result.by[0], catalogue)
    rows = figures(result, names)
    headline = not _may_not_lead(result)
    period = coverage(answer)
    if base.per is not None and not base.per.matches_period and answer.first.year != answer.last.year:
        period = _("{period} taken together").format(period=period)
    subtitle = _("{measure}, by {group}, {period}.").format(measure=spec.label, group=names.phrase, period=period)
    reference = 1.0 if spec.kind == "ratio" else None
    caption = []
    if headline and total is not None and spec.kind in ("share", "rate", "mean") and total.value is not None:
        reference = total.value
        caption.append(_("Dotted line: all {units}, {value}.").format(units=units, value=said(spec.kind, total)))
    bounded = spec.kind != "count" and any(row.bounded for row in rows)
    if spec.kind == "ratio":
        same = names.people.get(spec.reference) or names.name(spec.reference)
        caption.append(_("Dotted line: 1, the same as {group}.").format(group=same))
    if bounded:
        caption.insert(0, _("Pale band: where the figure could lie, whatever the unknown records were. "
                            "Open dot: the figure among records whose {group} is known. Line: its 95% interval.")
                       .format(group=names.phrase))  # fmt: skip
    elif spec.kind != "count":
        caption.insert(0, _("Dot: the figure. Line: the 95% interval."))
    if spec.kind in ("rate", "ratio", "mean"):
        caption.append(_("n: how many were counted."))
    wide = narrow = ""
    if len(rows) <= LONGEST_CHART:
        alt = charts.describe(spec.kind, rows, subtitle.rstrip("."))
        facts = (spec.kind, rows)
        wide = drawings.svg(charts.by_group, *facts, "wide", names.order, reference, not headline, alt=alt, css="wide")
        narrow = drawings.svg(
            charts.by_group, *facts, "narrow", names.order, reference, not headline, alt=alt, css="narrow"
        )
    else:
        caption = [_("There are {n} groups here, too many for one readable chart. The table has them all.")
                   .format(n=len(rows))]  # fmt: skip
    columns, cells = table(spec, answer.counted, names.label, rows)
    told = any(finding.guard == "missingness" for finding in result.findings)
    return Cut(
        id=names.path.replace(".", "-"),
        title=_("By {group}").format(group=names.phrase),
        subtitle=subtitle,
        notes=_said(result, names) + ([] if told else _unknown(rows, names, units)),
        caption=caption,
        wide=wide,
        narrow=narrow,
        columns=columns,
        rows=cells,
        headline=all(f.severity != "headline" or f.guard != "missingness" for f in result.findings),
    )  # fmt: skip


def _trend(answer: Answer, catalogue: Catalogue, drawings: Drawings) -> Cut:
    spec, result = answer.spec, answer.trend
    assert result is not None
    rows = [_marked(row, answer) for row in figures(result, None)]
    in_part = [row for row in rows if row.label != numbers.period(row.period)]
    whole = [row for row in rows if row not in in_part] if spec.kind in ("count", "rate") else rows
    grain = {"month": _("month"), "quarter": _("quarter"), "year": _("year")}[result.grain]
    subtitle = _("{measure}, all {units}, by {grain}, {period}.").format(
        measure=spec.label, units=_units(answer, catalogue), grain=grain, period=coverage(answer)
    )
    first, last = (whole or rows)[0], (whole or rows)[-1]
    caption = [_("Line: the figure. Band: the 95% interval.")] if rows[0].low is not None else []
    if len(whole) < len(rows):
        caption.append(
            _("Not in the line, because its records are not whole: {periods}.").format(
                periods="; ".join(row.label for row in in_part)
            )
        )
    ends = _("From {first} in {start} to {last} in {end}").format(
        first=said(spec.kind, first), start=first.label, last=said(spec.kind, last), end=last.label
    )
    alt = f"{subtitle} {ends}."
    columns, cells = table(spec, answer.counted, grain.capitalize(), rows)
    return Cut(
        id="time",
        title=_("Over time"),
        subtitle=subtitle,
        notes=[],
        caption=caption if len(whole) > 1 else [],
        wide=drawings.svg(charts.over_time, spec.kind, whole, "wide", alt=alt, css="wide") if len(whole) > 1 else "",
        narrow=drawings.svg(charts.over_time, spec.kind, whole, "narrow", alt=alt, css="narrow")
        if len(whole) > 1
        else "",
        columns=columns,
        rows=cells,
    )


def _marked(row: Figure, answer: Answer) -> Figure:
    """Return a period's figure, labelled with its days where the records do not cover all of it."""
    start = numbers.period_start(row.period)
    if start is None:
        return row
    first, last = max(start, answer.first), min(numbers.period_end(row.period), answer.last)
    if (first, last) == (start, numbers.period_end(row.period)):
        return row
    if first == start:
        return replace(row, label=_("{period}, to {day}").format(period=row.label, day=numbers.day(last)))
    return replace(row, label=_("{period}, from {day}").format(period=row.label, day=numbers.day(first)))


def _unknown(rows: Sequence[Figure], names: Group, units: str) -> list[str]:
    unknown, n = sum(row.n for row in rows if row.code is None), sum(row.n for row in rows)
    if not n:
        return []
    if not unknown:
        return [_("{group} is known for all {n} {units}.").format(group=names.label, n=numbers.count(n), units=units)]
    return [
        _("{group} is not known for {unknown} of {n} {units} ({share}).").format(
            group=names.label, unknown=numbers.count(unknown), n=numbers.count(n), units=units,
            share=numbers.share(unknown / n),
        )
    ]  # fmt: skip


def _how_sure(answer: Answer, total: Figure | None, catalogue: Catalogue) -> list[str]:
    spec, units, said_so = answer.spec, _units(answer, catalogue), []
    if total is not None and total.low is not None:
        said_so.append(
            _("The 95% interval runs from {low} to {high}: chance alone could move the figure about that far.").format(
                low=numbers.measured(total.low, spec.kind), high=numbers.measured(total.high, spec.kind)
            )
        )
    if total is not None and total.n and not total.missing and spec.kind != "count":
        said_so.append(_("All {n} {units} say what is counted here.").format(n=numbers.count(total.n), units=units))
    found = answer.results[0].findings
    return said_so + [f.text for f in found if f.guard in _ONCE and f.severity != "headline" and "group" not in f.facts]


_ONCE = ("missing", "review", "denominator", "unit")
"""Guards that say the same of every cut of a measure: told once, in "how sure is this"."""


def _said(result: MeasureResult, names: Group) -> list[str]:
    """Return what the guards found of one cut, what forbids a headline first."""
    own = [f for f in result.findings if f.guard not in _ONCE or (f.guard == "denominator" and "group" in f.facts)]
    texts = [finding.text for finding in sorted(own, key=lambda finding: finding.severity)]
    codes = "|".join(map(re.escape, names.labels))
    return [re.sub(rf"\b({codes})\b", lambda match: names.name(match[1]), text) for text in texts] if codes else texts


def _definition(spec: MeasureSpec, base: MeasureSpec, catalogue: Catalogue) -> Iterable[str]:
    units = unit_words(base.record, base.unit, catalogue)
    where = in_words(base.record, base.where, catalogue)
    which = _("{units} where {what}").format(units=units, what=where) if where else _("all {units}").format(units=units)
    if spec.kind == "ratio":
        names = group(base.record, spec.across, catalogue)
        yield _("We take the figure “{measure}” of each group and divide it by that of {reference}.").format(
            measure=base.label, reference=names.name(spec.reference)
        )
    if base.kind == "share":
        what = in_words(base.record, base.numerator, catalogue)
        yield _("We count the {units} where {what}, out of {which} that record it.").format(
            units=units, what=what, which=which
        )
    elif base.kind == "mean":
        names = group(base.record, base.value, catalogue)
        yield _("We take the average of {value} over {which} that record it.").format(value=names.phrase, which=which)
    else:
        yield _("We count {which}.").format(which=which)
    if base.per:
        yield _("We divide by {what} and give the result per {times}.").format(
            what=inside(base.per.label), times=numbers.count(base.per.times)
        )
    yield _("One row of these records is one of: {units}. It is not always one person.").format(units=units)
