"""What share of people give an answer, area by area, where few were asked in each?"""

from openhalo.analyses.kinds.small_area_estimate.answer import run

__all__ = ["run"]
