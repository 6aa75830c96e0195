"""References, ids and times are held to their form where a document is read back."""

import msgspec
import pytest

from hairpin.report.refs import CauseRef, EvidenceRef, Time


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    ((CauseRef, "c1", "c0"), (EvidenceRef, "node2:e17b", "17"), (Time, "2026-01-01T00:00:00Z", "yesterday")),
)
def test_a_form_is_held(kind: type, good: str, bad: str) -> None:
    assert msgspec.convert(good, kind) == good
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(bad, kind)
