"""What an analysis looks at: the definition, what a site's plan says of it, and the records."""

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import ibis

from openhalo.analyses.subject import Kind_co, Planned, Subject
from openhalo.base.errors import MeasureError, Problem, name_all
from openhalo.base.periods import Period
from openhalo.base.provenance import hash_facts
from openhalo.catalogue.analysis_specs import Grouped
from openhalo.catalogue.record_types import FieldSpec
from openhalo.catalogue.vocabularies import Vocabulary
from openhalo.engines.ibis_expressions import to_ibis
from openhalo.language.translation import mark_for_translation, message
from openhalo.measures.planning import has_days
from openhalo.records.manifest import Coverage
from openhalo.records.reading import Records, Relation, must_hold
from openhalo.statistics.results import Refused


@dataclass(frozen=True)
class AnalysisContext(Planned[Kind_co]):
    """One analysis, of one kind, of one store version."""

    records: Records = field(repr=False)

    @cached_property
    def covered(self) -> list[Coverage]:
        """Return what each source holds of the record type within these days."""
        covers = self.records.coverage(self.spec.record)
        return [cover for cover in covers if self.within is None or cover.period.overlap(self.within)]

    @cached_property
    def days(self) -> Period | None:
        """Return the days that the answer speaks for; None without records."""
        if not self.covered:
            return self.within
        first, last = min(c.first for c in self.covered), max(c.last for c in self.covered)
        if not has_days(self.records, self.spec.record):
            first, last = date(first.year, 1, 1), date(last.year, 12, 31)
        whole = Period(first, last)
        return (whole.overlap(self.within) if self.within else None) or whole

    @cached_property
    def subject(self) -> Subject[Kind_co]:
        """Return what its answer is about, without the records."""
        return Subject(
            spec=self.spec,
            test=self.test,
            standing=self.standing,
            covered=tuple(self.covered),
            days=self.days,
            units=self._units(),
            members=self._members(),
            trait=self._trait(),
            people=self._people(),
            provenance=self._provenance(),
            messages=self.records.messages,
        )

    def _units(self) -> str:
        record = self.records.catalogue.record_type(self.spec.record)
        kept = record.units.get(self.covered[0].unit, record.plural) if self.covered else record.plural
        return self.spec.counts or kept

    def _members(self) -> str:
        """Return what the link to them leads to, or the field's name."""
        path = getattr(self.spec, "unit", "")
        found = self.records.catalogue.schema.follow(self.spec.record, path) if path else None
        if found is None:
            return ""
        if path == self.records.catalogue.record_type(self.spec.record).protects.get("officers"):
            return mark_for_translation("officers")
        return self.records.catalogue.record_type(found[1].to).plural if found[1].to else found[1].label

    def _group(self) -> tuple[FieldSpec, Vocabulary | None] | None:
        """Return the field that tells groups apart, and its code list."""
        path = getattr(self.spec, "group", "")
        found = self.records.catalogue.schema.follow(self.spec.record, path) if path else None
        return (found[1], self.records.catalogue.vocabularies.get(found[1].vocabulary)) if found else None

    def _trait(self) -> str:
        found = self._group()
        return (found[1] or found[0]).label if found else ""

    def _people(self) -> dict[str, str]:
        found = self._group()
        vocabulary = found[1] if found else None
        if vocabulary is None:
            return {}
        return {code: vocabulary.codes[code].people or vocabulary.codes[code].label for code in vocabulary.order}

    def refused_reference(self: "AnalysisContext[Grouped]", text: str, **values: object) -> Refused:
        """Return why the others cannot be compared with the reference group: what the text says, or that none is named.

        Args:
            text: pattern with {group} for its name.
            values: what else fills the pattern.
        """
        if not self.reference:
            return Refused(mark_for_translation("nothing says with which group the others are compared"))
        return Refused(message(text, group=self.subject.name(self.reference), **values))

    def check(self) -> None:
        """Refuse records that are not there, and sources that count different things.

        Raises:
            MeasureError: with what to do.
        """
        must_hold(self.records, self.spec.record)
        units = sorted({cover.unit for cover in self.covered})
        if not units:
            raise MeasureError(Problem(self.spec.id, f"there are no records of {self.spec.record} in {self.within}"))
        if len(units) > 1:
            found = f"sources count different things and cannot be added up: {name_all(units)}"
            raise MeasureError(Problem(self.spec.id, found, todo="set 'within' in the plan to days of one source"))

    def relation(self, *conditions: str) -> Relation:
        """Return the records that it looks at, of its days, that make every condition true."""
        record = self.spec.record
        relation = self.records.relation(record)
        nodes = [self.records.catalogue.condition(record, text) for text in (self.spec.where, *conditions) if text]
        tests = [to_ibis(node, relation) for node in nodes if node is not None]
        if self.within is not None:
            day = relation.field(self.records.catalogue.record_type(record).date_column)
            ends = (self.within.first, self.within.last)
            if has_days(self.records, record):
                tests.append(day.between(*(ibis.literal(end) for end in ends)))
            else:
                tests.append(day.between(*(end.year for end in ends)))
        relation.table = relation.table.filter(*tests) if tests else relation.table
        return relation

    def condition(self, relation: Relation, text: str) -> Any:
        """Return a condition on the relation's records as an expression: true, false or null."""
        node = self.records.catalogue.condition(self.spec.record, text)
        assert node is not None
        return to_ibis(node, relation)

    def _provenance(self) -> dict[str, Any]:
        context = [self.spec.model_dump(mode="json"), self.test.model_dump(mode="json")]
        return {
            "store_version": self.records.manifest.version,
            "definition": hash_facts(context),
            "deliveries": self.records.manifest.deliveries,
            "sources": [cover.model_dump(mode="json") for cover in self.covered],
            "first": self.days.first if self.days else None,
            "last": self.days.last if self.days else None,
            "known_by": self.records.known_by,
            "purges": self.records.purges(),
        }
