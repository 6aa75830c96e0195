"""Frames that leave by an uplink with another hardware address than the uplink's."""

import msgspec
import pytest
from msgspec.structs import replace

from hairpin.host.docker import Container, Endpoint
from hairpin.host.host import Namespace
from hairpin.host.link import Address, BridgeInfo, BridgePort, Link
from hairpin.host.socket import Socket
from hairpin.network.flow import Flow, FromContainer, Lan
from hairpin.network.network import Network
from hairpin.walk.granted.foreign_frames import frames_taken
from hairpin.walk.state import State
from hairpin.walk.walk import walk_flow
from tests.small_host import OUTSIDE, host_namespace, lo, local, network, number, published, route, sibling

OWN = number("198.51.100.77")
UPLINK, MAC = 0x020000000001, 0x0242C63364C0


def with_container(
    link: Link, *, cloud: str | None = None, hypervisor: str | None = None, name: str = "eth0"
) -> Network:
    """Return the host with one more container on that link, which stands on the uplink ``name``, in the LAN."""
    whole = network()
    inner = Namespace(
        "container:mv",
        links=(lo(), link),
        addresses=(Address(link.name, 4, OWN, 24),),
        routes=(
            local("198.51.100.77/32", link.name), route("198.51.100.0/24", link.name),
            route("default", link.name, via="198.51.100.1"),
        ),
        sockets=(Socket("tcp", 4, None, 80),),
    )  # fmt: skip
    container = Container(
        "e" * 64, "mv", "running", endpoints=(Endpoint("mv", "n9", OWN, 24),), netns="container:mv"
    )  # fmt: skip
    (docker,) = whole.this.engines
    own, *others = whole.this.namespaces
    renamed = msgspec.json.decode(
        msgspec.json.encode(own.links).replace(b'"eth0"', f'"{name}"'.encode()), type=tuple[Link, ...]
    )
    links = tuple(replace(each, mac=UPLINK) if each.name == name else each for each in renamed)
    addresses = tuple(replace(e, link=name) if e.link == "eth0" else e for e in own.addresses)
    hops = tuple(
        replace(each, next_hops=tuple(replace(h, link=name) if h.link == "eth0" else h for h in each.next_hops))
        for each in own.routes
    )
    host = replace(
        whole.this,
        namespaces=(replace(own, links=links, addresses=addresses, routes=hops), *others, inner),
        engines=(replace(docker, containers=(*docker.containers, container)),),
        cloud=cloud,
        hypervisor=hypervisor,
    )
    return whole.with_host(host)


MACVLAN = Link(40, "eth0", "macvlan", mac=MAC, peer_index=2, peer_netnsid=0)
IPVLAN = Link(40, "eth0", "ipvlan", mac=UPLINK, peer_index=2, peer_netnsid=0)
OUT = Flow(FromContainer("mv", sibling("container:mv")), 4, number("203.0.113.80"), "tcp", 443)
IN = Flow(OUTSIDE, 4, OWN, "tcp", 80)
NEAR = Flow(Lan(OWN + 1), 4, OWN, "tcp", 80)
CASES = {
    "a macvlan in a cloud": (with_container(MACVLAN, cloud="aws"), "Does aws's network accept frames from"),
    "a macvlan on VMware": (with_container(MACVLAN, hypervisor="vmware"), "Does vmware's switch accept frames from"),
    "a macvlan on Wi-Fi": (with_container(MACVLAN, name="wlan0"), "Does the Wi-Fi accept frames from"),
    "a macvlan": (with_container(MACVLAN), ""),
    "an ipvlan in a cloud": (
        with_container(IPVLAN, cloud="aws"), "Does aws's network accept packets from the IP address of container:mv",
    ),
    "an ipvlan on VMware": (with_container(IPVLAN, hypervisor="vmware"), ""),
}  # fmt: skip


@pytest.mark.parametrize("flow", (OUT, IN, NEAR), ids=("out", "in", "near"))
@pytest.mark.parametrize(("net", "asked"), CASES.values(), ids=CASES)
def test_a_network_that_may_drop_foreign_frames_is_asked_about(net: Network, asked: str, flow: Flow) -> None:
    trace = walk_flow(net, flow)
    assert trace.succeeds
    assert [str(each.text).startswith(asked) for each in trace.questions] == [True] * bool(asked)
    assert [each.breaks_if for each in trace.questions] == ["no"] * bool(asked)


def test_without_a_hint_a_macvlan_s_frames_are_said_to_be_assumed() -> None:
    said = [str(each) for each in walk_flow(with_container(MACVLAN), IN).assumed]
    assert said == [
        "the network behind eth0 accepts frames from 02:42:c6:33:64:c0, the hardware address of container:mv"
    ]
    assert walk_flow(with_container(IPVLAN), IN).assumed == ()


@pytest.mark.parametrize("cloud", (None, "aws"))
def test_a_routed_container_s_frames_have_the_uplink_s_address(cloud: str | None) -> None:
    whole = network()
    trace = walk_flow(whole.with_host(replace(whole.this, cloud=cloud)), published())
    assert (trace.questions, trace.assumed) == ((), ())


def test_a_container_behind_a_bridge_that_has_the_uplink_sends_foreign_frames() -> None:
    """The NIC is a port of the containers' bridge, and nothing routes between them."""
    net = with_container(Link(40, "eth0", "veth", mac=MAC, peer_index=41, peer_netnsid=0), cloud="openstack")
    host = host_namespace()
    links = (
        lo(),
        Link(2, "br0", "bridge", mac=UPLINK, bridge=BridgeInfo()),
        Link(7, "eth0", mac=UPLINK, master="br0", port=BridgePort()),
        Link(41, "veth9", "veth", mac=5, master="br0", peer_index=40, peer_netnsid=0, port=BridgePort()),
    )
    addresses = tuple(replace(e, link="br0") for e in host.addresses if e.link == "eth0")
    routes = (local("198.51.100.11/32", "br0"), route("198.51.100.0/24", "br0"))
    own = replace(host, links=links, addresses=addresses, routes=routes, netnsids=((0, "container:mv"),))
    bridged = net.with_namespace(sibling("host"), own)
    packet = replace(OUT.packet(OWN), smac=MAC)
    left = State("device-out", sibling("host"), packet, oif="eth0")
    (asked,), assumed = frames_taken(bridged, left)
    assert str(asked.text).startswith("Does openstack's network accept frames from 02:42:c6:33:64:c0, ")
    assert assumed == ()
    own_frame = replace(left, packet=replace(packet, smac=UPLINK))
    assert frames_taken(bridged, own_frame) == ((), ())
