"""What the few who hold most records hold of all; it reads as a share."""

from openhalo.catalogue.measure_traits import RECORDS, MeasureTraits

TRAITS = MeasureTraits(
    order=7,
    needs=RECORDS | {"holders"},
    scale="share",
    of_told=True,
    made_of_counts=False,
    unprotected="how much a few officers hold is not protected against disclosure yet",
)
