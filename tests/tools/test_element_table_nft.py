import json

import pytest

from tools.element_table_nft import EXACT, OUTSIDE, STATEFUL

EXAMPLES = {**EXACT, **STATEFUL, **OUTSIDE}


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_an_example_is_one_statement(example: str) -> None:
    assert len(json.loads(example)) == 1


def test_an_element_has_one_class() -> None:
    assert len(EXAMPLES) == len(EXACT) + len(STATEFUL) + len(OUTSIDE)
