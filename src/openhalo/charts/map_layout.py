"""Places on a plane: where a circle for each lies, how large it is, and which of them can be named."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, pi, radians, sqrt

_INKED = 0.24
"""Share of the map that its circles may cover together."""
_LETTER = 7.4
"""Width of a letter at 14 px, a little generous."""


@dataclass(frozen=True, slots=True)
class Place:
    """An area with its centre in degrees, and what was counted there."""

    label: str
    latitude: float
    longitude: float
    count: float


@dataclass(frozen=True, slots=True)
class Dot:
    """A circle on the plane of the map, in pixels from the upper left."""

    label: str
    x: float
    y: float
    radius: float


def dots(places: Sequence[Place], width: float) -> tuple[list[Dot], float, float]:
    """Lay places on a plane, north up, each as a circle whose area is proportional to its count.

    The projection is equirectangular with the middle latitude true to scale: over a city no eye can tell it from any
    other. (Snyder, Map Projections: A Working Manual, 1987, section 12.)

    Args:
        places: at least one.
        width: of the plane in pixels.

    Returns:
        The circles, largest first; the height of the plane in pixels; square pixels of circle for one counted record.
    """
    middle = (min(p.latitude for p in places) + max(p.latitude for p in places)) / 2
    east = [p.longitude * cos(radians(middle)) for p in places]
    north = [p.latitude for p in places]
    wide, high = max(east) - min(east) or 1e-9, max(north) - min(north) or 1e-9
    edge = 0.06 * width
    scale = (width - 2 * edge) / max(wide, high / 1.35)
    height = high * scale + 2 * edge
    per_record = min(
        _INKED * width * height / (sum(p.count for p in places) or 1),
        pi * edge**2 / (max(p.count for p in places) or 1),
    )
    left = edge + (width - 2 * edge - wide * scale) / 2
    found = [
        Dot(
            place.label,
            round(left + (x - min(east)) * scale, 1),
            round(edge + (max(north) - y) * scale, 1),
            sqrt(place.count * per_record / pi),
        )
        for place, x, y in zip(places, east, north, strict=True)
    ]
    return sorted(found, key=lambda dot: (-dot.radius, dot.label)), height, per_record


def named(found: Sequence[Dot], width: float, most: int) -> list[Dot]:
    """Return the largest circles whose names fit on the plane without touching each other."""
    taken: list[tuple[float, float, float]] = []
    fitting: list[Dot] = []
    for dot in found:
        half = len(dot.label) * _LETTER / 2
        free = all(abs(dot.x - x) > half + other + 4 or abs(dot.y - y) > 17 for x, y, other in taken)
        if half <= dot.x <= width - half and free and len(fitting) < most:
            taken.append((dot.x, dot.y, half))
            fitting.append(dot)
    return fitting
