"""One comparison of a measure's page, through time or by a group: words, chart drawn wide and narrow, table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from openhalo.catalogue.index import Catalogue
from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.charts import figures_chart, interactive
from openhalo.charts.figure import Figure, said
from openhalo.charts.svg import PAGE_COLOURS, Drawing, Drawings
from openhalo.language import formatting
from openhalo.language.marks import plain
from openhalo.language.scales import scale_of
from openhalo.language.translation import _
from openhalo.measures.figures import FIGURE_COLUMNS, MeasureResult
from openhalo.publications.pages.figure_table import Column, table
from openhalo.publications.tables.open_data import coverage
from openhalo.publications.tables.release_figures import ReleaseFigures
from openhalo.publications.wording.labels import Group, group, unit_words

LONGEST_CHART = 24
"""More groups than this stand in the table only: a longer chart cannot be read."""
ONCE = ("missing", "review", "denominator", "unit", "series")
"""Guards that say the same of every cut of a measure: told once, in "how sure is this"."""


@dataclass
class Cut:
    """One comparison."""

    id: str
    title: str
    subtitle: str
    says: str
    """What the chart shows, in one sentence without a ranking; empty where it shows no more than counts."""
    columns: list[Column]
    rows: list[list[str]]
    notes: list[str] = field(default_factory=list)
    caption: list[str] = field(default_factory=list)
    wide: Drawing | None = None
    narrow: Drawing | None = None
    explore: figures_chart.Spec | None = None
    """The chart that a reader may ask for, over the measure's own table."""
    withheld: list[int] = field(default_factory=list)
    """Rows whose figure is withheld, so that no one can be known by it."""
    comparable: bool = True
    """Whether groups may be compared at all; if not, the page shows where each figure could lie."""

    @property
    def interval_at(self) -> int:
        """Return the column that holds the interval, which stands under the value on a phone; 0 for none."""
        return next((place for place, column in enumerate(self.columns) if column.interval), 0)


def figures(result: MeasureResult | None, names: Group | None) -> list[Figure]:
    """Return the rows of a result as plain figures, groups in their fixed order, unknown last."""
    rows = [result.marked(row) for row in result.figures.to_dicts()] if result is not None else []
    if names is not None:
        rows.sort(key=lambda row: names.rank(row[names.path]))
    return [
        Figure(
            label=names.name(row[names.path]) if names else formatting.period(row["period"]),
            code=row[names.path] if names else None,
            k=result.k if result is not None else 10,
            id=row["id"],
            **{name: row[name] for name in FIGURE_COLUMNS},
        )
        for row in rows
    ]


def may_not_lead(result: MeasureResult | None) -> bool:
    """Return whether a guard forbids a headline."""
    return result is not None and any(note.severity == "headline" for note in result.guard_notes)


def units_of(answer: ReleaseFigures, catalogue: Catalogue) -> str:
    """Return what the counted rows are, as plural words."""
    return unit_words(answer.counted.record, answer.counted.unit, catalogue)


def by_group(
    result: MeasureResult, answer: ReleaseFigures, total: Figure | None, catalogue: Catalogue, drawings: Drawings
) -> Cut:
    """Return a measure's figures group by group."""
    spec, units = answer.spec, units_of(answer, catalogue)
    names = group(answer.counted.record, result.by[0], catalogue)
    rows = figures(result, names)
    columns, cells = table(spec, answer.counted, names.label, rows)
    text = _("{measure}, by {group}, {period}.")
    told = any(note.guard == "missingness" for note in result.guard_notes)
    cut = Cut(
        id=names.path.replace(".", "-"),
        title=_("By {group}").format(group=names.by),
        subtitle=text.format(measure=spec.label, group=names.by, period=coverage(answer)),
        notes=_notes(result) + ([] if told else _known_for_all(rows, names, units)),
        says=_across(spec, rows, names, units, total) if not may_not_lead(result) else "",
        columns=columns,
        rows=cells,
        withheld=[place for place, row in enumerate(rows) if row.status == "withheld"],
        comparable=not any(f.severity == "headline" and f.guard == "missingness" for f in result.guard_notes),
    )
    years = [row for one in answer.more if one.by == result.by and one.grain == "year" for row in one.figures["period"]]
    order = {row.code: row.label for row in rows}
    hues = {code: PAGE_COLOURS[figures_chart.hue(code, names.order)] for code in order} if names.order else {}
    periods = {"all": coverage(answer), **{year: year for year in sorted(set(years), reverse=True)}}
    cut.explore = interactive.by_group(spec.scale, names.path, order, periods, hues)
    if len(rows) > LONGEST_CHART:
        text = _("There are {n} groups here, too many for one readable chart. The table has them all.")
        cut.caption = [text.format(n=len(rows))]
        return cut
    leads = not may_not_lead(result)
    scale = scale_of(spec.scale)
    reference = scale.same
    if leads and total is not None and scale.beside_whole:
        reference = total.value
    cut.caption = list(_legend(answer, rows, names, units, reference))
    facts = (names.order, reference, not leads)
    alt = figures_chart.describe(spec.scale, rows, cut.subtitle.rstrip("."))
    return _draw(cut, drawings, figures_chart.by_group, (spec.scale, rows), facts, alt)


def over_time(answer: ReleaseFigures, catalogue: Catalogue, drawings: Drawings) -> Cut:
    """Return a measure's figures through time, over all groups."""
    spec, result, units = answer.spec, answer.trend, units_of(answer, catalogue)
    days = formatting.span(answer.all_days.first, answer.all_days.last)
    assert result is not None
    rows = [_marked(row, answer) for row in figures(result, None)]
    in_part = [row for row in rows if row.label != formatting.period(row.period)]
    whole = [row for row in rows if row not in in_part] if scale_of(spec.scale).grows else rows
    said_grains = {"month": _("month"), "quarter": _("quarter"), "year": _("year")}
    grain = said_grains[result.grain]
    columns, cells = table(spec, answer.counted, grain.capitalize(), rows)
    text = _("{measure}, all {units}, by {grain}, {period}.")
    cut = Cut(
        id="time",
        title=_("Over time"),
        subtitle=text.format(measure=spec.label, units=units, grain=grain, period=days),
        says=_through_time(spec.scale, whole, result.grain),
        columns=columns,
        rows=cells,
        withheld=[place for place, row in enumerate(rows) if row.status == "withheld"],
    )
    grains = [result.grain, *(one.grain for one in answer.more if not one.by)]
    cut.explore = interactive.over_time(spec.scale, {one: said_grains[one] for one in grains if one in said_grains})
    if len(whole) < 2:
        return cut
    cut.caption = [_("Line: the figure. Band: the 95% interval.")]
    if len(whole) < len(rows):
        text = _("Not in the line, because its records are not whole: {periods}.")
        cut.caption.append(text.format(periods="; ".join(row.label for row in in_part)))
    first, last = whole[0], whole[-1]
    text = _("{subtitle} From {first} in {start} to {last} in {end}.")
    alt = text.format(
        subtitle=cut.subtitle,
        first=said(spec.scale, first),
        start=first.label,
        last=said(spec.scale, last),
        end=last.label,
    )
    return _draw(cut, drawings, figures_chart.over_time, (spec.scale, whole), (), alt)


def _through_time(kind: str, rows: Sequence[Figure], grain: str) -> str:
    """Return between what a figure lay in all periods; empty where there are fewer than three."""
    values = [row.value for row in rows if row.value is not None]
    if len(values) < 3:
        return ""
    text = {
        "month": _("From month to month it ranged from {low} to {high}."),
        "quarter": _("From quarter to quarter it ranged from {low} to {high}."),
        "year": _("From year to year it ranged from {low} to {high}."),
    }[grain]
    return text.format(low=formatting.measured(min(values), kind), high=formatting.measured(max(values), kind))


def _across(spec: MeasureSpec, rows: Sequence[Figure], names: Group, units: str, total: Figure | None) -> str:
    """Return between what the figures of groups lie, and what they are compared with."""
    kind, scale = spec.scale, scale_of(spec.scale)
    values = [row.value for row in rows if row.value is not None and row.code is not None]
    if scale.bars or len(rows) > LONGEST_CHART or len(values) < 2:
        return ""
    low, high = (formatting.measured(end, kind) for end in (min(values), max(values)))
    if plain(low) == plain(high):
        return ""
    if scale.same is not None:
        text = _("Across these groups it ranged from {low} to {high} times the figure of {group}.")
        same = names.people.get(spec.reference) or names.name(spec.reference)
        return text.format(low=low, high=high, group=same)
    text = _("Across these groups it ranged from {low} to {high}.")
    if total is not None and total.value is not None:
        text = _("Across these groups it ranged from {low} to {high}. For all {units} it was {value}.")
        return text.format(low=low, high=high, units=units, value=formatting.measured(total.value, kind))
    return text.format(low=low, high=high)


def _draw(
    cut: Cut, drawings: Drawings, make: Callable[..., Any], data: tuple[Any, ...], more: tuple[Any, ...], alt: str
) -> Cut:
    cut.wide = drawings.svg(make, *data, "wide", *more, alt=alt, css="wide")
    cut.narrow = drawings.svg(make, *data, "narrow", *more, alt=alt, css="narrow")
    return cut


def _legend(
    answer: ReleaseFigures, rows: Sequence[Figure], names: Group, units: str, reference: float | None
) -> Sequence[str]:
    """Return what the marks of a chart by group mean."""
    kind, scale = answer.spec.scale, scale_of(answer.spec.scale)
    said_so: list[str] = []
    if scale.bars:
        return said_so
    if any(row.bounded for row in rows):
        text = _(
            "Pale band: where the figure could lie, whatever the unknown records were. Open dot: the figure "
            "among records that state {group}. Line: its 95% interval."
        )
        said_so.append(text.format(group=names.by))
    else:
        said_so.append(_("Dot: the figure. Line: the 95% interval."))
    if scale.same is not None:
        same = names.people.get(answer.spec.reference) or names.name(answer.spec.reference)
        said_so.append(_("Dotted line: 1, the same as {group}.").format(group=same))
    elif reference is not None:
        text = _("Dotted line: all {units}, {value}.")
        said_so.append(text.format(units=units, value=formatting.measured(reference, kind)))
    if scale.base in ("numerator", "denominator"):
        said_so.append(_("n: how many were counted."))
    return said_so


def _marked(row: Figure, answer: ReleaseFigures) -> Figure:
    """Return a period's figure, labelled with its days where the records do not cover all of it."""
    start, end = formatting.period_start(row.period), formatting.period_end(row.period)
    first, last = answer.all_days.first, answer.all_days.last
    if start is not None and first > start:
        return replace(row, label=_("{period}, from {day}").format(period=row.label, day=formatting.day(first)))
    if last < end:
        return replace(row, label=_("{period}, to {day}").format(period=row.label, day=formatting.day(last)))
    return row


def _notes(result: MeasureResult) -> list[str]:
    """Return what the guards found of one cut, what forbids a headline first."""
    own = [
        f
        for f in result.guard_notes
        if f.guard not in ONCE or (f.guard in ("denominator", "series") and "group" in f.facts)
    ]
    return [note.text for note in sorted(own, key=lambda note: note.severity)]


def _known_for_all(rows: Sequence[Figure], names: Group, units: str) -> list[str]:
    if any(row.status == "withheld" for row in rows):
        return []
    n = sum(row.n for row in rows)
    text = _("“{group}” is known for all {n} {units}.")
    return [text.format(group=names.label, n=formatting.count(n), units=units)] if n else []
