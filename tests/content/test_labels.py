"""Labels of one code list stay apart on a wide chart, which cuts them."""

import pytest

from openhalo.catalogue.index import load

VOCABULARIES = load().vocabularies
CHART = 29
"""Letters of a label that a wide chart keeps before the dots."""


@pytest.mark.parametrize("name", VOCABULARIES)
def test_no_two_labels_of_a_list_begin_alike(name):
    cut = [
        code.label[:CHART].rstrip() if len(code.label) > CHART + 1 else code.label
        for code in VOCABULARIES[name].codes.values()
    ]
    assert sorted(label for label in set(cut) if cut.count(label) > 1) == []
