"""Chances from surname and place, tried where race is known: do they find as many of each group, and the same share?

Where they do, the chances of the people around are worth something for those whose race is not known. Where they do
not, they are wrong there too, and no number of records mends it.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from openhalo.statistics.estimates import Numbers, normal_quantile

ROOM, SHARE_ROOM = 0.2, 0.05
"""A trial tells something where the number must be met within a fifth, and the share within 5 percentage points."""


class Trial(NamedTuple):
    """One group: what was written down, and what the chances of the same records say, with the room they must have."""

    known: float
    """Records of the group; `guessed`: what their chances add up to; `room`: half of its interval."""
    guessed: float
    room: float
    known_share: float
    """Share of the group with the outcome; the same with chances as weights; half of its interval."""
    guessed_share: float
    share_room: float

    @property
    def tells(self) -> bool:
        """Return whether there are records enough to notice chances that are wrong."""
        return self.room <= ROOM * self.known and self.share_room <= SHARE_ROOM

    @property
    def misses(self) -> float:
        """Return how far the chances miss what is known, in intervals: above 1 they miss by more than they may."""
        return max(
            self._by(self.guessed - self.known, self.room),
            self._by(self.guessed_share - self.known_share, self.share_room),
        )

    @staticmethod
    def _by(gap: float, room: float) -> float:
        return abs(gap) / room if room else float("inf") if gap else 0.0


def trials(
    outcome: ArrayLike, chances: Numbers, member: Numbers, times: ArrayLike = 1, confidence: float = 0.95
) -> list[Trial]:
    """Return the trial of each group, on records whose group is known.

    Args:
        outcome: (records,) 1 or 0.
        chances: (records, groups) of each group, 0 to 1.
        member: (records, groups) 1 where the record is of the group, else 0; each group has some.
        times: (records,) how many records each entry stands for.
        confidence: that all groups pass where the chances are right, number and share alike (Bonferroni).

    If the chances are right, a record is of a group as often as they say: chance minus membership is 0 on average, and
    so is the difference of the two shares if the outcome depends on name and place alone. Both errors are linearised.
    """
    y, many = np.asarray(outcome, float)[:, None], np.broadcast_to(np.asarray(times, float), len(chances))[:, None]
    z = normal_quantile(1 - (1 - confidence) / (2 * chances.shape[1]))
    guessed, known = ((many * of).sum(axis=0) for of in (chances, member))
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = [(many * of * y).sum(axis=0) / total for of, total in ((chances, guessed), (member, known))]
        off = chances * (y - shares[0]) / guessed - member * (y - shares[1]) / known
    room = z * np.sqrt((many * (chances - member) ** 2).sum(axis=0))
    share_room = z * np.sqrt((many * off**2).sum(axis=0))
    columns = (known, guessed, room, shares[1], shares[0], share_room)
    return [Trial(*map(float, row)) for row in zip(*columns, strict=True)]
