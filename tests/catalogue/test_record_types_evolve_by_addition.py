"""A shipped record type grows; what its fields meant stays. A changed meaning takes a new id.

`frozen/` keeps what each record type meant when it was first shipped. After an addition, or for a new record type,
`make fresh` writes the file anew; a changed meaning it refuses.
"""

import json
from pathlib import Path

import pytest

from openhalo.catalogue.index import load
from openhalo.catalogue.record_types import FieldSpec

FROZEN = Path(__file__).parent / "frozen"
MEANING = ("type", "vocabulary", "unit", "basis", "to", "inverse", "through", "required", "since")
RECORD_TYPES = load().record_types


def meaning(record):
    """What a record type means to those who hold records of it: its fields, units and time, at its version."""
    fields = {name: {part: getattr(spec, part) for part in MEANING} for name, spec in record.fields.items()}
    return {
        "version": record.version,
        "time": record.time,
        "until": record.until,
        "units": sorted(record.units),
        "fields": fields,
    }


def changes(old, new):
    """Return what the new definition may not do to the old one."""
    found = [f"the field '{name}' is gone" for name in old["fields"].keys() - new["fields"].keys()]
    for name in old["fields"].keys() & new["fields"].keys():
        before, after = old["fields"][name], new["fields"][name]
        found += [
            f"{name}.{part}: {before[part]} became {after[part]}" for part in before if before[part] != after[part]
        ]
    for name in new["fields"].keys() - old["fields"].keys():
        added = new["fields"][name]
        if not old["version"] < added["since"] <= new["version"]:
            found.append(f"the new field '{name}' needs a raised version, and 'since' that version")
        if added["required"]:
            found.append(f"the new field '{name}' is required, which older records cannot fulfil")
    for part in ("time", "until"):
        if old.get(part, "") != new[part]:
            found.append(f"{part}: {old.get(part, '')} became {new[part]}")
    found += [f"the unit '{unit}' is gone" for unit in set(old["units"]) - set(new["units"])]
    return sorted(found)


def frozen(record):
    return FROZEN / f"{record.replace('/', '.')}.json"


@pytest.mark.parametrize("record", sorted(RECORD_TYPES))
def test_a_shipped_record_type_keeps_what_its_fields_meant(record):
    assert frozen(record).is_file(), "a new record type; run: make fresh"
    assert changes(json.loads(frozen(record).read_text("utf-8")), meaning(RECORD_TYPES[record])) == []


@pytest.mark.parametrize("record", sorted(RECORD_TYPES))
def test_what_is_frozen_is_current(record):
    assert json.loads(frozen(record).read_text("utf-8")) == meaning(RECORD_TYPES[record]), "run: make fresh"


def test_no_shipped_record_type_vanishes():
    assert {path.stem.replace(".", "/") for path in FROZEN.glob("*.json")} == set(RECORD_TYPES)


STOP = RECORD_TYPES["stops/stop"]
NEW = {"type": "text", "label": "x", "privacy": "public", "source": "x"}


def evolved(version=None, drop=(), **fields):
    kept = {name: spec for name, spec in STOP.fields.items() if name not in drop}
    return STOP.model_copy(update={"version": version or STOP.version, "fields": kept | fields})


def test_an_addition_with_a_raised_version_passes():
    version = STOP.version + 1
    assert changes(meaning(STOP), meaning(evolved(version, added=FieldSpec(**NEW, since=version)))) == []


@pytest.mark.parametrize(
    ("new", "found"),
    [
        (evolved(drop=["race"]), "the field 'race' is gone"),
        (evolved(race=STOP.fields["race"].model_copy(update={"vocabulary": "gender"})), "race.vocabulary: "),
        (evolved(race=STOP.fields["race"].model_copy(update={"basis": "self_reported"})), "race.basis: "),
        (evolved(age=STOP.fields["age"].model_copy(update={"unit": "months"})), "age.unit: years became months"),
        (evolved(age=STOP.fields["age"].model_copy(update={"type": "number"})), "age.type: integer became number"),
        (evolved(added=FieldSpec(**NEW)), "the new field 'added' needs a raised version"),
        (
            evolved(STOP.version + 1, added=FieldSpec(**NEW, since=STOP.version + 1, required=True)),
            "the new field 'added' is required",
        ),
        (STOP.model_copy(update={"time": "recorded_at"}), "time: occurred_at became recorded_at"),
        (STOP.model_copy(update={"units": {"stop": "stops"}}), "the unit 'person_stopped' is gone"),
    ],
)
def test_a_changed_meaning_is_found(new, found):
    assert [change for change in changes(meaning(STOP), meaning(new)) if change.startswith(found)]


if __name__ == "__main__":
    for identifier, definition in RECORD_TYPES.items():
        before = frozen(identifier)
        if before.exists() and (refused := changes(json.loads(before.read_text("utf-8")), meaning(definition))):
            raise SystemExit(f"{identifier}: " + "; ".join(refused))
        before.write_text(json.dumps(meaning(definition), indent=1, sort_keys=True) + "\n", "utf-8")
