"""Tiny lines through time, one a row of a table: drawn in columns, as the path of an inline SVG."""

import polars as pl

WIDTH, HEIGHT = 96, 24
_EDGE = 2.0


def paths(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the path of a line for each key, from zero to the key's own highest value.

    Args:
        frame: `key`, `period` (sorts in time) and `value`; a value that is null leaves a gap.

    Returns:
        `key`, `path` (of an SVG of WIDTH × HEIGHT), `highest` and `at` (its first period); keys of a single period, or
        without any value above zero, have no line and no row.
    """
    left, right, floor = _EDGE, WIDTH - _EDGE, HEIGHT - _EDGE
    value = pl.col("value").cast(pl.Float64)
    place, points = pl.int_range(pl.len()).over("key"), pl.len().over("key")
    x = left + (right - left) * place / (points - 1)
    y = floor - (floor - _EDGE) * value / value.max().over("key")
    begins = value.shift(1).over("key").is_null()
    step = pl.concat_str(
        pl.when(begins).then(pl.lit("M")).otherwise(pl.lit("L")),
        _short(x),
        pl.lit(","),
        _short(y),
        pl.when(begins).then(pl.lit("h0")).otherwise(pl.lit("")),  # so that a point on its own is a dot
    )
    drawn = frame.sort("key", "period").with_columns(step=pl.when(value.is_not_null()).then(step))
    whole = drawn.filter((pl.len().over("key") > 1) & (value.max().over("key") > 0))
    return whole.group_by("key", maintain_order=True).agg(
        path=pl.col("step").drop_nulls().str.join(""),
        highest=pl.col("value").max(),
        at=pl.col("period").sort_by(pl.col("value"), descending=True, nulls_last=True, maintain_order=True).first(),
    )


def _short(number: pl.Expr) -> pl.Expr:
    """Return pixels with one decimal place as text, without a decimal place where it is zero."""
    return number.round(1).cast(pl.String).str.strip_suffix(".0")
