"""Disparity: does an outcome follow an officer's events more often than similar events of others?"""

from collections import Counter
from typing import Any

import ibis
import polars as pl

from openhalo.catalogue.signal_specs import SignalSpec
from openhalo.early_intervention.factors import Factor, SignalContext
from openhalo.early_intervention.look_back import months_before
from openhalo.engines.ibis_expressions import to_ibis
from openhalo.language import formatting
from openhalo.language.translation import _
from openhalo.statistics.internal_benchmark import benchmark
from openhalo.statistics.results import Refused

FALSE_DISCOVERY = 0.1
_NUMBERS = ("number", "integer")


def disparities(context: SignalContext, spec: SignalSpec) -> dict[int, Factor]:
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
    rate = spec.false_discovery or FALSE_DISCOVERY
    reasons = {}
    for one, p, adjusted in zip(found.compared, found.p, found.adjusted, strict=True):
        if one.officer >= 0 and adjusted <= rate and one.difference > 0:
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
            reasons[one.officer] = Factor(
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
    return reasons


def _events(context: SignalContext, spec: SignalSpec) -> tuple[pl.DataFrame, list[str]]:
    """Return events of the look-back with the officer's place, the outcome and what makes them similar.

    The second part names the columns that are numbers. Others than serving officers have places below 0: they are
    compared with, and never named.
    """
    records = context.records
    definition, relation = records.catalogue.record_type(spec.record), records.relation(spec.record)
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
    where = records.catalogue.condition(spec.record, spec.where)
    kept = to_ibis(where, relation) if where is not None else ibis.literal(True)
    day = relation.field(definition.time, "_date" if definition.fields[definition.time].type == "time" else "")
    since = months_before(context.day, spec.months)
    table = relation.table.filter((day > ibis.literal(since)) & (day <= ibis.literal(context.day)) & kept)
    frame = context.records.fetch(table.select(**chosen)).drop_nulls(["officer", "outcome", *smooth])
    return place_officers(context, spec, frame).drop("officer"), smooth


def place_officers(context: SignalContext, spec: SignalSpec, frame: pl.DataFrame) -> pl.DataFrame:
    """Add the column `row`: each officer's place among those who serve; others get places of their own below 0.

    A link holds the officer's key; a text holds the id that the officer has in the agency's own file.
    """
    places = context.row
    if context.records.catalogue.schema.follow(spec.record, spec.officer)[1].type == "text":  # type: ignore[index]
        own = [key.split("/", 2)[2] for key in places]
        often = Counter(own)
        places = {name: row for name, row in zip(own, places.values(), strict=True) if often[name] == 1}
    names = frame["officer"].unique().sort()
    rest = {name: -1 - n for n, name in enumerate(names.filter(~names.is_in(list(places))))}
    row = pl.col("officer").replace_strict({**rest, **places}, return_dtype=pl.Int64)
    return frame.with_columns(row=row)


def _one_in(p: float) -> str:
    if p < 1e-6:
        return _("fewer than one in a million")
    return _("about one in {many}").format(many=formatting.count(float(f"{1 / p:.1g}")))
