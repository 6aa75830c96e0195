"""The document of `hairpin explain TEXT`."""

from hairpin.report.documents.explain_document import explain_document
from hairpin.report.words import Words
from tests.explain.answers import explain
from tests.report.answers import FORWARDING_OFF
from tests.report.strict import errors

TEXT = """\
Nov 26 01:00:00 host1 dockerd[1]: WARNING: IPv4 forwarding is disabled. Networking will not work.
Nov 26 02:00:00 host1 dockerd[1]: WARNING: IPv4 forwarding is disabled. Networking will not work.
Nov 26 02:00:00 host1 dockerd[1]: a word about 10.0.0.5:8080
iptables: Bad rule (does a matching rule exist in that chain?).
"""


def test_it_is_that_of_the_schema() -> None:
    document = explain_document(explain(TEXT, FORWARDING_OFF), Words())
    assert errors(document, "explain-1.json") == []


def test_a_true_text_has_its_proof_and_remedy() -> None:
    (found,) = explain_document(explain(TEXT, FORWARDING_OFF), Words()).found
    assert (found.line, found.count, found.here) == (1, 2, "true")
    assert (found.first_at, found.last_at) == ("2026-11-26T01:00:00Z", "2026-11-26T02:00:00Z")
    assert found.cause_ids[0] == "interface-forwarding-off"
    assert found.proof is not None
    assert found.proof.flow is not None
    assert (found.proof.without_change, found.proof.with_change) == ("dropped", "delivered")
    assert "set-sysctl" in found.remedies or found.remedies


def test_what_is_not_true_has_none() -> None:
    document = explain_document(explain(TEXT), Words())
    assert [(each.here, each.proof, each.remedies) for each in document.found] == [("false", None, ())]
    assert [each.id for each in document.harmless] == ["iptables-bad-rule"]
    assert document.unknown.ask == ("hairpin check 10.0.0.5:8080",)
    assert (document.unknown.rest, len(document.unknown.kinds)) == (0, 1)
