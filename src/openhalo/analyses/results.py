"""The answer of an analysis: its comparisons, each with n, interval, method and assumptions; or why it was refused."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from textwrap import shorten
from typing import Any, NamedTuple

import polars as pl

from openhalo.analyses.contrasts import Contrast
from openhalo.analyses.subject import Subject
from openhalo.analyses.wording import Wording, estimate, in_words, named, shown, span
from openhalo.charts import figures_chart
from openhalo.language import formatting, message_files
from openhalo.language.translation import _, speaking
from openhalo.statistics.results import Assumption

_UNSAID = Wording("")
_ROWS = 12
"""Rows of a table beside a sentence, at most."""


class Picture(NamedTuple):
    """A chart as plain facts: the function that draws it, and its arguments before and after the variant."""

    make: Callable[..., figures_chart.Spec]
    first: tuple[Any, ...]
    then: tuple[Any, ...]
    alt: str
    """What a person would see, in words."""
    caption: str

    def arguments(self, variant: figures_chart.Variant) -> tuple[Any, ...]:
        """Return what the function is called with."""
        return (*self.first, variant, *self.then)

    def spec(self, variant: figures_chart.Variant = "wide") -> figures_chart.Spec:
        """Return the chart as a Vega-Lite specification."""
        return self.make(*self.arguments(variant))


class Counts(NamedTuple):
    """What the test saw, as a table to read: a title, the heads of its columns, and its rows."""

    title: str
    heads: list[str]
    rows: list[list[str]]


class Account:
    """What a kind of analysis says and shows of its result, in the language being spoken.

    A kind's own account is a frozen dataclass of the numbers that it needs besides what the result holds. Of what its
    kind does not tell, it tells nothing.
    """

    def told(self, result: "AnalysisResult") -> str:
        """Return the answer in one sentence: of a test without leading comparisons, or before these."""
        return ""

    def each(self, result: "AnalysisResult") -> Sequence[str]:
        """Return one sentence for each group, of a test without leading comparisons."""
        return ()

    def notes(self, result: "AnalysisResult") -> Sequence[str]:
        """Return what else must be known to read it, as sentences."""
        return ()

    def tables(self, result: "AnalysisResult") -> Sequence[Counts]:
        """Return what the test saw, as tables to read."""
        return ()

    def pictures(self, result: "AnalysisResult") -> Sequence[Picture]:
        """Return the charts with their words, the one that shows most first."""
        return ()


_SILENT = Account()


@dataclass(frozen=True, repr=False, eq=False)
class AnalysisResult:
    """What an analysis found, or why it was refused. A refusal is a result: it is kept and published.

    It is plain data, and can be pickled. What it says is made anew each time, in the language being spoken.
    """

    subject: Subject[Any]
    contrasts: tuple[Contrast, ...] = ()
    wording: Wording = _UNSAID
    """How its comparisons are said, where they lead."""
    account: Account = _SILENT
    """What its kind says and shows besides."""
    refusal: str = ""
    detail: pl.DataFrame = field(default_factory=pl.DataFrame)
    """The numbers that the test saw: counts by group and place, or by month."""
    caution: str = ""
    """Said with the answer wherever it stands, where it is less sure than it looks."""
    limit: str = ""
    """What the test can never tell, as a sentence."""
    assumed: tuple[Assumption, ...] = ()
    """What the test rests on besides what its comparisons say."""
    method: str = ""
    """How it was done, where the comparisons do not say it."""
    sources: tuple[str, ...] = ()
    """Where the method is described, where the comparisons do not say it."""
    family: int = 1
    """How many comparisons the plan makes; p-values are adjusted for them."""
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def notes(self) -> list[str]:
        """Return what else must be known to read it, as sentences."""
        return list(self.account.notes(self))

    def tables(self) -> list[Counts]:
        """Return what the test saw, as tables to read."""
        return list(self.account.tables(self))

    def pictures(self) -> list[Picture]:
        """Return the charts with their words, the one that shows most first."""
        return list(self.account.pictures(self))

    @property
    def leading(self) -> list[Contrast]:
        """Return the comparisons that the headline rests on."""
        return [one for one in self.contrasts if one.leads]

    def to_polars(self) -> pl.DataFrame:
        """Return one row a comparison."""
        columns = ("group", "reference", "way", "scale", "n", "estimate", "low", "high", "p", "adjusted")
        rows = [
            {
                **{name: getattr(one, name) for name in columns},
                "bound_low": one.bounds and one.bounds[0],
                "bound_high": one.bounds and one.bounds[1],
                "verdict": one.direction,
                "method": str(one.method),
            }
            for one in self.contrasts
        ]
        floats = ("estimate", "low", "high", "p", "adjusted", "bound_low", "bound_high")
        texts = ("group", "reference", "way", "scale", "verdict", "method")
        schema: dict[str, Any] = {
            **dict.fromkeys(columns, pl.Float64()),
            **dict.fromkeys(floats, pl.Float64()),
            "n": pl.Int64(),
        }
        schema |= dict.fromkeys(texts, pl.String())
        return pl.DataFrame(rows, schema=schema).with_columns(pl.col(pl.Float64).fill_nan(None))

    def chart(self, variant: figures_chart.Variant = "wide") -> Any:
        """Return the first picture as an Altair chart; None where there is nothing to draw.

        Raises:
            MissingExtra: Altair is not installed.
        """
        pictures = self.pictures()
        return figures_chart.altair(pictures[0].spec(variant)) if pictures else None

    def marked(self) -> "AnalysisResult":
        """Return the result for a page: the numbers of its comparisons say where they stand in the data."""
        rows = zip(self.contrasts, self.to_polars().to_dicts(), strict=True)
        return replace(self, contrasts=tuple(one.marked(self.subject.spec.id, row) for one, row in rows))

    def __repr__(self) -> str:
        spec, made, lead = self.subject.spec, len(self.contrasts), len(self.leading)
        found = f"refused: {self.refusal}" if self.refusal else f"comparisons: {made}, of which {lead} lead"
        return shorten(f"<AnalysisResult {spec.id}; {self.subject.standing}; {found}>", 280, placeholder=" …>")

    def _repr_html_(self) -> str:
        """Return the sentence and a small table, as a notebook shows them, in the language being spoken."""
        html = f"<p>{escape(self.spoken())}</p>"
        for one in [self._compared_as_table()] if self.contrasts else self.tables()[:1]:
            heads = "".join(f"<th>{escape(head)}</th>" for head in one.heads)
            rows = ["".join(f"<td>{escape(cell)}</td>" for cell in row) for row in one.rows[:_ROWS]]
            more = ["<td>…</td>"] if len(one.rows) > _ROWS else []
            lines = "".join(f"<tr>{cells}</tr>" for cells in (heads, *rows, *more))
            html += f"<table><caption>{escape(one.title)}</caption>{lines}</table>"
        return html

    def _compared_as_table(self) -> Counts:
        heads = [_("Compared"), _("Estimate"), _("95% interval"), _("Records")]
        rows = [
            [
                named(one, self.subject, self.wording),
                shown(one.estimate, one.scale),
                span(one.low, one.high, one.scale),
                formatting.count(one.n),
            ]
            for one in self.contrasts
        ]
        return Counts(_(self.subject.spec.label), heads, rows)

    def headline(self) -> str:
        """Return the answer in a sentence: how many comparisons show more than chance explains; or why there is none.

        No difference beyond chance is never called proof of none.
        """
        if self.refusal:
            text = _("This test was not carried out, because it would mislead: {reason}.")
            return text.format(reason=_(self.refusal))
        return " ".join(part for part in (self.account.told(self), self._compared(), _(self.caution)) if part)

    def _compared(self) -> str:
        every, clear = self.leading, [one for one in self.leading if one.direction in ("above", "below")]
        if len(every) < 2:
            return " ".join(f"{self._estimate(one)} {self._in_words(one)}" for one in every)
        if not clear:
            return _(
                "None of the {n} comparisons shows more than chance explains. That does not prove that "
                "there is no difference."
            ).format(n=len(every))
        text = _("In {k} of {n} comparisons the difference is larger than chance explains.")
        return text.format(k=len(clear), n=len(every))

    def answers(self) -> list[str]:
        """Return one sentence for each leading comparison, and a second for one that shows more than chance."""
        if not self.leading:
            return list(self.account.each(self))
        if len(self.leading) < 2:
            return []
        return [
            self._estimate(one) + (f" {self._in_words(one)}" if one.direction != "neither" else "")
            for one in self.leading
        ]

    def _estimate(self, one: Contrast) -> str:
        return estimate(one, self.subject, self.wording)

    def _in_words(self, one: Contrast) -> str:
        return in_words(one, self.subject, self.wording, self.family)

    def spoken(self) -> str:
        """Return what it shows, in plain words and with its limit, in the language being spoken."""
        said = " ".join([self.headline(), *self.answers(), *([_(self.limit)] if self.limit else [])])
        return formatting.as_known(said, self.subject.provenance["known_by"])

    def sentence(self, language: str = "en") -> str:
        """Return what it shows, in plain words and with its limit; never more than the test does.

        Args:
            language: tag of a language that the site speaks, such as `es`.

        Raises:
            SiteError: there is no such language.
        """
        with speaking(message_files.spoken_in(language, self.subject.messages)):
            return self.spoken()

    def adjusted(self, values: Sequence[float], family: int, level: float) -> "AnalysisResult":
        """Return the result with adjusted p-values of its leading comparisons, in their order."""
        found = iter(values)
        contrasts = tuple(
            replace(one, adjusted=next(found), level=level) if one.leads else one for one in self.contrasts
        )
        return replace(self, contrasts=contrasts, family=family)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data, as `openhalo analyse --json` prints it."""
        spec = self.subject.spec
        return {
            "analysis": spec.id,
            "kind": spec.kind,
            "standing": self.subject.standing,
            "refused": self.refusal,
            "sentence": self.spoken(),
            "unit": self.subject.unit,
            "comparisons": self.to_polars().to_dicts(),
            "assumptions": [one._asdict() for one in self.assumptions],
            "citation": sorted(self.citations),
            "notes": self.notes,
            "limits": [*([self.limit] if self.limit else []), *spec.limits],
            "detail": self.detail.to_dicts(),
            **self.facts,
            "provenance": self.subject.provenance,
        }

    @property
    def assumptions(self) -> list[Assumption]:
        """Return what must hold for the comparisons to mean what they say, each once."""
        each = (assumption for one in self.contrasts for assumption in one.assumptions)
        return list(dict.fromkeys([*each, *self.assumed]))

    @property
    def methods(self) -> list[str]:
        """Return how it was done, each way once."""
        return list(dict.fromkeys([*(one.method for one in self.contrasts), *([self.method] if self.method else [])]))

    @property
    def citations(self) -> list[str]:
        """Return where the methods are described, each once."""
        return list(dict.fromkeys([*(one.citation for one in self.contrasts), *self.sources]))
