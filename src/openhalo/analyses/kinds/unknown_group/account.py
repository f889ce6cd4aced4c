"""What the records of unknown group leave open, in sentences, in a table and as a chart."""

from dataclasses import dataclass

from openhalo.analyses.kinds.unknown_group import chance_wording
from openhalo.analyses.kinds.unknown_group.chances import Guess
from openhalo.analyses.kinds.unknown_group.tally import Tally
from openhalo.analyses.results import Account, AnalysisResult, Counts, Picture
from openhalo.analyses.subject import Subject
from openhalo.analyses.wording import span
from openhalo.catalogue.analysis_kinds.unknown_group import UnknownGroup
from openhalo.charts import figures_chart
from openhalo.charts.figure import Figure
from openhalo.language import formatting
from openhalo.language.translation import _, capital
from openhalo.statistics.unknown_group import Bounds, share


@dataclass(frozen=True)
class UnknownGroups(Account):
    """What was counted by group, what the records of unknown group leave open, and what chances say of them.

    Attributes:
        tally: the counts.
        gaps: group → how far its share can lie from that of the reference group.
        guess: what last names and ZIP codes say; None where no record has them.
    """

    tally: Tally
    gaps: dict[str, Bounds]
    guess: Guess | None

    @property
    def largest(self) -> str:
        """Return the group with most records besides the one compared with: the headline tells of it."""
        return max(self.gaps, key=lambda code: self.tally.known[code].of)

    def told(self, result: AnalysisResult) -> str:
        """Return how many records do not say the group, and what that leaves open for the largest group compared."""
        subject = result.subject
        unknown, all_of, what = self.tally.unknown.of, self.tally.total.of, _(subject.trait)
        if not unknown:
            text = _("{what} was written down for all {n} {units}, so nothing is left open.")
            return text.format(what=what, n=formatting.count(all_of), units=subject.unit)
        text = _("{what} was not written down for {share} of every 100 {units} ({fraction}).")
        missing = text.format(
            what=what,
            share=_of_100(unknown / all_of)[0],
            units=subject.unit,
            fraction=formatting.fraction(unknown, all_of),
        )
        ours, theirs = (share(self.tally.known[code], self.tally.unknown) for code in (self.largest, subject.reference))
        (low, high), (other_low, other_high) = (_of_100(*one[:2]) for one in (ours, theirs))
        text = _(
            "Whatever it was: among {group}, between {low} and {high} of every 100 {units} {statement}; among "
            "{reference}, between {other_low} and {other_high}."
        )
        between = text.format(
            group=subject.name(self.largest),
            reference=subject.name(subject.reference),
            units=subject.unit,
            statement=_(subject.spec.statement),
            low=low,
            high=high,
            other_low=other_low,
            other_high=other_high,
        )
        return f"{missing} {between} {_holds(self.gaps[self.largest], subject, self.largest)}"

    def each(self, result: AnalysisResult) -> list[str]:
        """Return one sentence for each other group whose comparison holds at both extremes, one for all the rest, and
        what chances say."""
        subject = result.subject
        others = {code: gap for code, gap in self.gaps.items() if code != self.largest} if self.tally.unknown.of else {}
        unsure = [code for code, gap in others.items() if _open(gap)]
        said = [_holds(gap, subject, code) for code, gap in others.items() if code not in unsure]
        if unsure:
            text = _(
                "These records cannot tell whether the share is higher or lower than among {reference} for these "
                "groups: {groups}."
            )
            names = formatting.listed(subject.name(code) for code in unsure)
            said.append(text.format(reference=subject.name(subject.reference), groups=names))
        return said + (chance_wording.estimates(subject, self.guess, self.largest) if self.guess else [])

    def notes(self, result: AnalysisResult) -> list[str]:
        """Return by how much the outcome decides what was written down, and what is left out."""
        subject, said, known, total = result.subject, [], self.tally.written, self.tally.total
        if self.tally.unknown.of:
            sides = (known.yes, total.yes), (known.of - known.yes, total.of - total.yes)
            text = _(
                "{what} was written down for {share} of the {units} that {statement} ({fraction}), and for "
                "{other_share} of those that did not ({other_fraction})."
            )
            said.append(
                text.format(
                    what=_(subject.trait),
                    units=subject.unit,
                    statement=_(subject.spec.statement),
                    share=formatting.share(sides[0][0] / sides[0][1]),
                    fraction=formatting.fraction(*sides[0]),
                    other_share=formatting.share(sides[1][0] / sides[1][1]),
                    other_fraction=formatting.fraction(*sides[1]),
                )
            )
            text = _(
                "The more often it is written down, the narrower the ranges. If it always were, none would be needed."
            )
            said.append(text)
        if self.tally.silent:
            text = _("Left out, because they do not say what is counted here: {n} {units}.")
            said.append(text.format(n=formatting.count(self.tally.silent), units=subject.unit))
        return said + (chance_wording.notes(subject, self.guess) if self.guess else [])

    def tables(self, result: AnalysisResult) -> list[Counts]:
        """Return what was counted by group, and the range of each difference from the reference group."""
        subject = result.subject
        title = _("What was counted, and how far each share can lie from that of {reference}")
        heads = [_("Group"), _("Difference between"), _("With chance allowed for"), _("Records"), _("With it")]
        rows = []
        for code, one in (*self.tally.known.items(), ("", self.tally.unknown)):
            name, gap = subject.name(code) if code else _("Not written down"), self.gaps.get(code)
            ends = ["–", "–"]
            if gap:
                ends = [span(low, high, "difference") for low, high in ((gap.low, gap.high), gap[2:])]
            rows.append([capital(name), *ends, formatting.count(one.of), formatting.count(one.yes)])
        counted = Counts(title.format(reference=subject.name(subject.reference)), heads, rows)
        return [counted, *(chance_wording.tabulate(subject, self.guess) if self.guess else [])]

    def pictures(self, result: AnalysisResult) -> list[Picture]:
        """Return the recorded shares as dots, within the bars that the unknown records leave open; weighted ones
        below."""
        subject = result.subject
        estimated = {one.group: one for one in result.contrasts if one.way}
        rows = []
        for one in result.contrasts:
            if one.way:
                continue
            of, ends = self.tally.known[one.group], one.bounds or (None, None)
            rows.append(
                Figure(
                    subject.name(one.group),
                    one.estimate,
                    one.low,
                    one.high,
                    n=one.n,
                    numerator=of.yes,
                    denominator=of.of,
                    bound_low=ends[0],
                    bound_high=ends[1],
                    code=one.group,
                )
            )
            if guess := estimated.get(one.group):
                rows.append(
                    Figure(
                        _("… by last name"),
                        guess.estimate,
                        guess.low,
                        guess.high,
                        n=guess.n,
                        denominator=float(guess.n),
                        code=one.group,
                    )
                )
        caption = _(
            "The circle is the share among records that say the group; the thin line is its 95% interval. The wide bar "
            "shows how low and how high the share can be, whatever the group of the others was."
        )
        if estimated:
            caption += " " + _(
                "A filled dot is the estimate with last names and ZIP codes as weights, with its interval."
            )
        alt = figures_chart.describe("share", rows, _(subject.spec.label))
        return [Picture(figures_chart.by_group, ("share", rows), (tuple(subject.people), None, True), alt, caption)]


def _open(gap: Bounds) -> bool:
    return gap.low <= 0 <= gap.high


def _holds(gap: Bounds, subject: Subject[UnknownGroup], code: str) -> str:
    if _open(gap):
        text = _("These records cannot tell among which of the two the share is higher.")
    elif gap.low > 0:
        text = _("The share is higher among {group} than among {reference} by {span}, whatever was not written down.")
    else:
        text = _("The share is lower among {group} than among {reference} by {span}, whatever was not written down.")
    low, high = sorted((abs(gap.low), abs(gap.high)))
    said = text.format(group=subject.name(code), reference=subject.name(subject.reference), span=_points(low, high))
    if not _open(gap) and gap.surely_low <= 0 <= gap.surely_high:
        said += " " + _("Chance alone could still give this.")
    return said


def _of_100(*values: float) -> list[str]:
    """Write how many of every 100: whole, unless two of them would read the same."""
    whole = [formatting.count(round(100 * value)) for value in values]
    alike = any(whole.count(one) > 1 for one in whole)
    return [f"{100 * value:.1f}" for value in values] if alike else whole


def _points(low: float, high: float) -> str:
    return _("{low} to {high} percentage points").format(low=f"{100 * low:.1f}", high=f"{100 * high:.1f}")
