"""The sizes of groups that a survey's answers are weighted to."""

from openhalo.analyses.census import people
from openhalo.catalogue.populations import Margin
from openhalo.records.reading import Records


def sizes(margin: Margin, records: Records) -> dict[str, float]:
    """Return how many people of each group the population has, in the last year on file.

    Raises:
        MeasureError: there are no records of it.
        Refused: they count the same people more than once.
    """
    return dict(people(records, margin.record, margin.where, {"code": margin.by}, margin.size).iter_rows())
