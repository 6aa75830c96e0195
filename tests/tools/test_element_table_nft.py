import json

from tests.rows import each_row
from tools.element_table_nft import EXACT, OUTSIDE, STATEFUL

EXAMPLES = {**EXACT, **STATEFUL, **OUTSIDE}


@each_row("example", EXAMPLES.values(), ids=EXAMPLES)
def test_an_example_is_one_statement(example: str) -> None:
    statement = json.loads(example)
    assert isinstance(statement, str) or len(statement) == 1


def test_an_element_has_one_class() -> None:
    assert len(EXAMPLES) == len(EXACT) + len(STATEFUL) + len(OUTSIDE)
