"""What chances from last name and ZIP code add, in sentences and tables: their trial first, and no one's race."""

from openhalo.analyses.kinds.unknown_group.chances import Guess
from openhalo.analyses.results import Counts
from openhalo.analyses.subject import Subject
from openhalo.catalogue.analysis_kinds.unknown_group import UnknownGroup
from openhalo.charts.figure import interval
from openhalo.language import formatting
from openhalo.language.translation import _, capital
from openhalo.statistics.bisg_trial import Trial


def estimates(subject: Subject[UnknownGroup], guess: Guess, group: str) -> list[str]:
    """Return the weighted share of a group and of the reference group; or why there is none."""
    if not guess.shares and (not guess.trials or guess.trials[guess.worst].misses <= 1):
        text = _(
            "Last names and ZIP codes give no estimate: too few records that say the group have both, so nobody "
            "can see whether they would be right."
        )
        return [text]
    if not guess.shares:
        return [_missed(subject, guess)]
    found = {one.group: one for one in guess.shares}
    if not {group, subject.reference} <= found.keys():
        return []
    ours, theirs = (
        [f"{100 * end:.1f}" for end in (one.estimate, one.low, one.high)]
        for one in (found[group], found[subject.reference])
    )
    text = _(
        "If last names and ZIP codes tell the rest as well as they tell those written down: among {group}, about "
        "{value} of every 100 {units} {statement} (95% interval {low} to {high}); among {reference}, about "
        "{other_value} ({other_low} to {other_high})."
    )
    return [
        text.format(
            group=subject.name(group),
            reference=subject.name(subject.reference),
            units=subject.unit,
            statement=_(subject.spec.statement),
            value=ours[0],
            low=ours[1],
            high=ours[2],
            other_value=theirs[0],
            other_low=theirs[1],
            other_high=theirs[2],
        )
    ]


def _missed(subject: Subject[UnknownGroup], guess: Guess) -> str:
    one = guess.trials[guess.worst]
    text = _(
        "Last names and ZIP codes give no estimate here. We tried them on the {n} {units} that say the group, and they "
        "miss it by more than chance explains. For {group} they give {guessed} {units}, and {known} were written down. "
        "Of every 100 of these, they say that {share} {statement}; {known_share} did."
    )
    return text.format(
        n=formatting.count(guess.tried),
        units=subject.unit,
        group=subject.name(guess.worst),
        guessed=formatting.count(one.guessed),
        known=formatting.count(one.known),
        statement=_(subject.spec.statement),
        share=f"{100 * one.guessed_share:.1f}",
        known_share=f"{100 * one.known_share:.1f}",
    )


def notes(subject: Subject[UnknownGroup], guess: Guess) -> list[str]:
    """Return how many records have chances, and what chances are not."""
    with_it, without = formatting.count(guess.with_chances), formatting.count(guess.without)
    text = _(
        "Of the {units} that do not say the group, {n} have a last name and a ZIP code that stand in the tables of the "
        "census."
    )
    said = text.format(units=subject.unit, n=with_it)
    if guess.without:
        said += " " + _("{n} do not, and are in no estimate.").format(n=without)
    return [said, _("Chances are weights over many records. They are nobody\u2019s race, and names are not kept.")]


def tabulate(subject: Subject[UnknownGroup], guess: Guess) -> list[Counts]:
    """Return the trial of chances, and where last names and what was written down point apart."""
    if not guess.trials:
        return []
    names = {code: subject.name(code) for code in guess.trials}
    names = {code: capital(name) for code, name in names.items()}
    rows = [
        [
            names[code],
            _agrees(one),
            formatting.count(one.known),
            _room(one.guessed, one.room),
            formatting.share(one.known_share),
            _share_room(one.guessed_share, one.share_room),
        ]
        for code, one in guess.trials.items()
    ]
    heads = [
        _("Group"),
        _("Agree"),
        _("Written down"),
        _("By last name and ZIP code"),
        _("Share written down"),
        _("Share by last name and ZIP code"),
    ]
    implied = [
        [names[code], *(formatting.share(average[other]) for other in names)] for code, average in guess.implied.items()
    ]
    return [
        Counts(_("Tried where the group is known"), heads, rows),
        Counts(
            _("Of those written down as one group, what last names and ZIP codes point to on average"),
            [_("Written down as"), *names.values()],
            implied,
        ),
    ]


def _agrees(one: Trial) -> str:
    return _("no") if one.misses > 1 else _("yes") if one.tells else _("too few to tell")


def _room(value: float, room: float) -> str:
    text = _("{value} ({low} to {high})")
    return text.format(
        value=formatting.count(value), low=formatting.count(max(value - room, 0)), high=formatting.count(value + room)
    )


def _share_room(value: float, room: float) -> str:
    text = _("{average} ({interval})")
    ends = interval("share", max(value - room, 0.0), min(value + room, 1.0))
    return text.format(average=formatting.share(value), interval=ends)
