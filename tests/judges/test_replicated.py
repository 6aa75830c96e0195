"""The second judge's word on a whole answer."""

import pytest

from hairpin.judges.replicated import replicated
from hairpin.replica.prerequisites import may_replicate, missing
from tests.report.answers import FORWARDING_OFF, answer, evidence


def test_every_flow_and_proof_is_repeated() -> None:
    """Where no replica can be built, it says why, and the judge stays the walk."""
    asked = answer(FORWARDING_OFF)
    found = replicated(asked, evidence(FORWARDING_OFF), {})
    if may_replicate():
        assert found.replicated_flows == frozenset(range(len(asked.diagnoses)))
        assert found.replicated_causes == frozenset(each.ref for each in asked.causes)
        assert found.missing == asked.missing
    else:
        assert found.replicated_flows == frozenset()
        assert [each.reason for each in found.missing if each.key == "replica"] == [missing()]


def test_a_host_of_very_many_rules_is_rebuilt_only_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hairpin.judges.replicated.MANY_RULES", 3)
    found = replicated(answer(FORWARDING_OFF), evidence(FORWARDING_OFF), {})
    assert found.replicated_flows == frozenset()
    assert "`hairpin prove`" in str(found.missing[-1].reason)


def test_the_first_judges_word_is_kept() -> None:
    asked = answer(FORWARDING_OFF)
    found = replicated(asked, evidence(FORWARDING_OFF), {})
    assert (found.diagnoses, found.causes) == (asked.diagnoses, asked.causes)
