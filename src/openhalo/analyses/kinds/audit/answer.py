"""The data-quality audit: what must be known of the recording before a figure or a test is believed."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl

from openhalo.analyses.context import AnalysisContext
from openhalo.analyses.kinds.audit import counts
from openhalo.analyses.results import Account, AnalysisResult, Counts
from openhalo.analyses.subject import Subject
from openhalo.catalogue.analysis_kinds.audit import Audit
from openhalo.language import formatting
from openhalo.language.translation import _, capital, mark_for_translation
from openhalo.statistics import audit, recording
from openhalo.statistics.estimates import Numbers
from openhalo.statistics.proportions import difference
from openhalo.statistics.results import Refused

_HEAPED = 1.5
"""Times as many records on full and half hours as expected, beyond which times are called rounded."""
_FAR = 5.0
_LIMIT = mark_for_translation(
    "An audit says where to look. It says nothing about conduct, and finds only what shows in the numbers."
)


class Check(NamedTuple):
    """One check of one field: what was looked for, what was found, and whether it asks for a look."""

    check: str
    field: str
    found: str
    look: bool


@dataclass(frozen=True)
class _AuditAccount(Account):
    """What the checks of the recording are made on besides the months.

    Attributes:
        labels: field → what it is called, in the order of the definition.
        code_labels: field → code → what it is called.
        days, minutes, codes: records of each day, at each minute of the hour, and of each code by month.
        by_outcome: records that say each field, by outcome.
    """

    labels: dict[str, str]
    code_labels: dict[str, dict[str, str]]
    days: pl.DataFrame
    minutes: Numbers | None
    codes: dict[str, pl.DataFrame]
    by_outcome: pl.DataFrame

    def checks(self, subject: Subject[Audit], months: pl.DataFrame) -> list[Check]:
        """Return every check, in the language being spoken."""
        return [
            *_coverage(self.labels, months),
            *self._new_codes(months),
            *_rounded(self.minutes),
            *_weeks(subject, self.days),
            *_uneven(self.labels, self.by_outcome),
        ]

    def _new_codes(self, months: pl.DataFrame) -> Iterator[Check]:
        starts = months["month"].to_list()
        for name, counted in self.codes.items():
            names, said = sorted(counted["code"].unique()), self.code_labels.get(name, {})
            shares = np.zeros((len(names), len(starts)))
            row, column = {c: i for i, c in enumerate(names)}, {m: i for i, m in enumerate(starts)}
            for month, code, n in counted.select("month", "code", "n").iter_rows():
                shares[row[code], column[month]] = n
            shares /= np.maximum(shares.sum(axis=0), 1)
            found = audit.new_or_gone(shares)
            text = _("{code} around {month}")
            told = ", ".join(
                text.format(
                    code=_(said.get(names[code], names[code])),
                    month=formatting.month(starts[at]),
                )
                for code, at in found
            )
            yield Check(_("Codes that appear or vanish"), _(self.labels[name]), told or _("none"), bool(found))

    def told(self, result: AnalysisResult) -> str:
        every = self.checks(result.subject, result.detail)
        text = _("{k} of {n} checks of the recording ask for a look.")
        return text.format(k=sum(one.look for one in every), n=len(every))

    def tables(self, result: AnalysisResult) -> list[Counts]:
        heads = [_("Field"), _("What was looked for"), _("What was found")]
        look = _("Look: {found}")
        rows = [
            [one.field, one.check, look.format(found=one.found) if one.look else one.found]
            for one in self.checks(result.subject, result.detail)
        ]
        return [Counts(_("Checks of the recording"), heads, rows)]


def run(context: AnalysisContext[Audit]) -> AnalysisResult:
    """Return what the recording of some fields shows, month by month.

    Raises:
        Refused: there are no records.
    """
    months = counts.months(context)
    if months.height == 0:
        raise Refused("there are no records")
    labels, code_labels = _named(context)
    account = _AuditAccount(
        labels=labels,
        code_labels=code_labels,
        days=counts.days(context),
        minutes=counts.minutes(context),
        codes=counts.codes(context),
        by_outcome=counts.by_outcome(context),
    )
    looks = [one for one in account.checks(context.subject, months) if one.look]
    return AnalysisResult(
        subject=context.subject,
        account=account,
        detail=months,
        limit=_LIMIT,
        facts={"look": [{"check": one.check, "field": one.field, "found": one.found} for one in looks]},
    )


def _named(context: AnalysisContext[Audit]) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Return what the fields are called, and the codes of each that has a list."""
    catalogue = context.records.catalogue
    fields = {name: catalogue.record_type(context.spec.record).fields[name] for name in context.spec.fields}
    lists = {name: catalogue.vocabularies[one.vocabulary].codes for name, one in fields.items() if one.vocabulary}
    labels = {name: {code: one.label for code, one in codes.items()} for name, codes in lists.items()}
    return {name: one.label for name, one in fields.items()}, labels


def _coverage(labels: dict[str, str], months: pl.DataFrame) -> Iterator[Check]:
    starts, total = months["month"].to_list(), months["records"].to_numpy()
    for name, label in labels.items():
        known = months[name].to_numpy()
        thin = audit.thin_months(known, total)
        check = _("Months in which fewer than half of the records say it")
        found = ", ".join(formatting.month(starts[at]) for at in thin[:4]) + (" …" if len(thin) > 4 else "")
        yield Check(check, _(label), found or _("none"), bool(thin))
        shift = audit.largest_shift(known, total)
        if shift is not None:
            text = _("{before} before {month}, {after} from then on")
            found = text.format(
                before=formatting.share(shift.before),
                after=formatting.share(shift.after),
                month=formatting.month(starts[shift.at]),
            )
            yield Check(_("The largest lasting change in how often it is recorded"), _(label), found, shift.sure)


def _rounded(minutes: Numbers | None) -> Iterator[Check]:
    if minutes is not None:
        times, z = audit.heaping(minutes)
        text = _("{times} times as many as expected on full and half hours")
        look = times > _HEAPED and z > _FAR
        yield Check(_("Rounded times"), _("Time"), text.format(times=formatting.measured(times, "ratio")), look)


def _weeks(subject: Subject[Audit], days: pl.DataFrame) -> Iterator[Check]:
    """Look for weeks with far more records than the others."""
    weeks = days.with_columns(pl.col("day").dt.truncate("1w")).group_by("day").agg(pl.col("n").sum()).sort("day")
    found = audit.spikes(weeks["n"].to_numpy())
    text = _("the week of {day} ({n})")
    told = ", ".join(
        text.format(day=formatting.day(weeks["day"][at]), n=formatting.count(weeks["n"][at])) for at in found[:4]
    )
    every = capital(subject.unit)
    yield Check(_("Weeks with far more records than the others"), every, told or _("none"), bool(found))


def _uneven(labels: dict[str, str], counted: pl.DataFrame) -> Iterator[Check]:
    """Look for fields that are recorded more or less often where the outcome is there."""
    if counted.height < 2:
        return
    without, with_it = counted.to_dicts()
    for name, label in labels.items():
        gap = difference(with_it[name], with_it["records"], without[name], without["records"])
        look = float(gap.low) > recording.TOLERANCE or float(gap.high) < -recording.TOLERANCE
        text = _("recorded for {with_it} of those with it, {without} of those without")
        found = text.format(
            with_it=formatting.share(with_it[name] / with_it["records"]),
            without=formatting.share(without[name] / without["records"]),
        )
        yield Check(_("Recording that depends on the outcome"), _(label), found, look)
