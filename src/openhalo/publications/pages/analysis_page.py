"""What an analysis' page says: the answer, its chart, every comparison, what must hold, and how it was planned."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import isnan
from typing import Any

from openhalo.analyses.contrasts import Contrast
from openhalo.analyses.results import AnalysisResult, Counts
from openhalo.analyses.subject import Subject
from openhalo.analyses.wording import named, shown, span
from openhalo.catalogue.analysis_kinds.small_area_estimate import SmallAreaEstimate
from openhalo.catalogue.analysis_plans import AnalysisPlan
from openhalo.catalogue.analysis_specs import AnalysisSpec, Grouped
from openhalo.catalogue.index import Catalogue
from openhalo.charts.svg import Drawing, Drawings
from openhalo.language import formatting
from openhalo.language.scales import scale_of
from openhalo.language.translation import _
from openhalo.publications.pages.figure_table import Column
from openhalo.publications.tables.analysis_data import COMPARISONS, detail_of
from openhalo.publications.wording.conditions import in_words
from openhalo.publications.wording.labels import group


@dataclass
class AnalysisPage:
    """Everything that stands on an analysis' page, as words."""

    spec: AnalysisSpec
    planned: bool
    refused: bool
    answers: list[str]
    limit: str
    period: str
    columns: list[Column]
    rows: list[list[str]]
    assumptions: list[tuple[str, str]]
    """What must hold, and whether these records show it: in words."""
    notes: list[str]
    definition: list[str]
    methods: list[str]
    citations: list[str]
    plan: AnalysisPlan
    family: str
    sources: list[Any]
    provenance: dict[str, Any]
    redefined: bool
    headline: str
    counts: list[Counts]
    drawn: list[tuple[Drawing, Drawing, str]] = field(default_factory=list)
    """Charts: wide, narrow, and the words below."""
    tables: list[str] = field(default_factory=list)

    @property
    def place(self) -> str:
        """Return the path of the page."""
        return f"pages/analyses/{self.spec.id}.html"


def analysis_page(result: AnalysisResult, plan: AnalysisPlan, catalogue: Catalogue, drawings: Drawings) -> AnalysisPage:
    """Return what an analysis' page says, in the language being spoken."""
    result, subject = result.marked(), result.subject
    spec = catalogue.analysis(subject.spec.id)
    columns, rows = _table(result)
    told_by = dict.fromkeys(cover.source for cover in subject.covered)
    page = AnalysisPage(
        spec=spec,
        planned=subject.standing == "planned",
        refused=bool(result.refusal),
        headline=result.headline(),
        counts=result.tables(),
        answers=result.answers(),
        limit=_(result.limit) if result.limit else "",
        period=formatting.span(subject.days.first, subject.days.last) if subject.days else "",
        columns=columns,
        rows=rows,
        assumptions=[(_(text), _state(state)) for text, state in result.assumptions],
        notes=result.notes,
        definition=list(_definition(subject, catalogue)),
        methods=[_(one) for one in result.methods],
        citations=result.citations or spec.sources,
        plan=plan,
        family=_family(result, plan),
        sources=[catalogue.sources[name] for name in told_by if name in catalogue.sources],
        provenance=subject.provenance,
        redefined=spec.id in catalogue.redefined,
        tables=[COMPARISONS, *([detail_of(result)] if result.detail.width else [])],
    )
    for picture in result.pictures():
        wide, narrow = (
            drawings.svg(picture.make, *picture.arguments(variant), alt=picture.alt, css=variant)
            for variant in ("wide", "narrow")
        )
        page.drawn.append((wide, narrow, picture.caption))
    return page


def _table(result: AnalysisResult) -> tuple[list[Column], list[list[str]]]:
    """Return one row a comparison; columns that would be empty are left out."""
    every = result.contrasts
    scales = {one.scale for one in every}
    head = _(scale_of(scales.pop()).head) if len(scales) == 1 else _("Estimate")
    parts: list[tuple[bool, Column, Any]] = [
        (True, Column(_("Compared")), lambda one: named(one, result.subject, result.wording)),
        (True, Column(head), lambda one: shown(one.estimate, one.scale)),
        (True, Column(_("95% interval"), interval=True, minor=True), lambda one: span(one.low, one.high, one.scale)),
        (any(one.bounds for one in every), Column(_("With unknown group, between"), minor=True), _bounds),
        (True, Column(_("Records"), minor=True), lambda one: formatting.count(one.n)),
        (any(not isnan(one.p) for one in every), Column(_("p-value"), minor=True), _p),
    ]
    kept = [(column, cell) for wanted, column, cell in parts if wanted]
    return [column for column, _cell in kept], [[cell(one) for _column, cell in kept] for one in every]


def _bounds(one: Contrast) -> str:
    return span(one.bounds[0], one.bounds[1], one.scale) if one.bounds else "–"


def _p(one: Contrast) -> str:
    value = one.p if isnan(one.adjusted) else one.adjusted
    return "–" if isnan(value) else formatting.p_value(value)


def _state(state: str) -> str:
    words = {"met": _("holds here"), "not met": _("does not hold here"), "not testable": _("cannot be checked")}
    return words[state]


def _family(result: AnalysisResult, plan: AnalysisPlan) -> str:
    if not result.leading:
        return ""
    if result.subject.standing == "exploratory":
        return _("It was added after the plan, so it is exploratory: a reason to look closer, not a finding.")
    if result.family < 2:
        return ""
    text = {
        "holm": _(
            "The plan makes {n} comparisons. The p-values allow for all of them (Holm), so that the chance of even one "
            "false alarm stays under {level}."
        ),
        "benjamini_hochberg": _(
            "The plan makes {n} comparisons. The p-values allow for all of them (Benjamini and Hochberg), so that "
            "among what is called more than chance at most {level} are false alarms on average."
        ),
    }[plan.multiplicity]
    return text.format(n=result.family, level=f"{100 * plan.level:g}%")


def _definition(subject: Subject[Any], catalogue: Catalogue) -> Iterable[str]:
    spec, record = subject.spec, subject.spec.record
    where = in_words(record, spec.where, catalogue)
    text = _("It looks at {units} where {what}.") if where else _("It looks at all {units}.")
    yield text.format(units=subject.unit, what=where)
    held = spec.settings
    if held.get("discretionary"):
        yield _("Only these searches count: {what}.").format(what=in_words(record, spec.discretionary, catalogue))
    if held.get("outcome"):
        yield _("What is compared: {what}.").format(what=in_words(record, spec.outcome, catalogue))
    if held.get("answer"):
        yield _("The answer counted: {what}.").format(what=in_words(record, spec.answer, catalogue))
    if held.get("items"):
        fields = ", ".join(group(record, path, catalogue).label for path in spec.items)
        yield _("The questions that make the scale: {fields}.").format(fields=fields)
    if held.get("margins"):
        fields = ", ".join(group(record, margin.field, catalogue).label for margin in spec.margins)
        yield _("Answers are weighted so that these groups have their share of the population: {fields}.").format(
            fields=fields
        )
    if isinstance(spec, SmallAreaEstimate):
        area, *traits = (group(record, one.field, catalogue).label for one in (spec.cells.area, *spec.cells.traits))
        text = _(
            "People are alike in: {fields}. The population's latest numbers say how many of each kind live in each "
            "area ({area})."
        )
        yield text.format(fields=", ".join(traits) or "–", area=area)
    if isinstance(spec, Grouped) and subject.reference:
        names = group(record, spec.group, catalogue)
        text = _("Groups are those of “{field}”; the others are compared with {reference}.")
        yield text.format(field=names.label, reference=subject.name(subject.reference))
    if held.get("place"):
        yield _("Places are those of “{field}”.").format(field=group(record, spec.place, catalogue).label)
    if held.get("strata"):
        text = _("Held equal besides: {fields}.")
        yield text.format(fields=", ".join(group(record, path, catalogue).phrase for path in spec.strata))
