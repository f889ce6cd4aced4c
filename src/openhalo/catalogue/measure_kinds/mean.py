"""The average of a number that records carry."""

from openhalo.catalogue.measure_traits import RECORDS, MeasureTraits

TRAITS = MeasureTraits(
    order=5,
    needs=RECORDS | {"value"},
    scale="mean",
    made_of_counts=True,
    of_told=True,
)
