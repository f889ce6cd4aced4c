"""Who knows what of earlier releases: the public, and the oversight body, which is told more."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import polars as pl

from openhalo.base.periods import Period
from openhalo.disclosure.intervals import period
from openhalo.disclosure.policy import K_FLOOR, Policy
from openhalo.disclosure.suppression import Protected
from openhalo.publications.protection.earlier_releases import Kept, Stretches
from openhalo.publications.protection.small_cells import rule_for, secrets

OFFICERS = "officers"


@dataclass
class Audience:
    """What somebody knows, and how much a change must be that he may be told of."""

    policy: Policy
    """Whom a change could give away to him, and how many of them it needs at least."""
    known: list[tuple[Stretches, Protected, Mapping[str, Period]]] = field(default_factory=list, init=False)
    """States of the records that he was told of: what of them, and for which days of each record type."""
    told: list[pl.DataFrame] = field(default_factory=list, init=False)
    """What can be known of each (`Protected.told`)."""
    heard: list[pl.DataFrame] = field(default_factory=list, init=False)
    """`key`, `state` of the cells that he knows of each."""

    def hears(self, state: Stretches, part: Protected, days: Mapping[str, Period]) -> None:
        """Add what he is told of a state of the records."""
        told = part.told()
        self.known.append((state, part, days))
        self.told.append(told)
        self.heard.append(_counted_from(told.filter(pl.col("of") == pl.col("key")).select("key"), state))

    def forget(self, after: int) -> None:
        """Take back all that was added after so many."""
        del self.known[after:], self.told[after:], self.heard[after:]

    def news(self, cells: pl.DataFrame, state: Stretches) -> pl.DataFrame:
        """Return `key`, `n` and `new` of cells: whether he was not told of that cell from that state of records yet.

        The number alone is not enough: the same count can be of other records.
        """
        asked = _counted_from(cells.select("key", "n"), state)
        if not self.heard:
            return asked.select("key", "n", new=pl.lit(True))
        heard = pl.concat(self.heard).unique().with_columns(new=pl.lit(False))
        marked = asked.join(heard, on=["key", "state"], how="left", maintain_order="left")
        return marked.select("key", "n", pl.col("new").fill_null(True))

    def before(self, earlier: Sequence[Kept]) -> Policy:
        """Return the least that changes may have had that earlier releases told of."""
        least = min([self.policy.k, *(part.rule.k for kept in earlier for part in kept.parts)])
        return self.policy.model_copy(update={"k": least, "k_officers": K_FLOOR})


def audiences(policy: Policy, earlier: Sequence[Kept], given: Sequence[Kept]) -> list[Audience]:
    """Return who knows what, before a release.

    Args:
        policy: the site's.
        earlier: every release still public, oldest first.
        given: what an oversight body was given with them.
    """
    found = [Audience(policy)]
    _hear(found[0], earlier)
    if policy.oversight is not None or given:
        found.append(Audience(of_people(policy)))
        _hear(found[1], [*earlier, *given], as_known)
    return found


def _hear(
    audience: Audience,
    releases: Sequence[Kept],
    known: Callable[[Protected, Policy], Protected] = lambda part, _policy: part,
) -> None:
    for kept in releases:
        for view, part in zip(kept.views, kept.parts, strict=True):
            audience.hears(view.stretches, known(part, audience.policy), kept.days)


def _counted_from(cells: pl.DataFrame, state: Stretches) -> pl.DataFrame:
    """Return cells with `state`: the days of each, with the store versions that they are counted from."""
    named = cells.with_columns(period())
    codes = named["period"].drop_nulls().unique().to_list()
    told = pl.DataFrame({"period": codes, "state": [_over(Period.parse(code), state) for code in codes]})
    typed = told.cast({"period": pl.String, "state": pl.String})
    return named.join(typed, on="period", how="left", maintain_order="left").drop("period")


def _over(days: Period, state: Stretches) -> str:
    """Return the store versions of these days, as text that is alike for states that are alike on them."""
    found: list[tuple[Period, int]] = []
    for stretch, version in sorted(state, key=lambda one: one[0].first):
        if (both := stretch.overlap(days)) is None:
            continue
        if found and found[-1][1] == version and found[-1][0].last + timedelta(days=1) == both.first:
            both = Period(found.pop()[0].first, both.last)
        found.append((both, version))
    return " ".join(f"{one}:{version}" for one, version in found)


def of_people(policy: Policy) -> Policy:
    """Return the policy as if no officer could be given away."""
    units_of = {record: [unit for unit in units if unit != OFFICERS] for record, units in policy.units_of.items()}
    return policy.model_copy(
        update={"units": [unit for unit in policy.units if unit != OFFICERS], "units_of": units_of}
    )


def as_known(part: Protected, policy: Policy) -> Protected:
    """Return a part that was told, with people as its only secrets and what it showed as all that stood in it."""
    rule = rule_for(policy, part.lattice)
    return Protected(part.lattice, secrets(part.lattice, rule) & part.withheld, part.withheld, rule, ~part.withheld)
