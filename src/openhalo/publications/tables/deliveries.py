"""The deliveries that a release rests on, as the release tells of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from openhalo.intake.receipts import Receipt


@dataclass(frozen=True)
class DeliveryRow:
    """One delivery: its file, and how many rows it had, unless that could give a protected number away."""

    delivery: str
    source: str
    record: str
    file: str
    sha256: str
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
            "file": self.file,
            "sha256": self.sha256,
            "received": self.received.isoformat(timespec="seconds"),
            **{name: number for name, number in rows.items() if number is not None},
        }


def delivery_rows(receipts: Sequence[Receipt], hidden: Collection[str]) -> list[DeliveryRow]:
    """Return what is told of deliveries; of those of a `hidden` record type, no number of rows."""
    return [
        DeliveryRow(
            one.delivery,
            one.source,
            one.record,
            one.file,
            one.sha256,
            one.received,
            *((None,) * 3 if one.record in hidden else (one.rows_read, one.rows_accepted, one.rows_rejected)),
        )
        for one in receipts
    ]
