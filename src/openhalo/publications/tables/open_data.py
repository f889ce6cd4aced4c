"""The tables of a release: all figures in one long form, each measure's own, and the dictionary."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import polars as pl

from openhalo.catalogue.index import Catalogue
from openhalo.language.formatting import span
from openhalo.language.translation import _, mark_for_translation
from openhalo.measures.figures import FIGURE_COLUMNS, MeasureResult
from openhalo.publications.tables.release_figures import ReleaseFigures
from openhalo.publications.wording.labels import group, unit_words
from openhalo.releases.editions import FIGURES, RECOMPUTE, VERIFY
from openhalo.releases.tables import write_csv, write_twins
from openhalo.verification.derivation import Derivation

DICTIONARY = "data/dictionary.csv"
_OWN = {
    "measure": ("string", mark_for_translation("Measure that the figure answers")),
    "kind": ("string", mark_for_translation("Kind of figure: count, share, rate, ratio, mean, median, concentration")),
    "unit": ("string", mark_for_translation("What one counted row is")),
    "group": ("string", mark_for_translation("Field that the figure is cut by; empty: not cut")),
    "code": ("string", mark_for_translation("Code of the group; empty in a cut figure: not known")),
    "label": ("string", mark_for_translation("The group in words")),
    "group2": ("string", mark_for_translation("Second field that the figure is cut by")),
    "code2": ("string", mark_for_translation("Code of the second group")),
    "label2": ("string", mark_for_translation("The second group in words")),
    "grain": ("string", mark_for_translation("Length of the period: all, year, quarter, month, day")),
    "period": ("string", mark_for_translation("Period of the records; for all: first and last day")),
    "n": ("integer", mark_for_translation("Records looked at")),
    "missing": ("integer", mark_for_translation("Of these, records that do not say")),
    "numerator": ("number", mark_for_translation("Counted")),
    "denominator": ("number", mark_for_translation("What the value is taken of")),
    "value": ("number", mark_for_translation("The figure; empty where none can be given, see status")),
    "low": ("number", mark_for_translation("Lower end of the 95 % interval")),
    "high": ("number", mark_for_translation("Upper end of the 95 % interval")),
    "bound_low": ("number", mark_for_translation("Lowest value that records of unknown group allow")),
    "bound_high": ("number", mark_for_translation("Highest value that records of unknown group allow")),
    "status": (
        "string",
        mark_for_translation(
            "ok; reference: the group that others are compared with; or why there is no value: too_few: fewer records "
            "than carry a figure; no_data: no record says; no_denominator: nothing to count against; not_coded: the "
            "counted records have no such group; visitors: more visitors than residents; no_events: none in the "
            "reference group; no_reference: that group has no figure; withheld: it would count fewer people or "
            "officers than may be shown, or give such a figure away"
        ),
    ),
    "method": ("string", mark_for_translation("How the interval was made")),
    "check": (
        "string",
        mark_for_translation(
            "verify: anyone can count the figure again from the incident files, with openhalo verify; "
            "recompute: the agency or its overseer can, from the records themselves, with openhalo recompute"
        ),
    ),
}
_TYPES = {"string": pl.String(), "integer": pl.Int64(), "number": pl.Float64()}
_SCHEMA = pl.Schema({name: _TYPES[kind] for name, (kind, _text) in _OWN.items()})
_DICTIONARY = ("table", "name", "label", "type", "unit", "codes", "privacy", "source", "description")

Fields = list[dict[str, str]]


def write(
    folder: Path, answers: Sequence[ReleaseFigures], catalogue: Catalogue, derivation: Derivation
) -> dict[str, Fields]:
    """Write the tables of a release; return the schema (fields) of each, by its path.

    `derivation` says of each figure how it can be checked.
    """
    (folder / "data").mkdir(parents=True, exist_ok=True)
    fields = [{"name": name, "type": kind, "description": text} for name, (kind, text) in _OWN.items()]
    schemas: dict[str, Fields] = {FIGURES: fields}
    tables = [empty()]
    for answer in answers:
        table = pl.concat([long_form(result, answer, catalogue, derivation) for result in answer.results])
        place = table_of(answer.spec.id)
        write_csv(table, folder / place)
        schemas[place] = fields
        tables.append(table)
    figures = pl.concat(tables)
    write_twins(figures, folder / FIGURES)
    return schemas


def dictionary_of(place: str) -> str:
    """Return the path of the dictionary in the language whose pages stand in a folder of the release.

    >>> dictionary_of(""), dictionary_of("es/")
    ('data/dictionary.csv', 'data/dictionary.es.csv')
    """
    return f"data/dictionary.{place.removesuffix('/')}.csv" if place else DICTIONARY


def write_dictionary(
    folder: Path, answers: Sequence[ReleaseFigures], catalogue: Catalogue, place: str
) -> dict[str, Fields]:
    """Write what every column and code means in the language being spoken; return its schema by its path."""
    rows, path = list(_dictionary(answers, catalogue)), dictionary_of(place)
    write_csv(pl.DataFrame(rows, schema=dict.fromkeys(_DICTIONARY, pl.String)), folder / path)
    return {path: [{"name": name, "type": "string"} for name in _DICTIONARY]}


def table_of(measure: str) -> str:
    """Return the path of a measure's own table."""
    return f"data/{measure}.csv"


def empty() -> pl.DataFrame:
    """Return the long form without a figure."""
    return pl.DataFrame(schema=_SCHEMA)


def long_form(
    result: MeasureResult, answer: ReleaseFigures, catalogue: Catalogue, derivation: Derivation
) -> pl.DataFrame:
    """Return figures with one row a figure, whatever they are cut by."""
    lacking = derivation.why_not(result.spec.id, result.by, result.grain)
    found = rows(result, answer, catalogue).with_columns(pl.lit(RECOMPUTE if lacking else VERIFY).alias("check"))
    return found.select(pl.col(name).cast(kind) for name, kind in _SCHEMA.items())


def rows(result: MeasureResult, answer: ReleaseFigures, catalogue: Catalogue) -> pl.DataFrame:
    """Return figures as in the long form, but for how each can be checked."""
    base = answer.counted
    columns = [
        pl.lit(result.spec.id).alias("measure"),
        pl.lit(result.spec.kind).alias("kind"),
        pl.lit(unit_words(base.record, base.unit, catalogue)).alias("unit"),
    ]
    for place, suffix in enumerate(("", "2")):
        path = result.by[place] if place < len(result.by) else None
        code = pl.col(path) if path else pl.lit(None, pl.String)
        names = group(base.record, path, catalogue) if path else None
        label = (
            code.replace_strict(names.labels, default=code, return_dtype=pl.String).fill_null(names.name(None))
            if names and names.labels
            else code.fill_null(names.name(None))
            if names
            else pl.lit(None, pl.String)
        )
        columns += [pl.lit(path, pl.String).alias(f"group{suffix}"), code.alias(f"code{suffix}")]
        columns.append(label.alias(f"label{suffix}"))
    period = pl.lit(str(answer.days)) if result.grain == "all" else pl.col("period")
    columns += [pl.lit(result.grain).alias("grain"), period.alias("period")]
    columns += [pl.col(name) for name in FIGURE_COLUMNS if name != "period"]
    return result.figures.select(*columns, pl.lit(result.method).alias("method"))


def coverage(answer: ReleaseFigures) -> str:
    """Return the days that an answer speaks for, in words."""
    return span(answer.days.first, answer.days.last)


def _dictionary(answers: Sequence[ReleaseFigures], catalogue: Catalogue) -> Iterable[dict[str, str]]:
    for name, (kind, text) in _OWN.items():
        yield {
            "table": "figures",
            "name": name,
            "label": _(text),
            "type": kind,
            "privacy": "public",
            "source": "OpenHALO",
        }
    yield {
        "table": "*",
        "name": "*",
        "label": _("Text in CSV files"),
        "type": "string",
        "privacy": "public",
        "source": "OpenHALO",
        "description": _(
            "A cell that begins with =, +, -, @, a tab or a line break has ' before it: no spreadsheet runs it. "
            "Parquet files hold it as it is."
        ),
    }
    for record in sorted({answer.counted.record for answer in answers}):
        for name, spec in catalogue.record_type(record).fields.items():
            vocabulary = catalogue.vocabularies.get(spec.vocabulary)
            codes = [f"{code} = {vocabulary.codes[code].label}" for code in vocabulary.order] if vocabulary else []
            yield {
                "table": record,
                "name": name,
                "label": spec.label,
                "type": spec.type,
                "unit": spec.unit,
                "codes": "; ".join(codes),
                "privacy": spec.privacy,
                "source": spec.source,
                "description": spec.description,
            }
