"""What all tests share: where the real data lies, and sites to throw away."""

import os

# Two test processes on two cores: linear algebra with threads of its own would only wait for itself.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import functools
import pickle
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from openhalo.base.provenance import hash_facts
from openhalo.catalogue import reader
from openhalo.charts import svg, svg_process
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


HEAVY = [
    "arviz",
    "lightgbm",
    "nutpie",
    "numba",
    "pandas",
    "playwright",
    "sklearn",
    "statsmodels",
    "surgeo",
    "vl_convert",
]
imported_while_collecting = pytest.StashKey[list[str]]()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Note which large libraries were imported before the first test: tests/house holds that there are none."""
    session.config.stash[imported_while_collecting] = [name for name in HEAVY if name in sys.modules]


@pytest.fixture(scope="session", autouse=True)
def caches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what libraries remember in a folder of this process: two that write one file break each other's tests.

    What Numba compiled stays beside the code, for the next run too: it puts whole files in place, and each function is
    compiled for one kind of arguments, so that two processes write the same.
    """
    downloads = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "uv"
    with pytest.MonkeyPatch.context() as patched:
        for name in ("XDG_CACHE_HOME", "MPLCONFIGDIR", "CHROME_CONFIG_HOME"):
            patched.setenv(name, str(tmp_path_factory.mktemp(name.lower())))
        if "UV_CACHE_DIR" not in os.environ:
            patched.setenv("UV_CACHE_DIR", str(downloads))  # made for many processes, and much to fetch again
        yield


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real data. OPENHALO_DATA set: its absence fails; unset: the test is skipped and counted."""
    named = os.environ.get("OPENHALO_DATA")
    if named is None:
        pytest.skip("OPENHALO_DATA is not set")
    folder = Path(named).resolve()
    assert folder.is_dir(), f"OPENHALO_DATA names {folder}, which is no folder"
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """The system's Chromium, one for each test process: a second one beside it could not be driven."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The folder of this run, the same for all test processes."""
    own = tmp_path_factory.getbasetemp()
    return own if worker_id == "master" else own.parent


@pytest.fixture(scope="session")
def made_once(shared_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[Path, Any]]:
    """Let one test process fill a folder, and give each a copy of it, with what filling it returned."""

    def made(name: str, fill: Callable[[Path], Any]) -> tuple[Path, Any]:
        folder = shared_folder / "made" / name
        done = folder.with_suffix(".done")
        folder.parent.mkdir(exist_ok=True)
        with FileLock(folder.with_suffix(".lock")):
            if not done.exists():
                shutil.rmtree(folder, ignore_errors=True)  # the rest of a filling that failed
                folder.mkdir()
                done.write_bytes(pickle.dumps(fill(folder)))
        own = shutil.copytree(folder, tmp_path_factory.mktemp(name) / "made", symlinks=True)
        return own, pickle.loads(done.read_bytes())

    return made


@pytest.fixture(scope="session", autouse=True)
def read_once() -> Iterator[None]:
    """Read each shipped definition once: every site of a test would read them all again, half of its time."""
    shipped, read, kept = Path(str(files("openhalo_catalogue"))), reader.read, {}

    def remembered(path: Path) -> reader.Document:
        if not path.is_relative_to(shipped):
            return read(path)
        if path not in kept:
            kept[path] = pickle.dumps(read(path))
        return pickle.loads(kept[path])  # another one for each site, because problems are written into it

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(reader, "read", remembered)
        yield


@pytest.fixture(scope="session", autouse=True)
def drawn_once(shared_folder: Path, worker_id: str) -> Iterator[None]:
    """Draw each chart once for all test processes: an SVG follows from its specification alone."""
    import vl_convert

    folder = shared_folder / "drawings"
    folder.mkdir(exist_ok=True)

    def remembered(jobs: Sequence[svg_process.Job]) -> list[str]:
        paths = [folder / f"{hash_facts([*job])}.svg" for job in jobs]
        new = {path: job for path, job in zip(paths, jobs, strict=True) if not path.exists()}
        for path, drawing in zip(new, svg_process.svgs(list(new.values())), strict=True):
            draft = path.with_suffix(f".{worker_id}")
            draft.write_text(drawing, encoding="utf-8")
            draft.replace(path)
        return [path.read_text(encoding="utf-8") for path in paths]

    bundle = functools.cache(vl_convert.javascript_bundle)  # over a second, and the same in every release
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(svg, "svgs", remembered)
        patched.setattr(vl_convert, "javascript_bundle", bundle)
        yield


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
