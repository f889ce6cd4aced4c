"""What a disclosure policy would cost, before anything goes out: records lost by recoding, figures withheld."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from openhalo.base.errors import Problem, ReleaseError
from openhalo.base.progress import silent
from openhalo.publications.declared_fields import to_protect
from openhalo.publications.imprint import Declared
from openhalo.publications.protection.masking import share_withheld
from openhalo.publications.protection.policy_conflicts import filed, must_fit
from openhalo.publications.protection.recoded_incident_files import freeze
from openhalo.publications.protection.release_protection import Precaution, guard
from openhalo.publications.tables.release_figures import needed
from openhalo.records.reading import Records


@dataclass(frozen=True)
class DryRun:
    """What a release would cost today."""

    loss: dict[str, pl.DataFrame]
    """Record type of an incident file → `field`, `group`, `records`, `blanked`, `left_out`, `lost` (share of 1)."""
    withheld: dict[str, tuple[int, int]]
    """Measure → figures withheld, figures."""
    problems: list[Problem]


def dry_run(records: Records, declared: Sequence[Declared], precaution: Precaution) -> DryRun:
    """Try the policy on the records at hand, attack included, without writing anything."""
    policy, catalogue = precaution.policy, records.catalogue
    loss: dict[str, pl.DataFrame] = {}
    withheld: dict[str, tuple[int, int]] = {}
    problems: list[Problem] = []
    for file in policy.incident_files:
        if file.record in records.manifest.tables:
            try:
                frozen = freeze(
                    records, policy.model_copy(update={"incident_files": [file]}), precaution.folders, precaution.today
                )
                loss |= {one.file.record: one.loss for one in frozen}
            except ReleaseError as error:
                problems += error.problems
    ready = [spec for name, spec in sorted(catalogue.measures.items()) if not needed(spec, records)]
    try:
        must_fit(ready, policy, catalogue, declared)
        private = to_protect(ready, catalogue, declared)
        guarded = guard([spec for spec in private if not filed(spec, policy, catalogue)], records, precaution, silent)
        for one in guarded.answers:
            told = share_withheld(one.results)
            withheld[one.spec.id] = (told["withheld"], told["figures"])
    except ReleaseError as error:
        problems += error.problems
    return DryRun(loss, withheld, problems)
