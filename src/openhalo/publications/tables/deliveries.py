"""The deliveries that a release rests on, as the release tells of them."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from openhalo.intake.receipts import Receipt


@dataclass(frozen=True)
class DeliveryRow:
    """One delivery: its file, and how many rows it had, unless that could give a protected number away.

    Of protected records a release names no file and gives no hash of one: whoever holds all rows of a file but one, and
    knows what the last could be, tries until the hash fits. A commitment binds the site as a hash does, and whoever
    gets its salt can prove what was delivered (`openhalo verify --delivery`).
    """

    delivery: str
    source: str
    record: str
    file: str
    """Empty, as the hash, for records whose counts are protected."""
    sha256: str
    commitment: str
    """SHA-256 of a salt that the site keeps and of the file's hash; empty where the hash itself is told."""
    received: datetime
    rows_read: int | None
    """None, as the two others, for records whose counts are protected: the rows of two deliveries differ by what
    came in between them, however little."""
    rows_accepted: int | None
    rows_rejected: int | None

    def facts(self) -> dict[str, Any]:
        """Return what the descriptor says of it; without numbers of rows where they are not told."""
        rows = {"rows_read": self.rows_read, "rows_accepted": self.rows_accepted, "rows_rejected": self.rows_rejected}
        return {
            "delivery": self.delivery,
            "source": self.source,
            **({"commitment": self.commitment} if self.commitment else {"file": self.file, "sha256": self.sha256}),
            "received": self.received.isoformat(timespec="seconds"),
            **{name: number for name, number in rows.items() if number is not None},
        }


Commit = Callable[[str], str]
"""Hash of a delivered file → what binds the site to it without giving it away."""


def delivery_rows(receipts: Sequence[Receipt], hidden: Collection[str], commit: Commit) -> list[DeliveryRow]:
    """Return what is told of deliveries; of those of a `hidden` record type, no file, no hash and no number of rows."""
    return [_hidden_row(one, commit) if one.record in hidden else _row(one) for one in receipts]


def _row(one: Receipt) -> DeliveryRow:
    rows = (one.rows_read, one.rows_accepted, one.rows_rejected)
    return DeliveryRow(one.delivery, one.source, one.record, one.file, one.sha256, "", one.received, *rows)


def _hidden_row(one: Receipt, commit: Commit) -> DeliveryRow:
    return DeliveryRow(one.delivery, one.source, one.record, "", "", commit(one.sha256), one.received, None, None, None)
