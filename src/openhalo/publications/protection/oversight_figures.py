"""Figures that the public is not told only because few officers did it: whole, for the body that oversees them.

People stay protected from that body too, with all that is public and all that it was given before: an earlier release,
or what was given beside it, is held against the new figures as it is for the public.
"""

from collections.abc import Sequence
from copy import copy

import polars as pl

from openhalo.catalogue.index import Catalogue
from openhalo.publications.protection.audiences import as_known, of_people
from openhalo.publications.protection.late_changes import LateChanges
from openhalo.publications.protection.masking import WITHHELD
from openhalo.publications.protection.protected_tables import State, protected
from openhalo.publications.tables.open_data import rows
from openhalo.publications.tables.release_figures import ReleaseFigures

_NAME = ["measure", "group", "code", "group2", "code2", "grain", "period"]


def apart(late: LateChanges, states: Sequence[State]) -> tuple[list[State], list[State]]:
    """Return the tables of a release as the body is told them, and as the public is: nothing that the body is not.

    Args:
        late: the tables, and the records that they count.
        states: the tables by the state of the records that each counts.

    Raises:
        ReleaseError: what was told before gives people away beside these figures, or the attack takes too long.
    """
    people = copy(late)
    people.policy = of_people(late.policy)
    told = [part for kept in late.earlier for part in kept.parts]
    known = [as_known(part, people.policy) for part in (*told, *(part for kept in late.given for part in kept.parts))]
    views = {state.stretches: [one.table for one in state.outlines] for state in states}
    body = protected(people, views, known)
    return body, protected(late, views, told, {state.stretches: state.protected for state in body})


def told_more(
    public: Sequence[ReleaseFigures], oversight: Sequence[ReleaseFigures], catalogue: Catalogue
) -> pl.DataFrame:
    """Return the figures that the oversight body is told and the public is not, in the form of released figures."""
    everyone, body = (
        pl.concat([rows(result, one, catalogue) for one in told for result in one.results], how="vertical_relaxed")
        for told in (public, oversight)
    )
    shown = pl.col("status") != WITHHELD
    return body.filter(shown).join(everyone.filter(shown), on=_NAME, how="anti", nulls_equal=True)
