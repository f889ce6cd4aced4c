"""The data-quality audit: what must be known of the recording before a figure or a test is believed."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl

from openhalo.analyses.context import AnalysisContext
from openhalo.analyses.kinds.audit import counts
from openhalo.analyses.results import Account, AnalysisResult, Counts
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
    """What the checks of the recording are made on besides the months: days, minutes, codes, and with the outcome."""

    days: pl.DataFrame
    minutes: Numbers | None
    codes: dict[str, pl.DataFrame]
    by_outcome: pl.DataFrame

    def checks(self, context: AnalysisContext[Audit], months: pl.DataFrame) -> list[Check]:
        """Return every check, in the language being spoken."""
        return [
            *_coverage(context, months),
            *_new_codes(context, self.codes, months),
            *_rounded(self.minutes),
            *_weeks(context, self.days),
            *_uneven(context, self.by_outcome),
        ]

    def told(self, result: AnalysisResult) -> str:
        every = self.checks(result.context, result.detail)
        text = _("{k} of {n} checks of the recording ask for a look.")
        return text.format(k=sum(one.look for one in every), n=len(every))

    def tables(self, result: AnalysisResult) -> list[Counts]:
        heads = [_("Field"), _("What was looked for"), _("What was found")]
        look = _("Look: {found}")
        rows = [
            [one.field, one.check, look.format(found=one.found) if one.look else one.found]
            for one in self.checks(result.context, result.detail)
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
    account = _AuditAccount(
        days=counts.days(context),
        minutes=counts.minutes(context),
        codes=counts.codes(context),
        by_outcome=counts.by_outcome(context),
    )
    looks = [one for one in account.checks(context, months) if one.look]
    return AnalysisResult(
        context=context,
        account=account,
        detail=months,
        limit=_LIMIT,
        facts={"look": [{"check": one.check, "field": one.field, "found": one.found} for one in looks]},
    )


def _label(context: AnalysisContext[Audit], name: str) -> str:
    return _(context.records.catalogue.record_type(context.spec.record).fields[name].label)


def _code(context: AnalysisContext[Audit], name: str, code: str) -> str:
    catalogue = context.records.catalogue
    vocabulary = catalogue.vocabularies.get(catalogue.record_type(context.spec.record).fields[name].vocabulary)
    return _(vocabulary.codes[code].label) if vocabulary and code in vocabulary.codes else code


def _coverage(context: AnalysisContext[Audit], months: pl.DataFrame) -> Iterator[Check]:
    starts, total = months["month"].to_list(), months["records"].to_numpy()
    for name in context.spec.fields:
        known, label = months[name].to_numpy(), _label(context, name)
        thin = audit.thin_months(known, total)
        check = _("Months in which fewer than half of the records say it")
        found = ", ".join(formatting.month(starts[at]) for at in thin[:4]) + (" …" if len(thin) > 4 else "")
        yield Check(check, label, found or _("none"), bool(thin))
        shift = audit.largest_shift(known, total)
        if shift is not None:
            text = _("{before} before {month}, {after} from then on")
            found = text.format(
                before=formatting.share(shift.before),
                after=formatting.share(shift.after),
                month=formatting.month(starts[shift.at]),
            )
            yield Check(_("The largest lasting change in how often it is recorded"), label, found, shift.sure)


def _new_codes(
    context: AnalysisContext[Audit], codes: dict[str, pl.DataFrame], months: pl.DataFrame
) -> Iterator[Check]:
    starts = months["month"].to_list()
    for name, counted in codes.items():
        names = sorted(counted["code"].unique())
        shares = np.zeros((len(names), len(starts)))
        row, column = {c: i for i, c in enumerate(names)}, {m: i for i, m in enumerate(starts)}
        for month, code, n in counted.select("month", "code", "n").iter_rows():
            shares[row[code], column[month]] = n
        shares /= np.maximum(shares.sum(axis=0), 1)
        found = audit.new_or_gone(shares)
        text = _("{code} around {month}")
        told = ", ".join(
            text.format(code=_code(context, name, names[code]), month=formatting.month(starts[at]))
            for code, at in found
        )
        yield Check(_("Codes that appear or vanish"), _label(context, name), told or _("none"), bool(found))


def _rounded(minutes: Numbers | None) -> Iterator[Check]:
    if minutes is not None:
        times, z = audit.heaping(minutes)
        text = _("{times} times as many as expected on full and half hours")
        look = times > _HEAPED and z > _FAR
        yield Check(_("Rounded times"), _("Time"), text.format(times=formatting.measured(times, "ratio")), look)


def _weeks(context: AnalysisContext[Audit], days: pl.DataFrame) -> Iterator[Check]:
    """Look for weeks with far more records than the others."""
    weeks = days.with_columns(pl.col("day").dt.truncate("1w")).group_by("day").agg(pl.col("n").sum()).sort("day")
    found = audit.spikes(weeks["n"].to_numpy())
    text = _("the week of {day} ({n})")
    told = ", ".join(
        text.format(day=formatting.day(weeks["day"][at]), n=formatting.count(weeks["n"][at])) for at in found[:4]
    )
    every = capital(context.unit)
    yield Check(_("Weeks with far more records than the others"), every, told or _("none"), bool(found))


def _uneven(context: AnalysisContext[Audit], counted: pl.DataFrame) -> Iterator[Check]:
    """Look for fields that are recorded more or less often where the outcome is there."""
    if counted.height < 2:
        return
    without, with_it = counted.to_dicts()
    for name in context.spec.fields:
        gap = difference(with_it[name], with_it["records"], without[name], without["records"])
        look = float(gap.low) > recording.TOLERANCE or float(gap.high) < -recording.TOLERANCE
        text = _("recorded for {with_it} of those with it, {without} of those without")
        found = text.format(
            with_it=formatting.share(with_it[name] / with_it["records"]),
            without=formatting.share(without[name] / without["records"]),
        )
        yield Check(_("Recording that depends on the outcome"), _label(context, name), found, look)
