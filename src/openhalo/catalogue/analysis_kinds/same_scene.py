"""Settings of the kind `same_scene`."""

from typing import Literal

from pydantic import Field

from openhalo.catalogue.analysis_specs import AnalysisSpec, Named, Number


class SameScene(AnalysisSpec):
    """Do some officers use more force than others who were at the same scenes?"""

    kind: Literal["same_scene"] = Field(description="Which test it is")
    scene: Named = Field(description="Field that tells scenes apart")
    officer: Named = Field(description="Field that tells officers apart; no page names one")
    level: Number = Field(description="Field with the level of force, a higher number for more")
    prior: Literal["paper", "package"] = Field(
        default="paper", description="Whose model of how officers may differ before the data speak"
    )
