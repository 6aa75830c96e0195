"""References, ids and times are held to their form where a document is read back."""

import msgspec
import pytest

from hairpin.report.refs import CauseRef, EvidenceRef, Time


class Held(msgspec.Struct):
    cause: CauseRef = "c1"
    evidence: EvidenceRef = "e1"
    at: Time = ""


def test_a_good_form_is_read() -> None:
    held = msgspec.json.decode(b'{"cause": "c12", "evidence": "node2:e17b", "at": "2026-01-01T00:00:00Z"}', type=Held)
    assert held == Held("c12", "node2:e17b", "2026-01-01T00:00:00Z")


@pytest.mark.parametrize("bad", ('{"cause": "c0"}', '{"evidence": "17"}', '{"at": "yesterday"}'))
def test_a_bad_form_is_refused(bad: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(bad, type=Held)
