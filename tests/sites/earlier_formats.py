"""A site of today, written back as the version before formats kept it: what an upgrade finds."""

import json

from openhalo.base.signing import sign, site_key
from openhalo.records.purging import receipt_files


def as_before(site):
    """Write what a site keeps back into format 1: receipts signed, but no chain; nothing counted; a bare register."""
    for file in receipt_files(site.store):
        facts = json.loads(file.read_text(encoding="utf-8"))["facts"]
        facts = {name: value for name, value in facts.items() if name != "previous"}
        file.write_text(sign(facts, site_key(site.layout.keys)).model_dump_json(indent=2), encoding="utf-8")
    for file in site.store.manifests.glob("[0-9]*.json"):
        told = json.loads(file.read_text(encoding="utf-8"))
        for table in told["tables"].values():
            table.pop("files", None)
        told = {name: value for name, value in told.items() if name not in ("format", "purges")}
        file.write_text(json.dumps(told, indent=2), encoding="utf-8")
    if site.register.path.is_file():
        entries = json.loads(site.register.path.read_text(encoding="utf-8"))["entries"]
        site.register.path.write_text(json.dumps(entries, indent=2), encoding="utf-8")
    return site
