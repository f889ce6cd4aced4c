"""What a release's descriptor says of it."""

import re
from collections.abc import Sequence
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from openhalo.catalogue.core_standing import CoreStatus
from openhalo.catalogue.sources import SourceSpec
from openhalo.publications.imprint import Imprint
from openhalo.publications.tables.deliveries import DeliveryRow
from openhalo.records.reading import Records


def facts(
    imprint: Imprint,
    records: Records,
    receipts: Sequence[DeliveryRow],
    sources: Sequence[SourceSpec],
    core: Sequence[CoreStatus] = (),
) -> dict[str, Any]:
    """Return what the descriptor of a release says beside its files: who, from what, under which licences."""
    return {
        "profile": "data-package",
        "name": _slug(imprint.title),
        "id": str(uuid5(NAMESPACE_OID, f"{imprint.publisher}/{imprint.title}/{imprint.number}/{imprint.created}")),
        "version": imprint.number,
        "title": f"{imprint.title}, release {imprint.number}",
        "created": imprint.created.isoformat(timespec="seconds"),
        "release": imprint.number,
        "publisher": {"title": imprint.publisher, "kind": imprint.publisher_kind, "note": imprint.note},
        "contributors": [{"title": imprint.publisher, "role": "publisher"}],
        "licenses": [{"name": _slug(text), "title": text} for text in dict.fromkeys(one.licence for one in sources)]
        or [{"name": "none", "title": "This release rests on no source"}],
        "sources": [
            {
                "title": source.label,
                "publisher": source.publisher,
                "licence": source.licence,
                "reference": source.reference,
                "note": source.note,
                "unit": source.unit,
            }
            for source in sources
        ],
        "receipts": [one.facts() for one in receipts],
        "declared_public": [
            {"record": one.record, "fields": list(one.fields), "reason": one.reason, "reference": one.reference}
            for one in imprint.declared
        ],
        "core": [
            {
                "name": one.name,
                "label": one.item.label,
                "standing": one.standing,
                "measures": list(one.measures),
                "analyses": list(one.analyses),
                "lacking": list(one.lacking),
            }
            for one in core
        ],
        "next_release": imprint.next_release.isoformat() if imprint.next_release else None,
        "store_version": records.manifest.version,
        "catalogue": records.catalogue.hash,
    }


def _slug(text: str) -> str:
    """Return a text as a name of a data package; an identifier such as CC0-1.0 stays as it is."""
    words = re.sub(r"[^-a-zA-Z0-9._]+", "-", text).strip("-")
    return words if words == text else words.lower()
