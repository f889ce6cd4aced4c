"""Source specs: how one known export becomes records. Every column is named; nothing is guessed."""

from collections.abc import Iterable
from datetime import date
from typing import ClassVar, Literal

from pydantic import Field

from openhalo.base.errors import did_you_mean, name_all
from openhalo.catalogue.reader import Misfit, Spec
from openhalo.catalogue.record_types import MISSING_REASONS

Precision = Literal["second", "minute", "hour", "day", "month", "year"]


class Format(Spec):
    """How the file is written."""

    kind: Literal["csv", "xlsx", "parquet"] = Field(
        default="csv", description="Kind of file that is expected; the reader goes by the bytes"
    )
    delimiter: str = Field(default=",", min_length=1, max_length=1, description="csv: what stands between two cells")
    encoding: str = Field(default="utf-8", description="csv: how letters are written as bytes, such as utf-8 or cp1252")
    header_rows: int = Field(default=1, ge=1, le=5, description="Rows before the first record")
    names_row: int = Field(default=1, ge=1, description="Which header row has the column names, counted from 1")
    sheet: str = Field(default="", description="xlsx: sheet name; empty for the first")
    blank: list[str] = Field(default=[""], description="Cells that mean: nothing was written")

    def misfits(self) -> Iterable[Misfit]:
        """Yield a row of names below the header."""
        if self.names_row > self.header_rows:
            found = f"names_row is {self.names_row}, but there are only {self.header_rows} header_rows"
            yield Misfit(("names_row",), found)


class FieldMapping(Spec):
    """Where one field's value comes from. One of `from`, `value`, `derive`, `days`, `absent`, `flags`, `surname`."""

    column: str = Field(default="", alias="from", description="Column of the file")
    value: str | int | float | bool | None = Field(default=None, description="The same value for every record")
    derive: str = Field(default="", description="A condition on other fields; for yes/no fields")
    days: list[str] = Field(
        default=[], description="Two date fields: the days from the first to the second; none where they are turned"
    )
    absent: str = Field(default="", description="Why the value is missing in every record of this source")
    codes: dict[str, str] = Field(default={}, description="Cell → our code")
    numbers: dict[str, int] = Field(default={}, description="Cell that says a number in words → the number")
    any_case: bool = Field(default=False, description="Cells are read the same in capitals and small letters")
    otherwise: str = Field(
        default="", description="Code for cells that `codes` does not list; without it they are rejected"
    )
    true: list[str] = Field(default=[], description="Cells that mean yes")
    false: list[str] = Field(default=[], description="Cells that mean no")
    missing: dict[str, str] = Field(
        default={}, description="Cell → why the value is missing; blank cells: not_collected"
    )
    split: str = Field(default="", description="Separator of several codes in one cell")
    flags: dict[str, str] = Field(
        default={},
        description="codes: yes/no column → the code that a yes in it means; without any yes there is no value",
    )
    skip: list[str] = Field(default=[], description="Entries of a list that are no code of it, and are passed over")
    formats: list[str] = Field(default=[], description="Date formats, tried in order")
    time_column: str = Field(default="", description="Column with the time of day, joined to `from` by a space")
    width: int = Field(
        default=0, ge=0, le=20, description="Cells are filled up to so many characters with zeros: 1012014 is 01012014"
    )
    time_width: int = Field(default=0, ge=0, le=20, description="The same for `time_column`: 30 is 0030")
    zone: str = Field(default="", description="Time zone that the cells are written in; the source's own without it")
    precision: Precision = Field(default="second", description="How exactly the cells tell the time")
    ambiguous: Literal["earliest", "latest", "reject"] = Field(
        default="earliest", description="Which of the two instants an hour repeated in autumn means"
    )
    target: str = Field(default="", description="link: the source whose key the cell holds")
    times: str = Field(default="", description="Column that the number is multiplied by")
    surname: str = Field(
        default="", description="chances: column with the last name; it is read and forgotten, and stored nowhere"
    )
    zip_code: str = Field(default="", description="chances: column with the ZIP code of the home")
    digits: int | None = Field(default=None, description="Decimal places to round to")

    def misfits(self) -> Iterable[Misfit]:
        """Yield no origin of the value, or several, and reasons that are none."""
        origins = [
            name
            for name, given in (
                ("from", self.column),
                ("value", self.value is not None),
                ("derive", self.derive),
                ("days", self.days),
                ("absent", self.absent),
                ("flags", self.flags),
                ("surname", self.surname),
            )
            if given
        ]
        if len(origins) != 1:
            allowed = "one of from, value, derive, days, absent, flags, surname"
            yield Misfit((), f"a value from {' and '.join(origins) or 'nowhere'}", allowed)
        if bool(self.surname) != bool(self.zip_code):
            yield Misfit((), "a last name without a ZIP code, or the other way round", "both 'surname' and 'zip_code'")
        if len(self.days) not in (0, 2):
            yield Misfit(("days",), f"days between {name_all(self.days)}", "two date fields: [received_on, closed_on]")
        places = [(("missing", cell), reason) for cell, reason in self.missing.items()]
        for place, reason in [*places, *([(("absent",), self.absent)] if self.absent else [])]:
            if reason not in MISSING_REASONS:
                hint = did_you_mean(reason, MISSING_REASONS)
                yield Misfit(place, f"there is no missing reason '{reason}'", name_all(MISSING_REASONS), hint)


class Scope(Spec):
    """What a delivery of this source speaks for."""

    mode: Literal["append", "replace"] = Field(
        description="append: rows are added or corrected; replace: what the file no longer holds is withdrawn"
    )
    period: Literal["all", "year", "month", "day"] = Field(
        default="all",
        description="replace: records of the periods that the file touches give way to the file",
    )
    last: date | None = Field(
        default=None, description="Last day that the file speaks for, where its newest record lies before it"
    )


class Recorded(Spec):
    """Days outside which a source does not record a field, or some of its codes, because its form was another."""

    said: ClassVar[frozenset[str]] = frozenset(["note"])

    field: str = Field(description="Field of the record type")
    codes: list[str] = Field(default=[], description="Codes of the field that the days are about; empty: all of it")
    since: date | None = Field(default=None, description="First day on which it was recorded")
    until: date | None = Field(default=None, description="Last day on which it was recorded")
    note: str = Field(description="What changed, in a sentence that stands beside the figures")

    def misfits(self) -> Iterable[Misfit]:
        """Yield days without a beginning or an end, or in the wrong order."""
        if self.since is None and self.until is None:
            yield Misfit((), "neither 'since' nor 'until'", todo="give the first or the last day")
        elif self.since and self.until and self.since > self.until:
            yield Misfit(("until",), f"the last day comes before the first, {self.since}")


class SourceSpec(Spec):
    """One known export, and the record type that it becomes."""

    said: ClassVar[frozenset[str]] = frozenset(["label", "publisher", "licence", "reference", "note"])

    id: str = Field(description="Given by the place of the file")
    label: str = Field(description="What the export is called")
    record: str = Field(description="Record type that its rows become")
    version: int = Field(default=1, description="Raised when the spec is mended")
    publisher: str = Field(description="Who publishes the export")
    licence: str = Field(description="Terms under which it may be used")
    reference: str = Field(description="Where the export can be had")
    unit: str = Field(description="What one record is: one of the record type's units")
    note: str = Field(default="", description="What a reader of figures must know about this source")
    zone: str = Field(description="Local time zone of the records, such as America/Chicago")
    format: Format = Field(default=Format(), description="How the file is written")
    key: list[str] = Field(default=[], description="Columns that identify a row; empty: its cells do")
    scope: Scope = Field(description="What a delivery of this source speaks for")
    fields: dict[str, FieldMapping] = Field(description="Field of the record type → where its value comes from")
    repeat: dict[str, dict[str, FieldMapping]] = Field(
        default={}, description="One row holds several records: name of each → the fields it adds"
    )
    ignore: dict[str, str] = Field(default={}, description="Column not taken → why")
    recorded: list[Recorded] = Field(default=[], description="What the source records on some of its days only")

    def misfits(self) -> Iterable[Misfit]:
        """Yield what does not fit in the parts, and a scope under which a corrected row could not replace the old."""
        parts: list[tuple[tuple[str | int, ...], Spec]] = [(("format",), self.format), *self.mappings()]
        parts += [(("recorded", place), one) for place, one in enumerate(self.recorded)]
        for place, part in parts:
            yield from (misfit._replace(location=(*place, *misfit.location)) for misfit in part.misfits())
        for name in sorted(self.names & set(self._kept())):
            found = f"'{name}' holds last names, and would be stored"
            yield Misfit(("fields",), found, "a column that only 'surname' names; a key without names")
        if not self.key and self.scope.mode == "append":
            found = "without a key a corrected row cannot replace the old one"
            yield Misfit(("scope", "mode"), found, todo="use mode 'replace', or name a key")

    def mappings(self) -> list[tuple[tuple[str, ...], FieldMapping]]:
        """Return every mapping with its place in the file."""
        common = [(("fields", name), mapping) for name, mapping in self.fields.items()]
        repeated = [
            (("repeat", entry, name), mapping)
            for entry, fields in self.repeat.items()
            for name, mapping in fields.items()
        ]
        return [*common, *repeated]

    @property
    def names(self) -> set[str]:
        """Return the columns with people's last names: nothing of them is stored."""
        return {mapping.surname for _, mapping in self.mappings() if mapping.surname}

    def columns(self) -> list[str]:
        """Return the columns that the file must have, in the order in which the spec names them."""
        return list(dict.fromkeys([*self._kept(), *sorted(self.names), *self.ignore]))

    def _kept(self) -> list[str]:
        """Return the columns of which something may be stored."""
        named = list(self.key)
        for _, mapping in self.mappings():
            single = (mapping.column, mapping.time_column, mapping.times, mapping.zip_code)
            named += [column for column in (*single, *mapping.flags) if column]
        return named
