"""What a backtest says, in sentences: which way to choose wins, by how much, and whether its alarms are worth it."""

from openhalo.early_intervention.backtest import Backtest, Score
from openhalo.language import formatting
from openhalo.language.translation import _

WORTH = 0.2
"""Share of reviews that should find an officer with the outcome; below it, four of five alarms are for nothing."""
_MODELS = ("logistic", "lightgbm")


def sentences(found: Backtest) -> list[str]:
    """Return the plain result: what was compared, who wins, what the models add, whether it is worth it."""
    best, simple = found.best, next((one for one in found.scores if one.policy == "shrunken_count"), None)
    said = [
        _(
            "On {days} days from {first} to {last}, {officers} officers were serving, and {share} of them had "
            "“{outcome}” within the next year."
        ).format(
            days=len(found.origins),
            first=formatting.day(found.origins[0]),
            last=formatting.day(found.origins[-1]),
            officers=formatting.count(found.officers),
            share=formatting.share(found.base),
            outcome=found.outcome.label,
        ),
        _(
            "Best: {policy}. Of the officers it sends to review, {precision} ({low} to {high}) had the outcome; that "
            "is {lift} times what chance would find. It finds {recall} of all officers with the outcome."
        ).format(
            policy=best.label,
            precision=formatting.share(best.precision.value),
            low=formatting.share(best.precision.low),
            high=formatting.share(best.precision.high),
            lift=formatting.measured(best.lift.value, "ratio"),
            recall=formatting.share(best.recall.value),
        ),
    ]
    if simple is not None and best is not simple:
        said.append(_against(best, simple))
    others = [one for one in found.scores if one is not best and one.recall.value == one.recall.value]
    if best is simple and others:
        said.append(_next(max(others, key=lambda one: one.recall.value)))
    models = [one for one in found.scores if one.policy in _MODELS]
    if models and not any(beats(one) for one in models):
        said.append(_("No risk model is surely better than the shrunken count, so none may be switched on."))
    if best.precision.low < WORTH:
        said.append(
            _(
                "No way to choose is surely worth its alarms for this outcome: fewer than {worth} of reviews may find "
                "an officer who has it."
            ).format(worth=formatting.share(WORTH))
        )
    said += _limits(found)
    said.append(_("An allegation is no proof. The set is for support, and a person decides."))
    return said


def _limits(found: Backtest) -> list[str]:
    """Return what the records cannot tell about when things were known, and how far they reach."""
    said = []
    if found.found_later:
        said.append(
            _(
                "Such an outcome is found out after it happens, often more than a year: only what both happened "
                "and was found out within the year counts here."
            )
        )
    undated, unlearned = sum(found.undated.values()), found.unlearned.get(found.outcome.id, 0)
    if undated:
        said.append(
            _(
                "{records} records do not say when they were learned. They are taken as known on their own day, so the "
                "days of warning that rest on them may be too long."
            ).format(records=formatting.count(undated))
        )
    if unlearned:
        said.append(
            _("{events} events of “{outcome}” never count: nobody wrote down when they were found out.").format(
                events=formatting.count(unlearned), outcome=found.outcome.label
            )
        )
    if found.left > 0:
        said.append(
            _(
                "{share} of officers left within the year that was looked ahead, and had less time for the outcome."
            ).format(share=formatting.share(found.left))
        )
    return said


def _next(score: Score) -> str:
    return _(
        "Next comes “{policy}”: {points} in a hundred reviews against it ({low} to {high}; below zero it finds fewer)."
    ).format(
        policy=score.label,
        points=formatting.measured(100 * score.better.value, "rate"),
        low=formatting.measured(100 * score.better.low, "rate"),
        high=formatting.measured(100 * score.better.high, "rate"),
    )


def beats(score: Score) -> bool:
    """Return whether a way to choose is surely better than the shrunken count."""
    return score.better.low > 0


def _against(best: Score, simple: Score) -> str:
    facts = {
        "points": formatting.measured(100 * best.better.value, "rate"),
        "low": formatting.measured(100 * best.better.low, "rate"),
        "high": formatting.measured(100 * best.better.high, "rate"),
        "simple": simple.label,
    }
    if beats(best):
        return _(
            "That is {points} more in a hundred reviews than “{simple}” finds ({low} to {high}), more than chance."
        ).format(**facts)
    return _(
        "The lead over “{simple}” is {points} in a hundred reviews ({low} to {high}), which can be chance: "
        "the simple count does as well."
    ).format(**facts)
