"""Tables that nobody declared, yet whose cells join declared ones.

Neighborhoods lie in precincts, and "traffic stops" are one code of the reasons: who has both tables can add the one up
to the other. Race by precinct, race by reason and precinct by reason bound each other, too: each is a sum of cells by
all three. So the cross of two dimensions of which one tells of the other, and of all dimensions by which some records
are cut, stand in the lattice, unpublished, with no cell where no record can lie.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from openhalo.base.periods import GRAINS, Grain
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


def joints(sides: Sequence[Counted], catalogue: Catalogue) -> list[Cross]:
    """Return the crosses of all dimensions of a record type, from the shortest periods by which some tables are cut.

    Tables by longer periods join where a sum over periods leads to them.
    """
    found: list[Cross] = []
    for record in dict.fromkeys(side.record for side in sides):
        own = [side for side in sides if side.record == record]
        texts = {dimension(text): text for side in own for text in (*side.where, *side.says)}
        joined: set[tuple[str, ...]] = set()
        for grain in GRAINS:
            reached = [side for side in own if GRAINS.index(side.grain) <= GRAINS.index(grain)]
            dims = tuple(sorted({dim for side in reached for dim in side.dims}))
            single = any({*side.dims} == {*dims} for side in reached)
            if len(dims) > 1 and not single and dims not in joined:
                joined.add(dims)
                telling = [two for two in combinations(dims, 2) if _tells(*two, texts, record, catalogue)]
                found.append(Cross(_crossed(record, dims, texts, grain), frozenset(telling)))
    return found


def _crossed(record: str, dims: Sequence[str], texts: dict[str, str], grain: Grain) -> Counted:
    fields = tuple(dim for dim in dims if dim not in texts)
    return Counted(record, fields, (), tuple(texts[dim] for dim in dims if dim in texts), grain)


def _between(one: Counted, other: Counted, catalogue: Catalogue) -> Iterator[tuple[Counted, tuple[str, str]]]:
    texts = {dimension(text): text for side in (one, other) for text in (*side.where, *side.says)}
    for mine in one.dims:
        for theirs in other.dims:
            if mine == theirs or not _tells(mine, theirs, texts, one.record, catalogue):
                continue
            shared = {*one.dims} & {*other.dims}
            dims = sorted({mine, theirs} | shared)
            grain = max(one.grain, other.grain, key=GRAINS.index)
            first, second = sorted((mine, theirs))
            yield _crossed(one.record, dims, texts, grain), (first, second)


def _tells(one: str, other: str, texts: dict[str, str], record: str, catalogue: Catalogue) -> bool:
    """Return whether one dimension of a record tells something of the other: by geography, or by definition."""
    read = [fields_of(catalogue.condition(record, texts[dim])) if dim in texts else {dim} for dim in (one, other)]
    if read[0] & read[1]:
        return True
    followed = [catalogue.schema.follow(record, dim) for dim in (one, other) if dim not in texts]
    return len(followed) == 2 and all(each is not None and each[1].place for each in followed)
