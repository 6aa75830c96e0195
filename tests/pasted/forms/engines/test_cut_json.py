"""A document is read as far as it goes."""

from hairpin.pasted.forms.engines.cut_json import document
from tests.rows import each_row

CASES: dict[str, tuple[str, object]] = {
    "whole": ('[{"a": 1}]\nprose', [{"a": 1}]),
    "cut in a value": ('{"a": 1, "b": "un', {"a": 1}),
    "cut in a list": ('{"a": [1, 2', {"a": [1, 2]}),
    "a comma too many": ('{"a": 1,\n}', {"a": 1}),
    "a masked value": ('{"a": x.x.x.x,\n"b": 2}', {"b": 2}),
    "a gap": ('{"a": 1,\n...\n"b": 2}', {"a": 1, "b": 2}),
    "a bracket missing": ('{"a": [{"c": 1}\n"b": 2}', {"a": [{"c": 1}], "b": 2}),
}


@each_row(("text", "expected"), CASES.values(), ids=CASES)
def test_document(text: str, expected: object) -> None:
    found = document(text.split("\n"), 0, {})
    assert found is not None
    assert found.value == expected


def test_a_document_ends_at_a_command() -> None:
    found = document(["{", '"a": 1,', "$ docker ps", '"b": 2}'], 0, {2: None})
    assert found is not None
    assert (found.value, found.damaged) == ({"a": 1}, True)
