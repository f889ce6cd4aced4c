"""The rivals: what a careful analyst would write today for the same file."""

from functools import cache
from pathlib import Path

import pandas as pd
import pandera.pandas as pa
import polars as pl

_RACE = {"A": "ASIAN", "B": "BLACK", "H": "HISP", "I": "AIAN", "W": "WHITE"}
_GENDER = {"F": "FEMALE", "M": "MALE"}
_REASON = {"traffic": "TRAFFIC", "suspicion": "REASONABLE_SUSPICION", "warrant": "WARRANT", "other": "OTHER"}
_FLAG = {"Y": True, "N": False}

_SCHEMA = pa.DataFrameSchema(
    {
        "id": pa.Column(str, unique=True),
        "occurred_at": pa.Column("datetime64[us, America/Chicago]"),
        "reason": pa.Column(str, pa.Check.isin(list(_REASON.values())), nullable=True),
        "race": pa.Column(str, pa.Check.isin(list(_RACE.values())), nullable=True),
        "gender": pa.Column(str, pa.Check.isin(list(_GENDER.values())), nullable=True),
        "age": pa.Column(float, pa.Check.in_range(0, 120), nullable=True),
        "lat": pa.Column(float, pa.Check.in_range(-90, 90), nullable=True),
        "lon": pa.Column(float, pa.Check.in_range(-180, 180), nullable=True),
    }
)


def pandas_pandera(folder: Path, stops: Path) -> None:
    """Read, map, check, hash, sort and store with pandas and pandera."""
    frame = _mapped(stops)
    _SCHEMA.validate(frame, lazy=True)
    frame["content_hash"] = pd.util.hash_pandas_object(frame, index=False)
    frame.sort_values("occurred_at").to_parquet(folder / "stops.parquet", compression="zstd", index=False)


def bare_polars(folder: Path, stops: Path) -> None:
    """Parse, sort and store with Polars: no mapping, no checks, no hash, no comparison."""
    pl.scan_csv(stops, try_parse_dates=True).sort("stopped").sink_parquet(folder / "stops.parquet")


def pandas_grouped(stops: Path) -> pd.DataFrame:
    """Group a frame that is already in memory; shares without intervals, guards or totals."""
    frame = _cached(stops)
    month = frame["occurred_at"].dt.tz_localize(None).dt.to_period("M")
    grouped = frame.groupby([month, "race", "precinct"], dropna=False)["searched"]
    return grouped.agg(["sum", "count", "size"])


@cache
def _cached(stops: Path) -> pd.DataFrame:
    return _mapped(stops)


def _mapped(stops: Path) -> pd.DataFrame:
    frame = pd.read_csv(stops, dtype=str, keep_default_na=False)
    local = pd.to_datetime(frame["stopped"], format="%Y-%m-%d %H:%M:%S").dt.as_unit("us")
    frame["occurred_at"] = local.dt.tz_localize("America/Chicago", ambiguous=True, nonexistent="NaT")
    for column, codes in (("race", _RACE), ("gender", _GENDER), ("reason", _REASON)):
        frame[f"{column}_raw"] = frame[column]
        frame[column] = frame[column].map(codes)
    for column in ("searched_person", "searched_vehicle", "cited"):
        frame[column] = frame[column].map(_FLAG).astype("boolean")
    frame["searched"] = frame["searched_person"] | frame["searched_vehicle"]
    for column in ("age", "lat", "lon"):
        frame[column] = pd.to_numeric(frame[column], errors="coerce")
    frame["age"] = frame["age"].astype(float)
    return frame.drop(columns="stopped")
