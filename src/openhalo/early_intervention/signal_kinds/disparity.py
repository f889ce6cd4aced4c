"""Disparity: does an outcome follow an officer's events more often than similar events of others?"""

from typing import Any

import ibis
import polars as pl

from openhalo.catalogue.signal_kinds.disparity import DisparitySignal
from openhalo.early_intervention.factors import Factor, Reasons, SignalContext
from openhalo.early_intervention.recent_records import place_officers, recent
from openhalo.engines.ibis_expressions import to_ibis
from openhalo.language import formatting
from openhalo.language.translation import _
from openhalo.statistics.internal_benchmark import benchmark
from openhalo.statistics.results import Refused

_NUMBERS = ("number", "integer")


def find(context: SignalContext, spec: DisparitySignal) -> Reasons:
    """Return, by place among serving officers, those for whom it does so beyond chance and multiplicity.

    Times of day are held equal by a curve over the hour, and by quarter and weekend; numbers by a curve; places, codes
    and yes/no fields by a term each. Events without the outcome, the officer, the hour or a number are left out.

    Raises:
        Refused: no event is left, or no officer can be compared with others.
    """
    rows, smooth = _events(context, spec)
    if not rows.height:
        raise Refused("no event in these months says the officer, the outcome, and what makes events similar")
    kinds = [name for name in rows.columns if name not in ("row", "outcome", *smooth)]
    found = benchmark(
        rows["outcome"].to_numpy(),
        rows["row"].to_numpy(),
        [rows[name].to_numpy() for name in smooth],
        [rows[name].cast(pl.String).fill_null("").rank("dense").to_numpy() for name in kinds],
    )
    reasons: Reasons = {}
    for one, p, adjusted in zip(found.compared, found.p, found.adjusted, strict=True):
        if one.officer >= 0 and adjusted <= spec.false_discovery and one.difference > 0:
            others = one.share - one.difference
            sentence = _(
                "{label}: in {share} of {events}, where similar ones of others would give {others} ({points} points "
                "more; {low} to {high}). If there were no difference, {rare} officers would show so large a one."
            ).format(
                label=spec.label,
                share=formatting.share(one.share),
                events=formatting.count(one.stops),
                others=formatting.share(max(others, 0.0)),
                points=formatting.measured(100 * one.difference, "rate"),
                low=formatting.measured(100 * one.low, "rate"),
                high=formatting.measured(100 * one.high, "rate"),
                rare=_one_in(float(p)),
            )
            below = sum(other.z < one.z for other in found.compared) / max(len(found.compared) - 1, 1)
            reason = Factor(
                spec.id,
                round(one.share, 4),
                round(others, 4),
                "more than peers",
                round(one.share / max(others, 0.01), 2),
                round(below, 4),
                sentence,
                "disparity",
                spec.id,
                float(f"{p:.3g}"),
                round(one.low, 4),
                round(one.high, 4),
                _("similar events of others, worth {events} equally weighted ones").format(
                    events=formatting.count(one.peers)
                ),
            )
            reasons[one.officer] = [reason]
    return reasons


def _events(context: SignalContext, spec: DisparitySignal) -> tuple[pl.DataFrame, list[str]]:
    """Return events of the look-back with the officer's place, the outcome and what makes them similar.

    The second part names the columns that are numbers. Others than serving officers have places below 0: they are
    compared with, and never named.
    """
    records = context.records
    relation = records.relation(spec.record)
    chosen: dict[str, Any] = {"officer": relation.field(spec.officer)}
    smooth = []
    for path in spec.similar:
        reached = records.catalogue.schema.follow(spec.record, path)
        assert reached is not None, "checked when the catalogue was read"
        kind, column = reached[1].type, relation.field(path)
        if kind == "time":
            local, exact = relation.field(path, "_local"), relation.field(path, "_precision").isin(["second", "minute"])
            chosen[f"{path} hour"] = ibis.ifelse(exact, local.hour().cast("float64"), ibis.null("float64"))
            chosen[f"{path} quarter"] = local.year() * 4 + local.quarter()
            chosen[f"{path} weekend"] = local.day_of_week.index() >= 5
            smooth.append(f"{path} hour")
        elif kind == "date":
            chosen[f"{path} quarter"] = column.year() * 4 + column.quarter()
        elif kind in _NUMBERS:
            chosen[path] = column.cast("float64").round(2)
            smooth.append(path)
        else:
            chosen[path] = column.cast("string")
    outcome = records.catalogue.condition(spec.record, spec.outcome)
    assert outcome is not None, "a disparity has an outcome"
    chosen["outcome"] = to_ibis(outcome, relation)
    frame = recent(context, spec, relation, chosen).drop_nulls(["officer", "outcome", *smooth])
    return place_officers(context, spec, frame).drop("officer"), smooth


def _one_in(p: float) -> str:
    if p < 1e-6:
        return _("fewer than one in a million")
    return _("about one in {many}").format(many=formatting.count(float(f"{1 / p:.1g}")))
