"""What a dataclass remembers holds for one instance: `dataclasses.replace` makes one that knows nothing yet."""

import importlib
import pkgutil
from dataclasses import FrozenInstanceError, fields, is_dataclass, replace
from datetime import date

import pytest

import openhalo
from openhalo.sites.opened_site import open_records


def _dataclasses():
    for module in pkgutil.walk_packages(openhalo.__path__, "openhalo."):
        if not module.name.endswith("__main__"):
            for found in vars(importlib.import_module(module.name)).values():
                if isinstance(found, type) and found.__module__ == module.name and is_dataclass(found):
                    yield found


REMEMBERING = [(one, field.name) for one in _dataclasses() for field in fields(one) if field.name.startswith("_")]


@pytest.mark.parametrize(("kind", "name"), REMEMBERING, ids=[f"{kind.__name__}.{name}" for kind, name in REMEMBERING])
def test_no_copy_is_handed_what_the_original_remembers(kind, name):
    (field,) = [field for field in fields(kind) if field.name == name]
    assert not field.init, f"{kind.__module__}.{kind.__name__}.{name}: field(default_factory=…, init=False)"


def test_there_is_something_to_look_at():
    assert {"Records", "SignalContext", "Derivation"} <= {kind.__name__ for kind, _ in REMEMBERING}


def test_records_replaced_in_any_field_know_nothing_of_what_the_original_read(make_site):
    records = open_records(make_site())
    records._tables["stops/stop"] = records.said["stops/stop"] = records._coverage["stops/stop"] = "of another"
    for field in fields(records):
        if field.init:
            copy = replace(records, **{field.name: getattr(records, field.name)})
            assert (copy._tables, copy.said, copy._coverage) == ({}, {}, {}), field.name
            continue
        with pytest.raises(ValueError, match="init=False"):
            replace(records, **{field.name: {}})


def test_what_records_are_of_cannot_be_set_afterwards(make_site):
    """Tables that were read would go on telling of the day before."""
    records = open_records(make_site())
    with pytest.raises(FrozenInstanceError):
        records.known_by = date(1900, 1, 1)
