"""Policies of IPsec block packets, or open a branch where a packet goes or comes encrypted."""

import msgspec

from hairpin.host.xfrm import XfrmPolicy
from hairpin.netfilter.address import Prefix
from hairpin.netfilter.packet import TCP, Packet
from hairpin.network.network import Network
from hairpin.walk.ip.xfrm import through_policies
from hairpin.walk.walk import walk_flow
from tests.rows import each_row
from tests.small_host import CLIENT, HOST_ADDRESS, HOST_NETNS, egress, host_namespace, network, published
from tests.walk.standing import at

ALL, CLIENTS = Prefix(4, 0, 0), Prefix(4, CLIENT & 0xFFFFFF00, 24)
BLOCK = XfrmPolicy("out", ALL, CLIENTS, blocks=True, priority=9, text="src 0.0.0.0/0 dst 192.0.2.0/24")
ALLOW = XfrmPolicy("out", ALL, ALL, priority=1)
ESP = XfrmPolicy("out", ALL, CLIENTS, templates=True)
EXPECTED = XfrmPolicy("fwd", CLIENTS, ALL, templates=True)


def guarded(*policies: XfrmPolicy, **values: str) -> Network:
    return network(msgspec.structs.replace(host_namespace(values=values), xfrm_policies=policies))


def other(policy: XfrmPolicy, **changes: object) -> Network:
    return guarded(msgspec.structs.replace(policy, **changes))


# policies, verdict of the published port, asked from outside
CASES: dict[str, tuple[Network, str]] = {
    "none": (guarded(), "delivered"),
    "the answer is blocked": (guarded(BLOCK), "unanswered"),
    "an earlier policy lets it pass": (guarded(ALLOW, BLOCK), "delivered"),
    "another network's": (other(BLOCK, destination=Prefix(4, 0x0A000000, 8)), "delivered"),
    "another family's": (other(BLOCK, destination=Prefix(6, 0, 0)), "delivered"),
    "another protocol's": (other(BLOCK, protocol=17), "delivered"),
    "another link's": (other(BLOCK, link="eth9"), "delivered"),
    "a mark that it does not have": (other(BLOCK, mark=1, mask=1), "delivered"),
    "the request is blocked": (other(BLOCK, direction="fwd", source=CLIENTS, destination=ALL), "dropped"),
    "only what this host takes itself is blocked": (other(BLOCK, direction="in", destination=ALL), "delivered"),
    "the link is exempt": (guarded(BLOCK, conf__eth0__disable_xfrm="1"), "delivered"),
    "the answer is encrypted": (guarded(ESP), "depends"),
    "the request comes encrypted": (guarded(EXPECTED), "depends"),
    "it may come in plain": (other(EXPECTED, plain=True), "delivered"),
    "a selector that is not understood": (other(BLOCK, known=False), "depends"),
}


@each_row(("whole", "verdict"), CASES.values(), ids=CASES)
def test_a_flow_meets_the_policies(whole: Network, verdict: str) -> None:
    assert walk_flow(whole, published()).verdict == verdict


def test_a_packet_that_nat_has_changed_is_asked_about_again() -> None:
    """From its network the container's address is translated to the host's."""
    own = Prefix(4, HOST_ADDRESS & 0xFFFFFF00, 24)
    assert walk_flow(other(BLOCK, source=own, destination=ALL), egress()).verdict == "dropped"


def test_loopback_and_arp_meet_no_policy() -> None:
    packet = Packet(4, CLIENT, CLIENT, TCP, sport=1, dport=2)
    whole = other(BLOCK, destination=ALL).namespace(HOST_NETNS)
    for link, arp, passes in (("lo", 0, True), ("eth0", 1, True), ("eth0", 0, False)):
        state = at("output-route", msgspec.structs.replace(packet, arp=arp), oif=link)
        assert (list(through_policies(whole, state, "out", "output-route")) == [state]) is passes
