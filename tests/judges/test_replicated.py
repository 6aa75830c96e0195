"""The second judge is asked about a whole examination."""

from collections.abc import Mapping
from types import MappingProxyType

import pytest

from hairpin.change.change import Change, SetSysctl
from hairpin.diagnose.examination import examine
from hairpin.judges.replicated import Replication, replicating
from hairpin.message import message
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.replica.judge import RunningKernel, may_replicate, missing
from hairpin.replica.judgement import Judgement, Kernel
from tests.judges.kernels import Agreeing, Denying, Overloaded
from tests.many_hosts import flows_of_many, many
from tests.report.answers import FORWARDING_OFF, evidence, examination

ASKED, EVIDENCE = examination(FORWARDING_OFF), evidence(FORWARDING_OFF)
OWN = ASKED.network.this.kernel


def _word(kernel: Kernel, printed: Mapping[int, Change] = MappingProxyType({})) -> Replication:
    with replicating(ASKED, (EVIDENCE,), kernel) as word:
        return word(printed)


def test_every_flow_and_proof_is_repeated() -> None:
    """Where no replica can be built, it says why, and the judge stays the walk."""
    found = _word(RunningKernel())
    if may_replicate():
        assert {each.agreement.judge for each in found.flows if each is not None} == {"replicated"}
        assert None not in found.flows
        assert found.causes == frozenset(each.ref for each in ASKED.causes)
        assert found.unread == ()
    else:
        assert set(found.flows) == {None}
        assert [each.reason for each in found.unread] == [missing()]


def test_a_host_of_very_many_rules_is_rebuilt_only_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hairpin.judges.replicated.MANY_RULES", 3)
    found = _word(Agreeing(OWN))
    assert set(found.flows) == {None}
    assert "`hairpin prove`" in str(found.unread[-1].reason)


def test_the_walks_traces_are_kept() -> None:
    found = _word(Agreeing(OWN))
    assert [each.trace for each in found.flows if each is not None] == [each.trace for each in ASKED.diagnoses]


def test_a_failed_replica_confirms_nothing_and_its_error_is_reported() -> None:
    found = _word(Agreeing(OWN, message("OSError: no room")))
    assert (set(found.flows), found.causes) == ({None}, frozenset())
    assert [str(each.reason) for each in found.unread] == ["OSError: no room"]


def test_each_disagreement_names_its_flow_and_whether_the_change_was_made() -> None:
    found = _word(Denying(OWN))
    assert found.causes == frozenset()
    walked = [each.trace.verdict for each in ASKED.diagnoses]
    expected = [(number, False) for number, verdict in enumerate(walked) if verdict == "delivered"]
    repaired = [(number, True) for cause in ASKED.causes for number in cause.flows]
    assert sorted((number, each.changed) for number, each in found.disagreements) == sorted((*expected, *repaired))


class _Lacking(Agreeing, frozen=True):
    """Cannot rebuild a part: of the network with a repair, or also of the network as it is."""

    of_repaired_alone: bool = True

    def say(self, network: Network, flow: Flow) -> Judgement:
        """Return the judgement of one flow."""
        if self.of_repaired_alone and network is ASKED.network:
            return super().say(network, flow)
        return Judgement(flow, "dropped", left_out=(message("a tun"),))


@pytest.mark.parametrize("alone", (True, False))
def test_a_reason_tells_whether_the_flow_or_only_its_repair_is_simulated(*, alone: bool) -> None:
    found = _word(_Lacking(OWN, of_repaired_alone=alone))
    assert found.causes == frozenset()
    assert found.unread
    assert {"with the repair is only simulated" in str(each.reason) for each in found.unread} == {alone}


def test_a_kernel_that_disagrees_is_asked_again_in_a_new_replica() -> None:
    kernel = Overloaded(OWN)
    found = _word(kernel)
    assert (kernel.asked, found.disagreements) == (2, ())
    assert {each.agreement.judge for each in found.flows if each is not None} == {"replicated"}
    assert found.causes == frozenset(each.ref for each in ASKED.causes)


def test_a_kernel_that_agrees_is_asked_once() -> None:
    kernel = Overloaded(OWN)
    kernel.asked = 1
    _word(kernel)
    assert kernel.asked == 2


def test_the_kernel_is_asked_about_the_repair_that_is_printed() -> None:
    """A repair that was printed in place of the proven change and does not help is not confirmed; one that does, is."""
    flows = [number for cause in ASKED.causes for number in cause.flows]
    own = ASKED.causes[0].candidate.change
    idle = SetSysctl(ASKED.network.this.netns, ("net", "ipv4", "ip_default_ttl"), "9")
    kernel = Overloaded(OWN)
    kernel.asked = 1
    also = Change((*own.parts, idle))
    found = _word(kernel, dict.fromkeys(flows, also))
    assert kernel.asked == 3, "once for the flows, once for what is printed"
    assert found.causes == frozenset(each.ref for each in ASKED.causes)
    refused = _word(Agreeing(OWN), dict.fromkeys(flows, Change((idle,))))
    assert refused.causes == frozenset()


def test_of_alike_flows_the_kernel_may_judge_the_one_that_was_walked() -> None:
    net, flows = many(), flows_of_many()
    alike = examine(net, flows)
    for once_a_kind in (False, True):
        with replicating(alike, (EVIDENCE,), Agreeing(net.this.kernel), once_a_kind=once_a_kind) as word:
            found = word({})
        own = [each.trace.like is each.trace for each in alike.diagnoses]
        assert [each is not None for each in found.flows] == (own if once_a_kind else [True] * len(flows))
        assert found.unread == ()
        assert sum(own) < len(flows) / 2
