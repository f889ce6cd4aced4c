"""How well are records kept?"""

from openhalo.analyses.kinds.audit.answer import run

__all__ = ["run"]
