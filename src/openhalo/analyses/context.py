"""What an analysis is asked about: the definition, what a site's plan says of it, and the records that it looks at."""

from dataclasses import dataclass, field, fields
from datetime import date
from functools import cached_property
from typing import Any, Generic, Literal, TypeVar

import ibis

from openhalo.base.errors import MeasureError, Problem, name_all
from openhalo.base.periods import Period
from openhalo.base.provenance import hash_facts
from openhalo.catalogue.analysis_plans import PlannedTest
from openhalo.catalogue.analysis_specs import AnalysisSpec, BeforeAndAfter, Event, Grouped
from openhalo.engines.ibis_expressions import to_ibis
from openhalo.language.translation import _, mark_for_translation
from openhalo.measures.planning import has_days
from openhalo.records.manifest import Coverage
from openhalo.records.reading import Records, Relation, must_hold

Standing = Literal["planned", "exploratory"]
Kind_co = TypeVar("Kind_co", bound=AnalysisSpec, covariant=True)


@dataclass(frozen=True)
class AnalysisContext(Generic[Kind_co]):
    """One analysis, of one kind, of one store version."""

    spec: Kind_co
    test: PlannedTest
    standing: Standing
    records: Records = field(repr=False)

    def __getstate__(self) -> dict[str, Any]:
        """Return what is pickled: the days covered, and the records as they are asked for, without what was read."""
        asked = [one.name for one in fields(self.records) if one.init and not one.name.startswith("_")]
        records = Records(**{name: getattr(self.records, name) for name in asked})
        return {**self.__dict__, "records": records, "covered": self.covered}

    @property
    def reference(self: "AnalysisContext[Grouped]") -> str:
        """Return the code that the others are compared with; empty: none is named."""
        return self.test.reference or self.spec.reference

    @property
    def compare(self: "AnalysisContext[Grouped]") -> list[str]:
        """Return the codes that are compared with it; empty: all there are."""
        return self.test.compare or self.spec.compare

    @property
    def event(self: "AnalysisContext[BeforeAndAfter]") -> Event | None:
        """Return what began, and when."""
        return self.test.event or self.spec.event

    @property
    def within(self) -> Period | None:
        """Return the days that it is asked about; None: all that the records cover."""
        return Period.parse(self.test.within) if self.test.within else None

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

    @property
    def unit(self) -> str:
        """Return what one record is, as plural words."""
        if self.spec.counts:
            return _(self.spec.counts)
        record = self.records.catalogue.record_type(self.spec.record)
        return _(record.units.get(self.covered[0].unit, record.plural) if self.covered else record.plural)

    @property
    def members(self: "AnalysisContext[Any]") -> str:
        """Return what `unit` tells apart, as plural words: what the link to them leads to, or the field's name."""
        catalogue, spec = self.records.catalogue, self.spec
        found = catalogue.schema.follow(spec.record, spec.unit)
        assert found is not None
        if spec.unit == catalogue.record_type(spec.record).protects.get("officers"):
            return mark_for_translation("officers")
        return catalogue.record_type(found[1].to).plural if found[1].to else found[1].label

    @cached_property
    def people(self) -> dict[str, str]:
        """Return code → how people of it are named in a sentence, in order; empty where no groups are compared."""
        group = getattr(self.spec, "group", "")
        if not group:
            return {}
        found = self.records.catalogue.schema.follow(self.spec.record, group)
        vocabulary = self.records.catalogue.vocabularies.get(found[1].vocabulary) if found else None
        if vocabulary is None:
            return {}
        return {code: vocabulary.codes[code].people or vocabulary.codes[code].label for code in vocabulary.order}

    def name(self, code: str) -> str:
        """Return how people of a group are named in a sentence."""
        return _(self.people.get(code, code))

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

    @property
    def provenance(self) -> dict[str, Any]:
        """Return what the answer can be traced back to."""
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
