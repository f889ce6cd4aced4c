"""The part of the records for which a condition is true."""

from openhalo.catalogue.measure_traits import RECORDS, MeasureTraits

TRAITS = MeasureTraits(
    order=2,
    needs=RECORDS | {"numerator"},
    scale="share",
    made_of_counts=True,
    plain=True,
    of_told=True,
    may_be_compared=True,
)
