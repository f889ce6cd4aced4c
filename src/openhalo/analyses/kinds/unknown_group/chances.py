"""Unknown records with chances as weights: the share of each group, given only where chances hold for known ones."""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from openhalo.analyses.context import AnalysisContext
from openhalo.analyses.contrasts import Contrast, contrast
from openhalo.analyses.kinds.unknown_group.tally import FEWEST, Cells, Tally
from openhalo.catalogue.analysis_kinds.unknown_group import UnknownGroup
from openhalo.catalogue.vocabularies import CENSUS
from openhalo.statistics import bisg
from openhalo.statistics.bisg_trial import Trial, trials
from openhalo.statistics.estimates import Numbers

WAY = "by last name and ZIP code"


@dataclass(frozen=True)
class Guess:
    """What chances say: of whom they were tried, and the weighted shares where they pass."""

    trials: dict[str, Trial]
    """By group: what chances give for the records of known group."""
    tried: int
    """How many records of known group have chances."""
    implied: dict[str, dict[str, float]]
    """By recorded group: the average chance of each group among its records."""
    with_chances: int
    without: int
    """Records of unknown group with chances, and without."""
    shares: tuple[Contrast, ...]
    """Weighted shares; empty where chances miss what is known."""

    @property
    def told(self) -> list[str]:
        """Return the groups with records enough to see whether chances are right."""
        return [code for code, one in self.trials.items() if one.tells]

    @property
    def worst(self) -> str:
        """Return the group that chances miss most, in intervals."""
        return max(self.trials, key=lambda code: self.trials[code].misses)

    @property
    def holds(self) -> bool:
        """Return whether chances come as near to what is known as chance lets them, for every group."""
        return bool(self.told) and self.trials[self.worst].misses <= 1


def guess(context: AnalysisContext[UnknownGroup], counted: Cells, shown: list[str]) -> Guess | None:
    """Return what chances say of the groups shown; None where no record of unknown group has any."""
    codes = _codes(context, counted.tally)
    cells = counted.rows.with_columns(pl.col("hit").cast(pl.Float64))
    chances, recorded = _chances(cells, codes), cells["group"].is_not_null().to_numpy()
    usable, n = ~np.isnan(chances[:, 0]), cells["n"].to_numpy()
    with_chances = int(n[usable & ~recorded].sum())
    if not with_chances:
        return None
    members = _members(cells, list(codes))
    known = usable & (members.sum(axis=1) > 0)
    shown = [code for code in shown if code in codes]
    tried = [at for at, code in enumerate(codes) if code in shown and n[known] @ members[known, at] >= FEWEST]
    names, found = [list(codes)[at] for at in tried], {}
    if names:
        given = (cells["hit"].to_numpy()[known], chances[known][:, tried], members[known][:, tried], n[known])
        found = dict(zip(names, trials(*given), strict=True))
    weights = np.where(recorded[:, None], members, chances)[:, tried]
    made = Guess(
        trials=found,
        tried=int(n[known].sum()),
        with_chances=with_chances,
        without=int(n[~usable & ~recorded].sum()),
        shares=(),
        implied={
            name: dict(zip(names, np.average(chances[of][:, tried], axis=0, weights=n[of]).tolist(), strict=True))
            for at, name in zip(tried, names, strict=True)
            if (of := known & (members[:, at] > 0)).any()
        },
    )
    told = [one for one in _shares(context, cells, weights, names) if one.group in made.told] if made.holds else []
    return replace(made, shares=tuple(told) if context.reference in made.told and len(told) > 1 else ())


def _codes(context: AnalysisContext[UnknownGroup], tally: Tally) -> dict[str, int]:
    """Return the codes that chances are of and that these records use, with their place among `bisg.RACES`.

    A group that nobody writes down, such as several races, is no group that an unknown record would have been put in.
    """
    found = context.records.catalogue.schema.follow(context.spec.record, context.spec.group)
    assert found is not None, "checked when the catalogue was read"
    theirs = context.records.catalogue.vocabularies[found[1].vocabulary].crosswalks[CENSUS]
    places = {theirs[race]: at for at, race in enumerate(bisg.RACES) if race in theirs}
    return {code: places[code] for code in tally.known if code in places}


def _members(cells: pl.DataFrame, codes: list[str]) -> Numbers:
    return np.stack([(cells["group"] == code).fill_null(False).to_numpy() for code in codes], axis=1).astype(float)


def _chances(cells: pl.DataFrame, codes: dict[str, int]) -> Numbers:
    """Return the chance of each code among these codes; NaN without chances."""
    numbers = cells["chances"]
    found = bisg.unpacked(numbers.fill_null(0).to_numpy())[:, list(codes.values())]
    with np.errstate(divide="ignore", invalid="ignore"):
        whole: Numbers = found / found.sum(axis=1, keepdims=True)
    return whole


def _shares(
    context: AnalysisContext[UnknownGroup], cells: pl.DataFrame, weights: Numbers, names: list[str]
) -> tuple[Contrast, ...]:
    """Return the share of each group over all records: those known as what they are, the others as their chances."""
    found = []
    for at, code in enumerate(names):
        one = bisg.share(
            cells["hit"],
            weights[:, at],
            context.subject.name(code),
            context.spec.label,
            context.subject.unit,
            cells["n"],
        )
        people = round(float(cells["n"].to_numpy() @ np.nan_to_num(weights[:, at])))
        found.append(replace(contrast(one, "share", group=code, way=WAY, leads=False), n=people))
    return tuple(found)
