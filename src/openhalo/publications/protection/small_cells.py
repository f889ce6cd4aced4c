"""Which cells of a release may not be known, and which groups are large enough to have a row."""

from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from openhalo.disclosure.lattice import ALL, CountTable, Lattice
from openhalo.disclosure.policy import Policy, Rule
from openhalo.disclosure.suppression import primary


def rule_for(policy: Policy, lattice: Lattice) -> Rule:
    """Return the policy's numbers, for those protection units that the records of the release tell apart."""
    rule = policy.rule()
    return replace(rule, units={unit: k for unit, k in rule.units.items() if unit in lattice.cells.columns})


def secrets(lattice: Lattice, rule: Rule) -> NDArray[np.bool_]:
    """Return the cells that may not be known: too small, and about people.

    Not how many records leave a field blank; and what the whole agency did is no matter of single officers.
    """
    keys, joint = lattice.cells["key"], lattice.cells["joint"].to_numpy()
    blank = keys.str.contains(r"\|if:[^=|]*=\?").to_numpy()
    agency = ~keys.str.replace_all(r"\|(?:period|if:[^=|]*)=[^|]*", "").str.contains("|", literal=True).to_numpy()
    people = replace(rule, units={unit: k for unit, k in rule.units.items() if unit != "officers"})
    small = np.where(agency, primary(lattice, people), primary(lattice, rule))
    return np.asarray(small & ~blank & ~joint, dtype=np.bool_)


def many_enough(cells: CountTable, group: str, policy: Policy) -> pl.DataFrame:
    """Return the cells of a group alone, whatever else the table is cut by, that are large enough to be told."""
    alone = pl.all_horizontal(
        pl.lit(True), *(pl.col(name) == ALL for name in cells.dims if name not in (group, "period"))
    )
    least = {"n": policy.k, **{unit: k for unit, k in policy.least(cells.of).items() if unit in cells.counts.columns}}
    return cells.counts.filter(alone, *(pl.col(name) >= k for name, k in least.items()))
