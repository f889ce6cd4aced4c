"""The core stands alone, and the catalogue travels with it."""

import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SETTINGS = "title: T\npublisher: {kind: demo, name: T}\nagencies: {a: {name: A}}\n"


@pytest.fixture(scope="session")
def wheel(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)], cwd=ROOT, check=True)
    return next(out.glob("*.whl"))


@pytest.fixture(scope="session")
def core(wheel, tmp_path_factory) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run Python where OpenHALO is installed from its wheel without any extra, at the locked versions."""
    folder = tmp_path_factory.mktemp("core")
    uv = Path(sys.executable).parent / "uv"
    subprocess.run([uv, "venv", "-q", "--python", sys.executable, folder / "venv"], check=True)
    python = folder / "venv" / "bin" / "python"
    install = [uv, "pip", "install", "-q", "--python", python, "-c", ROOT / "requirements-dev.lock", wheel]
    if subprocess.run([*install, "--offline"], capture_output=True).returncode:
        subprocess.run(install, check=True)
    return lambda code, *arguments: subprocess.run(
        [python, "-c", code, *map(str, arguments)], capture_output=True, text=True, cwd=folder
    )


@pytest.mark.ci
def test_every_module_imports_without_any_extra(core):
    modules = [
        ".".join(path.relative_to(ROOT / "src").with_suffix("").parts)
        for path in (ROOT / "src" / "openhalo").rglob("*.py")
        if path.name not in ("__init__.py", "__main__.py")
    ]
    done = core("import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)", *modules)
    assert done.returncode == 0, done.stderr


@pytest.mark.ci
def test_the_core_reads_and_measures_without_any_extra(core, tmp_path, data):
    (tmp_path / "agency.yaml").write_text(SETTINGS, encoding="utf-8")
    stops = data / "minneapolis" / "stops_2017.csv.gz"
    done = core(
        "import sys, openhalo\nsite = openhalo.open_site(sys.argv[1])\n"
        "site.import_file('minneapolis_stops', sys.argv[2])\n"
        "print(int(site.measure('stops/search_share').totals['denominator'][0]))",
        str(tmp_path),
        str(stops),
    )
    assert done.stdout.strip() == "43699", done.stderr


@pytest.mark.ci
def test_a_missing_extra_is_named(core, tmp_path):
    (tmp_path / "agency.yaml").write_text(SETTINGS, encoding="utf-8")
    code = (
        "import sys\nsys.argv = ['openhalo', 'demo', '--site', sys.argv[1] + '/demo', '--no-serve']\n"
        "from openhalo.cli.main import run\nrun()"
    )
    done = core(code, str(tmp_path))
    assert done.returncode == 16
    assert 'pip install "openhalo[demo]"' in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.ci
def test_the_wheel_holds_the_whole_catalogue(wheel):
    shipped = {
        p.relative_to(ROOT / "src").as_posix()
        for p in (ROOT / "src").rglob("*")
        if p.suffix in (".yaml", ".md", ".html", ".po")
    }
    assert shipped - set(zipfile.ZipFile(wheel).namelist()) == set()


@pytest.mark.ci
def test_the_wheel_checks_its_catalogue_where_it_is_unpacked(wheel, tmp_path):
    zipfile.ZipFile(wheel).extractall(tmp_path)
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); sys.argv = ['openhalo', 'check']\n"
        "from openhalo.cli.main import run; run()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "all good" in done.stdout
