"""Keys of the kind `same_scene`."""

from typing import Literal

from pydantic import Field

from openhalo.catalogue.documents import Location
from openhalo.catalogue.signal_specs import RecordSignal


class SameSceneSignal(RecordSignal):
    """Who used more force than the others who were there?"""

    kind: Literal["same_scene"] = Field(description="How officers are found")
    scene: str = Field(min_length=1, description="The field that is the same for all who were there")
    level: str = Field(min_length=1, description="The level of force, a whole number from 0 up")

    @property
    def paths(self) -> dict[Location, str]:
        """Return the fields of scene and level."""
        return {("scene",): self.scene, ("level",): self.level}
