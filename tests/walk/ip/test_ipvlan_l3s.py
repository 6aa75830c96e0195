import msgspec
import pytest

from hairpin.host.host import Namespace
from hairpin.host.link import Address, Link
from hairpin.host.route import TABLE_LOCAL, NextHop, Route
from hairpin.netfilter.packet import TCP, Packet
from hairpin.network.network import Network, Port
from hairpin.walk.ip.ipvlan_l3s import delivered_above, input_route_above
from hairpin.walk.ip.refusal import refusal
from hairpin.walk.link.device import device_in
from hairpin.walk.packet_walk import walk_packet
from hairpin.walk.state import State, stopped
from tests.small_host import CLIENT, HOST_ADDRESS, HOST_NETNS, lo, sibling
from tests.walk.standing import at, changed, told

OWN, MAC = HOST_ADDRESS + 40, 0x20000000009


def over_ipvlan(mode: str = "l3s") -> Network:
    """Return the host and a container whose ipvlan stands on its eth0."""
    whole = changed("eth0", mac=MAC)
    uplink = whole.namespace(HOST_NETNS).link("eth0")
    assert uplink is not None
    link = Link(40, "eth0", "ipvlan", mac=MAC, peer_index=uplink.index, peer_netnsid=0, macvlan_mode=mode)
    inner = Namespace(
        "container:one",
        links=(lo(), link),
        addresses=(Address("eth0", 4, OWN, 32),),
        routes=(
            Route(4, OWN, 32, TABLE_LOCAL, "local", (NextHop("eth0"),)),
            Route(4, 0, 0, next_hops=(NextHop("eth0"),)),
        ),
    )
    return whole.with_host(msgspec.structs.replace(whole.this, namespaces=(*whole.this.namespaces, inner)))


PACKET = Packet(4, CLIENT, OWN, TCP, sport=40000, dport=80, dmac=MAC)


@pytest.mark.parametrize(("mode", "netns"), (("l3s", "host"), ("l3", "container:one")))
def test_the_namespace_below_runs_prerouting(mode: str, netns: str) -> None:
    (outcome,) = device_in(over_ipvlan(mode), at("device-in", PACKET))
    assert isinstance(outcome, State)
    assert outcome.netns.name == netns


def test_it_passes_input_below_and_arrives_above() -> None:
    net = over_ipvlan()
    (outcome,) = input_route_above(net, at("input-route", PACKET))
    assert isinstance(outcome, State)
    assert (outcome.stage, outcome.netns, outcome.iif) == ("input", HOST_NETNS, "eth0")
    assert outcome.l3s == Port(sibling("container:one"), "eth0")
    above = delivered_above(outcome)
    assert (above.netns, above.iif) == (sibling("container:one"), "eth0")
    (end,) = walk_packet(net, at("device-in", PACKET))
    assert (end.kind, end.state.netns) == ("arrived", sibling("container:one"))


def test_a_packet_for_another_address_is_routed_below() -> None:
    packet = msgspec.structs.replace(PACKET, daddr=HOST_ADDRESS)
    (outcome,) = input_route_above(over_ipvlan(), at("input-route", packet))
    assert isinstance(outcome, State)
    assert (outcome.stage, outcome.l3s) == ("input", None)
    assert delivered_above(outcome) is outcome


def test_a_packet_with_a_wrong_source_is_routed_below() -> None:
    packet = msgspec.structs.replace(PACKET, saddr=OWN)  # its own address
    net = over_ipvlan()
    below = at("input-route", packet)
    assert told(input_route_above(net, below)) == told(input_route_above(over_ipvlan("l3"), below))


@pytest.mark.parametrize(("above", "source"), ((Port(sibling("container:one"), "eth0"), OWN), (None, None)))
def test_a_packet_that_input_below_rejects_is_answered_from_the_address_above(
    above: Port | None, source: int | None
) -> None:
    shown = msgspec.structs.replace(at("input", PACKET), l3s=above)
    back = refusal(over_ipvlan(), stopped(shown, "reject", reject="icmp-admin-prohibited"))
    assert (back.packet.saddr if back is not None else None) == source
