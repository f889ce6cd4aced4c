"""The answer of an analysis: its comparisons, each with n, interval, method and assumptions; or why it was refused."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import polars as pl

from openhalo.analyses.context import AnalysisContext
from openhalo.analyses.contrasts import Contrast
from openhalo.analyses.wording import Wording, estimate, verdict
from openhalo.charts import figures_chart
from openhalo.language import message_files
from openhalo.language.translation import _, speaking
from openhalo.statistics.results import Assumption

_UNSAID = Wording("")


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


class Counts(NamedTuple):
    """What the test saw, as a table to read: a title, the heads of its columns, and its rows."""

    title: str
    heads: list[str]
    rows: list[list[str]]


@dataclass(frozen=True)
class AnalysisResult:
    """What an analysis found, or why it was refused. A refusal is a result: it is kept and published."""

    context: AnalysisContext[Any]
    contrasts: tuple[Contrast, ...] = ()
    wording: Wording = _UNSAID
    """How its comparisons are said, where they lead."""
    refusal: str = ""
    detail: pl.DataFrame = field(default_factory=pl.DataFrame)
    """The numbers that the test saw: counts by group and place, or by month."""
    tell: Callable[[], Sequence[str]] = list
    """Says, in the language being spoken, what else must be known to read it."""
    depict: Callable[[], Sequence[Picture]] = list
    """Returns the charts, the one that shows most first, with their words in the language being spoken."""
    tabulate: Callable[[], Counts | None] = lambda: None
    """Returns what the test saw, as a table to read."""
    more: Callable[[], Sequence[Counts]] = list
    """Returns further tables to read."""
    told: Callable[[], str] = str
    """Says the answer in one sentence: of a test without leading comparisons, or before these."""
    caution: str = ""
    """Said with the answer wherever it stands, where it is less sure than it looks."""
    each: Callable[[], Sequence[str]] = list
    """Says one sentence for each group, of a test without leading comparisons."""
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
        return list(self.tell())

    @property
    def leading(self) -> list[Contrast]:
        """Return the comparisons that the headline rests on."""
        return [one for one in self.contrasts if one.leads]

    def table(self) -> pl.DataFrame:
        """Return one row a comparison."""
        columns = ("group", "reference", "way", "scale", "n", "estimate", "low", "high", "p", "adjusted")
        rows = [
            {
                **{name: getattr(one, name) for name in columns},
                "bound_low": one.bounds and one.bounds[0],
                "bound_high": one.bounds and one.bounds[1],
                "verdict": one.verdict,
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

    def chart(self, variant: figures_chart.Variant = "wide") -> figures_chart.Spec | None:
        """Return the first chart as a Vega-Lite specification; None where there is nothing to draw."""
        pictures = self.depict()
        return pictures[0].make(*pictures[0].arguments(variant)) if pictures else None

    def headline(self) -> str:
        """Return the answer in a sentence: how many comparisons show more than chance explains; or why there is none.

        No difference beyond chance is never called proof of none.
        """
        if self.refusal:
            text = _("This test was not carried out, because it would mislead: {reason}.")
            return text.format(reason=_(self.refusal))
        return " ".join(part for part in (self.told(), self._compared(), _(self.caution)) if part)

    def _compared(self) -> str:
        every, clear = self.leading, [one for one in self.leading if one.verdict in ("above", "below")]
        if len(every) < 2:
            return " ".join(f"{self._estimate(one)} {self._verdict(one)}" for one in every)
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
            return list(self.each())
        if len(self.leading) < 2:
            return []
        return [
            self._estimate(one) + (f" {self._verdict(one)}" if one.verdict != "neither" else "") for one in self.leading
        ]

    def _estimate(self, one: Contrast) -> str:
        return estimate(one, self.context, self.wording)

    def _verdict(self, one: Contrast) -> str:
        return verdict(one, self.context, self.wording, self.family)

    def sentence(self, language: str = "") -> str:
        """Return what it shows, in plain words and with its limit; never more than the test does.

        Args:
            language: tag of a language that OpenHALO speaks (`es`); empty: the one being spoken, else English.

        Raises:
            SiteError: there is no such language.
        """
        if language:
            with speaking(message_files.read(language, message_files.shipped())):
                return self.sentence()
        return " ".join([self.headline(), *self.answers(), *([_(self.limit)] if self.limit else [])])

    def adjusted(self, values: Sequence[float], family: int, level: float) -> "AnalysisResult":
        """Return the result with adjusted p-values of its leading comparisons, in their order."""
        found = iter(values)
        contrasts = tuple(
            replace(one, adjusted=next(found), level=level) if one.leads else one for one in self.contrasts
        )
        return replace(self, contrasts=contrasts, family=family)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data, as `openhalo analyse --json` prints it."""
        spec = self.context.spec
        return {
            "analysis": spec.id,
            "kind": spec.kind,
            "standing": self.context.standing,
            "refused": self.refusal,
            "sentence": self.sentence(),
            "unit": self.context.unit,
            "comparisons": self.table().to_dicts(),
            "assumptions": [one._asdict() for one in self.assumptions],
            "citation": sorted(self.citations),
            "notes": self.notes,
            "limits": [*([self.limit] if self.limit else []), *spec.limits],
            "detail": self.detail.to_dicts(),
            **self.facts,
            "provenance": self.context.provenance,
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
