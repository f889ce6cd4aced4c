"""How many records there are."""

from openhalo.catalogue.measure_traits import RECORDS, MeasureTraits

TRAITS = MeasureTraits(
    order=1,
    needs=RECORDS,
    scale="count",
    made_of_counts=True,
    additive=True,
    plain=True,
)
