"""The core list: what every department should publish, whether a measure for it exists yet or not."""

from collections.abc import Iterable, Mapping
from typing import ClassVar

from pydantic import Field

from openhalo.catalogue.documents import Document
from openhalo.catalogue.kinds import Kind, Shelves
from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.catalogue.reader import Misfit, Spec
from openhalo.catalogue.references import known


class CoreItem(Spec):
    """One thing that every department should publish."""

    said: ClassVar[frozenset[str]] = frozenset(["label", "asks"])

    label: str = Field(description="What it is called in a list")
    domain: str = Field(description="The domain that it belongs to; one that has no folder yet may be named")
    asks: str = Field(description="What a resident would ask")
    requirements: list[str] = Field(description="Requirements of the source documents that ask for it, by id")

    def misfits(self) -> Iterable[Misfit]:
        """Yield nothing but an item that no document asks for."""
        if not self.requirements:
            yield Misfit(("requirements",), "no document asks for this item", todo="name the requirements that do")


class CoreList(Spec):
    """What every department should publish. A measure or an analysis says by `core` which item it answers."""

    id: str = Field(description="Given by the place of the file")
    label: str = Field(description="What the list is called")
    description: str = Field(description="Where the list comes from")
    lead: list[str] = Field(
        default=[],
        description="Measures that a page of many says before others, where they are published: most telling first",
    )
    items: dict[str, CoreItem] = Field(description="Name of the item → what it asks for")

    def misfits(self) -> Iterable[Misfit]:
        """Yield what does not fit within an item."""
        for name, item in self.items.items():
            yield from (misfit._replace(location=("items", name, *misfit.location)) for misfit in item.misfits())


def items_of(core_lists: Mapping[str, CoreList]) -> dict[str, CoreItem]:
    """Return every item of core lists by name, in their order."""
    return {name: item for core in core_lists.values() for name, item in core.items.items()}


def check_item(core: str, document: Document, shelves: Shelves) -> None:
    """Check that the item which a definition says it answers is one of the core list."""
    core_lists = shelves.of(CoreList)
    if core and "core" in core_lists:
        known(core, items_of(core_lists), "item of the core list", document, ("core",))


def cross_check(spec: CoreList, document: Document, shelves: Shelves) -> None:
    """Check that the measures which lead are measures."""
    for place, measure in enumerate(spec.lead):
        known(measure, shelves.of(MeasureSpec), "measure", document, ("lead", place))


KIND = Kind("core", CoreList, cross_check)
