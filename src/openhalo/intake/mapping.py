"""Raw cells as typed fields, as the source spec says. All rows at once; no row is lost, none is guessed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from openhalo.base.errors import name_all
from openhalo.catalogue.condition_parser import parse
from openhalo.catalogue.record_types import FieldSpec, RecordType
from openhalo.catalogue.schema import Schema
from openhalo.catalogue.sources import FieldMapping, SourceSpec
from openhalo.engines.columns import POLARS
from openhalo.engines.polars_expressions import to_polars
from openhalo.intake.faults import Fault
from openhalo.statistics.bisg import add_chances

CELL_SEPARATOR = "\x1f"


@dataclass(frozen=True)
class Mapped:
    """Typed rows on their way in."""

    frame: pl.LazyFrame
    """`staged_place` (unique), `row`, `source_id`, raw cells as `raw:<column>`, and every column of the record type."""
    faults: Sequence[Fault]
    columns: list[str]
    """The columns that the source fills, and those of the time; the others are null for every row, and not stored."""


def map_rows(cells: pl.LazyFrame, source: SourceSpec, record: RecordType, schema: Schema, agency: str) -> Mapped:
    """Map raw cells to the columns of a record type.

    Args:
        cells: text columns named as in the file, without surrounding blanks, null where blank; and `row`.
        source: the spec, already checked against the catalogue.
        record: the record type that it fills.
        schema: all record types and vocabularies.
        agency: id of the agency that sent the file; links lead to records of the same agency.

    Returns:
        The typed frame and the faults that its cells can have. With `repeat`, each row gives several records.
    """
    left_out = {"row", *source.ignore} - set(source.key)
    taken = [name for name in cells.collect_schema().names() if name not in left_out]
    raw = cells.select("row", *[pl.col(name).alias(_raw(name)) for name in taken])
    named = [name for name in taken if name not in source.names]  # nothing that is stored may rest on a name
    raw = raw.with_columns(_source_id(source.key, named).alias("source_id"))
    for surname, zip_code in sorted({(m.surname, m.zip_code) for _, m in source.mappings() if m.surname}):
        raw = add_chances(raw, _raw(surname), _raw(zip_code), _chances(surname, zip_code))
    empty_key = pl.all_horizontal(pl.col(_raw(name)).is_null() for name in source.key) if source.key else pl.lit(False)
    faults = [Fault("key", source.key[0] if source.key else "", empty_key, "must not be empty")]
    entries = source.repeat or {"": {}}
    parts = [
        _one_record({**source.fields, **extra}, entry, number, len(entries), raw, source, record, schema, agency)
        for number, (entry, extra) in enumerate(entries.items())
    ]
    frame = parts[0].frame if len(parts) == 1 else pl.concat([part.frame for part in parts], how="diagonal")
    placing = [column for name in (record.time, record.until) if name for column in record.fields[name].columns(name)]
    columns = list(dict.fromkeys([*(column for part in parts for column in part.columns), *placing]))
    for number, part in enumerate(parts):
        here = pl.col("staged_place") % len(parts) == number
        faults += part.faults if len(parts) == 1 else [replace(f, broken=f.broken & here) for f in part.faults]
    return Mapped(frame, faults, columns)


def _source_id(key: Sequence[str], taken: Sequence[str]) -> pl.Expr:
    """Return what identifies a row at its source: the cells of its key, or all cells where it has none."""
    cells = [pl.col(_raw(name)).fill_null("") for name in key or taken]
    if not key:
        return pl.concat_str(cells, separator=CELL_SEPARATOR)
    if len(key) > 1:  # a bar within a part must not look like the bar between parts
        cells = [cell.str.replace_all("|", "||", literal=True) for cell in cells]
    return pl.concat_str(cells, separator="|")


def _raw(name: str) -> str:
    return f"raw:{name}"


def _chances(surname: str, zip_code: str) -> str:
    return f"chances:{surname}|{zip_code}"


def _filled(name: str, width: int) -> pl.Expr:
    """Return a cell, with zeros before it up to a width."""
    cell = pl.col(_raw(name))
    return cell.str.zfill(width) if width else cell


def _one_record(
    mappings: dict[str, FieldMapping],
    entry: str,
    number: int,
    entries: int,
    cells: pl.LazyFrame,
    source: SourceSpec,
    record: RecordType,
    schema: Schema,
    agency: str,
) -> Mapped:
    fields = {
        name: _Cell(name, record.fields[name], mapping, source, schema, agency) for name, mapping in mappings.items()
    }
    later = {name for name, cell in fields.items() if cell.mapping.derive or cell.mapping.days}
    values = [cell.value().alias(name) for name, cell in fields.items() if name not in later]
    derived = [fields[name].value().alias(name) for name in mappings if name in later]
    kinds = {column: kind for name, spec in record.fields.items() for column, kind in spec.columns(name).items()}
    companions = [e.alias(c) for cell in fields.values() for c, e in cell.companions().items()]
    identity = [
        (pl.col("row") * entries + number).alias("staged_place"),
        (pl.col("source_id") + pl.lit(f"#{entry}" if entry else "")).alias("source_id"),
    ]
    filled = [column for cell in fields.values() for column in (cell.name, *cell.companions())]
    # Rules may ask for fields that this source does not fill.
    unfilled = [pl.lit(None, POLARS[kind]).alias(column) for column, kind in kinds.items() if column not in filled]
    frame = cells.with_columns(*values, *unfilled, *identity).with_columns(*derived, *companions)
    return Mapped(frame, [fault for cell in fields.values() for fault in cell.faults()], filled)


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
        column = _filled(self.mapping.column, self.mapping.width)
        if self.mapping.time_column:
            time = _filled(self.mapping.time_column, self.mapping.time_width)
            return pl.concat_str([column, time], separator=" ")
        return column

    @property
    def present(self) -> pl.Expr:
        """The cell as text, null where blank or where it says why the value is missing."""
        if not self.mapping.missing:
            return self.written
        return pl.when(self._alike(self.written).is_in(list(self._keys("missing")))).then(None).otherwise(self.written)

    def _alike(self, cell: pl.Expr) -> pl.Expr:
        """Return cells as they are compared with those that the spec lists."""
        return cell.str.to_lowercase() if self.mapping.any_case else cell

    def _keys(self, part: str) -> dict[str, Any]:
        """Return what the spec says of cells, by cell as it is compared."""
        listed: dict[str, Any] = getattr(self.mapping, part)
        return {cell.lower(): said for cell, said in listed.items()} if self.mapping.any_case else listed

    def companions(self) -> dict[str, pl.Expr]:
        """Return the columns beside the value, computed from it.

        Why a value is missing is stored only where the source says; else it is read as `not_collected`.
        """
        beside: dict[str, pl.Expr] = {}
        if self.field.type == "time":
            local = pl.col(self.name).dt.convert_time_zone(self.source.zone).dt.replace_time_zone(None)
            precision = pl.when(pl.col(self.name).is_not_null()).then(pl.lit(self.mapping.precision))
            beside = {
                f"{self.name}_local": local,
                f"{self.name}_date": local.dt.date(),
                f"{self.name}_precision": precision,
            }
        elif self.field.type in ("code", "codes") and self.mapping.column:
            beside = {f"{self.name}_raw": self.written}
        elif self.mapping.flags:
            beside = {f"{self.name}_raw": self._flagged(list(self.mapping.flags)).list.join(", ")}
        if self.mapping.absent:
            beside[f"{self.name}_missing"] = pl.lit(self.mapping.absent)
        elif self.field.type == "link" and not self.field.required:
            beside[f"{self.name}_missing"] = pl.lit(None, pl.String)  # a purge of the linked record writes it
        elif self.mapping.flags and not self.field.required:
            answered = pl.any_horizontal(pl.col(_raw(column)).is_not_null() for column in self.mapping.flags)
            why = pl.when(answered).then(pl.lit("not_applicable")).otherwise(pl.lit("not_collected"))
            beside[f"{self.name}_missing"] = pl.when(pl.col(self.name).is_null()).then(why)
        elif self.mapping.missing and not self.field.required:
            reasons = self._keys("missing")
            beside[f"{self.name}_missing"] = self._alike(self.written).replace_strict(
                list(reasons), list(reasons.values()), default=None, return_dtype=pl.String
            )
        return beside

    def value(self) -> pl.Expr:
        """Return the field's value, null where missing or where the cell does not read."""
        if self.mapping.derive:
            node, _ = parse(self.mapping.derive, self.source.record, self.schema)
            assert node is not None, "checked when the catalogue was read"
            return to_polars(node)
        if self.mapping.surname:
            return pl.col(_chances(self.mapping.surname, self.mapping.zip_code))
        if self.mapping.flags:
            return self._flagged(list(self.mapping.flags.values())).list.unique(maintain_order=True)
        if self.mapping.days:
            first, last = self.mapping.days
            days = (pl.col(last) - pl.col(first)).dt.total_days()
            return pl.when(days >= 0).then(days)
        if not self.mapping.column:
            value: object = self.mapping.value
            constant = [value] if self.field.type == "codes" and value is not None else value
            return pl.lit(constant, POLARS[self.field.columns(self.name)[self.name]])
        return getattr(self, f"_{self.field.type}")()  # type: ignore[no-any-return]

    def faults(self) -> list[Fault]:
        """Return what can be wrong with the cell itself: it does not read, or it must not be missing."""
        found: list[Fault] = []
        if self.mapping.column:
            explained = (
                pl.col(f"{self.name}_missing").is_null() if f"{self.name}_missing" in self.companions() else True
            )
            given = self.present if self.field.required else self.written
            unread = given.is_not_null() & pl.col(self.name).is_null() & explained
            message, allowed = self.expectation()
            found.append(Fault(self.name, self.mapping.column, unread, message, allowed))
            if self.field.type == "codes":
                holes = pl.col(self.name).list.eval(pl.element().is_null()).list.any()
                found.append(Fault(self.name, self.mapping.column, holes, message, allowed))
        for column in self.mapping.flags:
            unread = ~pl.col(_raw(column)).is_in([*self.mapping.true, *self.mapping.false])
            found.append(Fault(self.name, column, unread, *self._yes_or_no()))
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
                return self._yes_or_no()
            case kind:
                return f"which is no {kind}", ""

    def _yes_or_no(self) -> tuple[str, str]:
        mapping = self.mapping
        return "which is neither yes nor no", name_all([*mapping.true, *mapping.false, *mapping.missing])

    def _flagged(self, words: list[str]) -> pl.Expr:
        """Return the words of the columns that say yes, null where none does."""
        marks = [
            pl.when(pl.col(_raw(column)).is_in(self.mapping.true)).then(pl.lit(word))
            for column, word in zip(self.mapping.flags, words, strict=True)
        ]
        found = pl.concat_list(marks).list.drop_nulls()
        return pl.when(found.list.len() > 0).then(found)

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
        if self.mapping.numbers:
            said = self._keys("numbers")
            spelled = self._alike(self.present).replace_strict(
                list(said), list(said.values()), default=None, return_dtype=pl.Int64
            )
            whole = pl.coalesce(spelled, whole)
        number = self._number()
        rounded = number.round(0) if self.mapping.digits == 0 else number
        exact = pl.when((rounded == rounded.floor()) & (rounded.abs() < 2**53)).then(
            rounded.cast(pl.Int64, strict=False)
        )
        return exact if self.mapping.times or self.mapping.digits == 0 else pl.coalesce(whole, exact)

    def _boolean(self) -> pl.Expr:
        cells = {**dict.fromkeys(self.mapping.true, True), **dict.fromkeys(self.mapping.false, False)}
        if self.mapping.any_case:
            cells = {cell.lower(): said for cell, said in cells.items()}
        found = self._alike(self.present)
        return found.replace_strict(list(cells), list(cells.values()), default=None, return_dtype=pl.Boolean)

    def _code(self) -> pl.Expr:
        # Cells that say why the value is missing are no codes, so they need not be taken out first.
        return self._translate(self.present if self.mapping.otherwise else self.written)

    def _codes(self) -> pl.Expr:
        # Without a separator the cell is one code; no cell holds the unit separator.
        parts = self.present.str.split(self.mapping.split or CELL_SEPARATOR)
        parts = parts.list.eval(pl.element().str.strip_chars())
        if self.mapping.skip:
            passed = [cell.lower() if self.mapping.any_case else cell for cell in self.mapping.skip]
            parts = parts.list.eval(pl.element().filter(~self._alike(pl.element()).is_in(passed)))
        return parts.list.eval(self._translate(pl.element()))

    def _translate(self, cell: pl.Expr) -> pl.Expr:
        codes = self._keys("codes")
        known = self._alike(cell).replace_strict(
            list(codes), list(codes.values()), default=None, return_dtype=pl.String
        )
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
