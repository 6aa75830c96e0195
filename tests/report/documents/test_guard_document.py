"""``hairpin.guard/1``."""

import msgspec

from hairpin.report.documents.guard_document import round_document
from hairpin.report.words import Words
from tests.guard.test_rounds import found
from tests.report.answers import FORWARDING_OFF, evidence
from tests.report.strict import errors


def test_the_line_has_its_schema() -> None:
    for each in found(evidence(), evidence(FORWARDING_OFF), None):
        assert errors(msgspec.to_builtins(round_document(each, (), Words("en"))), "guard-1.json") == []


def test_a_break() -> None:
    told = round_document(found(evidence(), evidence(FORWARDING_OFF))[1], (), Words("en"))
    assert (told.broken, told.expectations, [each.from_ for each in told.broke]) == (1, 2, ["outside"])
    assert told.changes[0].culprit is not None
