"""Shares of small areas in words, as a table and as a chart: in order of names, never as a ranking."""

from dataclasses import dataclass

from openhalo.analyses.contrasts import Contrast
from openhalo.analyses.results import Account, AnalysisResult, Counts, Picture
from openhalo.analyses.subject import Subject
from openhalo.catalogue.analysis_kinds.small_area_estimate import SmallAreaEstimate
from openhalo.charts import figures_chart
from openhalo.charts.figure import Figure, interval
from openhalo.language import formatting
from openhalo.language.translation import _, plural
from openhalo.statistics.results import Result


@dataclass(frozen=True)
class Area:
    """What is told of one area.

    Attributes:
        people: how many the census counts there.
        answered: how many answered; None: withheld, because it or another would tell of too few.
        share: as the model has it.
        own: of those who answered alone; None where they are too few.
    """

    name: str
    people: float
    answered: int | None
    share: Result
    own: Result | None


@dataclass(frozen=True)
class SmallAreas(Account):
    """What is told of each area.

    Attributes:
        areas: in order of names.
        left: people left out: no answer, no weight, no area or kind, a kind that the census does not count there.
        effect: design effect of the weights within kinds, 1 where kinds explain them.
        least: number of people below which it is not told how many answered.
    """

    areas: tuple[Area, ...]
    left: tuple[int, int, int, int]
    effect: float
    least: int

    def told(self, result: AnalysisResult) -> str:
        """Return what everyone says, in one sentence."""
        text = _(
            "Of every 100 residents, about {value} {statement} ({low} to {high}; {n} people answered, weighted to the "
            "population). The chart shows each area."
        )
        (whole,) = result.contrasts
        return text.format(**_of_100(whole), n=formatting.count(whole.n), statement=_(result.subject.spec.statement))

    def notes(self, result: AnalysisResult) -> list[str]:
        """Return what else must be known to read the shares."""
        subject, (whole,) = result.subject, result.contrasts
        example = sentence(subject, self._usual, self.least)
        said = [_("How to read it: {example}").format(example=example)]
        if empty := [one.name for one in self.areas if one.answered == 0]:
            text = _("Nobody answered in: {places}. What is shown there comes from people like theirs elsewhere.")
            said.append(text.format(places=", ".join(empty)))
        if any(one.state == "not met" for one in result.assumptions):
            said.append(_("The model does not give back all that people answered (see the table below): take care."))
        if self.effect > 1:
            text = _(
                "Some answers count for more people of one kind than others. So the {n} answers are worth {effective} "
                "that all count the same."
            )
            said.append(text.format(n=formatting.count(whole.n), effective=formatting.count(whole.n / self.effect)))
        if subject.days and subject.days.first.year < subject.days.last.year:
            said.append(_("Answers of several years are taken together."))
        reasons = (
            _("Left out, because they did not answer enough: {n} people."),
            _("Left out, because they have no weight: {n} people."),
            _("Left out, because they do not say their area, or a trait that makes people alike: {n} people."),
            _("Left out, because the population's numbers have nobody of their kind there: {n} people."),
        )
        said += [text.format(n=formatting.count(n)) for n, text in zip(self.left, reasons, strict=True) if n]
        return said

    def tables(self, result: AnalysisResult) -> list[Counts]:
        """Return every area as a row, in order of names."""
        heads, least = [_("Area"), _("Share in the model"), _("People who answered")], self.least
        rows = [[one.name, _with_interval(one.share), _number(one, least)] for one in self.areas]
        if any(one.own for one in self.areas):
            heads.append(_("Share of those who answered there"))
            own = [_with_interval(one.own) if one.own else _("too few to say") for one in self.areas]
            rows = [[*row, share] for row, share in zip(rows, own, strict=True)]
        return [Counts(_("Shares by area"), heads, rows)]

    def pictures(self, result: AnalysisResult) -> list[Picture]:
        """Return a dot with its interval for each area, in order of names."""
        rows = [
            Figure(
                one.name,
                one.share.estimate,
                one.share.low,
                one.share.high,
                code=one.name,
                beside=_("n {n}").format(n="–" if one.answered is None else formatting.count(one.answered)),
            )
            for one in self.areas
        ]
        caption = _(
            "The dot is the share that the model expects; the line is its 95% interval; n is how many people there "
            "answered. The dotted line is the share of all. Areas stand in the order of their names: it is no ranking."
        )
        alt = figures_chart.describe("share", rows, _(result.subject.spec.label))
        whole = result.contrasts[0].estimate
        return [Picture(figures_chart.by_group, ("share", rows), ((), whole), alt, caption)]

    @property
    def _usual(self) -> Area:
        """Return the area in the middle by how many answered: an example that no result chose."""
        order = sorted((one for one in self.areas if one.answered), key=lambda one: (one.answered or 0, one.name))
        return order[len(order) // 2] if order else self.areas[0]


def sentence(subject: Subject[SmallAreaEstimate], area: Area, least: int) -> str:
    """Return what people of one area say, and how many of them answered.

    Args:
        subject: what is asked.
        area: what is told of it.
        least: number of people below which it is not told.
    """
    text = _("In {place}, about {value} of every 100 residents {statement} ({low} to {high}).")
    said = text.format(place=area.name, **_of_100(area.share), statement=_(subject.spec.statement))
    return f"{said} {_rests_on(area, least)}"


def _rests_on(area: Area, least: int) -> str:
    if area.answered == 0:
        return _("Nobody there answered; it comes from people like them elsewhere.")
    if area.answered is None:
        text = _(
            "How many people there answered is withheld (it protects fewer than {k}); the rest comes from people like "
            "them elsewhere."
        )
        return text.format(k=least)
    text = plural(
        "{n} person there answered; the rest comes from people like them elsewhere.",
        "{n} people there answered; the rest comes from people like them elsewhere.",
        area.answered,
    )
    return text.format(n=formatting.count(area.answered))


def _number(area: Area, least: int) -> str:
    if area.answered == 0:
        return _("nobody")
    return (
        _("withheld (protects fewer than {k})").format(k=least)
        if area.answered is None
        else formatting.count(area.answered)
    )


def _with_interval(one: Result) -> str:
    return f"{formatting.share(one.estimate)} ({interval('share', one.low, one.high)})"


def _of_100(one: Contrast | Result) -> dict[str, str]:
    ends = {"value": one.estimate, "low": one.low, "high": one.high}
    return {name: formatting.count(round(min(max(100 * end, 0.0), 100.0))) for name, end in ends.items()}
