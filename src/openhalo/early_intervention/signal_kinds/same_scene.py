"""Same scene: who used more force than the others who were there?"""

import numpy as np
import polars as pl

from openhalo.catalogue.signal_kinds.same_scene import SameSceneSignal
from openhalo.early_intervention.factors import Factor, Reasons, SignalContext
from openhalo.early_intervention.recent_records import place_officers, recent
from openhalo.language import formatting
from openhalo.language.translation import _
from openhalo.statistics.results import Refused
from openhalo.statistics.same_scene import TOP, same_scene
from openhalo.statistics.scenes import scenes

SURELY = 0.8
"""Chance of lying among the top twentieth of peers from which an officer is named (Ridgeway 2025)."""


def find(context: SignalContext, spec: SameSceneSignal) -> Reasons:
    """Return, by place among serving officers, those who are surely among the top twentieth of their peers.

    Raises:
        Refused: the records do not say who was at a scene and what each did, or the sampler did not settle.
        MissingExtra: the sampler is not installed.
    """
    relation = context.records.relation(spec.record)
    columns = {
        "officer": relation.field(spec.officer),
        "scene": relation.field(spec.scene),
        "level": relation.field(spec.level),
    }
    frame = recent(context, spec, relation, columns).drop_nulls()
    if not frame.height:
        raise Refused(
            f"no record of these months says who was at which scene and at which level of force "
            f"('{spec.scene}' and '{spec.level}' of {spec.record})"
        )
    # An officer with several records of one scene is there once, with the most that was done.
    frame = place_officers(context, spec, frame).group_by("scene", "row").agg(pl.col("level").max())
    frame = frame.sort("scene", "row")
    found = same_scene(scenes(frame["scene"].to_numpy(), frame["row"].to_numpy(), frame["level"].to_numpy()))
    reasons: Reasons = {}
    for at in np.flatnonzero(np.nan_to_num(found.top) > SURELY):
        row, top, peers = int(found.officers[at]), float(found.top[at]), int(found.peers[at])
        if row < 0:
            continue
        sentence = _(
            "{label}: the chance is {top} that this officer lies among the {share} of {peers} comparable officers who "
            "used most force for the scene they shared with others."
        ).format(
            label=spec.label, top=formatting.share(top), share=formatting.share(TOP), peers=formatting.count(peers)
        )
        rate = float(found.rate[at])
        reason = Factor(
            spec.id,
            round(rate, 3),
            round(rate - float(found.against_peers[at]), 3),
            "more than peers",
            round(float(np.exp(found.against_peers[at])), 2),
            round(top, 3),
            sentence,
            "same_scene",
            spec.id,
            None,
            round(float(found.low[at]), 3),
            round(float(found.high[at]), 3),
            _("{peers} officers who were at scenes of the same kind, linked by others").format(
                peers=formatting.count(peers)
            ),
        )
        reasons[row] = [reason]
    return reasons
