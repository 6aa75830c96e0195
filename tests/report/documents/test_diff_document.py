"""The JSON document of ``hairpin diff``."""

import msgspec

from hairpin.report.documents.diff_document import diff_document
from hairpin.report.words import Words
from tests.compare.small_pairs import comparison, with_rules
from tests.report.strict import errors

DROP = ("-A DOCKER-USER -j RETURN\n", "-A DOCKER-USER -p tcp -j DROP\n-A DOCKER-USER -j RETURN\n")


def test_the_document_has_the_form_of_its_schema() -> None:
    document = msgspec.to_builtins(diff_document(comparison(with_rules(DROP)), Words()))
    assert errors(document, "diff-1.json") == []
    (change,) = document["changes"]
    assert (change["ref"], change["host"], change["before"]) == ("d1", "test", None)
    assert change["after"] == "-A DOCKER-USER -p tcp -j DROP"
    assert {tuple(each["changes"]) for each in document["flows"]} == {("d1",)}
    assert {(each["before"], each["after"]) for each in document["flows"]} == {("delivered", "dropped")}


def test_nothing_differs() -> None:
    document = msgspec.to_builtins(diff_document(comparison(with_rules()), Words()))
    assert errors(document, "diff-1.json") == []
    assert (document["changes"], document["flows"]) == ((), ())
