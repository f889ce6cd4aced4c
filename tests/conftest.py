"""What all tests share: where the real data lies, and sites to throw away."""

import os

# Two test processes on two cores: linear algebra with threads of its own would only wait for itself.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from openhalo.sites.open_site import Site, open_site

AGENCY_YAML = """
title: Test city
publisher: {kind: demo, name: OpenHALO tests}
agencies: {testpd: {name: Test Police Department}}
declared_public:
  - record: stops/stop
    fields: [race, gender, reason, precinct, neighborhood, search_conducted]
    reason: The city publishes these fields of every stop on its open data site.
"""


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real data. OPENHALO_DATA set: its absence fails; unset: the test is skipped and counted."""
    named = os.environ.get("OPENHALO_DATA")
    if named is None:
        pytest.skip("OPENHALO_DATA is not set")
    folder = Path(named).resolve()
    assert folder.is_dir(), f"OPENHALO_DATA names {folder}, which is no folder"
    return folder


@pytest.fixture
def make_site(tmp_path: Path) -> Callable[..., Site]:
    """Make a site: files of its own catalogue by place, and settings."""

    def make(files: dict[str, str] | None = None, settings: str = AGENCY_YAML, name: str = "site") -> Site:
        root = tmp_path / name
        root.mkdir()
        (root / "agency.yaml").write_text(textwrap.dedent(settings), encoding="utf-8")
        for place, text in (files or {}).items():
            path = root / "catalogue" / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text), encoding="utf-8")
        return open_site(root)

    return make


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests were skipped for want of data."""
    waiting = [r for r in terminalreporter.stats.get("skipped", []) if "OPENHALO_DATA" in str(r.longrepr)]
    if waiting:
        terminalreporter.write_line(f"{len(waiting)} tests on real data skipped: OPENHALO_DATA is not set")
