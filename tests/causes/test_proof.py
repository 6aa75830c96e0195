"""The proof of a cause keeps both walks' verdicts, and the repaired walk itself."""

from hairpin.causes.proof import is_repaired, proof_by
from tests.report.answers import FORWARDING_OFF, answer


def test_the_repaired_walk_is_of_the_same_flow_and_has_the_verdict() -> None:
    found = answer(FORWARDING_OFF)
    proof = found.causes[0].proof
    assert proof is not None
    assert proof.repaired is not None
    assert proof.repaired.flow == found.flows[0].trace.flow
    assert proof == proof_by(found.flows[0].trace, proof.repaired)
    assert (proof.without_change, proof.with_change) == ("dropped", "delivered")


def test_a_walk_that_fails_repairs_nothing() -> None:
    found = answer(FORWARDING_OFF)
    broken, proof = found.flows[0].trace, found.causes[0].proof
    assert proof is not None
    assert proof.repaired is not None
    assert is_repaired(found.network, broken.flow, proof.repaired)
    assert not is_repaired(found.network, broken.flow, broken)
