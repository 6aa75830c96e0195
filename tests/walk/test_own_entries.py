"""A sender that keeps its source port meets its own conntrack entry, whatever the rules say now."""

import msgspec

from hairpin.netfilter.ir import STATUS_CONFIRMED, STATUS_DNAT, STATUS_SEEN_REPLY
from hairpin.netfilter.packet import UDP, Connection, Tuple
from hairpin.network.flow import Flow, FromHost, Outside
from hairpin.network.network import Network
from hairpin.walk.own_entries import passages
from hairpin.walk.walk import walk_flow
from tests.rows import each_row
from tests.small_host import CLIENT, HOST_ADDRESS, OUTSIDE, WEB
from tests.udp_host import RULES, UDP_FLOW, remembering, udp_network

BACK = Tuple(WEB, CLIENT, UDP, 53, 44444)
DEAD = Tuple(WEB + 7, CLIENT, UDP, 53, 44444)


def entry(
    *, sender: int = CLIENT, port: int = 5514, reply: Tuple | None = None, replied: bool = False, protocol: int = UDP
) -> Connection:
    forth = Tuple(sender, HOST_ADDRESS, protocol, 44444, port)
    status = STATUS_CONFIRMED | (STATUS_SEEN_REPLY if replied else 0) | (STATUS_DNAT if reply is not None else 0)
    return Connection(4, forth, reply or forth.reversed(), status, live=True, evidence="e9", timeout_s=29)


# network, flow, verdict, source port of the flow that was walked last
CASES: dict[str, tuple[Network, Flow, str, int]] = {
    "none": (udp_network(), UDP_FLOW, "delivered", 40000),
    "without DNAT": (remembering(entry()), UDP_FLOW, "refused", 44444),
    "to an address that nobody has": (remembering(entry(reply=DEAD, replied=True)), UDP_FLOW, "dropped", 44444),
    "without DNAT, of a DNS query": (
        remembering(entry(port=53), rules=RULES.replace("--dport 5514", "--dport 53")),
        msgspec.structs.replace(UDP_FLOW, dport=53), "delivered", 40000,
    ),
    "as the rules say": (remembering(entry(reply=BACK)), UDP_FLOW, "delivered", 40000),
    "as the rules say, answered": (remembering(entry(reply=BACK, replied=True)), UDP_FLOW, "delivered", 40000),
    "of another sender": (remembering(entry(sender=CLIENT + 1)), UDP_FLOW, "delivered", 40000),
    "for another port": (remembering(entry(port=5515)), UDP_FLOW, "delivered", 40000),
    "of another protocol": (remembering(entry(protocol=6)), UDP_FLOW, "delivered", 40000),
    "of a sender that nobody named": (
        remembering(entry()), msgspec.structs.replace(UDP_FLOW, invented=True), "delivered", 40000
    ),
    "that sender, asked by its address": (
        remembering(entry(sender=CLIENT + 1)), msgspec.structs.replace(UDP_FLOW, start=Outside(CLIENT + 1)),
        "refused", 44444,
    ),
    "of the host itself": (
        remembering(entry(sender=HOST_ADDRESS)), msgspec.structs.replace(UDP_FLOW, start=FromHost()), "refused", 44444
    ),
}  # fmt: skip


@each_row(("of", "flow", "verdict", "port"), CASES.values(), ids=CASES)
def test_the_senders_own_entry_decides(of: Network, flow: Flow, verdict: str, port: int) -> None:
    trace = walk_flow(of, flow)
    assert (trace.verdict, trace.flow.sport) == (verdict, port)


def test_a_passage_is_the_packet_as_it_comes_in_and_as_it_goes_on() -> None:
    found = {
        netns.name: (before.daddr, after.daddr) for netns, before, after in passages(walk_flow(udp_network(), UDP_FLOW))
    }
    assert found["host"] == (HOST_ADDRESS, WEB)
    assert found["container:web"] == (WEB, WEB)
    assert OUTSIDE.address == CLIENT
