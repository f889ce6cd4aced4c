"""A kept file that does not read is said to be damaged, and which one it is."""

import pytest
from pydantic import BaseModel

from openhalo.base.errors import StoreError
from openhalo.base.kept_files import read_kept


class Kept(BaseModel):
    number: int


def test_a_whole_file_is_read_as_what_was_written(tmp_path):
    (tmp_path / "kept.json").write_text('{"number": 3}')
    assert read_kept(tmp_path / "kept.json", Kept, "the count") == Kept(number=3)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"number": "many"}', b"\xff\xfe"])
def test_a_damaged_one_is_named(tmp_path, content):
    (tmp_path / "kept.json").write_bytes(content)
    with pytest.raises(StoreError, match=r"kept\.json: the count is damaged"):
        read_kept(tmp_path / "kept.json", Kept, "the count")
