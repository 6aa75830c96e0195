"""Both judges are asked about each flow."""

import msgspec
import pytest

from hairpin.errors import ReplicaError
from hairpin.judges.agreement import agreement, replicated_as
from hairpin.judges.judged import as_judged_here, judge_flows, on_kernel
from hairpin.message import message
from hairpin.network.flow import Flow, Outside
from hairpin.replica.judgement import Judgement
from hairpin.walk.walk import walk_flow
from tests.judges.kernels import Agreeing, Denying
from tests.report.answers import answer, evidence, network
from tests.rows import each_row
from tests.small_host import CLIENT, HOST_ADDRESS
from tests.small_host import network as small_network

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
    with pytest.raises(ReplicaError, match="need Linux"):
        judge_flows(
            network(), FLOWS, (evidence(),), Agreeing(OWN, message("test copies of a network (replicas) need Linux"))
        )


NOWHERE = 5  # 0.0.0.5, which is an address since 5.3
CENTOS, UBUNTU, HERE = "3.10.0-1160.el7.x86_64", "5.4.0-150-generic", "6.18.4"


# the host's kernel, the client's address, whether this machine's kernel may judge for the host's
CASES: dict[str, tuple[str, int, bool]] = {
    "the kernel is the same": (HERE, NOWHERE, True),
    "another kernel that does the same": (UBUNTU, NOWHERE, True),
    "an old kernel that does the same for this client": (CENTOS, CLIENT, True),
    "an old kernel that refuses the client's address": (CENTOS, NOWHERE, False),
    "the host's kernel is not known": ("", CLIENT, True),
}


@each_row(("kernel", "source", "counts"), CASES.values(), ids=CASES)
def test_a_flow_that_kernels_treat_differently_stays_simulated(kernel: str, source: int, counts: bool) -> None:
    whole = on_kernel(small_network(), kernel)
    trace = walk_flow(whole, Flow(Outside(source), 4, HOST_ADDRESS, "tcp", 8151))
    judgement = Judgement(trace.flow, "unanswered" if trace.verdict == "delivered" else replicated_as(trace.verdict))
    judged = as_judged_here(whole, trace, judgement, HERE)
    assert (judged == judgement) is counts
    assert counts or f"({CENTOS})" in str(judged.left_out[0])
    agreed = as_judged_here(whole, trace, msgspec.structs.replace(judgement, verdict=trace.verdict), HERE)
    assert agreement(trace, agreed).judge == ("replicated" if counts else "simulated")


def test_a_disagreement_with_another_kernel_is_no_bug() -> None:
    whole = on_kernel(small_network(), CENTOS)
    trace = walk_flow(whole, Flow(Outside(NOWHERE), 4, HOST_ADDRESS, "tcp", 8151))
    assert trace.verdict == "dropped"
    judged = Judgement(trace.flow, "delivered")
    assert agreement(trace, judged).agrees is False
    assert agreement(trace, as_judged_here(whole, trace, judged, HERE)).agrees is None
