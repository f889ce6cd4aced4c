"""Tables that nobody declared, yet whose cells join declared ones: places in places, conditions on fields of groups.

Neighborhoods lie in precincts, and "traffic stops" are one code of the reasons: who has both tables can add the one up
to the other. So the cross of two such dimensions stands in the lattice, unpublished, with no cell where no record lies.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from openhalo.base.periods import GRAINS
from openhalo.catalogue.conditions import fields_of
from openhalo.catalogue.index import Catalogue
from openhalo.publications.protection.cells import Counted, dimension


@dataclass(frozen=True)
class Cross:
    """The cells that join two tables."""

    side: Counted
    pairs: frozenset[tuple[str, str]]
    """Two dimensions each, of which one tells of the other."""


def crosses(sides: Sequence[Counted], catalogue: Catalogue) -> list[Cross]:
    """Return the crosses of all pairs of tables of which one has a dimension that tells of a dimension of the other."""
    found: dict[tuple[object, ...], Cross] = {}
    distinct = list({(one.record, one.dims, one.grain): one for one in sides}.values())
    for one, other in combinations(distinct, 2):
        for side, pair in _between(one, other, catalogue) if one.record == other.record else ():
            name = side.record, side.dims, side.grain
            pairs = found[name].pairs if name in found else frozenset()
            found[name] = Cross(side, pairs | {pair})
    return list(found.values())


def _between(one: Counted, other: Counted, catalogue: Catalogue) -> Iterator[tuple[Counted, tuple[str, str]]]:
    texts = {dimension(text): text for side in (one, other) for text in (*side.where, *side.says)}
    for mine in one.dims:
        for theirs in other.dims:
            if mine == theirs or not _tells(mine, theirs, texts, one.record, catalogue):
                continue
            shared = {*one.dims} & {*other.dims}
            dims = sorted({mine, theirs} | shared)
            grain = max(one.grain, other.grain, key=GRAINS.index)
            fields = tuple(dim for dim in dims if dim not in texts)
            side = Counted(one.record, fields, (), tuple(texts[dim] for dim in dims if dim in texts), grain)
            first, second = sorted((mine, theirs))
            yield side, (first, second)


def _tells(one: str, other: str, texts: dict[str, str], record: str, catalogue: Catalogue) -> bool:
    """Return whether one dimension of a record tells something of the other: by geography, or by definition."""
    read = [fields_of(catalogue.condition(record, texts[dim])) if dim in texts else {dim} for dim in (one, other)]
    if read[0] & read[1]:
        return True
    followed = [catalogue.schema.follow(record, dim) for dim in (one, other) if dim not in texts]
    return len(followed) == 2 and all(each is not None and each[1].place for each in followed)
