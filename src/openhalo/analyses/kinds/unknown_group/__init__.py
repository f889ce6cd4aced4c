"""What could the records whose group was not written down change?"""

from openhalo.analyses.kinds.unknown_group.answer import run

__all__ = ["run"]
