"""The JSON document of ``hairpin events``."""

import msgspec

from hairpin.report.documents.events_document import events_document
from hairpin.report.words import Words
from tests.answer.test_matrix import found
from tests.report.strict import errors


def test_the_document_has_the_form_of_its_schema() -> None:
    document = msgspec.to_builtins(events_document(found(), Words()))
    assert errors(document, "events-1.json") == []
    refs = {each["ref"] for each in document["causes"]}
    assert refs
    assert {ref for cell in document["matrix"] for ref in cell["causes"]} == refs
    stopped = [cell for cell in document["matrix"] if cell["event"] == "docker-stop"]
    fates = {(cell["before"], cell["after"], cell["established"]) for cell in stopped}
    assert fates == {("delivered", "refused", "lost")}
