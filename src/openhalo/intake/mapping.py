"""Raw cells as typed fields, as the source spec says. All rows at once; no row is lost, none is guessed."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from openhalo.base.errors import name_all
from openhalo.catalogue.conditions import parse
from openhalo.catalogue.record_types import FieldSpec, RecordType
from openhalo.catalogue.schema import Schema
from openhalo.catalogue.sources import FieldMapping, SourceSpec
from openhalo.engines.columns import POLARS, polars_schema
from openhalo.engines.expressions import to_polars
from openhalo.intake.faults import Fault

CELL_SEPARATOR = "\x1f"


@dataclass(frozen=True)
class Mapped:
    """Typed rows on their way in: `row`, `source_id`, then the record type's own columns."""

    frame: pl.LazyFrame
    faults: Sequence[Fault]


def map_rows(cells: pl.LazyFrame, source: SourceSpec, record: RecordType, schema: Schema, agency: str) -> Mapped:
    """Map raw cells to the columns of a record type.

    Args:
        cells: text columns named as in the file, and `row`.
        source: the spec, already checked against the catalogue.
        record: the record type that it fills.
        schema: all record types and vocabularies.
        agency: id of the agency that sent the file; links lead to records of the same agency.

    Returns:
        The typed frame and the faults that its cells can have. With `repeat`, each row gives several records.
    """
    columns = [name for name in cells.collect_schema().names() if name != "row"]
    taken = [name for name in columns if name not in source.ignore]
    blank = list({"", *source.format.blank})
    stripped = [pl.col(name).str.strip_chars() for name in taken]
    trimmed = cells.select(
        "row",
        *[
            pl.when(cell.is_in(blank)).then(None).otherwise(cell).alias(_raw(name))
            for name, cell in zip(taken, stripped, strict=True)
        ],
    )
    identity = [_raw(name) for name in (source.key or taken)]
    joined = pl.concat_str(
        [pl.col(name).fill_null("") for name in identity], separator=CELL_SEPARATOR if not source.key else "|"
    )
    trimmed = trimmed.with_columns(joined.alias("source_id"))
    entries = source.repeat or {"": {}}
    mapped = [
        _one_record({**source.fields, **extra}, entry, trimmed, source, record, schema, agency)
        for entry, extra in entries.items()
    ]
    frames = [part.frame for part in mapped]
    faults = [fault for fault in mapped[0].faults]
    if any(len(part.faults) != len(faults) for part in mapped):
        raise AssertionError("every entry of 'repeat' fills the same fields")
    frame = frames[0] if len(frames) == 1 else pl.concat(frames)
    return Mapped(frame, faults)


def _raw(name: str) -> str:
    return f"raw:{name}"


def _one_record(
    mappings: dict[str, FieldMapping],
    entry: str,
    cells: pl.LazyFrame,
    source: SourceSpec,
    record: RecordType,
    schema: Schema,
    agency: str,
) -> Mapped:
    faults: list[Fault] = []
    direct: list[pl.Expr] = []
    derived: list[pl.Expr] = []
    for name, field in record.fields.items():
        mapping = mappings.get(name, FieldMapping.model_construct(value=None))
        cell = _Cell(name, field, mapping, source, schema, agency)
        (derived if mapping.derive else direct).extend(cell.columns())
        faults.extend(cell.faults())
    own = polars_schema({c: t for name, spec in record.fields.items() for c, t in spec.columns(name).items()})
    identity = pl.col("source_id") + pl.lit(f"#{entry}" if entry else "")
    frame = cells.with_columns(direct).with_columns(derived)
    return Mapped(frame.with_columns(identity.alias("source_id")).select("row", "source_id", "^raw:.*$", *own), faults)


@dataclass(frozen=True)
class _Cell:
    """The expressions that turn one column of the file into one field."""

    name: str
    field: FieldSpec
    mapping: FieldMapping
    source: SourceSpec
    schema: Schema
    agency: str

    @property
    def written(self) -> pl.Expr:
        """The cell as text, null where blank."""
        column = pl.col(_raw(self.mapping.column))
        if self.mapping.time_column:
            return pl.concat_str([column, pl.col(_raw(self.mapping.time_column))], separator=" ")
        return column

    @property
    def present(self) -> pl.Expr:
        """The cell as text, null where blank or where it says why the value is missing."""
        if not self.mapping.missing:
            return self.written
        return pl.when(self.written.is_in(list(self.mapping.missing))).then(None).otherwise(self.written)

    def columns(self) -> list[pl.Expr]:
        """Return the field's stored columns."""
        value = self.value()
        columns = self.companions(value)
        if not self.field.required:
            columns[f"{self.name}_missing"] = pl.when(value.is_null()).then(self.missing())
        return [expression.alias(column) for column, expression in columns.items()]

    def missing(self) -> pl.Expr:
        if self.mapping.absent:
            return pl.lit(self.mapping.absent)
        if not self.mapping.column or not self.mapping.missing:
            return pl.lit("not_collected" if not self.mapping.derive else "unknown")
        reasons = self.mapping.missing
        return self.written.replace_strict(
            list(reasons), list(reasons.values()), default="not_collected", return_dtype=pl.String
        )

    def companions(self, value: pl.Expr) -> dict[str, pl.Expr]:
        if self.field.type == "time":
            local = value.dt.convert_time_zone(self.source.zone).dt.replace_time_zone(None)
            precision = pl.when(value.is_not_null()).then(pl.lit(self.mapping.precision))
            return {
                self.name: value,
                f"{self.name}_local": local,
                f"{self.name}_date": local.dt.date(),
                f"{self.name}_precision": precision,
            }
        if self.field.type in ("code", "codes"):
            raw = self.written if self.mapping.column else pl.lit(None, pl.String)
            return {self.name: value, f"{self.name}_raw": raw}
        return {self.name: value}

    def value(self) -> pl.Expr:
        if self.mapping.derive:
            node, _ = parse(self.mapping.derive, self.source.record, self.schema)
            assert node is not None, "checked when the catalogue was read"
            return to_polars(node)
        if not self.mapping.column:
            value: object = self.mapping.value
            constant = [value] if self.field.type == "codes" and value is not None else value
            return pl.lit(constant, POLARS[self.field.columns(self.name)[self.name]])
        return getattr(self, f"_{self.field.type}")()  # type: ignore[no-any-return]

    def faults(self) -> list[Fault]:
        """Return what can be wrong with the cell itself: it does not read, or it must not be missing."""
        found: list[Fault] = []
        if self.mapping.column:
            unread = self.present.is_not_null() & pl.col(self.name).is_null()
            message, allowed = self.expectation()
            found.append(Fault(self.name, self.mapping.column, unread, message, allowed))
            if self.field.type == "codes":
                holes = pl.col(self.name).list.eval(pl.element().is_null()).list.any()
                found.append(Fault(self.name, self.mapping.column, holes, message, allowed))
        if self.field.required:
            found.append(
                Fault(
                    self.name,
                    self.mapping.column,
                    pl.col(self.name).is_null() & (self.present.is_null() if self.mapping.column else True),
                    "which stands for no value; this field must not be empty",
                )
            )
        return found

    def expectation(self) -> tuple[str, str]:
        match self.field.type:
            case "code" | "codes":
                return "a code that the source does not list", name_all(
                    [*self.mapping.codes, *self.mapping.missing], 40
                )
            case "date" | "time":
                return "which is no possible date or time", " or ".join(self.mapping.formats)
            case "boolean":
                return "which is neither yes nor no", name_all(
                    [*self.mapping.true, *self.mapping.false, *self.mapping.missing]
                )
            case kind:
                return f"which is no {kind}", ""

    def _text(self) -> pl.Expr:
        return self.present

    def _link(self) -> pl.Expr:
        return pl.lit(f"{self.agency}/{self.mapping.target or self.source.id}/") + self.present

    def _number(self) -> pl.Expr:
        number = self.present.cast(pl.Float64, strict=False)
        number = pl.when(number.is_finite()).then(number)
        if self.mapping.times:
            number = number * pl.col(_raw(self.mapping.times)).cast(pl.Float64, strict=False)
        return number.round(self.mapping.digits) if self.mapping.digits is not None else number

    def _integer(self) -> pl.Expr:
        whole = self.present.cast(pl.Int64, strict=False)
        number = self._number()
        rounded = number.round(0) if self.mapping.digits == 0 else number
        exact = pl.when((rounded == rounded.floor()) & (rounded.abs() < 2**53)).then(
            rounded.cast(pl.Int64, strict=False)
        )
        return exact if self.mapping.times or self.mapping.digits == 0 else pl.coalesce(whole, exact)

    def _boolean(self) -> pl.Expr:
        cells = {**dict.fromkeys(self.mapping.true, True), **dict.fromkeys(self.mapping.false, False)}
        return self.present.replace_strict(list(cells), list(cells.values()), default=None, return_dtype=pl.Boolean)

    def _code(self) -> pl.Expr:
        return self._translate(self.present)

    def _codes(self) -> pl.Expr:
        parts = (
            self.present.str.split(self.mapping.split) if self.mapping.split else self.present.cast(pl.List(pl.String))
        )
        return parts.list.eval(self._translate(pl.element().str.strip_chars()))

    def _translate(self, cell: pl.Expr) -> pl.Expr:
        codes = self.mapping.codes
        known = cell.replace_strict(list(codes), list(codes.values()), default=None, return_dtype=pl.String)
        if not self.mapping.otherwise:
            return known
        return pl.when(cell.is_not_null()).then(known.fill_null(self.mapping.otherwise))

    def _date(self) -> pl.Expr:
        return pl.coalesce([self.present.str.to_date(form, strict=False) for form in self.mapping.formats])

    def _time(self) -> pl.Expr:
        zone = self.mapping.zone or self.source.zone
        return pl.coalesce([self._instant(form, zone) for form in self.mapping.formats]).cast(POLARS["instant"])

    def _instant(self, form: str, zone: str) -> pl.Expr:
        if "%z" in form:
            return self.present.str.to_datetime(form, time_unit="us", time_zone="UTC", strict=False)
        naive = self.present.str.to_datetime(form, time_unit="us", strict=False)
        repeated = "null" if self.mapping.ambiguous == "reject" else self.mapping.ambiguous
        return naive.dt.replace_time_zone(zone, ambiguous=repeated, non_existent="null").dt.convert_time_zone("UTC")
