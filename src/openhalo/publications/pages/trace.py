"""The trace of a figure: from the number on the page back to the records that it counts and the files they came in."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.language import formatting
from openhalo.language.marks import Marked
from openhalo.language.translation import _, plural
from openhalo.publications.pages.comparisons import units_of
from openhalo.publications.tables.deliveries import DeliveryRow
from openhalo.publications.tables.open_data import coverage
from openhalo.publications.tables.release_figures import ReleaseFigures
from openhalo.records.reading import Records
from openhalo.verification.derivation import Derivation


@dataclass(frozen=True)
class Trace:
    """Everything that stands on a measure's trace page."""

    spec: MeasureSpec
    place: str
    """Path of the page within the release's language."""
    steps: list[tuple[str, str]]
    """What is done, and how many records are left; empty for a measure that only compares groups."""
    conditions: list[tuple[str, str]]
    """What a condition is for, and the condition as it is evaluated."""
    definition: str
    """Hash of the definition, as `definitions.json` has it."""
    tables: list[tuple[str, int]]
    """Record type, and the version of its table that was read."""
    receipts: list[DeliveryRow]
    checks: list[str]
    """How many of its figures anyone can count again, and why the others only the agency."""
    anyone: bool
    """Whether there are figures that anyone can count again."""


def trace_of(measure: str) -> str:
    """Return the path of a measure's trace page."""
    return f"pages/trace/{measure}.html"


def trace(
    answer: ReleaseFigures,
    derivation: Derivation,
    receipts: Sequence[DeliveryRow],
    records: Records,
    hidden: Collection[str] = (),
) -> Trace:
    """Return what the trace page of a measure says; nothing of how many `hidden` records the store holds."""
    definitions, catalogue = derivation.definitions, records.catalogue
    defined = definitions.measures[answer.spec.id]
    why = [(derivation.why_not(answer.spec.id, one.by, one.grain), one.figures.height) for one in answer.results]
    derived = sum(figures for lacking, figures in why if not lacking)
    rest = sum(figures for lacking, figures in why if lacking)
    return Trace(
        spec=answer.spec,
        place=trace_of(answer.spec.id),
        steps=list(_steps(answer, records, hidden)),
        conditions=list(_conditions(answer.counted)),
        definition=defined.definition,
        tables=[
            (catalogue.record_type(name).plural, definitions.records[name].table_version) for name in defined.records
        ],
        receipts=[one for one in receipts if one.record in defined.records],
        checks=list(_checks(derived, rest)),
        anyone=derived > 0,
    )


def _steps(answer: ReleaseFigures, records: Records, hidden: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield the counts of records from the store to the figure; none where the figure is withheld."""
    if answer.total is None or not answer.total.figures.height:
        return
    row = answer.total.marked(answer.total.figures.row(0, named=True))
    base, units = answer.counted, units_of(answer, records.catalogue)
    if row["n"] is None or row["numerator"] is None:
        return
    told = Marked(row["n"] - row["missing"], f"{row['id']}#n-missing")
    if base.record not in hidden:
        yield _("all {units} on record").format(units=units), _n(records.manifest.tables[base.record].rows)
    yield _("{units} of {period} that the figure looks at").format(units=units, period=coverage(answer)), _n(row["n"])
    if base.traits.of_told:
        yield _("of these, {units} that say what is counted").format(units=units), _n(told)
    elif row["missing"]:
        yield _("of these, {units} that can be set against a number").format(units=units), _n(told)
    if not base.value:
        yield _("of these, counted"), _n(row["numerator"])
    if base.per is not None and row["denominator"] is not None:
        yield _("set against: {what}").format(what=base.per.label), _n(row["denominator"])


def _n(number: float) -> str:
    return formatting.count(number)


def _conditions(base: MeasureSpec) -> Iterator[tuple[str, str]]:
    if base.where:
        yield _("Records that it looks at"), base.where
    if base.numerator:
        yield _("What is counted"), base.numerator
    if base.value:
        yield _("What is averaged"), base.value
    if base.per is not None and base.per.where:
        yield _("What it is set against"), base.per.where


def _checks(derived: int, rest: int) -> Iterator[str]:
    if derived:
        text = plural(
            "Anyone can count {n} figure again from the incident file that comes with this release.",
            "Anyone can count {n} figures again from the incident file that comes with this release.",
            derived,
        )
        yield text.format(n=formatting.count(derived))
    if rest:
        text = plural(
            "{n} figure cannot be counted from the files of this release. The agency, or the body that "
            "oversees it, can compute it again from the records.",
            "{n} figures cannot be counted from the files of this release. The agency, or the body that "
            "oversees it, can compute them again from the records.",
            rest,
        )
        yield text.format(n=formatting.count(rest))
