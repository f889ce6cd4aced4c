"""The average of a number that records carry."""

from openhalo.catalogue.measure_traits import RECORDS, MeasureTraits

TRAITS = MeasureTraits(
    order=5,
    needs=RECORDS | {"value"},
    scale="mean",
    of_told=True,
)
