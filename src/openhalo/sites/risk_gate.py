"""A risk model may be switched on only after the site's own backtest showed that it beats the shrunken count."""

import json
from datetime import date
from pathlib import Path
from typing import Any

from openhalo.base.errors import Problem, StoreError
from openhalo.base.provenance import hash_facts, write_json
from openhalo.catalogue.index import Catalogue
from openhalo.catalogue.signal_kinds.risk import RiskSignal
from openhalo.early_intervention.backtest import Backtest, configuration
from openhalo.early_intervention.governance import Governance
from openhalo.early_intervention.look_back import months_before
from openhalo.records.manifest import Manifest
from openhalo.records.store import Store

FOLDER = "backtests"
_FRESH = 36
"""Months beyond the last day looked from that the records may reach before the test must be made again."""


def keep(site: Path, found: Backtest) -> Path:
    """Write a backtest into the site, named by its outcome and its configuration; return the file."""
    (site / FOLDER).mkdir(exist_ok=True)
    file = site / FOLDER / f"{found.outcome.id}-{found.provenance['config'][:12]}.json"
    write_json(file, found.to_dict())
    return file


def check_risk(site: Path, catalogue: Catalogue, governance: Governance) -> list[Problem]:
    """Return why risk models that are switched on may not be.

    Each needs a kept backtest with the same definitions, outcome and capacity, on a store version of this site, in
    which the interval of its lead over the shrunken count lies above zero.
    """
    on = [catalogue.signals[name] for name in governance.signals if name in catalogue.signals]
    problems = []
    for spec in (one for one in on if isinstance(one, RiskSignal)):
        why = _why_not(site, catalogue, governance, spec)
        if why:
            todo = f"openhalo backtest --outcome {spec.foresees} --counted {spec.counted}, or leave it off"
            problems.append(
                Problem(str(site / "governance.yaml"), f"'{spec.id}' may not be switched on: {why}", todo=todo)
            )
    return problems


def _why_not(site: Path, catalogue: Catalogue, governance: Governance, spec: RiskSignal) -> str:
    config = configuration(catalogue, spec.foresees, spec.counted, governance.capacity)
    file = site / FOLDER / f"{spec.foresees}-{config[:12]}.json"
    if not file.is_file():
        return (
            f"no backtest of '{spec.foresees}' with these definitions and a capacity of {governance.capacity} is kept"
        )
    held: dict[str, Any] = json.loads(file.read_text("utf-8"))
    try:
        tried = Store(site / "store").manifest(int(held["provenance"]["store_version"]))
    except StoreError:
        return "its backtest was made on records that this site does not hold"
    if (
        hash_facts(tried.model_dump(mode="json")) != held["provenance"]["data"]
        or held["provenance"]["config"] != config
    ):
        return "its backtest was made on other records or definitions than this site's"
    if _reach(Store(site / "store").manifest()) > months_before(date.fromisoformat(held["origins"][-1]), -_FRESH):
        return f"the records reach more than {_FRESH} months beyond its backtest"
    score = next((one for one in held["scores"] if one["policy"] == spec.model), None)
    if score is None:
        return f"its backtest could not try it ({held['refused'].get(spec.model, 'its libraries were not installed')})"
    better = score["better"]
    if better["low"] is None or better["low"] <= 0:
        points = {name: "unknown" if value is None else f"{100 * value:.1f}" for name, value in better.items()}
        return (
            f"in its backtest it found {points['value']} more in a hundred reviews than the shrunken count "
            f"({points['low']} to {points['high']}), which is not surely above zero"
        )
    return ""


def _reach(manifest: Manifest) -> date:
    ends = [cover.last for table in manifest.tables.values() for cover in table.coverage if cover.first <= cover.last]
    return max(ends, default=date.min)
