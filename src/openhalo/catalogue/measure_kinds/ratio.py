"""The figures of another measure's groups, as multiples of one group's."""

from openhalo.catalogue.measure_traits import MeasureTraits

TRAITS = MeasureTraits(
    order=4,
    needs=frozenset({"of", "across", "reference"}),
    scale="ratio",
    made_of_counts=True,
    compares_groups=True,
)
