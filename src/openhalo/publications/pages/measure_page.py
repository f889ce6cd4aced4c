"""What a measure's page says, in the order in which people ask."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from openhalo.catalogue.index import Catalogue
from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.charts.figure import Figure, interval, said
from openhalo.charts.svg import Drawings
from openhalo.language import formatting
from openhalo.language.marks import Marked
from openhalo.language.scales import scale_of
from openhalo.language.translation import _
from openhalo.measures.kinds import counting_kind_of
from openhalo.measures.measure_kind import DefinitionWords
from openhalo.publications.pages.comparisons import ONCE, Cut, by_group, figures, may_not_lead, over_time, units_of
from openhalo.publications.tables.open_data import coverage
from openhalo.publications.tables.release_figures import ReleaseFigures
from openhalo.publications.wording.conditions import in_words
from openhalo.publications.wording.labels import group, inside


@dataclass
class MeasurePage:
    """Everything that stands on a measure's page, as words."""

    spec: MeasureSpec
    period: str
    answer: str
    value: str
    """The figure over everything; empty where there is none, or where a guard forbids a headline."""
    instead: str
    """What a list says in the place of the figure."""
    share_missing: float
    """Share of the records that do not say what the figure counts."""
    warnings: list[str]
    """Why the page has no headline figure."""
    per: str
    """What the figure is given in or per, beside it in a list: years, per 1,000 stops."""
    glance: list[tuple[str, str]]
    """Name and words of what a reader should know before reading on: period, count, interval, what is left out."""
    cuts: list[Cut]
    sure: list[str]
    definition: list[str]
    sources: list[Any]
    provenance: dict[str, Any]
    redefined: bool = False
    declared: list[Any] = field(default_factory=list)
    trace: str = ""
    """Place of the page that follows the figure back to its records; empty where there is none."""


def measure_page(
    answer: ReleaseFigures, catalogue: Catalogue, drawings: Drawings, sources: Sequence[Any]
) -> MeasurePage:
    """Return what a measure's page says."""
    spec, base = answer.spec, answer.counted
    total = figures(answer.total, None)[0] if answer.total is not None else None
    leads = total is not None and total.value is not None and not may_not_lead(answer.total)
    cuts = [over_time(answer, catalogue, drawings)] if answer.trend is not None else []
    cuts += [by_group(result, answer, total, catalogue, drawings) for result in answer.cuts if result.figures.height]
    return MeasurePage(
        spec=spec,
        period=coverage(answer),
        answer=_first(answer, total, catalogue),
        value=said(spec.scale, total) if total is not None and leads else "",
        instead="" if leads else _instead(base, total),
        share_missing=total.missing / total.n if total is not None and total.n else 0.0,
        warnings=[f.text for f in answer.total.guard_notes if f.severity == "headline"] if answer.total else [],
        per=_per(spec, catalogue) if spec.per or spec.value else "",
        glance=list(_at_a_glance(answer, total if leads else None, catalogue)),
        cuts=cuts,
        sure=list(_how_sure(answer, total, catalogue)),
        definition=list(_definition(answer, catalogue)),
        sources=list(sources),
        provenance=answer.results[0].provenance,
        redefined=spec.id in catalogue.redefined,
    )


def _instead(base: MeasureSpec, total: Figure | None) -> str:
    """Return what stands in a list of measures where others have their number."""
    if total is not None and total.status == "withheld":
        return _("withheld")
    return _("compares places") if base.per and base.per.residents else _("compares groups")


def _first(answer: ReleaseFigures, total: Figure | None, catalogue: Catalogue) -> str:
    """Return what happened, in one sentence with the number; why not, where there is none."""
    spec, period = answer.spec, coverage(answer)
    if answer.total is None or total is None:
        text = _("Each group of {period} is set beside {reference}, the group that all others are compared with.")
        if any(may_not_lead(cut) for cut in answer.cuts):
            text = _(
                "These records of {period} do not allow one number for each group. "
                "We show how low or high each could be."
            )
        names = group(answer.counted.record, spec.across, catalogue)
        return text.format(period=period, reference=names.name(spec.reference))
    if total.value is None:
        why = said(spec.scale, total, spec.minimum_n)
        return _("There is no figure for {period}: {why}.").format(period=period, why=why)
    if may_not_lead(answer.total):
        text = _("{n} {units} of {period} are counted here, set against the number of {base}.")
        return text.format(
            n=formatting.count(total.numerator),
            units=units_of(answer, catalogue),
            period=period,
            base=inside(spec.per.label) if spec.per else "",
        )
    return answer.total.shown()


def _at_a_glance(answer: ReleaseFigures, total: Figure | None, catalogue: Catalogue) -> Iterable[tuple[str, str]]:
    spec, units = answer.spec, units_of(answer, catalogue)
    yield _("Period"), coverage(answer)
    if spec.traits.compares_groups:
        names = group(answer.counted.record, spec.across, catalogue)
        yield _("Compared with"), names.people.get(spec.reference) or names.name(spec.reference)
    if total is None:
        return
    taken_of = scale_of(spec.scale).base if spec.traits.made_of_counts else "n"
    if taken_of == "fraction":
        yield _("Counted"), formatting.fraction(total.numerator, total.denominator)
    elif taken_of != "n":
        yield _("Counted"), f"{formatting.count(getattr(total, taken_of))} {units}"
    if total.low is not None and total.high is not None:
        yield _("95% interval"), interval(spec.scale, total.low, total.high)
    if total.n and not spec.traits.additive:
        left_out = _("{share} ({part} of {whole})") if total.missing else _("nothing")
        yield (
            _("Not recorded, so left out"),
            left_out.format(
                share=formatting.share(Marked(total.missing / total.n, f"{total.id}#missing/n")),
                part=formatting.count(total.missing),
                whole=formatting.count(total.n),
            ),
        )


def _per(spec: MeasureSpec, catalogue: Catalogue) -> str:
    if spec.per:
        return _("per {times} {what}").format(times=formatting.count(spec.per.times), what=inside(spec.per.label))
    found = catalogue.schema.follow(spec.record, spec.value)
    return found[1].unit if found else ""


def _how_sure(answer: ReleaseFigures, total: Figure | None, catalogue: Catalogue) -> Iterable[str]:
    if total is not None and total.low is not None:
        low, high = (formatting.measured(end, answer.spec.scale) for end in (total.low, total.high))
        text = _("The 95% interval runs from {low} to {high}: chance alone could move the figure about that far.")
        yield text.format(low=low, high=high)
    if total is not None and total.n and not total.missing and not answer.spec.traits.additive:
        text = _("All {n} {units} say what is counted here.")
        yield text.format(n=formatting.count(total.n), units=units_of(answer, catalogue))
    for note in answer.results[0].guard_notes:
        if note.guard in ONCE and note.severity != "headline" and "group" not in note.facts:
            yield note.text


def _definition(answer: ReleaseFigures, catalogue: Catalogue) -> Iterable[str]:
    spec, base, units = answer.spec, answer.counted, units_of(answer, catalogue)
    where = in_words(base.record, base.where, catalogue)
    which = _("{units} where {what}").format(units=units, what=where) if where else _("all {units}").format(units=units)
    if spec.traits.compares_groups:
        names = group(base.record, spec.across, catalogue)
        yield _("We take the figure “{measure}” of each group and divide it by that of {reference}.").format(
            measure=base.label, reference=names.people.get(spec.reference) or names.name(spec.reference)
        )
    field = base.value or base.holders
    words = DefinitionWords(
        units=units,
        which=which,
        outcome=in_words(base.record, base.numerator, catalogue),
        phrase=group(base.record, field, catalogue).phrase if field else "",
        top=formatting.share(base.top),
    )
    yield counting_kind_of(base).how_counted(words)
    if base.per:
        text = _("We divide by the number of {what} and give the result per {times}.")
        yield text.format(what=inside(base.per.label), times=formatting.count(base.per.times))
    if answer.days != answer.all_days:
        yield _("The main figures are those of {period}, the newest whole year; the table has every year.").format(
            period=coverage(answer)
        )
    yield _("What is counted here is {units}: the same person may be in several.").format(units=units)
