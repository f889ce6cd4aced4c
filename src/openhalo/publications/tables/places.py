"""What is known of places: what was counted in each, when, and where its centre lies."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from openhalo.base.periods import Grain
from openhalo.catalogue.index import Catalogue
from openhalo.language import formatting
from openhalo.measures.evaluation import evaluate
from openhalo.measures.figures import MeasureResult
from openhalo.measures.planning import Question
from openhalo.publications.imprint import Imprint
from openhalo.publications.tables.open_data import Fields
from openhalo.publications.tables.place_centres import COORDINATES, centres
from openhalo.publications.tables.release_figures import ReleaseFigures
from openhalo.records.reading import Records
from openhalo.releases.tables import write_csv

CENTRES, BY_PERIOD = "data/places/centres.csv", "data/places/by_period.csv"
_MOST_PERIODS = 24
_CENTRE_FIELDS = {"group": "string", "code": "string", "latitude": "number", "longitude": "number"}
_PERIOD_FIELDS = {
    "measure": "string",
    "group": "string",
    "code": "string",
    "grain": "string",
    "period": "string",
    "value": "number",
}


@dataclass
class PlaceFigures:
    """What a release says of the places of one field."""

    path: str
    answers: list[ReleaseFigures]
    """Measures that are cut by it: of each domain a count, then a share."""
    centres: pl.DataFrame
    """`code`, `latitude`, `longitude`."""
    periods: dict[str, MeasureResult] = field(default_factory=dict)
    """Count measure → its figures by place and period, where these may be shown."""

    def defined_by(self, catalogue: Catalogue) -> "PlaceFigures":
        """Return the same figures with answers to the measures as a catalogue in another language defines them."""
        return replace(self, answers=[answer.defined_by(catalogue) for answer in self.answers])

    def by_period(self, measure: str) -> pl.DataFrame:
        """Return `code`, `period`, `value` of a count measure: whole periods only."""
        result = self.periods[measure]
        answer = next(answer for answer in self.answers if answer.spec.id == measure)
        first, last = answer.all_days.first, answer.all_days.last
        whole = [
            p
            for p in result.figures["period"].unique()
            if (formatting.period_start(p) or last) >= first and formatting.period_end(p) <= last
        ]
        shown = result.figures.filter(pl.col("period").is_in(whole))
        return shown.select(pl.col(self.path).alias("code"), "period", "value").sort("code", "period")


def place_figures(
    answers: Sequence[ReleaseFigures], records: Records, imprint: Imprint, hidden: Collection[str] = ()
) -> list[PlaceFigures]:
    """Return what a release says of places, the field with the most places first; empty where records name none.

    Of `hidden` record types only what their protected answers say: nothing is counted or placed from their records.
    """
    found = []
    for path in dict.fromkeys(path for answer in answers for path in places_of(answer, records)):
        cut = [answer for answer in answers if path in places_of(answer, records)]
        chosen = _chosen(cut, records.catalogue.lead)
        if any(answer.spec.traits.additive for answer in chosen):
            open_ = [answer for answer in chosen if answer.counted.record not in hidden]
            when = _periods(path, chosen, imprint, records, hidden)
            found.append(PlaceFigures(path, chosen, centres(path, open_, records), when))
    return sorted(found, key=lambda one: -max(cut_by(answer, one.path).figures.height for answer in one.answers))


def places_of(answer: ReleaseFigures, records: Records) -> list[str]:
    """Return the fields that an answer is cut by whose values are places, at least two of them known."""
    fields = records.catalogue.record_type(answer.counted.record).fields
    paths = [cut.by[0] for cut in answer.cuts if len(cut.by) == 1 and cut.figures[cut.by[0]].drop_nulls().len() > 1]
    return [path for path in paths if path in fields and fields[path].place]


def cut_by(answer: ReleaseFigures, path: str) -> MeasureResult:
    """Return an answer's figures by one group."""
    return next(cut for cut in answer.cuts if cut.by == [path])


def write(folder: Path, places: Sequence[PlaceFigures]) -> dict[str, Fields]:
    """Write the tables behind maps and small lines; return the schema of each, by its path."""
    if not places:
        return {}
    where = [one.centres.select(pl.lit(one.path).alias("group"), "code", *COORDINATES) for one in places]
    write_csv(pl.concat(where), folder / CENTRES)
    when = [
        pl.DataFrame(
            schema={name: pl.Float64() if kind == "number" else pl.String() for name, kind in _PERIOD_FIELDS.items()}
        )
    ]
    for one in places:
        for measure, result in one.periods.items():
            said = [pl.lit(text).alias(name) for name, text in (("measure", measure), ("group", one.path))]
            rows = one.by_period(measure).with_columns(*said, pl.lit(str(result.grain)).alias("grain"))
            when.append(rows.select(*_PERIOD_FIELDS))
    write_csv(pl.concat(when), folder / BY_PERIOD)
    return {
        place: [{"name": name, "type": kind} for name, kind in fields.items()]
        for place, fields in ((CENTRES, _CENTRE_FIELDS), (BY_PERIOD, _PERIOD_FIELDS))
    }


def _chosen(answers: Sequence[ReleaseFigures], lead: Sequence[str]) -> list[ReleaseFigures]:
    """Return of each domain a count and a share: one that leads, or else the one that leaves out the fewest records."""
    found: dict[str, list[ReleaseFigures]] = {}
    told_plainly = [a for a in answers if a.spec.traits.plain and a.spec.direction == "neither" and not a.spec.where]
    for additive in (True, False):
        fitting = [answer for answer in told_plainly if answer.spec.traits.additive is additive]
        for answer in sorted(fitting, key=lambda a: (a.spec.id not in lead, _left_out(a), len(a.spec.id), a.spec.id)):
            domain = found.setdefault(answer.spec.domain, [])
            if all(other.spec.traits.additive is not additive for other in domain):
                domain.append(answer)
    by_size = sorted(found.values(), key=lambda domain: -_records(domain[0]))
    return [answer for domain in by_size for answer in domain][:4]


def _left_out(answer: ReleaseFigures) -> float:
    rows = answer.total.figures if answer.total is not None else None
    return int(rows["missing"].sum()) / (int(rows["n"].sum()) or 1) if rows is not None else 1.0


def _records(answer: ReleaseFigures) -> int:
    return int(answer.total.figures["n"].sum()) if answer.total is not None else 0


def _periods(
    path: str, answers: Sequence[ReleaseFigures], imprint: Imprint, records: Records, hidden: Collection[str]
) -> dict[str, MeasureResult]:
    """Return counts by place and period where anyone can read both of every record; else what the release has by year.

    The months of one neighborhood are small numbers: a site that has not declared them public does not show them.
    """
    open_fields = {(one.record, name) for one in imprint.declared for name in one.fields}
    found = {}
    for answer in answers:
        spec, record = answer.spec, answer.counted.record
        if not spec.traits.additive:
            continue
        needed = {(record, path), (record, records.catalogue.record_type(record).time)}
        if needed <= open_fields and record not in hidden:
            found[spec.id] = evaluate(Question(spec, [path], _grain(answer), answer.all_days), records)
        else:
            for one in answer.more:
                if one.by == [path] and one.grain == "year":
                    found[spec.id] = one
    return found


def _grain(answer: ReleaseFigures) -> Grain:
    """Return the finest period of which a line the size of a word can show all."""
    months = (answer.all_days.last - answer.all_days.first).days / 30.4
    grains: tuple[tuple[Grain, int], ...] = (("month", 1), ("quarter", 3))
    fitting = [grain for grain, size in grains if grain in answer.spec.periods and months / size <= _MOST_PERIODS]
    return fitting[0] if fitting else "year"
