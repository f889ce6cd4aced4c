"""The middle one of a number that records carry; it reads as a mean."""

from openhalo.catalogue.measure_traits import RECORDS, MeasureTraits
from openhalo.language.translation import mark_for_translation

TRAITS = MeasureTraits(
    order=6,
    needs=RECORDS | {"value"},
    scale="mean",
    of_told=True,
    made_of_counts=False,
    head=mark_for_translation("Middle value"),
)
