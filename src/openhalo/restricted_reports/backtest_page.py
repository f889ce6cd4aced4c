"""The page of a backtest: what it says in words first, then each comparison as a chart with its table."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openhalo.catalogue.index import Catalogue
from openhalo.charts import figures_chart
from openhalo.charts.figure import Figure, interval, said
from openhalo.charts.svg import Drawing, Drawings
from openhalo.early_intervention.backtest import Backtest, Estimate, Score
from openhalo.early_intervention.backtest_summary import WORTH, beats, sentences
from openhalo.early_intervention.fairness import FEWEST, Row
from openhalo.language import formatting
from openhalo.language.translation import _, capital
from openhalo.publications.wording.labels import group
from openhalo.restricted_reports.page import write_restricted

_RECORD = "officers/officer"


@dataclass
class Part:
    """One comparison: a chart, what its marks mean, and the table with the same figures."""

    id: str
    title: str
    subtitle: str
    heads: list[str]
    rows: list[list[str]]
    caption: str = ""
    wide: Drawing | None = None
    narrow: Drawing | None = None
    withheld: list[int] = field(default_factory=list)
    folded: bool = True
    """Whether the table waits to be opened: the chart says the same."""


def write_backtest(place: Path, found: Backtest, catalogue: Catalogue, site: str) -> Path:
    """Write the report of a backtest as one restricted page, and return where it is.

    Args:
        place: a file that ends in .html, or a folder.
        found: what the backtest found.
        catalogue: how officer groups are called.
        site: the site's title.

    Raises:
        MissingExtra: a library that draws charts or writes pages is not installed.
    """
    drawings = Drawings()
    ways = [_precision, _recall, _lift, _calibration, _new_alerts, _stays]
    compared = [part for make in ways if (part := make(found, drawings)) is not None]
    fair = list(_fairness(found, catalogue, drawings))
    return write_restricted(
        place,
        "backtest",
        "backtest.html",
        site=site,
        found=found,
        sentences=sentences(found),
        glance=_glance(found),
        compared=compared,
        fair=fair,
        least=FEWEST,
        worth=WORTH,
    )


def short(score: Score) -> str:
    """Return the name of a way to choose as it fits beside a dot; the table has it whole."""
    known = {
        "raw_count": _("Raw count, 5 years"),
        "peers": _("Against peers of the unit"),
        "shrunken_long": _("Shrunken count, 5 years"),
        "shrunken_count": _("Shrunken count, 2 years"),
        "logistic": _("Logistic model"),
        "lightgbm": _("Model of trees"),
    }
    name = score.policy.partition(":")[0]
    return known.get(name, score.label.partition(":")[0] if name == "rule" else score.label)


def _glance(found: Backtest) -> list[tuple[str, str]]:
    best = found.best
    simple = next((one for one in found.scores if one.policy == "shrunken_count"), None)
    told = [
        (_("Finds most officers with the outcome among those reviewed"), best.label),
        (_("Of a hundred reviews, with the outcome"), _span(best.precision, "rate", 100)),
    ]
    if simple is not None and simple is not best:
        lead = _("surely better") if beats(best) else _("can be chance")
        told.append((_("More than the shrunken count finds"), f"{_span(best.better, 'rate', 100)}: {lead}"))
    return [*told, (_("Is it worth its alarms?"), _worth(best))]


def _worth(score: Score) -> str:
    """Return whether a way to choose is worth its alarms, as far as chance allows to say."""
    if score.precision.low >= WORTH:
        return _("yes")
    return _("no") if score.precision.high < WORTH else _("not surely")


def _precision(found: Backtest, drawings: Drawings) -> Part | None:
    days = len(found.origins)
    rows = [_figure(one, one.precision, one.reviewed * days) for one in found.scores]
    cells = [
        [one.label, *_two("share", one.precision), formatting.count(one.reviewed * days), _worth(one)]
        for one in found.scores
    ]
    heads = [_("Way to choose"), _("Share"), _("95% interval"), _("Reviews"), _("Worth its alarms?")]
    part = Part(
        "precision",
        _("How many reviews would have met an officer with the outcome?"),
        _("Share of reviews, over all days looked from. Dotted line: reviewing officers at random."),
        heads,
        cells,
        _("Dot: the share. Line: the 95% interval, from resampling whole officers."),
        folded=False,
    )
    return _drawn(part, drawings, figures_chart.by_group, "share", rows, found.base)


def _recall(found: Backtest, drawings: Drawings) -> Part | None:
    affected = found.base * found.officers * len(found.origins)
    rows = [_figure(one, one.recall, affected) for one in found.scores]
    cells = [[one.label, *_two("share", one.recall), formatting.count(affected)] for one in found.scores]
    heads = [_("Way to choose"), _("Share"), _("95% interval"), _("Officers with the outcome")]
    title = _("How many of all officers with the outcome would have been reviewed?")
    text = _("Share of them, with reviews for {capacity} officers on each day.")
    part = Part("recall", title, text.format(capacity=formatting.count(found.capacity)), heads, cells)
    return _drawn(part, drawings, figures_chart.by_group, "share", rows)


def _lift(found: Backtest, drawings: Drawings) -> Part | None:
    days = len(found.origins)
    rows = [_figure(one, one.lift, one.reviewed * days) for one in found.scores]
    cells = [[one.label, *_two("ratio", one.lift), formatting.count(one.reviewed * days)] for one in found.scores]
    heads = [_("Way to choose"), _("Times as many"), _("95% interval"), _("Reviews")]
    title = _("How much better than chance?")
    text = _("Officers with the outcome for each one that reviewing at random finds, within the same capacity.")
    return _drawn(Part("lift", title, text, heads, cells), drawings, figures_chart.by_group, "ratio", rows, 1.0)


def _calibration(found: Backtest, drawings: Drawings) -> Part | None:
    told = [one for one in found.scores if one.calibration == one.calibration and one.precision.value > 0]
    if not told:
        return None
    # What was foreseen is fixed, so chance moves the ratio as much as it moves the share that came true.
    spans = [
        Estimate(
            one.calibration,
            *(one.calibration * end / one.precision.value for end in (one.precision.low, one.precision.high)),
        )
        for one in told
    ]
    days = len(found.origins)
    rows = [_figure(one, span, one.reviewed * days) for one, span in zip(told, spans, strict=True)]
    cells = [
        [one.label, *_two("ratio", span), formatting.count(one.reviewed * days)]
        for one, span in zip(told, spans, strict=True)
    ]
    heads = [_("Way to choose"), _("Came for each foreseen"), _("95% interval"), _("Reviews")]
    title = _("Do its probabilities come true?")
    text = _(
        "Outcomes for each one that was foreseen among those reviewed. 1: as foreseen; below 1: too many foreseen."
    )
    return _drawn(Part("calibration", title, text, heads, cells), drawings, figures_chart.by_group, "ratio", rows, 1.0)


def _new_alerts(found: Backtest, drawings: Drawings) -> Part | None:
    told = [(one, one.steady) for one in found.scores if one.steady is not None]
    if not told:
        return None
    rows = [Figure(short(one), steady.new_a_month, code=one.policy) for one, steady in told]
    cells = [
        [
            one.label,
            formatting.measured(steady.new_a_month, "rate"),
            formatting.count(one.alerts),
            formatting.count(one.reviewed),
            formatting.count(steady.warning_days) or "–",
        ]
        for one, steady in told
    ]
    heads = [_("Way to choose"), _("New a month"), _("Alerts on a day"), _("Reviews on a day"), _("Days of warning")]
    title = _("How many new alerts would come each month?")
    text = _("Officers in the set who were not in it a month before, on average.")
    caption = _(
        "Alerts on a day: as many as there would be without a capacity. Days of warning: the middle value, to "
        "the end of the month of the outcome."
    )
    return _drawn(Part("alerts", title, text, heads, cells, caption), drawings, figures_chart.by_group, "count", rows)


def _stays(found: Backtest, drawings: Drawings) -> Part | None:
    told = [(one, one.steady.stays) for one in found.scores if one.steady is not None and one.steady.stays is not None]
    if not told:
        return None
    rows = [Figure(short(one), 100 * stays, code=one.policy) for one, stays in told]
    cells = [[one.label, formatting.count(100 * stays)] for one, stays in told]
    title = _("How steady is the set?")
    text = _("Of a hundred officers in the set, so many are in it a month later.")
    part = Part("steady", title, text, [_("Way to choose"), _("Still there")], cells)
    return _drawn(part, drawings, figures_chart.by_group, "count", rows)


def _fairness(found: Backtest, catalogue: Catalogue, drawings: Drawings) -> Iterable[Part]:
    """Yield for each trait what the best way gets wrong, by group of officers; then every way in one table."""
    best = found.best
    traits = {"race": _("race"), "gender": _("gender"), "years of service": _("years of service"), "unit": _("unit")}
    for trait in dict.fromkeys(row.trait for row in best.by_group):
        names = group(_RECORD, trait, catalogue)
        held = sorted((row for row in best.by_group if row.trait == trait), key=lambda row: names.rank(row.group))
        shown = [row for row in held if row.false is not None or row.missed is not None]
        for kind in ("false", "missed"):
            rows = [_fair(names.name(row.group), row, kind) for row in (shown if trait == "unit" else held)]
            if not any(row.value is not None for row in rows):
                continue
            by = traits.get(trait, trait)
            if kind == "false":
                title = _("Reviewed without the outcome, by {trait}").format(trait=by)
                text, head, line = (
                    _("Share of those reviewed who did not have it."),
                    _("Reviewed"),
                    1 - best.precision.value,
                )
            else:
                title = _("With the outcome and not reviewed, by {trait}").format(trait=by)
                text, head, line = _("Share of those with the outcome."), _("With the outcome"), 1 - best.recall.value
            hidden = len(held) - len(rows)
            more = _("Not listed: {n} units with too few officers for either share.").format(n=hidden) if hidden else ""
            cells = [
                [
                    row.label,
                    said("share", row),
                    interval("share", row.low, row.high) or "–",
                    formatting.count(row.denominator),
                ]
                for row in rows
            ]
            part = Part(
                f"{kind}-{trait.replace(' ', '-')}",
                title,
                " ".join([text, _("Dotted line: all officers.")]),
                [capital(by), _("Share"), _("95% interval"), head],
                cells,
                more,
                withheld=[at for at, row in enumerate(rows) if row.value is None],
            )
            yield _drawn(part, drawings, figures_chart.by_group, "share", rows, line)


def _fair(name: str, row: Row, kind: str) -> Figure:
    values = (
        (row.false, row.false_low, row.false_high) if kind == "false" else (row.missed, row.missed_low, row.missed_high)
    )
    n = row.reviewed if kind == "false" else row.affected
    # How many a withheld share rests on could tell who they are.
    status = "ok" if values[0] is not None else "withheld"
    return Figure(name, *values, denominator=n if values[0] is not None else None, code=name, status=status, k=FEWEST)


def _figure(score: Score, one: Estimate, n: float) -> Figure:
    if one.value != one.value:
        return Figure(short(score), None, code=score.policy, status="too_few")
    return Figure(short(score), one.value, one.low, one.high, round(n), denominator=n, numerator=n, code=score.policy)


def _two(kind: str, one: Estimate) -> tuple[str, str]:
    if one.value != one.value:
        return _("none reviewed"), "–"
    return formatting.measured(one.value, kind), interval(kind, one.low, one.high)


def _span(one: Estimate, kind: str, times: int = 1) -> str:
    value = formatting.measured(times * one.value, kind)
    return f"{value} ({interval(kind, times * one.low, times * one.high)})"


def _drawn(
    part: Part,
    drawings: Drawings,
    make: Callable[..., Any],
    kind: str,
    rows: Sequence[Figure],
    line: float | None = None,
) -> Part:
    alt = figures_chart.describe(kind, rows, part.title)
    part.wide = drawings.svg(make, kind, rows, "wide", (), line, alt=alt, css="wide")
    part.narrow = drawings.svg(make, kind, rows, "narrow", (), line, alt=alt, css="narrow")
    return part
