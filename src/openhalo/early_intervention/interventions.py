"""Whether support was followed by fewer events: officers who had it against equals who had not, on the same day.

Support goes to officers with many events, and many events fall by themselves. So an officer's before and after says
nothing; equals with the same counts, years and signals say how much falls without support.
"""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from openhalo.catalogue.indicators import IndicatorSpec
from openhalo.early_intervention.indicators import compute
from openhalo.early_intervention.look_back import months_before
from openhalo.early_intervention.roster import Roster
from openhalo.language import formatting
from openhalo.language.translation import _
from openhalo.records.reading import Records
from openhalo.statistics.matching import MatchedEffect, Side, matched_effect
from openhalo.statistics.results import Refused

SPAN = 12
"""Months before and after the day on which support began."""
_LONG = 24
_DAYS_AT_ONCE = 100


@dataclass(frozen=True)
class Outcome:
    """What followed support of one kind, or of all kinds together.

    Attributes:
        kind: code of the kind of support; empty for all.
        officers: officers whose first support of this kind has had its year.
        waiting: those whose year is not over; left: those who left within it. Neither is counted.
        effect: None where it is refused, with the reason.
    """

    kind: str
    officers: int
    waiting: int
    left: int
    effect: MatchedEffect | None
    refused: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return plain facts for JSON; without officers."""
        return asdict(self) | {"sentences": sentences(self)}


def outcomes(records: Records, roster: Roster, spec: IndicatorSpec) -> list[Outcome]:
    """Return what followed support: all kinds together first, then each kind.

    Args:
        records: the store version, with `officers/intervention`; signals are matched on where it holds them.
        roster: who served when.
        spec: the count of which there should be fewer.
    """
    held = records.fetch(records.table("officers/intervention").select("officer", "kind", "begun_on")).drop_nulls(
        "officer"
    )
    reach = max((cover.last for cover in records.coverage(spec.record)), default=date.min)
    kinds = sorted(kind for kind in held["kind"].unique().to_list() if kind)
    facts = _facts(records, roster, spec, held, months_before(reach, SPAN))
    return [_outcome(kind, held, facts, reach) for kind in ["", *kinds]]


def sentences(found: Outcome) -> list[str]:
    """Return the plain result: what equals did without support, what the difference is, what chance allows to say."""
    effect = found.effect
    if effect is None:
        return [
            _("{n} officers had this support and a year after it: {why}.").format(
                n=formatting.count(found.officers), why=_(found.refused)
            )
        ]
    rate = {
        name: formatting.measured(getattr(effect, name), "ratio")
        for name in ("before", "after", "equals_before", "equals_after", "estimate", "low", "high", "naive")
    }
    said = [
        _("{n} officers had {before} events each in the year before support and {after} in the year after.").format(
            n=formatting.count(effect.n), **rate
        ),
        _(
            "{n} equals without support had {equals_before} before and {equals_after} after: high counts fall by "
            "themselves."
        ).format(n=formatting.count(effect.equals), **rate),
        _("The difference to these equals is {estimate} events an officer ({low} to {high}).").format(**rate),
    ]
    if effect.high < 0:
        said.append(_("Officers with support had fewer events than equals, more than chance explains."))
    elif effect.low > 0:
        said.append(_("Officers with support had more events than equals; nothing shows that it helped."))
    else:
        said.append(_("Chance alone could make this difference. That is no proof that support does nothing."))
    said.append(_("Equals are equal in what the records hold; in other things they can differ."))
    return said


def _outcome(kind: str, held: pl.DataFrame, facts: pl.DataFrame, reach: date) -> Outcome:
    some = held.filter(pl.col("kind") == kind) if kind else held
    first = some.group_by("officer").agg(pl.col("begun_on").min())
    whole = first.filter(pl.col("begun_on") <= months_before(reach, SPAN))
    helped = whole.join(facts, left_on=["officer", "begun_on"], right_on=["officer", "day"])
    # Days of other kinds of support hold no equal for this one.
    others = facts.filter(pl.col("free"), pl.col("day").is_in(whole["begun_on"].unique().implode()))
    there = helped.filter("stays")
    waiting, left = first.height - whole.height, helped.height - there.height
    try:
        effect = matched_effect(_side(there), _side(others))
    except Refused as why:
        return Outcome(kind, there.height, waiting, left, None, str(why))
    return Outcome(kind, there.height, waiting, left, effect)


def _side(frame: pl.DataFrame) -> Side:
    return Side(*(frame[name].to_numpy() for name in ("stratum", "row", "before", "after")))


def _facts(records: Records, roster: Roster, spec: IndicatorSpec, held: pl.DataFrame, last: date) -> pl.DataFrame:
    """Return a row for each officer serving on each day on which some support began: counts, stratum, whether free."""
    days = sorted(day for day in held["begun_on"].unique().to_list() if day <= last)
    schema = {
        "officer": pl.String,
        "row": pl.Int64,
        "day": pl.Date,
        "stratum": pl.UInt64,
        "before": pl.Float64,
        "after": pl.Float64,
        "free": pl.Boolean,
        "stays": pl.Boolean,
    }
    frames = [pl.DataFrame(schema=schema)]
    keys = roster.keys
    at = {key: row for row, key in enumerate(keys)}
    helped = _by_officer(held, "begun_on", at)
    raised = _raised(records, at)
    for begin in range(0, len(days), _DAYS_AT_ONCE):
        some = days[begin : begin + _DAYS_AT_ONCE]
        ends = [months_before(day, -SPAN) for day in some]
        matrix = compute(records, [spec], sorted({*some, *ends}), keys, (SPAN, _LONG))
        place = {day: number for number, day in enumerate(matrix.days)}
        short, long = (matrix.values(spec.id, months) for months in (SPAN, _LONG))
        for day, end in zip(some, ends, strict=True):
            serving, stays = roster.serving(day), roster.serving(end)
            counts = short[:, place[day]], long[:, place[day]]
            signalled = _within(raised, months_before(day, SPAN), day, len(keys))
            years = np.round(roster.exposure(day, _LONG) * 4).astype(int)
            free = ~_within(helped, months_before(day, SPAN), end, len(keys))
            frame = pl.DataFrame(
                {
                    "officer": keys,
                    "row": np.arange(len(keys)),
                    "day": [day] * len(keys),
                    "short": counts[0],
                    "long": counts[1],
                    "years": years,
                    "signalled": signalled,
                    "before": counts[0].astype(float),
                    "after": short[:, place[end]].astype(float),
                    "free": free & stays,
                    "stays": stays,
                }
            ).filter(serving)
            stratum = pl.struct("day", "short", "long", "years", "signalled").hash()
            frames.append(frame.with_columns(stratum=stratum).select(*schema).cast(schema))  # type: ignore[arg-type]
    return pl.concat(frames)


Dated = tuple[NDArray[np.int64], NDArray[Any]]


def _by_officer(frame: pl.DataFrame, column: str, at: dict[str, int]) -> Dated:
    """Return the rows of officers and the days of their events."""
    known = frame.select("officer", day=column).drop_nulls().filter(pl.col("officer").is_in(list(at)))
    return np.array([at[key] for key in known["officer"]], np.int64), known["day"].to_numpy()


def _raised(records: Records, at: dict[str, int]) -> Dated:
    if "officers/signal" not in records.manifest.tables:
        return _by_officer(pl.DataFrame(schema={"officer": pl.String, "raised_on": pl.Date}), "raised_on", at)
    return _by_officer(records.fetch(records.table("officers/signal").select("officer", "raised_on")), "raised_on", at)


def _within(dated: Dated, after: date, last: date, officers: int) -> NDArray[np.bool_]:
    """Return which officers have an event after one day, and not after another."""
    rows, days = dated
    inside = (days > np.datetime64(after)) & (days <= np.datetime64(last))
    return np.bincount(rows[inside], minlength=officers) > 0
