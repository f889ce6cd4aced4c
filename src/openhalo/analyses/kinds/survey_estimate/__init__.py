"""What share of people give an answer, or how high do they score? Do groups differ?"""

from openhalo.analyses.kinds.survey_estimate.answer import run

__all__ = ["run"]
