"""Both judges are asked about each flow."""

import pytest

from hairpin.errors import ReplicaError
from hairpin.judges.judged import judge_flows
from hairpin.message import message
from tests.judges.kernels import Agreeing, Denying
from tests.report.answers import answer, evidence, network

FLOWS = tuple(each.trace.flow for each in answer().flows)
OWN = network().this.kernel


def test_every_flow_has_both_answers() -> None:
    found = judge_flows(network(), FLOWS, (evidence(),), Agreeing(OWN))
    assert [each.trace for each in found] == [each.trace for each in answer().flows]
    assert {each.agreement.judge for each in found} == {"replicated"}


def test_a_verdict_that_the_kernel_denies_is_not_confirmed() -> None:
    found = judge_flows(network(), FLOWS, (evidence(),), Denying(OWN))
    assert {each.agreement.agrees for each in found} == {False}


def test_a_replica_that_cannot_be_built_has_a_reason() -> None:
    with pytest.raises(ReplicaError, match="replicas need Linux"):
        judge_flows(network(), FLOWS, (evidence(),), Agreeing(OWN, message("replicas need Linux")))
