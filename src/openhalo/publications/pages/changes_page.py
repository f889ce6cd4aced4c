"""What changed since the release before, in plain words for the page of changes."""

from collections.abc import Iterator, Mapping
from typing import Any

from openhalo.catalogue.index import Catalogue
from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.language import formatting
from openhalo.language.marks import Marked
from openhalo.language.translation import _, plural
from openhalo.publications.declared_fields import counted
from openhalo.publications.pages.contents import Change
from openhalo.publications.wording.labels import group
from openhalo.releases.figure_ids import figure_id

MOST_SHOWN = 200
"""So many figures stand on the page; `changes.json` has every one."""


def change_rows(changes: Mapping[str, Any], catalogue: Catalogue) -> list[Change]:
    """Return the figures that are not as in the release before: uncut ones first, then those over all days.

    Args:
        changes: what `changes.json` says.
        catalogue: for the words; a measure that it no longer has keeps its id.
    """
    why = {one["measure"]: " ".join(_why(cause) for cause in one["why"]) for one in changes["measures"]}
    figures = [dict(zip(changes["columns"], row, strict=True)) for row in changes["figures"]]
    figures.sort(key=lambda row: (row["group"] is not None, row["group2"] is not None, row["grain"] != "all"))
    rows = [_row(figure, why[figure["measure"]], catalogue) for figure in figures[:MOST_SHOWN]]
    more = len(figures) - MOST_SHOWN
    if more > 0:
        text = plural("{n} more figure, in changes.json", "{n} more figures, in changes.json", more)
        rows.append(Change(text.format(n=formatting.count(more)), "…", "…", ""))
    return rows


def _row(figure: Mapping[str, Any], why: str, catalogue: Catalogue) -> Change:
    spec = catalogue.measures.get(figure["measure"])
    words = list(_named(figure, spec, catalogue))
    return Change(
        what=", ".join(words),
        before=_said(figure, "before", spec) if figure["what"] != "appeared" else "",
        now=_said(figure, "after", spec) if figure["what"] != "vanished" else "",
        why=why,
        measure=figure["measure"] if spec is not None and figure["what"] != "vanished" else "",
    )


def _named(figure: Mapping[str, Any], spec: MeasureSpec | None, catalogue: Catalogue) -> Iterator[str]:
    yield spec.label if spec is not None else figure["measure"]
    unknown = _("Not known")
    for end in ("", "2"):
        path, code = figure[f"group{end}"], figure[f"code{end}"]
        if path is None:
            continue
        if spec is None:
            yield f"{path} {code or unknown}"
            continue
        names = group(counted(spec, catalogue).record, path, catalogue)
        known = names.name(code)
        yield known if names.order else f"{names.label}: {known}" if names.labels else f"{names.phrase} {known}"
    if figure["grain"] != "all":
        yield formatting.period(figure["period"])


def _said(figure: Mapping[str, Any], when: str, spec: MeasureSpec | None) -> str:
    value = figure[f"value_{when}"]
    if value is None:
        return _("no figure")
    if spec is None:
        return f"{value:g}"
    # Of what vanished the release tells nothing else that could be compared with it.
    of = "" if figure["what"] == "vanished" else f"{figure_id(figure)}#{'value' if when == 'after' else 'value_before'}"
    return formatting.measured(Marked(value, of), spec.scale)


def _why(cause: str) -> str:
    return {
        "data": _("New or corrected records came in."),
        "definition": _("What is counted, or what may be shown, was decided differently."),
        "purge": _("A record was removed by law."),
    }[cause]
