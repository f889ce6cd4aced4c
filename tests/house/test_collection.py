"""Tests are found quickly, and by two processes at once: nothing heavy is imported before the first one runs."""

import os
from pathlib import Path

from tests.conftest import imported_while_collecting


def test_no_large_library_is_imported_while_tests_are_collected(pytestconfig):
    assert pytestconfig.stash[imported_while_collecting] == [], "use tests/libraries.py"


def test_what_libraries_remember_lies_in_a_folder_of_this_process(tmp_path_factory):
    own = tmp_path_factory.getbasetemp()
    assert all(Path(os.environ[name]).is_relative_to(own) for name in ("XDG_CACHE_HOME", "MPLCONFIGDIR"))
