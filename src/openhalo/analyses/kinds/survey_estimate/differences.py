"""Whether groups of a survey differ: each against one of them, and all at once."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from openhalo.analyses.context import AnalysisContext
from openhalo.analyses.contrasts import Contrast, Scale, contrast
from openhalo.analyses.kinds.survey_estimate.answers import Answers
from openhalo.catalogue.analysis_kinds.survey_estimate import SurveyEstimate
from openhalo.language.translation import mark_for_translation, message
from openhalo.statistics import survey_groups
from openhalo.statistics.results import Refused


class Compared(NamedTuple):
    """How groups of a survey differ.

    Attributes:
        gaps: the difference of each group from the reference group; none where they cannot be compared.
        reference: code of that group; empty where none was found.
        together: the test of all groups at once; None with fewer than three.
        why: why they cannot be compared, as a reason; empty where they can, and where there are no groups.
    """

    gaps: tuple[Contrast, ...] = ()
    reference: str = ""
    together: survey_groups.Differences | None = None
    why: str = ""


def compared(
    context: AnalysisContext[SurveyEstimate], told: Answers, groups: Sequence[Contrast], scale: Scale
) -> Compared:
    """Return how the groups that were estimated differ from the reference group.

    Where neither the analysis nor the plan names one, it is the group with most answers: known before any answer is
    looked at, and the one against which the others' differences are surest.
    """
    sizes = {one.group: one.n for one in groups}
    if not context.spec.group or (len(sizes) < 2 and not context.reference):
        return Compared()
    reference = context.reference or max(sizes, key=lambda code: sizes[code])
    if reference not in sizes:
        text = mark_for_translation("too few answers of {group}, with whom the others are compared")
        return Compared(why=message(text, group=context.subject.people.get(reference, reference)))
    wanted = [code for code in sizes if code == reference or not context.compare or code in context.compare]
    if len(wanted) < 2:
        return Compared(why=mark_for_translation("there is no other group with enough answers"))
    masks = {code: told.of(code) for code in wanted}
    for code, mask in masks.items():
        if np.ptp(told.values[mask]) == 0:
            text = mark_for_translation(
                "all {group} gave the same answer, so that the error of the difference is not known"
            )
            return Compared(why=message(text, group=context.subject.people.get(code, code)))
    try:
        found = survey_groups.differences(told.values, told.drawn, masks, reference, "people")
    except Refused as refused:
        return Compared(why=refused.reason)
    kind: Scale = "difference" if scale == "share" else "points"
    gaps = tuple(contrast(one, kind, group=code, reference=reference) for code, one in found.each.items())
    return Compared(gaps, reference, found if len(gaps) > 1 else None)
