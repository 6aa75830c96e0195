"""The walk compared with the running kernel: a few thousand packets through random networks, and every kept
disagreement.

The whole hunt is ``make fidelity N=…`` (docs/reference/fidelity.md).
"""

import msgspec
import pytest

from hairpin.netfilter.packet import UDP, Packet
from tests.fidelity.case import RuleText
from tests.fidelity.generate.case import case_of
from tests.fidelity.judge.compare import compare, judge
from tests.fidelity.judge.text import disagreement_text
from tests.fidelity.regressions import Regression, events_of, regressions
from tests.fidelity.testbed import ask as testbed
from tests.fidelity.testbed.ask import ask
from tests.fidelity.testbed.netns import SetupError
from tests.whole import thinned

REGRESSIONS = dict(regressions())
CASES = 8


@pytest.mark.parametrize("regression", thinned(REGRESSIONS.values(), 10), ids=REGRESSIONS)
def test_walk_and_kernel_agree_on_kept_disagreements(regression: Regression) -> None:
    answer = ask(regression.case)
    seen = events_of(answer, any_port=regression.any_port)
    assert seen == regression.events, "the kernel itself answers otherwise than when this was kept"
    differs = compare(answer).disagreements
    assert not differs, disagreement_text(differs[0])


def test_walk_and_kernel_agree_on_random_networks(pytestconfig: pytest.Config) -> None:
    seed: int = pytestconfig.option.hunt_seed
    packets = judged = 0
    for number in range(seed, seed + CASES):
        try:
            judgement = judge(case_of(number))
        except SetupError:
            # The tools refuse about one in a few hundred networks, and some have too many branches; the next one is
            # used.
            continue
        judged += 1
        packets += judgement.packets
        assert not judgement.disagreements, f"case {number}\n{disagreement_text(judgement.disagreements[0])}"
    assert judged > CASES // 2
    assert packets > 100 * judged


def test_a_packet_in_a_loop_ends_the_case(monkeypatch: pytest.MonkeyPatch) -> None:
    case = REGRESSIONS["accept-local-before-rules"].case
    host, *others = case.namespaces
    young = RuleText("iptables-nft", 4, "mangle", (":PREROUTING ACCEPT [0:0]",), ("-A PREROUTING -j TTL --ttl-set 64",))
    forwards = (("net/ipv4/ip_forward", "1"),)
    there = ("route add 203.0.113.0/24 via 172.18.0.3 dev br0",)
    host = msgspec.structs.replace(host, routing4=there, sysctls=forwards, rulesets=(young,))
    back = (msgspec.structs.replace(each, sysctls=forwards) for each in others)
    flow = case.flows[0]
    sent = msgspec.structs.replace(flow.first, packet=Packet(4, 0xC000020A, 0xCB007105, UDP, 1092, 80))
    flows = (msgspec.structs.replace(flow, first=sent),)
    monkeypatch.setattr(testbed, "_PATIENCE_S", 0.3)
    with pytest.raises(SetupError, match="for ever"):
        ask(msgspec.structs.replace(case, namespaces=(host, *back), flows=flows))
