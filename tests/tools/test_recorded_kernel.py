"""A recorded kernel says what the one that was asked said, and nothing else."""

from pathlib import Path

import pytest

from hairpin.change.change import Change, SetSysctl
from hairpin.message import message
from hairpin.network.flow import Flow, FromHost, Outside
from hairpin.replica.judgement import Case, Hit, Judgement, Kernel, Outcome, Place
from tests.small_host import CLIENT, HOST_ADDRESS, HOST_NETNS, network
from tools.recorded_kernel import NotRecordedError, Recorder, read_kernel

FLOW = Flow(Outside(CLIENT), 4, HOST_ADDRESS, "tcp", 8151)
OTHER = Flow(FromHost(), 4, HOST_ADDRESS, "tcp", 8151)
RULE = Hit(HOST_NETNS, "iptables-nft", "ip", "filter", "FORWARD", 1, "-A FORWARD -j DROP", 7, "drop")
CASE = Case(network(), (FLOW,), change=Change((SetSysctl(HOST_NETNS, ("net", "ipv4", "ip_forward"), "1"),)))


class Asked(Kernel):
    @property
    def release(self) -> str:
        return "6.1.0"

    def __init__(self, *outcomes: Outcome) -> None:
        self.outcomes = outcomes

    def judge(self, cases: tuple[Case, ...]) -> tuple[Outcome, ...]:
        assert len(cases) == len(self.outcomes)
        return self.outcomes


STOPPED = Judgement(
    FLOW, "dropped", Place(HOST_NETNS, "eth0", rules=(RULE,), reasons=("NETFILTER_DROP",)), elapsed_ms=2
)


def test_the_words_are_kept_without_what_differs_from_run_to_run(tmp_path: Path) -> None:
    path = tmp_path / "new" / "host.json"
    Recorder(Asked(Outcome((STOPPED,), (Judgement(FLOW, "delivered"),))), path).judge((CASE,))
    kernel = read_kernel(path)
    ((outcome,), release) = kernel.judge((CASE,)), kernel.release
    assert release == "6.1.0"
    (before,), (after,) = outcome.before, outcome.after
    assert (before.verdict, after.verdict) == ("dropped", "delivered")
    assert before.place is not None
    assert [(each.chain, each.packets) for each in before.place.rules] == [("FORWARD", 0)]
    assert before.place.reasons == ()


def test_a_flow_that_no_kernel_was_asked_about_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "host.json"
    Recorder(Asked(Outcome((STOPPED,))), path).judge((Case(network(), (FLOW,)),))
    with pytest.raises(NotRecordedError, match="no kernel was asked"):
        read_kernel(path).judge((Case(network(), (OTHER,)),))
    with pytest.raises(NotRecordedError, match="no kernel was asked"):
        read_kernel(path).judge((CASE,))
    with pytest.raises(NotRecordedError, match=r"there is no none\.json"):
        read_kernel(tmp_path / "none.json")


NO_FULL_ANSWER = {
    "no replica": Outcome(error=message("test copies of a network (replicas) need Linux")),
    "left out": Outcome((Judgement(FLOW, "dropped", left_out=(message("an XDP program"),)),)),
}


@pytest.mark.parametrize("outcome", NO_FULL_ANSWER.values(), ids=NO_FULL_ANSWER)
def test_what_the_kernel_did_not_confirm_is_not_recorded(outcome: Outcome, tmp_path: Path) -> None:
    path = tmp_path / "host.json"
    with pytest.raises(NotRecordedError):
        Recorder(Asked(outcome), path).judge((Case(network(), (FLOW,)),))
    assert not path.exists()
