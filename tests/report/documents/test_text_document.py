"""The parts of a report about a pasted text: outputs, the next command, and the lines for a cause and against it."""

import json

import msgspec

from hairpin.evidence.told import Outcome
from hairpin.report.documents.document import report_document
from hairpin.report.documents.text_document import StatedDocument, stated_documents
from hairpin.report.words import Words
from tests.answer.likely.test_likely import TIMED_OUT, answer
from tests.report.answers import FORWARDING_OFF, document
from tests.report.strict import errors
from tests.suppose.test_ordinary import RUN

WORKS = "$ curl -I http://localhost:8080\nHTTP/1.1 200 OK\n"


def test_each_cause_of_a_text_has_the_lines_for_it_and_against_it() -> None:
    told = report_document(answer(RUN, WORKS, TIMED_OUT), Words())
    assert errors(told, "report-1.json") == []
    plain = json.loads(msgspec.json.encode(told))
    lines = {each["id"]: [one["line"] for one in each["explains"]] for each in plain["causes"]}
    assert lines["ip-forward-off"] == [2]
    assert all("against" in each for each in plain["causes"])
    assert plain["next"]["command"]


def test_a_host_that_was_read_has_neither() -> None:
    plain = json.loads(msgspec.json.encode(document(FORWARDING_OFF)))
    assert all("explains" not in each and "against" not in each for each in plain["causes"])


def test_a_line_is_told_once() -> None:
    one = Outcome("curl", "http://10.8.0.5", "timeout", line=3)
    assert stated_documents((one, one)) == (StatedDocument(3, "curl", "http://10.8.0.5", "timeout"),)
