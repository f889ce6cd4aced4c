"""Records per so many of something else: residents, stops, years."""

from openhalo.catalogue.measure_traits import RECORDS, MeasureTraits

TRAITS = MeasureTraits(
    order=3,
    needs=RECORDS | {"per"},
    scale="rate",
    made_of_counts=True,
    may_be_compared=True,
)
