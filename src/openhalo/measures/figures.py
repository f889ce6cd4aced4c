"""The answer to a measure: a table of figures that are never bare, and what the guards found."""

from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import polars as pl

from openhalo.base.periods import Grain
from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.charts import figures_chart
from openhalo.charts.figure import Figure
from openhalo.language import formatting, message_files
from openhalo.language.marks import marked, plain
from openhalo.language.translation import _, speaking
from openhalo.measures.guard_results import GuardNote, GuardResult
from openhalo.releases.figure_ids import figure_id

FIGURE_COLUMNS = pl.Schema(
    {
        "period": pl.String(),
        "n": pl.Int64(),
        "missing": pl.Int64(),
        "numerator": pl.Float64(),
        "denominator": pl.Float64(),
        "value": pl.Float64(),
        "low": pl.Float64(),
        "high": pl.Float64(),
        "bound_low": pl.Float64(),
        "bound_high": pl.Float64(),
        "status": pl.String(),
    }
)
"""Columns of every figure beside its groups.

`n`: records looked at; `missing`: of these, records that do not say (of a rate: that lie in no place that has a
denominator); `numerator`: events, or the sum of a mean's values; `denominator`: what the value is taken of;
`bound_low` and `bound_high`: where the value would lie whatever the records of unknown group were.

`status`: `ok`; `reference` (the group that a ratio compares with); and where no value is given, why: `too_few`,
`no_data`, `no_denominator`, `not_coded` (the counted records have no word for the group), `visitors` (people in the
place are mostly not residents), `no_events` (of a ratio: none in the reference group), `no_reference` (the reference
group has no figure), `withheld` (in releases only).
"""


_LONGEST_REPR = 280


@dataclass(frozen=True, repr=False, eq=False)
class MeasureResult:
    """Figures of one measure, cut one way, from one store version: plain data, of which everything said is made anew.

    It holds no records, no site and nothing that is remembered from an earlier question, so it can be pickled, and
    `dataclasses.replace` gives what a new result of the same parts would be.
    """

    spec: MeasureSpec
    by: list[str]
    grain: Grain
    figures: pl.DataFrame
    """One row per period and group: the group columns (null: not known), then FIGURE_COLUMNS."""
    totals: pl.DataFrame
    """One row per period over all groups, same columns without the groups."""
    method: str
    """How the interval was made."""
    guard_results: tuple[GuardResult, ...]
    """What the guards found, before it is told."""
    labels: dict[str, dict[str, str]]
    """Group → code → how people of it are named in a sentence."""
    provenance: dict[str, Any]
    """Store version, hash of the definition, deliveries, sources with units, first and last day, known-by date."""
    k: int = 10
    """The least number of people that a figure may show, where a disclosure policy withholds fewer."""
    messages: tuple[Path, ...] = ()
    """Folders of the site's own message files."""

    @property
    def guard_notes(self) -> list[GuardNote]:
        """Return what the guards found, in the language being spoken."""
        return [note.told() for note in self.guard_results]

    def to_polars(self) -> pl.DataFrame:
        """Return the figures as a Polars frame."""
        return self.figures

    def sentence(self, language: str = "en") -> str:
        """Return the answer in one sentence of a language that the site speaks, such as `es`.

        Raises:
            SiteError: there is no such language.
        """
        with speaking(message_files.spoken_in(language, self.messages)):
            return self.spoken()

    def marked(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return one of its rows whose numbers say which figure of a release they are."""
        cuts = [name for name in self.by if name in row]
        named = {f"group{end}": name for end, name in zip(("", "2"), cuts, strict=False)}
        codes = {f"code{end}": row[name] for end, name in zip(("", "2"), cuts, strict=False)}
        facts = {"measure": self.spec.id, "grain": self.grain, "period": row["period"]}
        name = figure_id(facts | named | codes)
        return {**marked(row, name), "id": name}

    def spoken(self) -> str:
        """Return the answer in one sentence, in the language being spoken; of an earlier day, with that day."""
        return plain(self.shown())

    def shown(self) -> str:
        """Return the answer as `spoken` does, for a page: its numbers are marked."""
        return formatting.as_known(self._shown(), self.provenance.get("known_by"))

    def _shown(self) -> str:
        """Return the answer in one sentence, for the newest period and over all groups.

        A ratio has no value over all groups: it speaks of the group with the most records. Where there is no
        figure, the sentence says so.
        """
        rows = self.totals.filter(pl.col("value").is_not_null())
        if self.spec.traits.compares_groups:
            known = pl.all_horizontal(pl.col(self.by).is_not_null())
            rows = self.figures.filter((pl.col("status") == "ok") & known)
        if rows.is_empty():
            return _("There are too few records to give a figure.")
        row = self.marked(rows.sort("period", "n").row(-1, named=True))
        days = self.provenance["first"], self.provenance["last"]
        return _(self.spec.answer).format(
            value=formatting.measured(row["value"], self.spec.scale),
            numerator=formatting.count(row["numerator"]),
            denominator=formatting.count(row["denominator"]),
            times=formatting.count(self.spec.per.times if self.spec.per else 1),
            period=formatting.stretch(*days)
            if row["period"] == "all" and all(days)
            else formatting.period(row["period"]),
            group=formatting.listed(_(self.labels[name].get(row[name], row[name])) for name in self.by if name in row),
        )

    def chart(self, variant: figures_chart.Variant = "wide") -> Any:
        """Return the figures as an Altair chart: through time where there are several periods, else by group.

        Groups are named by their codes; of several groups, by all codes joined.

        Raises:
            MissingExtra: Altair is not installed.
        """
        unknown = _("not known")
        rows = [
            Figure(
                label=" · ".join(row[name] or unknown for name in self.by) or self.spec.label,
                code=" · ".join(str(row[name]) for name in self.by if row[name] is not None) or None,
                **{name: row[name] for name in FIGURE_COLUMNS},
            )
            for row in self.figures.to_dicts()
        ]
        if not self.by and len(rows) > 1:
            return figures_chart.altair(figures_chart.over_time(self.spec.scale, rows, variant))
        return figures_chart.altair(figures_chart.by_group(self.spec.scale, rows, variant))

    def __repr__(self) -> str:
        cut = f" by {', '.join(self.by)}" if self.by else ""
        period = "" if self.grain == "all" else f", by {self.grain}"
        many = f"{self.figures.height} figure{'' if self.figures.height == 1 else 's'}"
        told = f"{self.spec.id}{cut}{period}: {many}, store version {self.provenance.get('store_version', '?')}"
        return f"<MeasureResult {told if len(told) <= _LONGEST_REPR else told[: _LONGEST_REPR - 1] + '…'}>"

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the question, the answer, what the guards found, and the figures."""
        notes = "".join(f"<li>{escape(note.text)}</li>" for note in self.guard_notes)
        return (
            f"<p><strong>{escape(_(self.spec.question))}</strong> {escape(self.spoken())}</p>"
            f"{f'<ul>{notes}</ul>' if notes else ''}{self.figures._repr_html_()}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data, as `openhalo measure --json` prints it."""
        return {
            "measure": self.spec.id,
            "label": self.spec.label,
            "kind": self.spec.kind,
            "unit": self.spec.unit,
            "sentence": self.spoken(),
            "by": self.by,
            "grain": self.grain,
            "method": self.method,
            "figures": self.figures.to_dicts(),
            "totals": self.totals.to_dicts(),
            "guards": [vars(note) for note in self.guard_notes],
            "provenance": self.provenance,
        }
