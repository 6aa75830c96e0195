"""The second judge's word on a whole answer."""

from hairpin.diagnose.replicated import replicated
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


def test_the_first_judges_word_is_kept() -> None:
    asked = answer(FORWARDING_OFF)
    found = replicated(asked, evidence(FORWARDING_OFF), {})
    assert (found.diagnoses, found.causes) == (asked.diagnoses, asked.causes)
