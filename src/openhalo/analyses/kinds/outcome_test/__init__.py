"""Do searches of different groups find something equally often?"""

from openhalo.analyses.kinds.outcome_test.answer import run

__all__ = ["run"]
