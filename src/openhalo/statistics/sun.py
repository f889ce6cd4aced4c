"""When the sun sets and dusk ends, to the second."""

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openhalo.statistics.estimates import Numbers

_Days = NDArray[np.datetime64]
_RAD = np.pi / 180
_TILT = 23.4397 * _RAD
_SUNSET, _DUSK = -0.833, -6.0
"""Height of the sun in degrees: its upper edge on the horizon; the end of civil twilight."""


class Evening(NamedTuple):
    """Minutes since local midnight (float arrays, seconds as fractions); NaN where the sun does not go so low."""

    sunset: Numbers
    dusk: Numbers


def evening(days: ArrayLike, latitude: float, longitude: float, zone: str) -> Evening:
    """Return sunset and the end of civil twilight of each day, on the clock of a time zone.

    Args:
        days: local dates (anything NumPy takes for datetime64[D]); repeats cost nothing.
        latitude: degrees north, −90 to 90.
        longitude: degrees east, −180 to 180.
        zone: IANA name of the time zone.

    Raises:
        ValueError: a coordinate out of range, or a date missing.

    The formula of suncalc (Agafonkin), on which published veil-of-darkness tests rest, after Meeus (1998),
    Astronomical Algorithms, and the "Astronomy Answers" position of the sun; other formulas differ by a minute or two.
    """
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise ValueError("latitude must lie between -90 and 90, longitude between -180 and 180")
    given = np.asarray(days, "datetime64[D]")
    if np.any(np.isnat(given)):
        raise ValueError("a date is missing")
    found, place = _distinct(given)
    clock = ZoneInfo(zone)
    columns = []
    for seconds in _after_midnight_utc(found, latitude, longitude):
        local = [_minute(day, s, clock) for day, s in zip(found.tolist(), seconds.tolist(), strict=True)]
        columns.append(np.asarray(local, float)[place].reshape(given.shape))
    return Evening(*columns)


def clock_changes(days: ArrayLike, zone: str, within: int = 30) -> NDArray[np.bool_]:
    """Return which dates lie within so many days of a change between standard and daylight saving time.

    Around a change the same clock minute is light on one side and dark on the other, a few days apart.
    """
    given = np.asarray(days, "datetime64[D]")
    found, place = _distinct(given)
    if not len(found):
        return np.zeros(given.shape, bool)
    reach = np.arange(found[0] - within - 1, found[-1] + within + 2)
    clock = ZoneInfo(zone)
    offset = np.array([datetime(d.year, d.month, d.day, 12, tzinfo=clock).dst() for d in reach.tolist()])
    changes = reach[1:][offset[1:] != offset[:-1]]
    near = np.any(np.abs((found[:, None] - changes[None, :]).astype(int)) <= within, axis=1)
    answer: NDArray[np.bool_] = near[place].reshape(given.shape)
    return answer


def _distinct(days: _Days) -> tuple[_Days, NDArray[np.int64]]:
    """Return the distinct dates and where each given one stands among them, without a sort."""
    if not days.size:
        return days.ravel(), np.zeros(0, np.int64)
    start = days.min()
    offset = (days.ravel() - start).astype(np.int64)
    seen = np.bincount(offset) > 0
    code: NDArray[np.int64] = np.cumsum(seen) - 1
    return start + np.flatnonzero(seen), code[offset]


def _after_midnight_utc(days: _Days, lat: float, lng: float) -> Numbers:
    """Return seconds from each date's midnight in UTC to sunset and to dusk, two rows."""
    day = days.astype("datetime64[D]").astype(float)
    west, phi = -_RAD * lng, _RAD * lat
    since_2000 = day + 2440588 - 2451545
    cycle = np.round(since_2000 - 0.0009 - west / (2 * np.pi))
    noon = 0.0009 + west / (2 * np.pi) + cycle
    anomaly = _RAD * (357.5291 + 0.98560028 * noon)
    centre = _RAD * (1.9148 * np.sin(anomaly) + 0.02 * np.sin(2 * anomaly) + 0.0003 * np.sin(3 * anomaly))
    ecliptic = anomaly + centre + _RAD * 102.9372 + np.pi
    height = np.arcsin(np.sin(_TILT) * np.sin(ecliptic))
    rows = []
    for degrees in (_SUNSET, _DUSK):
        with np.errstate(invalid="ignore"):
            angle = np.arccos((np.sin(_RAD * degrees) - np.sin(phi) * np.sin(height)) / (np.cos(phi) * np.cos(height)))
        julian = 0.0009 + (angle + west) / (2 * np.pi) + cycle
        julian = julian + 0.0053 * np.sin(anomaly) - 0.0069 * np.sin(2 * ecliptic)
        rows.append((julian + 2451545 + 0.5 - 2440588 - day) * 86_400)
    found: Numbers = np.stack(rows)
    return found


def _minute(day: date, seconds: float, clock: ZoneInfo) -> float:
    """Return minutes since local midnight of a moment given in seconds from the date's midnight in UTC."""
    if np.isnan(seconds):
        return np.nan
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=seconds)
    local = moment.astimezone(clock).replace(tzinfo=None)
    return (local - datetime(day.year, day.month, day.day)).total_seconds() / 60
