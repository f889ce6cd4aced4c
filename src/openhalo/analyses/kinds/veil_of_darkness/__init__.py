"""Does the mix of people stopped change when officers can hardly see them?"""

from openhalo.analyses.kinds.veil_of_darkness.answer import run

__all__ = ["run"]
