"""A risk model may be switched on only after the site's own backtest showed that it beats the shrunken count."""

from datetime import date
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from openhalo.base.errors import Problem, StoreError
from openhalo.base.kept_files import read_kept
from openhalo.base.private_folders import private_folder
from openhalo.base.provenance import hash_facts, write_json
from openhalo.catalogue.index import Catalogue
from openhalo.catalogue.signal_kinds.risk import RiskSignal
from openhalo.early_intervention.backtest import Backtest, configuration
from openhalo.early_intervention.governance import Governance
from openhalo.early_intervention.look_back import months_before
from openhalo.records.manifest import Manifest
from openhalo.records.store import Store
from openhalo.sites.layout import SiteLayout

_FRESH = 36
"""Months beyond the last day looked from that the records may reach before the test must be made again."""


class _Kept(BaseModel):
    # Backtests that other versions of OpenHALO wrote may say more than this one reads.
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Provenance(_Kept):
    store_version: int
    data: str
    config: str


class _Lead(_Kept):
    """By how much more was found than by the shrunken count, in parts of one; None: unknown."""

    value: float | None
    low: float | None
    high: float | None


class _Score(_Kept):
    policy: str
    better: _Lead


class KeptBacktest(_Kept):
    """A backtest as it is kept: what the gate reads of it."""

    origins: list[date]
    scores: list[_Score]
    refused: dict[str, str]
    provenance: _Provenance


def keep(folder: Path, found: Backtest) -> Path:
    """Write a backtest into the folder of backtests, named by its outcome and its configuration; return the file."""
    private_folder(folder)
    file = _file(folder, found.outcome.id, found.provenance["config"])
    write_json(file, found.to_dict())
    return file


def check_risk(layout: SiteLayout, store: Store, catalogue: Catalogue, governance: Governance) -> list[Problem]:
    """Return why risk models that are switched on may not be.

    Each needs a kept backtest with the same definitions, outcome and capacity, on a store version of this site, in
    which the interval of its lead over the shrunken count lies above zero.
    """
    on = [catalogue.signals[name] for name in governance.signals if name in catalogue.signals]
    problems = []
    for spec in (one for one in on if isinstance(one, RiskSignal)):
        why = _why_not(layout.backtests, store, catalogue, governance, spec)
        if why:
            todo = f"openhalo backtest --outcome {spec.foresees} --counted {spec.counted}, or leave it off"
            found = f"'{spec.id}' may not be switched on: {why}"
            problems.append(Problem(str(layout.governance), found, todo=todo))
    return problems


def _why_not(folder: Path, store: Store, catalogue: Catalogue, governance: Governance, spec: RiskSignal) -> str:
    config = configuration(catalogue, spec.foresees, spec.counted, governance.capacity)
    file = _file(folder, spec.foresees, config)
    if not file.is_file():
        return (
            f"no backtest of '{spec.foresees}' with these definitions and a capacity of {governance.capacity} is kept"
        )
    held = read_kept(file, KeptBacktest, "the backtest")
    try:
        tried = store.manifest(held.provenance.store_version)
    except StoreError:
        return "its backtest was made on records that this site does not hold"
    if hash_facts(tried.model_dump(mode="json")) != held.provenance.data or held.provenance.config != config:
        return "its backtest was made on other records or definitions than this site's"
    if _reach(store.manifest()) > months_before(held.origins[-1], -_FRESH):
        return f"the records reach more than {_FRESH} months beyond its backtest"
    score = next((one for one in held.scores if one.policy == spec.model), None)
    if score is None:
        return f"its backtest could not try it ({held.refused.get(spec.model, 'its libraries were not installed')})"
    better = score.better
    if better.low is None or better.low <= 0:
        lead, low, high = (_points(one) for one in (better.value, better.low, better.high))
        return (
            f"in its backtest it found {lead} more in a hundred reviews than the shrunken count "
            f"({low} to {high}), which is not surely above zero"
        )
    return ""


def _file(folder: Path, outcome: str, config: str) -> Path:
    return folder / f"{outcome}-{config[:12]}.json"


def _points(share: float | None) -> str:
    return "unknown" if share is None else f"{100 * share:.1f}"


def _reach(manifest: Manifest) -> date:
    ends = [cover.last for table in manifest.tables.values() for cover in table.coverage if cover.first <= cover.last]
    return max(ends, default=date.min)
