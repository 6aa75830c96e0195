import msgspec
import pytest

from hairpin.host.route import PolicyRule
from hairpin.host.socket import Socket
from hairpin.netfilter.packet import ACK, ICMP, ICMP6, SYN, TCP, UDP, Packet
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.walk.answer import answer_to
from hairpin.walk.walk import walk_flow
from tests.rows import each_row
from tests.rule_text import with_rule
from tests.small_host import DOCKER_RULES, HOST_ADDRESS, OUTSIDE, host_namespace, network

CASES: dict[str, tuple[Packet, Packet]] = {
    "tcp": (
        Packet(4, 1, 2, TCP, sport=40000, dport=80, tcp_flags=SYN, ttl=3, mark=7),
        Packet(4, 2, 1, TCP, sport=80, dport=40000, tcp_flags=SYN | ACK),
    ),
    "udp has no flags": (Packet(4, 1, 2, UDP, sport=5, dport=53), Packet(4, 2, 1, UDP, sport=53, dport=5)),
    "echo": (Packet(4, 1, 2, ICMP, sport=7, dport=7, icmp=8 << 8), Packet(4, 2, 1, ICMP, sport=7, dport=7, icmp=0)),
    "echo of IPv6": (
        Packet(6, 1, 2, ICMP6, sport=7, dport=7, icmp=128 << 8),
        Packet(6, 2, 1, ICMP6, sport=7, dport=7, icmp=129 << 8),
    ),
}


@pytest.mark.parametrize(("asked", "answer"), CASES.values(), ids=CASES)
def test_answer(asked: Packet, answer: Packet) -> None:
    assert answer_to(asked, SYN | ACK) == answer


OWN_PORT = Flow(OUTSIDE, 4, HOST_ADDRESS, "tcp", 8099)
PLAIN = Socket("tcp", 4, None, 8099)
OF_USER, MARKED = msgspec.structs.replace(PLAIN, uid=1000), msgspec.structs.replace(PLAIN, mark=5)
LOCAL, MAIN = PolicyRule(4, 0, table=255), PolicyRule(4, 32766, table=254)
MARKING = f"""{DOCKER_RULES}*mangle
:PREROUTING ACCEPT [0:0]
-A PREROUTING -i eth0 -j MARK --set-xmark 0x5/0xffffffff
COMMIT
"""


def serving(socket: Socket, rule: PolicyRule, *, rules: str = DOCKER_RULES, **values: str) -> Network:
    """Return the host with this server and this policy rule; ``values``: sysctls of net/ipv4."""
    policy = (LOCAL, rule, MAIN)
    return network(host_namespace(rules, sockets=(socket,), policy_rules=policy, values=values))


FOR_USER = PolicyRule(4, 9, "prohibit", uids=(1000, 1000))
FOR_MARK = PolicyRule(4, 9, "prohibit", mark=(5, 0xFFFFFFFF))
ANSWERS: dict[str, tuple[Network, str]] = {
    "a rule for the server's user": (serving(OF_USER, FOR_USER), "unanswered"),
    "a rule for another user": (serving(PLAIN, FOR_USER), "delivered"),
    "a rule for the server's mark": (serving(MARKED, FOR_MARK), "unanswered"),
    "a rule for another mark": (serving(PLAIN, FOR_MARK), "delivered"),
    "the mark of the request, taken over": (
        serving(PLAIN, FOR_MARK, rules=MARKING, tcp_fwmark_accept="1"), "unanswered",
    ),
    "the mark of the request, not taken over": (
        serving(PLAIN, FOR_MARK, rules=MARKING, tcp_fwmark_accept="0"), "delivered",
    ),
    "a server's own mark comes before the request's": (
        serving(msgspec.structs.replace(MARKED, mark=6), FOR_MARK, rules=MARKING, tcp_fwmark_accept="1"), "delivered",
    ),
    "a reset with the mark of its packet": (
        serving(msgspec.structs.replace(PLAIN, port=1), FOR_MARK, rules=MARKING, fwmark_reflect="1"), "unanswered",
    ),
    "a reset without a mark": (
        serving(msgspec.structs.replace(PLAIN, port=1), FOR_MARK, rules=MARKING, tcp_fwmark_accept="1"), "refused",
    ),
    "a rule of OUTPUT for the server's user": (
        serving(OF_USER, MAIN, rules=with_rule("filter OUTPUT", "-m owner --uid-owner 1000 -j DROP")), "unanswered",
    ),
    "a rule of OUTPUT for root": (
        serving(OF_USER, MAIN, rules=with_rule("filter OUTPUT", "-m owner --uid-owner 0 -j DROP")), "delivered",
    ),
    "a rule of OUTPUT for a group, which no reading shows": (
        serving(OF_USER, MAIN, rules=with_rule("filter OUTPUT", "-m owner --gid-owner 1000 -j DROP")), "depends",
    ),
}  # fmt: skip


@each_row(("whole", "verdict"), ANSWERS.values(), ids=ANSWERS)
def test_an_answer_has_the_user_and_the_mark_of_its_socket(whole: Network, verdict: str) -> None:
    """The same was measured on 6.18 with a real server of uid 1000."""
    assert walk_flow(whole, OWN_PORT).verdict == verdict
