"""The tutorial works as it is written: its files are made, its commands are run, in their order."""

import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from openhalo.cli.main import app

TUTORIAL = (Path(__file__).parents[2] / "docs" / "tutorial.md").read_text(encoding="utf-8")
STEP = re.compile(r"(?:`(?P<file>[^`]+)`\n\n```yaml\n(?P<text>.*?)```)|(?:```console\n(?P<commands>.*?)```)", re.DOTALL)


@pytest.mark.ci
def test_every_step_of_the_tutorial(demo, tmp_path, monkeypatch):
    shutil.copytree(demo.site.path, tmp_path / "demo")
    monkeypatch.chdir(tmp_path)
    ran = []
    for step in STEP.finditer(TUTORIAL):
        if step["file"]:
            Path(step["file"]).parent.mkdir(parents=True, exist_ok=True)
            Path(step["file"]).write_text(step["text"], encoding="utf-8")
            continue
        for line in step["commands"].splitlines():
            command = line.removeprefix("$ openhalo ")
            assert command != line, f"no command: {line}"
            done = CliRunner().invoke(app, _words(command))
            assert done.exit_code == 0, f"{line}\n{done.output}"
            ran.append(command.split()[0])
    assert {"measure", "records", "check", "publish", "diff", "verify", "recompute", "analyse"} <= set(ran)
    assert (tmp_path / "searched.csv").stat().st_size > 1000
    assert list((tmp_path / "demo/releases").glob("*/pages/stops/traffic_vehicle_search_share.html"))


def _words(command: str) -> list[str]:
    return [part.strip('"') for part in re.findall(r'"[^"]*"|\S+', command)]
